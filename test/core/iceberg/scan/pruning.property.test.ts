import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planScan } from '#core/iceberg/scan/plan-scan.ts';
import type { Comparison, ScanPredicate } from '#core/iceberg/scan/scan-predicate.ts';
import { addedEntry } from '#core/iceberg/spec/manifest-entry.ts';
import type { PartitionSpec } from '#core/iceberg/spec/partition.ts';
import type { PrimitiveType, Schema } from '#core/iceberg/spec/schema.ts';
import type { SingleValue } from '#core/iceberg/spec/single-value.ts';
import { compareValues } from '#core/iceberg/spec/value-order.ts';
import { partitionKey, partitionTupleOf } from '#core/iceberg/transform/partition-tuple.ts';
import type { Row } from '#core/schema/field.ts';
import { handMadeTable } from '../hand-made-table.ts';
import { dataFileOf } from '../trades-table.ts';

const HOUR = 3_600_000_000n;
/** Few values, close together and around zero, so that files overlap and predicates hit their edges. */
const VALUES: readonly [PrimitiveType, readonly string[], fc.Arbitrary<SingleValue>][] = [
  ['int', ['identity', 'bucket[3]', 'truncate[3]'], fc.integer({ min: -5, max: 5 })],
  ['long', ['identity', 'bucket[3]', 'truncate[3]'], fc.bigInt({ min: -5n, max: 5n })],
  ['decimal(9, 2)', ['identity', 'bucket[3]', 'truncate[3]'], fc.bigInt({ min: -5n, max: 5n })],
  ['date', ['identity', 'year', 'month', 'day', 'bucket[3]'], fc.integer({ min: -40, max: 40 })],
  [
    'timestamp',
    ['identity', 'year', 'month', 'day', 'hour', 'bucket[3]'],
    fc
      .bigInt({ min: -30n * HOUR, max: 30n * HOUR })
      .map((micros) => (micros / (HOUR / 2n)) * (HOUR / 2n)),
  ],
  [
    'string',
    ['identity', 'bucket[3]', 'truncate[1]', 'truncate[2]'],
    fc.string({ unit: fc.constantFrom('a', 'b', '\uffee', '😀'), maxLength: 3 }),
  ],
  [
    'double',
    ['identity', 'void'],
    fc.constantFrom(-1, -0, 0, 0.5, 1, Number.NaN, Number.POSITIVE_INFINITY),
  ],
  ['boolean', ['identity', 'void'], fc.boolean()],
];

const COMPARISONS: readonly Comparison[] = ['=', '!=', '<', '<=', '>', '>='];

/** A column, a transform of it, its rows, and a predicate over it. */
const situation = fc.constantFrom(...VALUES).chain(([type, transforms, value]) => {
  const test: fc.Arbitrary<ScanPredicate> = fc.oneof(
    fc.record({ op: fc.constantFrom(...COMPARISONS), column: fc.constant('c'), value }),
    fc.record({
      op: fc.constant('in' as const),
      column: fc.constant('c'),
      values: fc.array(value, { maxLength: 3 }),
    }),
    fc.constantFrom<ScanPredicate>(
      { op: 'is-null', column: 'c' },
      { op: 'is-not-null', column: 'c' },
    ),
  );
  const both = fc.record({
    op: fc.constantFrom('and' as const, 'or' as const),
    operands: fc.array(test, { minLength: 1, maxLength: 3 }),
  });
  return fc.record({
    type: fc.constant(type),
    transform: fc.constantFrom(...transforms),
    values: fc.array(fc.option(value, { freq: 4 }), { minLength: 1, maxLength: 12 }),
    filesPerManifest: fc.integer({ min: 1, max: 3 }),
    filter: fc.oneof(test, both),
  });
});

/** SQL's answer for one row: unknown counts as false. NaN takes part as the greatest value, or not at all. */
function matches(
  filter: ScanPredicate,
  value: SingleValue | null,
  nanIsGreatest: boolean,
): boolean {
  if (filter.op === 'and')
    return filter.operands.every((item) => matches(item, value, nanIsGreatest));
  if (filter.op === 'or')
    return filter.operands.some((item) => matches(item, value, nanIsGreatest));
  if (filter.op === 'is-null') return value === null;
  if (value === null) return false;
  if (filter.op === 'is-not-null') return true;
  const compare = (literal: SingleValue): number => {
    if (Number.isNaN(value) || Number.isNaN(literal)) {
      if (!nanIsGreatest) return Number.NaN;
      return Number(Number.isNaN(value)) - Number(Number.isNaN(literal));
    }
    return compareValues(value, literal);
  };
  if (filter.op === 'in') return filter.values.some((literal) => compare(literal) === 0);
  const order = compare(filter.value);
  switch (filter.op) {
    case '=':
      return order === 0;
    case '!=':
      return order !== 0;
    case '<':
      return order < 0;
    case '<=':
      return order <= 0;
    case '>':
      return order > 0;
    default:
      return order >= 0;
  }
}

function tableOf(input: {
  readonly type: PrimitiveType;
  readonly transform: string;
  readonly values: readonly (SingleValue | null)[];
  readonly filesPerManifest: number;
}) {
  const schema: Schema = {
    type: 'struct',
    'schema-id': 0,
    fields: [{ id: 1, name: 'c', required: false, type: input.type }],
  };
  const spec: PartitionSpec = {
    'spec-id': 0,
    fields: [{ 'source-id': 1, 'field-id': 1000, name: 'p', transform: input.transform }],
  };
  const tupleOf = partitionTupleOf(spec, schema);
  const rows = input.values.map((c): Row => ({ c }));
  const groups = [...Map.groupBy(rows, (row) => partitionKey(tupleOf(row))).values()];
  const files = groups.map((group, index) => dataFileOf(group, { name: `${index}`, schema, spec }));
  const manifests = [];
  for (let at = 0; at < files.length; at += input.filesPerManifest) {
    const entries = files
      .slice(at, at + input.filesPerManifest)
      .map((file) => addedEntry(file, { snapshotId: 1n, sortOrderId: 0 }));
    manifests.push({ entries, sequenceNumber: 1n, schema, spec });
  }
  return { table: handMadeTable(manifests, { schema, specs: [spec] }), groups, files };
}

describe('pruning', () => {
  it('never skips a file that holds a matching row, whatever column, transform and predicate', async () => {
    await fc.assert(
      fc.asyncProperty(situation, async (input) => {
        const { table, groups, files } = tableOf(input);
        const plan = await planScan(table, table.metadata, { filter: input.filter });
        const planned = new Set(plan.files.map((file) => file.filePath));
        expect(plan.files.length + plan.skippedFiles).toBe(files.length);
        for (const [index, group] of groups.entries()) {
          const holdsMatch = group.some((row) =>
            [true, false].some((nanIsGreatest) =>
              matches(input.filter, row['c'] as SingleValue | null, nanIsGreatest),
            ),
          );
          if (holdsMatch) expect(planned).toContain(files[index]?.filePath);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('does skip: most files for an equality on the partition column', async () => {
    const values = Array.from({ length: 100 }, (_, index) => index);
    const { table } = tableOf({ type: 'int', transform: 'identity', values, filesPerManifest: 10 });
    const filter: ScanPredicate = { column: 'c', op: '=', value: 42 };
    const plan = await planScan(table, table.metadata, { filter });
    expect(plan).toMatchObject({ skippedFiles: 99, skippedManifests: 9 });
  });
});
