import { describe, expect, it } from 'vitest';
import { parseTableMetadata } from '#core/iceberg/spec/table-metadata.ts';
import { createGlueService } from '#embedded/glue/glue-service.ts';
import type { GlueIcebergTableInput, GlueService } from '#embedded/services.ts';
import { memoryS3, type StoredObjects, temporaryFolder } from './start-glue.ts';

type Json = Readonly<Record<string, unknown>>;

const INPUT = {
  Location: 's3://lake/market/trades',
  Schema: {
    Type: 'struct',
    SchemaId: 0,
    Fields: [
      { Id: 1, Name: 'id', Type: 'long', Required: true, Doc: 'Number' },
      { Id: 2, Name: 'ts', Type: 'timestamp', Required: true },
      { Id: 3, Name: 'amount', Type: 'decimal(12,2)', Required: false },
    ],
    IdentifierFieldIds: [1],
  },
  PartitionSpec: {
    SpecId: 0,
    Fields: [{ SourceId: 2, FieldId: 1000, Name: 'ts_day', Transform: 'day' }],
  },
  WriteOrder: {
    OrderId: 1,
    Fields: [{ SourceId: 2, Transform: 'identity', Direction: 'asc', NullOrder: 'nulls-first' }],
  },
  Properties: { 'write.parquet.compression-codec': 'zstd' },
};

function table(icebergTableInput: Json = INPUT): GlueIcebergTableInput {
  return { databaseName: 'market', name: 'Trades', icebergTableInput };
}

function openGlue(stateDir = temporaryFolder()): { glue: GlueService; objects: StoredObjects } {
  const objects: StoredObjects = new Map();
  const glue = createGlueService({ stateDir, s3: memoryS3(objects) });
  glue.ensureDatabase({ name: 'market' });
  return { glue, objects };
}

