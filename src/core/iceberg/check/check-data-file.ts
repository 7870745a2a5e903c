import type { DataFile } from '../spec/data-file.ts';
import type { PrimitiveType } from '../spec/schema.ts';
import { isPrimitive, type SchemaColumn } from '../spec/schema-fields.ts';
import { decodeSingleValue, encodeSingleValue, type SingleValue } from '../spec/single-value.ts';
import type { TableMetadata } from '../spec/table-metadata.ts';
import { compareValues } from '../spec/value-order.ts';
import type { BoundPartitionField } from '../transform/bind-partition-spec.ts';
import { requireBelow } from './check-location.ts';
import { type Bounds, checkPartitionValues } from './check-partition-values.ts';
import type { ProblemReport } from './problem.ts';

/** Counts, bounds and partition values of one data file against the columns it can have. Source: Iceberg v2 §Data File Fields. */
export function checkDataFile(
  file: DataFile,
  context: {
    readonly metadata: TableMetadata;
    readonly columns: ReadonlyMap<number, SchemaColumn>;
    readonly partitionFields: readonly BoundPartitionField[];
    readonly report: ProblemReport;
  },
): void {
  const { metadata, columns, partitionFields, report } = context;
  const where = file.filePath;
  requireBelow(metadata, 'data', where, { where, report });
  report.require(file.recordCount > 0n, where, `expected records, got ${file.recordCount}`);
  report.require(file.fileSizeBytes > 0n, where, `expected a size, got ${file.fileSizeBytes}`);
  checkSplitOffsets(file, report);
  const stored = [...file.columnSizes.values()].reduce((sum, size) => sum + size, 0n);
  report.require(
    stored <= file.fileSizeBytes,
    where,
    `expected columns of at most ${file.fileSizeBytes} bytes, got ${stored}`,
  );
  const bounds = checkColumns(file, { metadata, columns, report });
  checkPartitionValues(file, { partitionFields, bounds, report });
}

function checkSplitOffsets(file: DataFile, report: ProblemReport): void {
  const { filePath, splitOffsets: offsets } = file;
  report.require(
    offsets.every((offset, index) => index === 0 || (offsets[index - 1] ?? 0n) < offset),
    filePath,
    'expected split offsets in order',
  );
  report.require(
    offsets.every((offset) => offset >= 4n && offset < file.fileSizeBytes),
    filePath,
    `expected split offsets inside the file, got ${offsets.join(', ')}`,
  );
}

interface ColumnContext {
  readonly id: number;
  readonly column: SchemaColumn & { readonly type: PrimitiveType };
  readonly where: string;
  readonly report: ProblemReport;
}

/** Metrics of every column; gives the bounds that are whole. */
function checkColumns(
  file: DataFile,
  context: {
    readonly metadata: TableMetadata;
    readonly columns: ReadonlyMap<number, SchemaColumn>;
    readonly report: ProblemReport;
  },
): ReadonlyMap<number, Bounds> {
  const { metadata, columns, report } = context;
  // A table may choose to keep fewer metrics. Source: Iceberg, table properties `write.metadata.metrics.*`.
  const isReduced = Object.keys(metadata.properties).some((key) =>
    key.startsWith('write.metadata.metrics.'),
  );
  const bounds = new Map<number, Bounds>();
  const maps = [file.valueCounts, file.nullValueCounts, file.nanValueCounts, file.columnSizes];
  const ids = new Set(
    [...maps, file.lowerBounds, file.upperBounds].flatMap((map) => [...map.keys()]),
  );
  for (const id of ids) {
    const column = columns.get(id);
    const where = `${file.filePath} column ${id}`;
    if (column === undefined || !isPrimitive(column.type)) {
      report.add(where, 'expected metrics of primitive columns of the table only');
      continue;
    }
    const about = { id, column: { ...column, type: column.type }, where, report };
    checkCounts(file, about);
    if (!isReduced) checkCompleteness(file, about);
    const pair = checkBounds(file, about);
    if (pair !== null) bounds.set(id, pair);
  }
  return bounds;
}

