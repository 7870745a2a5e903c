import { rmSync } from 'node:fs';
import {
  CreateRegistryCommand,
  CreateSchemaCommand,
  DeleteSchemaVersionsCommand,
  GetSchemaByDefinitionCommand,
  GetSchemaCommand,
  GetSchemaVersionCommand,
  ListSchemasCommand,
  RegisterSchemaVersionCommand,
} from '@aws-sdk/client-glue';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createSchemaRegistry } from '#embedded/glue-schema-registry/schema-registry.ts';
import { definitionOf } from '#test/contracts/schema-registry.contract.ts';
import { startGlue, temporaryFolder } from '../glue/start-glue.ts';

const V1 = definitionOf([{ name: 'price', type: 'double' }]);
const V2 = definitionOf([
  { name: 'price', type: 'double' },
  { name: 'note', type: ['null', 'string'], default: null },
]);
const BROKEN = definitionOf([{ name: 'price', type: 'string' }]);
const ID_1 = '11111111-1111-4111-8111-111111111111';
const ID_2 = '22222222-2222-4222-8222-222222222222';
const SCHEMA = { RegistryName: 'sluice', SchemaName: 'market.trade' };

function stateDir(): string {
  const folder = temporaryFolder();
  onTestFinished(() => rmSync(`${folder}-schema-registry`, { recursive: true, force: true }));
  return folder;
}

const deploy = (service: Awaited<ReturnType<typeof startGlue>>['service'], definition = V1) => {
  service.schemaRegistry.ensureRegistry({ name: 'sluice', description: 'd' });
  service.schemaRegistry.ensureSchema({
    registry: 'sluice',
    name: 'market.trade',
    compatibility: 'BACKWARD_ALL',
    description: 'trades',
    definition,
    versionId: ID_1,
  });
};
const ensureV2 = (service: Awaited<ReturnType<typeof startGlue>>['service'], definition = V2) =>
  service.schemaRegistry.ensureSchemaVersion({
    registry: 'sluice',
    schema: 'market.trade',
    definition,
    versionId: ID_2,
  });

describe('schema registry of the local cloud', () => {
  it('has everything after a restart', async () => {
    const folder = stateDir();
    const first = await startGlue({ stateDir: folder });
    deploy(first.service);
    ensureV2(first.service);
    await first.stop();
    const second = await startGlue({ stateDir: folder });
    const found = await second.client.send(new GetSchemaVersionCommand({ SchemaVersionId: ID_2 }));
    expect(found).toMatchObject({ VersionNumber: 2, SchemaDefinition: V2 });
    const schema = await second.client.send(new GetSchemaCommand({ SchemaId: SCHEMA }));
    expect(schema).toMatchObject({ Compatibility: 'BACKWARD_ALL', LatestSchemaVersion: 2 });
  });

  it('is deployed again without a change, and keeps its ids', async () => {
    const { service, client } = await startGlue({ stateDir: stateDir() });
    for (let start = 0; start < 2; start++) {
      deploy(service);
      ensureV2(service);
    }
    const { Schemas } = await client.send(new ListSchemasCommand({}));
    expect(Schemas).toHaveLength(1);
    const found = await client.send(
      new GetSchemaByDefinitionCommand({ SchemaId: SCHEMA, SchemaDefinition: V2 }),
    );
    expect(found.SchemaVersionId).toBe(ID_2);
  });

  it('refuses a template that changes the first version, or breaks the mode', async () => {
    const { service } = await startGlue({ stateDir: stateDir() });
    deploy(service);
    expect(() => deploy(service, V2)).toThrow(/would have to replace schema market.trade/);
    expect(() => ensureV2(service, BROKEN)).toThrow(/BACKWARD_ALL refuses version 2/);
  });

  it('keeps a refused version as FAILURE, and takes the definition once the mode allows it', async () => {
    const { service, client } = await startGlue({ stateDir: stateDir() });
    deploy(service);
    const request = new RegisterSchemaVersionCommand({
      SchemaId: SCHEMA,
      SchemaDefinition: BROKEN,
    });
    const refused = await client.send(request);
    expect(refused.Status).toBe('PENDING');
    await new Promise((resolve) => setTimeout(resolve, 30));
    const judged = await client.send(
      new GetSchemaVersionCommand({ SchemaVersionId: refused.SchemaVersionId }),
    );
    expect(judged.Status).toBe('FAILURE');
    service.schemaRegistry.ensureSchema({
      registry: 'sluice',
      name: 'market.trade',
      compatibility: 'NONE',
      description: 'trades',
      definition: V1,
      versionId: ID_1,
    });
    expect((await client.send(request)).VersionNumber).toBe(3);
  });

  it('never deletes the checkpoint', async () => {
    const { service, client } = await startGlue({ stateDir: stateDir() });
    deploy(service);
    const { SchemaVersionErrors } = await client.send(
      new DeleteSchemaVersionsCommand({ SchemaId: SCHEMA, Versions: '1' }),
    );
    expect(SchemaVersionErrors).toMatchObject([
      { VersionNumber: 1, ErrorDetails: { ErrorCode: 'InvalidInputException' } },
    ]);
  });

  it.each([
    ['another data format', { DataFormat: 'JSON' as const }],
    ['a name with spaces', { SchemaName: 'a b' }],
    ['no schema', { SchemaDefinition: '{"type":"nothing"}' }],
    ['a definition that is too long', { SchemaDefinition: `${V1}${' '.repeat(170_000)}` }],
  ])('refuses %s', async (_name, change) => {
    const { service, client } = await startGlue({ stateDir: stateDir() });
    service.schemaRegistry.ensureRegistry({ name: 'sluice', description: '' });
    const request = new CreateSchemaCommand({
      RegistryId: { RegistryName: 'sluice' },
      SchemaName: 'x',
      DataFormat: 'AVRO',
      Compatibility: 'BACKWARD',
      SchemaDefinition: V1,
      ...change,
    });
    await expect(client.send(request)).rejects.toMatchObject({ name: 'InvalidInputException' });
  });

  it('keeps to the quotas of an account', () => {
    const registry = createSchemaRegistry({
      stateDir: `${stateDir()}-schema-registry`,
      nowMs: Date.now,
      newUuid: () => ID_2,
      quotas: { registries: 1, versions: 1 },
    });
    registry.ensureRegistry({ name: 'one', description: '' });
    expect(() => registry.ensureRegistry({ name: 'two', description: '' })).toThrow(
      /Registries per account exceed 1/,
    );
    const schema = { registry: 'one', compatibility: 'NONE', description: '', versionId: ID_1 };
    registry.ensureSchema({ ...schema, name: 'a', definition: V1 });
    expect(() => registry.ensureSchema({ ...schema, name: 'b', definition: V1 })).toThrow(
      /Schema versions per account exceed 1/,
    );
  });

  it('names no file after a registry that means another folder', async () => {
    const { client } = await startGlue({ stateDir: stateDir() });
    for (const RegistryName of ['..', '.', '...']) {
      await client.send(new CreateRegistryCommand({ RegistryName }));
      await expect(client.send(new CreateRegistryCommand({ RegistryName }))).rejects.toMatchObject({
        name: 'AlreadyExistsException',
      });
    }
  });
});
