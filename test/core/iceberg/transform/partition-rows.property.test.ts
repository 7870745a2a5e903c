import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rowColumns } from '#core/columns/row-columns.ts';
import type { Vector } from '#core/columns/vector.ts';
import type { PartitionSpec } from '#core/iceberg/spec/partition.ts';
import type { NestedField, PrimitiveType, Schema } from '#core/iceberg/spec/schema.ts';
import { partitionRows } from '#core/iceberg/transform/partition-rows.ts';
import { partitionKey, partitionTupleOf } from '#core/iceberg/transform/partition-tuple.ts';
import { parseTransform, transformResultType } from '#core/iceberg/transform/transform.ts';
import type { Row, Value } from '#core/schema/field.ts';
import { encodeDictionary } from '#test/core/columns/encode-dictionary.ts';

const HOUR = 3_600_000_000n;
const int64 = fc.oneof(
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.bigInt({ min: -3n, max: 3n }),
);
/** Hours whose number fits 32 bits, the edges of units, and beyond what a double holds. */
const times = fc.oneof(
  fc
    .bigInt({ min: -(2n ** 31n) * HOUR, max: (2n ** 31n - 1n) * HOUR })
    .map((time) => (BigInt.asIntN(64, time) === time ? time : 0n)),
  fc
    .tuple(fc.bigInt({ min: -1_200_000n, max: 1_200_000n }), fc.bigInt({ min: -1n, max: 1n }))
    .map(([hours, micros]) => hours * HOUR + micros),
  fc
    .tuple(fc.bigInt({ min: -40_000n, max: 40_000n }), fc.bigInt({ min: -1n, max: 1n }))
    .map(([days, micros]) => days * 24n * HOUR + micros),
  fc.constantFrom(2n ** 52n, 2n ** 52n - 1n, -(2n ** 52n), -(2n ** 52n) - 1n),
);
const text = fc.oneof(
  fc.constantFrom('', 'a', 'b', 'ab', 'null', '\u{1f600}\u{1f600}x', 'ünï'),
  fc.string({ unit: 'binary', maxLength: 9 }),
);

const VALUES: readonly (readonly [PrimitiveType, fc.Arbitrary<Value>])[] = [
  ['boolean', fc.boolean()],
  ['int', fc.oneof(fc.integer(), fc.integer({ min: -3, max: 3 }))],
  ['long', int64],
  ['float', fc.oneof(fc.float(), fc.constantFrom(0, -0, Number.NaN))],
  ['double', fc.oneof(fc.double(), fc.constantFrom(0, -0, 1.5))],
  [
    'date',
    fc.oneof(fc.integer({ min: -800_000, max: 3_000_000 }), fc.integer({ min: -2, max: 2 })),
  ],
  ['timestamp', times],
  ['string', text],
  ['binary', fc.uint8Array({ maxLength: 6 })],
  ['decimal(9, 2)', fc.bigInt({ min: -999_999_999n, max: 999_999_999n })],
  ['decimal(30, 2)', fc.bigInt({ min: -(10n ** 29n), max: 10n ** 29n })],
];
const TRANSFORMS = ['identity', 'void', 'year', 'month', 'day', 'hour', 'bucket[7]', 'truncate[3]'];

const columns = fc.constantFrom(
  ...VALUES.flatMap(([type, values]) =>
    TRANSFORMS.filter((text) => transformResultType(parseTransform(text), type) !== null).map(
      (transform) => ({ type, values, transform }),
    ),
  ),
);

function fieldOf(id: number, type: PrimitiveType): NestedField {
  return { id, name: `c${id}`, required: false, type };
}

/** Two columns, the second one inside a record, and rows for them. */
const cases = fc.tuple(columns, columns).chain(([first, second]) => {
  const inner = fieldOf(3, second.type);
  const fields: readonly NestedField[] = [
    fieldOf(1, first.type),
    { id: 2, name: 'nested', required: false, type: { type: 'struct', fields: [inner] } },
  ];
  const row = fc.record({
    c1: fc.option(first.values),
    nested: fc.option(fc.record({ c3: fc.option(second.values) })),
  });
  const spec: PartitionSpec = {
    'spec-id': 0,
    fields: [
      { 'source-id': 1, 'field-id': 1000, name: 'p1', transform: first.transform },
      { 'source-id': 3, 'field-id': 1001, name: 'p2', transform: second.transform },
    ],
  };
  const rows: fc.Arbitrary<readonly Row[]> = fc.array(row, { maxLength: 20 });
  return rows.map((all) => ({ schema: { fields }, spec, all }));
});

/** Groups as the row-based writer makes them. */
function expected(
  spec: PartitionSpec,
  schema: Pick<Schema, 'fields'>,
  rows: readonly Row[],
  places: readonly number[],
) {
  const tupleOf = partitionTupleOf(spec, schema);
  const groups = new Map<string, { tuple: ReturnType<typeof tupleOf>; rows: number[] }>();
  for (const place of places) {
    const tuple = tupleOf(rows[place]!);
    const key = partitionKey(tuple);
    const group = groups.get(key) ?? { tuple, rows: [] };
    groups.set(key, group);
    group.rows.push(place);
  }
  return [...groups.values()];
}

function withDictionaries(vector: Vector): Vector {
  if (vector.kind === 'bytes') return encodeDictionary(vector);
  if (vector.kind !== 'struct') return vector;
  return { ...vector, children: vector.children.map(withDictionaries) };
}

describe('partitionRows', () => {
  it('groups rows as partitionTupleOf and partitionKey do, for every transform and type', () => {
    fc.assert(
      fc.property(
        cases,
        fc.boolean(),
        fc.boolean(),
        ({ schema, spec, all }, everySecond, isDictionary) => {
          const places = all.map((_, row) => row).filter((row) => !everySecond || row % 2 === 0);
          const vectors = rowColumns(schema, all).map(({ vector }) =>
            isDictionary ? withDictionaries(vector) : vector,
          );
          const groups = partitionRows(spec, schema, { vectors, rows: Int32Array.from(places) });
          expect(groups.map(({ tuple, rows }) => ({ tuple, rows: [...rows] }))).toEqual(
            expected(spec, schema, all, places),
          );
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it('puts all rows of a table without partitions into one group', () => {
    const schema = { fields: [fieldOf(1, 'int')] };
    const vectors = rowColumns(schema, [{ c1: 1 }, { c1: 2 }]).map(({ vector }) => vector);
    const groups = partitionRows({ 'spec-id': 0, fields: [] }, schema, {
      vectors,
      rows: Int32Array.of(0, 1),
    });
    expect(groups).toEqual([{ tuple: [], rows: Int32Array.of(0, 1) }]);
  });

  it('throws for an hour that does not fit 32 bits, as the row-based function does', () => {
    const schema = { fields: [fieldOf(1, 'timestamp')] };
    const vectors = rowColumns(schema, [{ c1: 2n ** 63n - 1n }]).map(({ vector }) => vector);
    const spec = {
      'spec-id': 0,
      fields: [{ 'source-id': 1, 'field-id': 1000, name: 'p', transform: 'hour' }],
    };
    expect(() => partitionRows(spec, schema, { vectors, rows: Int32Array.of(0) })).toThrow(
      'expected 32 bits',
    );
  });
});
