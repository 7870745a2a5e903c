import type { DataFile } from '../spec/data-file.ts';
import type { PrimitiveType } from '../spec/schema.ts';
import { isPrimitive, type SchemaColumn } from '../spec/schema-fields.ts';
import { decodeSingleValue, type SingleValue } from '../spec/single-value.ts';
import { compareValues } from '../spec/value-order.ts';
import { bindTransform } from '../transform/apply-transform.ts';
import type { BoundPartitionField } from '../transform/bind-partition-spec.ts';
import type { ProblemReport } from './problem.ts';

/** Counts, bounds and partition values of one data file against the columns it can have. */
export function checkDataFile(
  file: DataFile,
  context: {
    readonly columns: ReadonlyMap<number, SchemaColumn>;
    readonly partitionFields: readonly BoundPartitionField[];
    readonly report: ProblemReport;
  },
): void {
  const { columns, partitionFields, report } = context;
  const where = file.filePath;
  report.require(/^[a-z0-9]+:\/\//.test(where), where, 'expected a URI with a scheme');
  report.require(file.recordCount > 0n, where, `expected records, got ${file.recordCount}`);
  report.require(file.fileSizeBytes > 0n, where, `expected a size, got ${file.fileSizeBytes}`);
  report.require(isAscending(file.splitOffsets), where, 'expected split offsets in order');
  const bounds = checkColumns(file, columns, report);
  for (const [index, field] of partitionFields.entries()) {
    checkPartitionValue(file, { field, index, bounds, report });
  }
}

interface Bounds {
  readonly lower: SingleValue;
  readonly upper: SingleValue;
}

/** Metrics of every column; gives the bounds that are whole. */
function checkColumns(
  file: DataFile,
  columns: ReadonlyMap<number, SchemaColumn>,
  report: ProblemReport,
): ReadonlyMap<number, Bounds> {
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
    checkCounts(file, { id, required: column.required && !column.repeated, where, report });
    const pair = checkBounds(file, { id, type: column.type, where, report });
    if (pair !== null) bounds.set(id, pair);
  }
  return bounds;
}

function checkCounts(
  file: DataFile,
  column: {
    readonly id: number;
    readonly required: boolean;
    readonly where: string;
    readonly report: ProblemReport;
  },
): void {
  const { id, where, report } = column;
  const values = file.valueCounts.get(id);
  const nulls = file.nullValueCounts.get(id) ?? 0n;
  const nans = file.nanValueCounts.get(id) ?? 0n;
  report.require(
    values === undefined || nulls + nans <= values,
    where,
    `expected at most ${values} nulls and NaNs, got ${nulls} and ${nans}`,
  );
  report.require(
    !column.required || nulls === 0n,
    where,
    `expected no null in a required column, got ${nulls}`,
  );
  const empty = values !== undefined && nulls + nans === values;
  report.require(
    !empty || !(file.lowerBounds.has(id) || file.upperBounds.has(id)),
    where,
    'expected no bounds where every value is null or NaN',
  );
}

function checkBounds(
  file: DataFile,
  column: {
    readonly id: number;
    readonly type: PrimitiveType;
    readonly where: string;
    readonly report: ProblemReport;
  },
): Bounds | null {
  const { id, type, where, report } = column;
  const decode = (bytes: Uint8Array | undefined): SingleValue | null =>
    bytes === undefined ? null : report.attempt(where, () => decodeSingleValue(type, bytes));
  const lower = decode(file.lowerBounds.get(id));
  const upper = decode(file.upperBounds.get(id));
  report.require(!Number.isNaN(lower) && !Number.isNaN(upper), where, 'expected no NaN as a bound');
  if (lower === null || upper === null) return null;
  report.require(
    compareValues(lower, upper) <= 0,
    where,
    'expected the lower bound not to exceed the upper one',
  );
  return { lower, upper };
}

/** All rows of a file share its partition values, so the transform of both bounds has to give them. */
function checkPartitionValue(
  file: DataFile,
  context: {
    readonly field: BoundPartitionField;
    readonly index: number;
    readonly bounds: ReadonlyMap<number, Bounds>;
    readonly report: ProblemReport;
  },
): void {
  const { field, index, bounds, report } = context;
  const where = `${file.filePath} partition ${field.name}`;
  const value = file.partition[index] ?? null;
  const pair = bounds.get(field.source.id);
  if (value === null) {
    report.require(
      pair === undefined || field.transform.kind === 'void',
      where,
      'expected a value, got null',
    );
    return;
  }
  // Bounds of strings and bytes may be shortened, and then say nothing of the exact value; a hash of a bound says nothing either.
  const isShortened = field.sourceType === 'string' || field.sourceType === 'binary';
  if (pair === undefined || isShortened || field.transform.kind === 'bucket') return;
  const apply = bindTransform(field.transform, field.sourceType);
  for (const bound of [pair.lower, pair.upper]) {
    const expected = apply(bound);
    report.require(
      expected !== null && compareValues(expected, value) === 0,
      where,
      `expected ${expected} by the column's bounds, got ${value}`,
    );
  }
}

function isAscending(offsets: readonly bigint[]): boolean {
  return offsets.every((offset, index) => index === 0 || (offsets[index - 1] ?? 0n) < offset);
}
