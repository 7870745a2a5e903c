import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PartitionTuple } from '#core/iceberg/spec/partition.ts';
import type { Schema } from '#core/iceberg/spec/schema.ts';
import { partitionKey, partitionTupleOf } from '#core/iceberg/transform/partition-tuple.ts';
import { SCHEMA, SPEC, trade } from '../trades-table.ts';

const NESTED: Schema = {
  type: 'struct',
  'schema-id': 0,
  fields: [
    {
      id: 1,
      name: 'address',
      required: false,
      type: { type: 'struct', fields: [{ id: 2, name: 'city', required: false, type: 'string' }] },
    },
    {
      id: 3,
      name: 'tags',
      required: false,
      type: { type: 'list', 'element-id': 4, element: 'string', 'element-required': true },
    },
  ],
};
const specOf = (sourceId: number) => ({
  'spec-id': 0,
  fields: [{ 'source-id': sourceId, 'field-id': 1000, name: 'p', transform: 'identity' }],
});

describe('partitionTupleOf', () => {
  it('gives one value per field of the spec', () => {
    expect(partitionTupleOf(SPEC, SCHEMA)(trade(1))).toEqual([498666, 1]);
  });

  it('gives null for a missing or null value', () => {
    expect(partitionTupleOf(SPEC, SCHEMA)(trade(1, { symbol: null }))).toEqual([498666, null]);
    expect(partitionTupleOf(SPEC, SCHEMA)({ id: 1n })).toEqual([null, null]);
  });

  it('reaches into structs', () => {
    const tupleOf = partitionTupleOf(specOf(2), NESTED);
    expect(tupleOf({ address: { city: 'Bern' } })).toEqual(['Bern']);
    expect(tupleOf({ address: null })).toEqual([null]);
  });

  it.each([1, 4, 99])('refuses source column %i, which is no plain value', (sourceId) => {
    expect(() => partitionTupleOf(specOf(sourceId), NESTED)).toThrow(
      expect.objectContaining({ code: 'SCHEMA_INCOMPATIBLE' }),
    );
  });
});

describe('partitionKey', () => {
  it('differs for tuples that only look alike', () => {
    const tuples: PartitionTuple[] = [
      [null],
      ['null'],
      [''],
      [1],
      [1n],
      ['1'],
      [true],
      ['true'],
      [0],
      [-0],
      [Number.NaN],
      [Uint8Array.of(1)],
      ['01'],
      ['a', 'b'],
      ['a,b'],
      [],
    ];
    expect(new Set(tuples.map(partitionKey)).size).toBe(tuples.length);
  });

  it('is equal for equal tuples', () => {
    const value = fc.oneof(fc.string(), fc.integer(), fc.bigInt(), fc.constant(null), fc.boolean());
    fc.assert(
      fc.property(fc.array(value), (tuple) => {
        expect(partitionKey([...tuple])).toBe(partitionKey(tuple));
      }),
    );
  });
});
