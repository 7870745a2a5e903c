import { describe, expect, it } from 'vitest';
import type { Schema } from '#core/iceberg/spec/schema.ts';
import { currentSchema, type TableMetadata } from '#core/iceberg/spec/table-metadata.ts';
import { evolveSchema, type SchemaChange } from '#core/iceberg/transaction/evolve-schema.ts';
import { SCHEMA, SPEC, tradesMetadata } from '../trades-table.ts';

const NESTED: Schema = {
  type: 'struct',
  'schema-id': 0,
  fields: [
    { id: 1, name: 'id', required: true, type: 'long' },
    {
      id: 2,
      name: 'address',
      required: false,
      type: {
        type: 'struct',
        fields: [
          { id: 3, name: 'city', required: true, type: 'string' },
          { id: 4, name: 'zip', required: false, type: 'int' },
        ],
      },
    },
    {
      id: 5,
      name: 'levels',
      required: false,
      type: { type: 'list', 'element-id': 6, element: 'float', 'element-required': false },
    },
    {
      id: 7,
      name: 'depth',
      required: false,
      type: {
        type: 'map',
        'key-id': 8,
        key: 'int',
        'value-id': 9,
        value: 'int',
        'value-required': false,
      },
    },
  ],
};
const nestedTable = tradesMetadata({ schema: NESTED, spec: { 'spec-id': 0, fields: [] } });
const evolve = (metadata: TableMetadata, ...changes: SchemaChange[]) =>
  currentSchema(evolveSchema(metadata, changes));
const refusal = (rule: string) =>
  expect.objectContaining({ code: 'SCHEMA_INCOMPATIBLE', message: expect.stringContaining(rule) });

describe('adding a column', () => {
  const add: SchemaChange = { kind: 'add-column', path: ['venue'], type: 'string', doc: 'where' };

  it('appends an optional field with a fresh id, under a new schema', () => {
    const evolved = evolveSchema(tradesMetadata(), [add]);
    expect(currentSchema(evolved)).toEqual({
      ...SCHEMA,
      'schema-id': 1,
      fields: [
        ...SCHEMA.fields,
        { id: 7, name: 'venue', required: false, type: 'string', doc: 'where' },
      ],
    });
    expect(evolved['last-column-id']).toBe(7);
    expect(evolved.schemas).toHaveLength(2);
  });

  it('numbers everything inside a nested type', () => {
    const type = {
      type: 'map',
      'key-id': 0,
      key: 'string',
      'value-id': 0,
      value: {
        type: 'list',
        'element-id': 0,
        element: {
          type: 'struct',
          fields: [
            { id: 0, name: 'a', required: false, type: 'int' },
            { id: 0, name: 'b', required: false, type: 'int' },
          ],
        },
        'element-required': false,
      },
      'value-required': false,
    } as const;
    const evolved = evolveSchema(tradesMetadata(), [{ kind: 'add-column', path: ['m'], type }]);
    expect(currentSchema(evolved).fields.at(-1)).toMatchObject({
      id: 7,
      type: {
        'key-id': 8,
        'value-id': 9,
        value: { 'element-id': 10, element: { fields: [{ id: 11 }, { id: 12 }] } },
      },
    });
    expect(evolved['last-column-id']).toBe(12);
  });

  it('reaches into structs', () => {
    const schema = evolve(nestedTable, {
      kind: 'add-column',
      path: ['address', 'street'],
      type: 'string',
    });
    expect(schema.fields[1]).toMatchObject({
      type: { fields: [{ name: 'city' }, { name: 'zip' }, { id: 10, name: 'street' }] },
    });
  });

  it('never reuses the id of a dropped column', () => {
    const added = evolveSchema(tradesMetadata(), [add]);
    const dropped = evolveSchema(added, [{ kind: 'drop-column', path: ['venue'] }]);
    expect(evolve(dropped, add).fields.at(-1)?.id).toBe(8);
  });

  it.each<[string, SchemaChange, string]>([
    [
      'a taken name',
      { kind: 'add-column', path: ['PRICE'], type: 'int' },
      'the name price is taken',
    ],
    [
      'the name of a partition field',
      { kind: 'add-column', path: ['ts_hour'], type: 'int' },
      'partition field',
    ],
    ['no name', { kind: 'add-column', path: [], type: 'int' }, 'needs a name'],
    [
      'a parent that is no struct',
      { kind: 'add-column', path: ['price', 'x'], type: 'int' },
      'no such struct',
    ],
    [
      'a missing parent',
      { kind: 'add-column', path: ['nobody', 'x'], type: 'int' },
      'no such column',
    ],
  ])('refuses %s', (_name, change, rule) => {
    expect(() => evolve(tradesMetadata(), change)).toThrow(refusal(rule));
  });
});

