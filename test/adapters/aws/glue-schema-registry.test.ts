import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createGlueSchemaRegistry } from '#adapters/aws/glue-schema-registry.ts';
import { hasCode } from '#core/errors.ts';
import { createGlueClient, localTarget } from '#runtime/aws-clients.ts';
import { definitionOf, describeSchemaRegistry } from '#test/contracts/schema-registry.contract.ts';
import { startGlue } from '#test/embedded/glue/start-glue.ts';

const clock = { sleep: (ms: number) => new Promise<void>((done) => setTimeout(done, ms / 10)) };
const V1 = definitionOf([{ name: 'price', type: 'double' }]);
const ID = '0af13c2e-5b1d-4f6a-9c3e-0123456789ab';

describeSchemaRegistry('Glue on the local cloud', async () => {
  const { client, stop } = await startGlue();
  return { registry: createGlueSchemaRegistry(client, { registry: 'sluice', clock }), close: stop };
});

/** A Glue that answers each call with the next of these. */
async function scripted(...answers: readonly [number, Record<string, unknown>][]) {
  const calls: { readonly operation: string; readonly input: Record<string, unknown> }[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const operation = String(request.headers['x-amz-target']).split('.').at(-1) ?? '';
    calls.push({ operation, input: JSON.parse(body) as Record<string, unknown> });
    const [status, answer] = answers[Math.min(calls.length, answers.length) - 1]!;
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' });
    response.end(JSON.stringify(answer));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  const client = createGlueClient(localTarget(`http://127.0.0.1:${port}`));
  onTestFinished(() => {
    client.destroy();
    server.closeAllConnections();
    server.close();
  });
  const sleeps: number[] = [];
  const registry = createGlueSchemaRegistry(client, {
    registry: 'sluice',
    clock: {
      sleep: async (ms) => {
        sleeps.push(ms);
      },
    },
  });
  return { registry, calls, sleeps };
}

const version = (Status: string) => ({
  SchemaVersionId: ID,
  SchemaDefinition: V1,
  DataFormat: 'AVRO',
  SchemaArn: 'arn:aws:glue:us-east-1:000000000000:schema/sluice/market.trade',
  VersionNumber: 3,
  Status,
});

describe('createGlueSchemaRegistry', () => {
  it('waits for a version that is being judged', async () => {
    const { registry, sleeps } = await scripted(
      [200, version('PENDING')],
      [200, version('PENDING')],
      [200, version('AVAILABLE')],
    );
    expect(await registry.get(ID)).toMatchObject({ id: ID, subject: 'market.trade', version: 3 });
    expect(sleeps).toHaveLength(2);
  });

  it('gives up on a version that is judged for ever, so that the caller repeats', async () => {
    const { registry } = await scripted([200, version('PENDING')]);
    await expect(registry.get(ID)).rejects.toSatisfy((e) => hasCode(e, 'SOURCE_UNAVAILABLE'));
  });

  it.each(['FAILURE', 'DELETING'])('knows no version in status %s', async (status) => {
    const { registry } = await scripted([200, version(status)]);
    expect(await registry.get(ID)).toBeNull();
  });

  it('knows no version of another data format', async () => {
    const { registry } = await scripted([200, { ...version('AVAILABLE'), DataFormat: 'PROTOBUF' }]);
    expect(await registry.get(ID)).toBeNull();
  });

  it('takes only EntityNotFoundException for an answer that there is none', async () => {
    const { registry } = await scripted([400, { __type: 'EntityNotFoundException', message: 'x' }]);
    expect(await registry.get(ID)).toBeNull();
  });

  it.each([
    [400, 'AccessDeniedException'],
    [400, 'ThrottlingException'],
    [500, 'InternalServiceException'],
    [404, 'UnknownOperationException'],
  ])('takes %i %s for an outage', async (status, type) => {
    const { registry } = await scripted([status, { __type: type, message: 'x' }]);
    await expect(registry.get(ID)).rejects.toSatisfy((e) => hasCode(e, 'SOURCE_UNAVAILABLE'));
    await expect(registry.lookup('market.trade', V1)).rejects.toSatisfy((e) =>
      hasCode(e, 'SOURCE_UNAVAILABLE'),
    );
  });

  it('needs one call and no right to read versions for what a producer asks', async () => {
    const { registry, calls } = await scripted([200, version('AVAILABLE')]);
    expect(await registry.lookup('market.trade', V1)).toBe(ID);
    expect(calls).toEqual([
      {
        operation: 'GetSchemaByDefinition',
        input: {
          SchemaId: { RegistryName: 'sluice', SchemaName: 'market.trade' },
          SchemaDefinition: V1,
        },
      },
    ]);
  });
});
