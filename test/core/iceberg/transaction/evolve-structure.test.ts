import { describe, expect, it } from 'vitest';
import type { Schema } from '#core/iceberg/spec/schema.ts';
import { currentSchema, type TableMetadata } from '#core/iceberg/spec/table-metadata.ts';
import {
  evolveSchema,
  type SchemaChange,
  setIdentifierColumns,
} from '#core/iceberg/transaction/evolve-schema.ts';
import { tradesMetadata, UNPARTITIONED } from '../trades-table.ts';

const SCHEMA: Schema = {
  type: 'struct',
  'schema-id': 0,
  fields: [
    { id: 1, name: 'id', required: true, type: 'long' },
    { id: 2, name: 'price', required: true, type: 'double', doc: 'in cents' },
    {
      id: 3,
      name: 'place',
      required: true,
      type: {
        type: 'struct',
        fields: [
          { id: 4, name: 'city', required: true, type: 'string' },
          { id: 5, name: 'street', required: false, type: 'string' },
        ],
      },
    },
  ],
};
const TABLE = tradesMetadata({ schema: SCHEMA, spec: UNPARTITIONED });
const evolve = (...changes: readonly SchemaChange[]) => evolveSchema(TABLE, changes);
const names = (metadata: TableMetadata) => currentSchema(metadata).fields.map(({ name }) => name);

describe('moving a column', () => {
  it('puts it first or behind another one, ids as they were', () => {
    const moved = evolve({ kind: 'move-column', path: ['place'], after: null });
    expect(names(moved)).toEqual(['place', 'id', 'price']);
    expect(currentSchema(moved).fields.map(({ id }) => id)).toEqual([3, 1, 2]);
    expect(names(evolve({ kind: 'move-column', path: ['id'], after: 'place' }))).toEqual([
      'price',
      'place',
      'id',
    ]);
  });

  it('reaches into structs', () => {
    const moved = evolve({ kind: 'move-column', path: ['place', 'street'], after: null });
    expect(currentSchema(moved).fields[2]?.type).toMatchObject({
      fields: [{ name: 'street' }, { name: 'city' }],
    });
  });

  it('changes nothing when it is there already', () => {
    expect(evolve({ kind: 'move-column', path: ['price'], after: 'id' })).toBe(TABLE);
    expect(evolve({ kind: 'move-column', path: ['price'], after: 'price' })).toBe(TABLE);
  });

  it('refuses a neighbour that is not there', () => {
    expect(() => evolve({ kind: 'move-column', path: ['id'], after: 'city' })).toThrow(
      expect.objectContaining({ code: 'SCHEMA_INCOMPATIBLE' }),
    );
  });
});

describe('a comment', () => {
  it('is set, replaced and taken away', () => {
    const doc = (text: string) =>
      currentSchema(evolve({ kind: 'set-doc', path: ['price'], doc: text })).fields[1]?.doc;
    expect(doc('in EUR')).toBe('in EUR');
    expect(doc('')).toBeUndefined();
  });
});

describe('identifier columns', () => {
  it('make a new schema, and the earlier one again without them', () => {
    const identified = setIdentifierColumns(TABLE, [['id'], ['place', 'city']]);
    expect(currentSchema(identified)).toMatchObject({
      'schema-id': 1,
      'identifier-field-ids': [1, 4],
    });
    expect(setIdentifierColumns(identified, [['id'], ['place', 'city']])).toBe(identified);
    expect(setIdentifierColumns(identified, [])['current-schema-id']).toBe(0);
  });

  it.each([
    ['a double', ['price']],
    ['an optional column', ['place', 'street']],
    ['a struct', ['place']],
    ['a column that is not there', ['nope']],
  ])('refuse %s', (_what, path) => {
    expect(() => setIdentifierColumns(TABLE, [path])).toThrow(
      expect.objectContaining({ code: 'SCHEMA_INCOMPATIBLE' }),
    );
  });
});
