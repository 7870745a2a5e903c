import { decodeBound } from '#core/iceberg/scan/value-range.ts';
import type { DataFile } from '#core/iceberg/spec/data-file.ts';
import type { PrimitiveType } from '#core/iceberg/spec/schema.ts';
import type { SingleValue } from '#core/iceberg/spec/single-value.ts';
import { compareValues } from '#core/iceberg/spec/value-order.ts';

export interface RangedColumn {
  readonly id: number;
  readonly type: PrimitiveType;
  /** Position in the file's partition tuple when the file is partitioned by the column itself, else null. */
  readonly identityIndex: number | null;
}

interface Bounds {
  /** Null: not known. */
  readonly min: SingleValue | null;
  readonly max: SingleValue | null;
}

/** What the files of a partition say of one column together. */
export interface ColumnRange {
  /** Null: no file with a value so far. */
  readonly bounds: Bounds | null;
  /** Null: not known. */
  readonly nullCount: bigint | null;
  readonly nanCount: bigint | null;
}

/**
 * Adds a file to a column's range. A file whose values are all null says nothing of the bounds; a
 * file without a bound, or without a count, makes the whole unknown.
 * Source: Trino, Iceberg connector, statistics of `$partitions`.
 */
export function widenRange(
  range: ColumnRange | undefined,
  file: DataFile,
  column: RangedColumn,
): ColumnRange {
  const own = rangeOf(file, column);
  if (range === undefined) return own;
  return {
    bounds: joinBounds(range.bounds, own.bounds),
    nullCount: add(range.nullCount, own.nullCount),
    nanCount: add(range.nanCount, own.nanCount),
  };
}

function rangeOf(file: DataFile, { id, type, identityIndex }: RangedColumn): ColumnRange {
  const nanCount = file.nanValueCounts.get(id) ?? null;
  if (identityIndex !== null) {
    // A column that partitions the table has one value in the file.
    const value = file.partition[identityIndex] ?? null;
    if (value === null) return { bounds: null, nullCount: file.recordCount, nanCount };
    return { bounds: { min: value, max: value }, nullCount: 0n, nanCount };
  }
  const nullCount = file.nullValueCounts.get(id) ?? null;
  const min = decodeBound(type, file.lowerBounds.get(id));
  const max = decodeBound(type, file.upperBounds.get(id));
  return { bounds: nullCount === file.recordCount ? null : { min, max }, nullCount, nanCount };
}

function joinBounds(a: Bounds | null, b: Bounds | null): Bounds | null {
  if (a === null || b === null) return a ?? b;
  return { min: outermost(a.min, b.min, -1), max: outermost(a.max, b.max, 1) };
}

/** The lower (-1) or higher (1) of two bounds, null when one is not known. */
function outermost(
  a: SingleValue | null,
  b: SingleValue | null,
  direction: -1 | 1,
): SingleValue | null {
  if (a === null || b === null) return null;
  return compareValues(b, a) * direction > 0 ? b : a;
}

function add(a: bigint | null, b: bigint | null): bigint | null {
  return a === null || b === null ? null : a + b;
}