describe('widening a column', () => {
  it('takes int to long', () => {
    const schema = evolve(tradesMetadata(), { kind: 'widen-column', path: ['size'], type: 'long' });
    expect(schema.fields[5]).toEqual({ id: 6, name: 'size', required: false, type: 'long' });
  });

  it('takes a decimal to more digits', () => {
    const schema = evolve(tradesMetadata(), {
      kind: 'widen-column',
      path: ['amount'],
      type: 'decimal(38, 2)',
    });
    expect(schema.fields[4]?.type).toBe('decimal(38, 2)');
  });

  it('reaches list elements and map values', () => {
    const schema = evolve(
      nestedTable,
      { kind: 'widen-column', path: ['levels', 'element'], type: 'double' },
      { kind: 'widen-column', path: ['depth', 'value'], type: 'long' },
    );
    expect(schema.fields[2]?.type).toMatchObject({ element: 'double' });
    expect(schema.fields[3]?.type).toMatchObject({ value: 'long', key: 'int' });
  });

  it('keeps the table as it is when the type is the same', () => {
    const metadata = tradesMetadata();
    expect(evolveSchema(metadata, [{ kind: 'widen-column', path: ['size'], type: 'int' }])).toBe(
      metadata,
    );
  });

  it.each<[string, SchemaChange]>([
    ['long to int', { kind: 'widen-column', path: ['id'], type: 'int' }],
    ['double to float', { kind: 'widen-column', path: ['price'], type: 'float' }],
    ['int to double', { kind: 'widen-column', path: ['size'], type: 'double' }],
    ['int to string', { kind: 'widen-column', path: ['size'], type: 'string' }],
    [
      'a decimal to fewer digits',
      { kind: 'widen-column', path: ['amount'], type: 'decimal(11, 2)' },
    ],
    [
      'a decimal to another scale',
      { kind: 'widen-column', path: ['amount'], type: 'decimal(14, 3)' },
    ],
    [
      'a decimal beyond 38 digits',
      { kind: 'widen-column', path: ['amount'], type: 'decimal(39, 2)' },
    ],
  ])('refuses %s', (_name, change) => {
    expect(() => evolve(tradesMetadata(), change)).toThrow(refusal('does not widen'));
  });

  it('refuses map keys and structs', () => {
    const key: SchemaChange = { kind: 'widen-column', path: ['depth', 'key'], type: 'long' };
    expect(() => evolve(nestedTable, key)).toThrow(refusal('map keys cannot change'));
    const struct: SchemaChange = { kind: 'widen-column', path: ['address'], type: 'long' };
    expect(() => evolve(nestedTable, struct)).toThrow(refusal('only a primitive column'));
  });
});