describe('ensureIcebergTable', () => {
  it('writes the first metadata file and registers it', async () => {
    const { glue, objects } = openGlue();
    await glue.ensureIcebergTable(table());
    const view = glue.getTable('market', 'trades');
    expect(view?.metadataLocation).toMatch(
      /^s3:\/\/lake\/market\/trades\/metadata\/00000-[0-9a-f-]{36}\.metadata\.json$/,
    );
    expect(view?.versionId).toBe('0');
    const metadata = parseTableMetadata(objects.get(view?.metadataLocation ?? '') ?? '');
    expect(metadata).toMatchObject({
      'format-version': 2,
      location: 's3://lake/market/trades',
      'last-column-id': 3,
      'last-partition-id': 1000,
      'current-snapshot-id': null,
      properties: { 'write.parquet.compression-codec': 'zstd' },
      'default-sort-order-id': 1,
    });
    expect(metadata.schemas[0]).toEqual({
      type: 'struct',
      'schema-id': 0,
      'identifier-field-ids': [1],
      fields: [
        { id: 1, name: 'id', type: 'long', required: true, doc: 'Number' },
        { id: 2, name: 'ts', type: 'timestamp', required: true },
        { id: 3, name: 'amount', type: 'decimal(12, 2)', required: false },
      ],
    });
  });

  it('accepts the table it created, whatever the order of keys, and writes nothing', async () => {
    const { glue, objects } = openGlue();
    await glue.ensureIcebergTable(table());
    const before = glue.getTable('market', 'trades');
    const { Location, Schema, ...rest } = INPUT;
    await glue.ensureIcebergTable(table({ ...rest, Schema, Location }));
    expect(glue.getTable('market', 'trades')).toEqual(before);
    expect(objects.size).toBe(1);
  });

  it('refuses another shape for a table that exists, naming what changed', async () => {
    const { glue } = openGlue();
    await glue.ensureIcebergTable(table());
    const changed = { ...INPUT, Properties: {}, Location: 's3://lake/elsewhere' };
    await expect(glue.ensureIcebergTable(table(changed))).rejects.toThrow(
      /CloudFormation would have to update or replace table market\.trades \(changed: Location, Properties\)/,
    );
  });

  it('refuses a table that a client created', async () => {
    const stateDir = temporaryFolder();
    const { glue } = openGlue(stateDir);
    await glue.ensureIcebergTable(table());
    const { openCatalogStore } = await import('#embedded/glue/catalog-store.ts');
    const store = openCatalogStore(stateDir);
    const entry = store.table('market', 'trades');
    if (entry !== null) store.putTable({ ...entry, templateInput: null });
    const { glue: reopened } = openGlue(stateDir);
    await expect(reopened.ensureIcebergTable(table())).rejects.toThrow(
      'it was not created by a template',
    );
  });

  it('creates one table when it is called twice at once', async () => {
    const { glue } = openGlue();
    await Promise.all([glue.ensureIcebergTable(table()), glue.ensureIcebergTable(table())]);
    expect(glue.listTables('market')).toHaveLength(1);
    expect(glue.getTable('market', 'trades')?.versionId).toBe('0');
  });

  it('needs its database', async () => {
    const { glue } = openGlue();
    await expect(glue.ensureIcebergTable({ ...table(), databaseName: 'nope' })).rejects.toThrow(
      'DatabaseName: database nope not found',
    );
  });

  const withField = (field: Json): Json => ({
    ...INPUT,
    Schema: { ...INPUT.Schema, Fields: [field] },
    PartitionSpec: undefined,
    WriteOrder: undefined,
  });
  const column = { Id: 1, Name: 'id', Type: 'long', Required: true };

  it.each<[string, Json, string]>([
    [
      'an unknown property',
      { ...INPUT, Encryption: {} },
      'IcebergTableInput: unknown property Encryption',
    ],
    [
      'a location outside S3',
      { ...INPUT, Location: '/tmp/x' },
      'IcebergTableInput.Location: expected s3://bucket/prefix, got /tmp/x',
    ],
    [
      'no schema',
      { ...INPUT, Schema: undefined },
      'IcebergTableInput.Schema: expected a structure',
    ],
    [
      'a schema that is no struct',
      { ...INPUT, Schema: { ...INPUT.Schema, Type: 'list' } },
      'Schema.Type: expected struct, got list',
    ],
    [
      'no columns',
      { ...INPUT, Schema: { Type: 'struct', Fields: [] } },
      'Schema.Fields: expected at least one column',
    ],
    [
      'a nested column',
      withField({ ...column, Type: { type: 'list' } }),
      'Schema.Fields[0].Type: expected a primitive type as a string, got {"type":"list"}',
    ],
    ['a nested column as text', withField({ ...column, Type: 'list<string>' }), 'list<string>'],
    [
      'a type that is not handled',
      withField({ ...column, Type: 'uuid' }),
      'column type "uuid" is not supported',
    ],
    [
      'a column without Required',
      withField({ Id: 1, Name: 'id', Type: 'long' }),
      'Schema.Fields[0].Required: expected true or false',
    ],
    [
      'a column id that is text',
      withField({ ...column, Id: '1' }),
      'Schema.Fields[0].Id: expected an integer',
    ],
    [
      'an unknown column property',
      withField({ ...column, InitialDefault: 1 }),
      'Schema.Fields[0]: unknown property InitialDefault',
    ],
    [
      'an identifier that is optional',
      { ...INPUT, Schema: { ...INPUT.Schema, IdentifierFieldIds: [3] } },
      'Schema.IdentifierFieldIds: expected ids of required columns, got 3',
    ],
    [
      'an unknown transform',
      { ...INPUT, PartitionSpec: { Fields: [{ SourceId: 2, Name: 'x', Transform: 'weekly' }] } },
      'PartitionSpec.Fields[0].Transform',
    ],
    [
      'a partition of no column',
      { ...INPUT, PartitionSpec: { Fields: [{ SourceId: 9, Name: 'x', Transform: 'day' }] } },
      'PartitionSpec.Fields[0].SourceId: expected the id of a column, got 9',
    ],
    [
      'a transform that does not take the column',
      { ...INPUT, PartitionSpec: { Fields: [{ SourceId: 1, Name: 'x', Transform: 'day' }] } },
      'does not take a column of type long',
    ],
    [
      'a sort direction',
      {
        ...INPUT,
        WriteOrder: {
          OrderId: 1,
          Fields: [
            { SourceId: 2, Transform: 'identity', Direction: 'up', NullOrder: 'nulls-first' },
          ],
        },
      },
      'WriteOrder.Fields[0].Direction: expected asc or desc, got up',
    ],
    [
      'a property that is no text',
      { ...INPUT, Properties: { a: 1 } },
      'Properties.a: expected a string, got 1',
    ],
  ])('refuses %s', async (_, input, message) => {
    const { glue, objects } = openGlue();
    await expect(glue.ensureIcebergTable(table(input))).rejects.toThrow(message);
    expect(objects.size).toBe(0);
    expect(glue.listTables('market')).toEqual([]);
  });
});

describe('ensureDatabase', () => {
  it('creates, keeps and updates a database', () => {
    const { glue } = openGlue();
    glue.ensureDatabase({ name: 'Ops', description: 'first' });
    glue.ensureDatabase({ name: 'ops', description: 'second' });
    glue.ensureDatabase({ name: 'ops' });
    expect(glue.listDatabases()).toEqual(['market', 'ops']);
  });
});