function checkCounts(file: DataFile, { id, column, where, report }: ColumnContext): void {
  const values = file.valueCounts.get(id);
  const nulls = file.nullValueCounts.get(id) ?? 0n;
  const nans = file.nanValueCounts.get(id) ?? 0n;
  for (const count of [values ?? 0n, nulls, nans, file.columnSizes.get(id) ?? 0n]) {
    report.require(count >= 0n, where, `expected counts of 0 or more, got ${count}`);
  }
  report.require(
    values === undefined || nulls + nans <= values,
    where,
    `expected at most ${values} nulls and NaNs, got ${nulls} and ${nans}`,
  );
  report.require(
    values === undefined || column.repeated || values === file.recordCount,
    where,
    `expected one value per record, ${file.recordCount}, got ${values}`,
  );
  report.require(
    !column.required || column.path.length > 1 || nulls === 0n,
    where,
    `expected no null in a required column, got ${nulls}`,
  );
  report.require(
    isFloat(column.type) || !file.nanValueCounts.has(id),
    where,
    'expected a NaN count of floats and doubles only',
  );
  const empty = values !== undefined && nulls + nans === values;
  report.require(
    !empty || !(file.lowerBounds.has(id) || file.upperBounds.has(id)),
    where,
    'expected no bounds where every value is null or NaN',
  );
  report.require(
    !column.repeated || !(file.lowerBounds.has(id) || file.upperBounds.has(id)),
    where,
    'expected no bounds inside lists and maps',
  );
}

/** Metrics that a writer leaves out only when it is told to: readers that prune by them would read too much. */
function checkCompleteness(file: DataFile, { id, column, where, report }: ColumnContext): void {
  const values = file.valueCounts.get(id);
  const nulls = file.nullValueCounts.get(id);
  report.require(
    values !== undefined && nulls !== undefined && file.columnSizes.has(id),
    where,
    'expected column size, value count and null count',
  );
  if (column.repeated || values === undefined || nulls === undefined) return;
  const nans = file.nanValueCounts.get(id);
  report.require(!isFloat(column.type) || nans !== undefined, where, 'expected a NaN count');
  if (values === nulls + (nans ?? 0n)) return;
  report.require(file.lowerBounds.has(id), where, 'expected a lower bound of the values');
  // A long text or binary may have no upper bound of the length that is kept.
  const mayLack = column.type === 'string' || column.type === 'binary';
  report.require(
    mayLack || file.upperBounds.has(id),
    where,
    'expected an upper bound of the values',
  );
}

function checkBounds(file: DataFile, { id, column, where, report }: ColumnContext): Bounds | null {
  const { type } = column;
  const decode = (bytes: Uint8Array | undefined): SingleValue | null => {
    if (bytes === undefined) return null;
    const value = report.attempt(where, () => decodeSingleValue(type, bytes));
    if (value !== null) requireCanonical(bytes, value, { type, where, report });
    return value;
  };
  const lower = decode(file.lowerBounds.get(id));
  const upper = decode(file.upperBounds.get(id));
  report.require(!Number.isNaN(lower) && !Number.isNaN(upper), where, 'expected no NaN as a bound');
  if (lower === null || upper === null) return null;
  report.require(
    compareValues(lower, upper) <= 0,
    where,
    'expected the lower bound not to exceed the upper one',
  );
  report.require(
    !(Object.is(lower, 0) && Object.is(upper, -0)),
    where,
    'expected -0 as a lower and 0 as an upper bound: -0 precedes 0',
  );
  return { lower, upper };
}

/** The only bytes of a value, or those of the narrower type the column had. Source: Iceberg v2 §Appendix D. */
function requireCanonical(
  bytes: Uint8Array,
  value: SingleValue,
  context: {
    readonly type: PrimitiveType;
    readonly where: string;
    readonly report: ProblemReport;
  },
): void {
  const { type, where, report } = context;
  const isNarrow = bytes.length === 4 && (type === 'long' || type === 'double');
  if (isNarrow || Number.isNaN(value)) return;
  report.require(
    Buffer.compare(encodeSingleValue(type, value), bytes) === 0,
    where,
    `expected a bound in as few bytes as the specification has for ${type}, got ${Buffer.from(bytes).toString('hex')}`,
  );
}

function isFloat(type: PrimitiveType): boolean {
  return type === 'float' || type === 'double';
}