describe('renaming a column', () => {
  it('keeps its id', () => {
    const schema = evolve(tradesMetadata(), {
      kind: 'rename-column',
      path: ['size'],
      newName: 'quantity',
    });
    expect(schema.fields[5]).toEqual({ id: 6, name: 'quantity', required: false, type: 'int' });
  });

  it('may change letter case alone', () => {
    const change: SchemaChange = { kind: 'rename-column', path: ['size'], newName: 'Size' };
    expect(evolve(tradesMetadata(), change).fields[5]?.name).toBe('Size');
  });

  it('of a partition source leaves the spec alone', () => {
    const change: SchemaChange = { kind: 'rename-column', path: ['ts'], newName: 'traded_at' };
    expect(evolveSchema(tradesMetadata(), [change])['partition-specs']).toEqual([SPEC]);
  });

  it.each<[string, SchemaChange, string]>([
    ['to a taken name', { kind: 'rename-column', path: ['size'], newName: 'Price' }, 'is taken'],
    ['to nothing', { kind: 'rename-column', path: ['size'], newName: '' }, 'needs a name'],
    [
      'to the name of a partition field',
      { kind: 'rename-column', path: ['size'], newName: 'ts_hour' },
      'partition field',
    ],
    [
      'of a missing column',
      { kind: 'rename-column', path: ['nobody'], newName: 'x' },
      'no such column',
    ],
  ])('refuses it %s', (_name, change, rule) => {
    expect(() => evolve(tradesMetadata(), change)).toThrow(refusal(rule));
  });
});

describe('making a column optional', () => {
  it('lifts the requirement', () => {
    const schema = evolve(tradesMetadata(), { kind: 'make-optional', path: ['id'] });
    expect(schema.fields[0]?.required).toBe(false);
  });
});

describe('dropping a column', () => {
  it('takes it out of the current schema and keeps the earlier one', () => {
    const evolved = evolveSchema(tradesMetadata(), [{ kind: 'drop-column', path: ['price'] }]);
    expect(currentSchema(evolved).fields.map((field) => field.name)).not.toContain('price');
    expect(evolved.schemas[0]).toEqual(SCHEMA);
  });

  it('makes the earlier schema current again when an added column goes', () => {
    const added = evolveSchema(tradesMetadata(), [
      { kind: 'add-column', path: ['x'], type: 'int' },
    ]);
    const dropped = evolveSchema(added, [{ kind: 'drop-column', path: ['x'] }]);
    expect(dropped['current-schema-id']).toBe(0);
    expect(dropped.schemas).toHaveLength(2);
    expect(dropped['last-column-id']).toBe(7);
  });

  it('refuses a column that partitions are made from', () => {
    expect(() => evolve(tradesMetadata(), { kind: 'drop-column', path: ['ts'] })).toThrow(
      refusal('partition field ts_hour'),
    );
  });

  it('refuses a column the table is sorted by', () => {
    const sorted = {
      ...tradesMetadata(),
      'default-sort-order-id': 1,
      'sort-orders': [
        {
          'order-id': 1,
          fields: [
            { transform: 'identity', 'source-id': 4, direction: 'asc', 'null-order': 'nulls-last' },
          ],
        },
      ],
    } as const;
    expect(() => evolve(sorted, { kind: 'drop-column', path: ['price'] })).toThrow(
      refusal('sorted'),
    );
  });

  it('refuses an identifier field', () => {
    const schema = { ...SCHEMA, 'identifier-field-ids': [1] };
    expect(() => evolve(tradesMetadata({ schema }), { kind: 'drop-column', path: ['id'] })).toThrow(
      refusal('identifier'),
    );
  });

  it('refuses the last column', () => {
    const drops = ['address', 'levels', 'depth', 'id'].map(
      (name): SchemaChange => ({ kind: 'drop-column', path: [name] }),
    );
    expect(() => evolve(nestedTable, ...drops)).toThrow(refusal('last column'));
  });
});

describe('several changes', () => {
  it('apply in order and give one new schema', () => {
    const evolved = evolveSchema(tradesMetadata(), [
      { kind: 'rename-column', path: ['size'], newName: 'quantity' },
      { kind: 'widen-column', path: ['quantity'], type: 'long' },
      { kind: 'add-column', path: ['size'], type: 'string' },
    ]);
    expect(evolved.schemas).toHaveLength(2);
    expect(currentSchema(evolved).fields.slice(5)).toEqual([
      { id: 6, name: 'quantity', required: false, type: 'long' },
      { id: 7, name: 'size', required: false, type: 'string' },
    ]);
  });

  it('leave the metadata object alone when there are none', () => {
    const metadata = tradesMetadata();
    expect(evolveSchema(metadata, [])).toBe(metadata);
  });
});
