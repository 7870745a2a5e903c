import type { DataFile } from '../spec/data-file.ts';
import type { SingleValue } from '../spec/single-value.ts';
import { compareValues, conformValue } from '../spec/value-order.ts';
import { bindTransform } from '../transform/apply-transform.ts';
import type { BoundPartitionField } from '../transform/bind-partition-spec.ts';
import type { ProblemReport } from './problem.ts';

/** Bounds of one column that are whole. */
export interface Bounds {
  readonly lower: SingleValue;
  readonly upper: SingleValue;
}

interface PartitionContext {
  readonly field: BoundPartitionField;
  readonly value: SingleValue;
  readonly bounds: Bounds;
  readonly where: string;
  readonly report: ProblemReport;
}

/** Partition values of a file against the bounds of their source columns. Source: Iceberg v2 §Partitioning. */
export function checkPartitionValues(
  file: DataFile,
  context: {
    readonly partitionFields: readonly BoundPartitionField[];
    readonly bounds: ReadonlyMap<number, Bounds>;
    readonly report: ProblemReport;
  },
): void {
  const { partitionFields, report } = context;
  for (const [index, field] of partitionFields.entries()) {
    const where = `${file.filePath} partition ${field.name}`;
    const value = file.partition[index] ?? null;
    const bounds = context.bounds.get(field.source.id);
    if (value === null) {
      report.require(
        bounds === undefined || field.transform.kind === 'void',
        where,
        'expected a value, got null',
      );
      continue;
    }
    checkRange(file, value, { field, where, report });
    if (bounds !== undefined) checkAgainstBounds({ field, value, bounds, where, report });
  }
}

/** What the transform can give at all. */
function checkRange(
  file: DataFile,
  value: SingleValue,
  context: Omit<PartitionContext, 'value' | 'bounds'>,
): void {
  const { field, where, report } = context;
  const { transform, resultType, source } = field;
  report.require(transform.kind !== 'void', where, `expected null, got ${value}`);
  const conformed = conformValue(value, resultType);
  report.require(conformed !== null, where, `expected a ${resultType}, got ${typeof value}`);
  report.require(
    transform.kind !== 'bucket' || (Number(value) >= 0 && Number(value) < transform.buckets),
    where,
    `expected a bucket below ${transform.kind === 'bucket' ? transform.buckets : 0}, got ${value}`,
  );
  const values = file.valueCounts.get(source.id);
  report.require(
    values === undefined || values === 0n || (file.nullValueCounts.get(source.id) ?? 0n) === 0n,
    where,
    'expected no null among rows whose partition has a value',
  );
}

/** All rows of a file share its partition values, so what the bounds are transformed to has to be the value. */
function checkAgainstBounds(context: PartitionContext): void {
  const { field, value, bounds, where, report } = context;
  const { lower, upper } = bounds;
  if (field.transform.kind === 'void') return;
  const apply = bindTransform(field.transform, field.sourceType);
  const isExact = compareValues(lower, upper) === 0;
  // Bounds of texts and bytes may be shortened, unless they are equal: shortening raises the upper one.
  const isShortened = !isExact && ['string', 'binary'].includes(field.sourceType);
  if (isShortened) {
    const isSpanned = compareValues(value, upper) <= 0 && compareValues(applied(lower), value) <= 0;
    const isRanged = field.transform.kind !== 'bucket';
    report.require(
      !isRanged || isSpanned,
      where,
      `expected a value within the bounds, got ${value}`,
    );
    return;
  }
  // The hash of a bound says nothing of what lies between two.
  if (field.transform.kind === 'bucket' && !isExact) return;
  for (const bound of [lower, upper]) {
    const expected = apply(bound);
    report.require(
      expected !== null && compareValues(expected, value) === 0,
      where,
      `expected ${expected} by the column's bounds, got ${value}`,
    );
  }

  function applied(bound: SingleValue): SingleValue {
    return field.transform.kind === 'truncate' ? (apply(bound) ?? bound) : bound;
  }
}
