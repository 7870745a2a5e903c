import { CreateTableCommand } from '@aws-sdk/client-glue';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Schema } from '#core/iceberg/spec/schema.ts';
import { serializeTableMetadata } from '#core/iceberg/spec/table-metadata.ts';
import { createTableMetadata } from '#core/iceberg/transaction/create-table.ts';
import { type Lake, startLake } from './start-lake.ts';

const SCHEMA: Schema = {
  type: 'struct',
  'schema-id': 0,
  fields: [
    { id: 1, name: 'id', required: true, type: 'long' },
    {
      id: 2,
      name: 'tags',
      required: false,
      type: { type: 'list', 'element-id': 3, element: 'string', 'element-required': false },
    },
    {
      id: 4,
      name: 'counts',
      required: false,
      type: {
        type: 'map',
        'key-id': 5,
        key: 'string',
        'value-id': 6,
        value: 'long',
        'value-required': false,
      },
    },
    {
      id: 7,
      name: 'place',
      required: false,
      type: {
        type: 'struct',
        fields: [
          { id: 8, name: 'City', required: false, type: 'string' },
          { id: 9, name: 'lat', required: false, type: 'double' },
        ],
      },
    },
  ],
};

let lake: Lake;
beforeAll(async () => {
  lake = await startLake();
  // Nested columns do not fit a template; Iceberg libraries create such tables through the API.
  const location = 's3://lake/market/nested';
  const metadata = createTableMetadata({
    location,
    tableUuid: '9c12d441-03fe-4693-9a96-a0705ddf69c1',
    schema: SCHEMA,
    partitionSpec: { 'spec-id': 0, fields: [] },
    properties: {},
    nowMs: 0,
  });
  const metadataLocation = `${location}/metadata/00000-a.metadata.json`;
  await lake.store.put(metadataLocation, Buffer.from(serializeTableMetadata(metadata)));
  await lake.clients.glue.send(
    new CreateTableCommand({
      DatabaseName: 'market',
      TableInput: {
        Name: 'nested',
        Parameters: { table_type: 'ICEBERG', metadata_location: metadataLocation },
      },
    }),
  );
  await lake.append('nested', [
    {
      id: 1n,
      tags: ['a', null],
      counts: new Map([['x', 5n]]),
      place: { City: 'Paris', lat: 48.9 },
    },
    { id: 2n, tags: [], counts: new Map(), place: null },
    { id: 3n, tags: null, counts: null, place: { City: null, lat: null } },
  ]);
});
afterAll(() => lake.close());

const rowsOf = async (sql: string) => (await lake.query(sql)).rows;

describe('nested columns', () => {
  it('are shown as Athena shows them', async () => {
    const { columns, rows } = await lake.query(
      'SELECT tags, counts, place FROM nested ORDER BY id',
    );
    expect(columns.map(({ type }) => type)).toEqual(['array', 'map', 'row']);
    expect(rows).toEqual([
      ['[a, null]', '{x=5}', '{city=Paris, lat=48.9}'],
      ['[]', '{}', null],
      [null, null, '{city=null, lat=null}'],
    ]);
  });

  it('are taken apart', async () => {
    expect(
      await rowsOf(
        "SELECT place.city, nested.place.lat, counts['x'], tags[1] FROM nested WHERE id = 1",
      ),
    ).toEqual([['Paris', '48.9', '5', 'a']]);
    expect(
      await rowsOf('SELECT id, t FROM nested CROSS JOIN UNNEST(tags) AS u(t) ORDER BY 2'),
    ).toEqual([
      ['1', 'a'],
      ['1', null],
    ]);
    expect(
      await rowsOf("SELECT id FROM nested WHERE place.city = 'Paris' AND cardinality(tags) = 2"),
    ).toEqual([['1']]);
  });

  it('are refused when their inner fields have changed, because names would be read, not ids', async () => {
    const inner = SCHEMA.fields[3];
    if (inner === undefined || typeof inner.type === 'string' || inner.type.type !== 'struct') {
      throw new Error('expected a struct');
    }
    const renamed = {
      ...inner,
      type: {
        ...inner.type,
        fields: inner.type.fields.map((field) => ({ ...field, name: `${field.name}2` })),
      },
    };
    const schema: Schema = {
      ...SCHEMA,
      'schema-id': 1,
      fields: [...SCHEMA.fields.slice(0, 3), renamed],
    };
    await lake.append(
      'nested',
      [{ id: 4n, tags: null, counts: null, place: { City2: 'Rome', lat2: 1 } }],
      {
        evolveSchema: (metadata) => ({
          ...metadata,
          'current-schema-id': 1,
          schemas: [SCHEMA, schema],
        }),
      },
    );
    await expect(lake.query('SELECT place FROM nested')).rejects.toThrow(
      /^NOT_SUPPORTED: .*column place, whose nested fields have changed/,
    );
    expect(await rowsOf('SELECT count(tags), count(*) FROM nested')).toEqual([['2', '4']]);
  });
});
