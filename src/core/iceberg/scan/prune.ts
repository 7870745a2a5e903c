import type { DataFile } from '../spec/data-file.ts';
import type { FieldSummary, ManifestFile } from '../spec/manifest-list.ts';
import type { PartitionSpec, PartitionTuple } from '../spec/partition.ts';
import type { PrimitiveType } from '../spec/schema.ts';
import { conformValue } from '../spec/value-order.ts';
import { parseTransform, transformResultType } from '../transform/transform.ts';
import { projectTest } from './project-test.ts';
import { type BoundPredicate, type ColumnTest, mayMatch } from './scan-predicate.ts';
import { decodeBound, mayPassTest, type ValueRange } from './value-range.ts';

/** False only when the partition summaries of a manifest rule out every file in it. */
export function manifestMayMatch(
  predicate: BoundPredicate,
  manifest: Pick<ManifestFile, 'partitions'>,
  spec: PartitionSpec,
): boolean {
  const { partitions } = manifest;
  if (partitions === null || partitions.length !== spec.fields.length) return true;
  return mayMatch(predicate, (test) =>
    partitionMayPass(test, spec, (index, type) => summaryRange(partitions[index], type)),
  );
}

/** False only when the partition values of a file rule out every row in it. */
export function partitionMayMatch(
  predicate: BoundPredicate,
  partition: PartitionTuple,
  spec: PartitionSpec,
): boolean {
  if (partition.length !== spec.fields.length) return true;
  return mayMatch(predicate, (test) =>
    partitionMayPass(test, spec, (index, type) => valueRange(partition[index] ?? null, type)),
  );
}

/** False only when the counts and bounds of a file rule out every row in it. */
export function metricsMayMatch(predicate: BoundPredicate, file: DataFile): boolean {
  if (file.recordCount === 0n) return false;
  return mayMatch(predicate, (test) => mayPassTest(test, columnRange(file, test)));
}

/** Every partition field made from the tested column has to leave the test possible. */
function partitionMayPass(
  test: ColumnTest,
  spec: PartitionSpec,
  rangeOf: (index: number, type: PrimitiveType) => ValueRange | null,
): boolean {
  return spec.fields.every((field, index) => {
    if (field['source-id'] !== test.columnId) return true;
    const transform = parseTransform(field.transform);
    const resultType = transformResultType(transform, test.type);
    const projected = projectTest(test, transform);
    if (resultType === null || projected === null) return true;
    const range = rangeOf(index, resultType);
    return range === null || mayPassTest(projected, range);
  });
}

function summaryRange(summary: FieldSummary | undefined, type: PrimitiveType): ValueRange | null {
  if (summary === undefined) return null;
  const { lowerBound, upperBound, containsNan } = summary;
  const isFloating = type === 'float' || type === 'double';
  return {
    lower: decodeBound(type, lowerBound),
    upper: decodeBound(type, upperBound),
    mayHoldNull: summary.containsNull,
    // Without bounds every value is null or NaN.
    mayHoldValue: lowerBound !== null || upperBound !== null || containsNan !== false,
    mayHoldNan: isFloating && containsNan !== false,
    exact: true,
  };
}

function valueRange(value: PartitionTuple[number], type: PrimitiveType): ValueRange | null {
  const conformed = value === null ? null : conformValue(value, type);
  if (value !== null && conformed === null) return null;
  const isNan = Number.isNaN(conformed);
  return {
    lower: isNan ? null : conformed,
    upper: isNan ? null : conformed,
    mayHoldNull: conformed === null,
    mayHoldValue: conformed !== null,
    mayHoldNan: isNan,
    exact: true,
  };
}

function columnRange(file: DataFile, { columnId, type }: ColumnTest): ValueRange {
  const values = file.valueCounts.get(columnId);
  const nulls = file.nullValueCounts.get(columnId);
  const nans = file.nanValueCounts.get(columnId);
  const isFloating = type === 'float' || type === 'double';
  return {
    lower: decodeBound(type, file.lowerBounds.get(columnId)),
    upper: decodeBound(type, file.upperBounds.get(columnId)),
    mayHoldNull: nulls === undefined || nulls > 0n,
    mayHoldValue: nulls === undefined || values === undefined || values === 0n || nulls < values,
    mayHoldNan: isFloating && (nans === undefined || nans > 0n),
    exact: false,
  };
}
