/**
 * Smallest and largest value, nulls and NaNs of a column chunk, by the order of the logical type.
 *
 * - BOOLEAN false < true; INT32, INT64, decimals: signed; BYTE_ARRAY: unsigned byte by byte.
 * - FLOAT, DOUBLE: NaN takes no part; a zero is stored as -0.0 in the minimum and +0.0 in the maximum.
 *
 * Source: parquet.thrift `Statistics`, `ColumnOrder`; Iceberg v2 §Manifests (-0.0 precedes +0.0, no NaN).
 */
import { type ByteItems, copyOfItem, itemPlace, viewOf } from './byte-items.ts';
import { countNans } from './gather-values.ts';
import { type PhysicalValue, type PhysicalValues, wordsOf } from './physical-values.ts';
import type { LeafNode } from './schema-node.ts';
import { binary, bool, i64, struct, type ThriftValue } from './thrift-compact.ts';
import {
  truncateBinaryLower,
  truncateBinaryUpper,
  truncateUtf8Lower,
  truncateUtf8Upper,
} from './truncate-bound.ts';

export interface ValueBounds {
  readonly min: PhysicalValue;
  readonly max: PhysicalValue;
}

export interface ChunkStatistics {
  /** Null when there is no value, or nothing but NaN. */
  readonly bounds: ValueBounds | null;
  readonly nullCount: number;
  /** Null for types that have no NaN. */
  readonly nanCount: number | null;
}

/** Code points (strings) or bytes (binary) kept of a minimum or maximum in the footer. */
const MAX_STATISTICS_LENGTH = 64;

/** NaNs among the values; null for types that have none. */
export function countNansOf(column: PhysicalValues): number | null {
  return column.type === 'FLOAT' || column.type === 'DOUBLE' ? countNans(column.values) : null;
}

/** Bounds of both, either of which may be empty. */
export function mergeBounds(
  type: PhysicalValues['type'],
  a: ValueBounds | null,
  b: ValueBounds | null,
): ValueBounds | null {
  if (a === null || b === null) return a ?? b;
  return {
    min: comparePhysical(type, b.min, a.min) < 0 ? b.min : a.min,
    max: comparePhysical(type, b.max, a.max) > 0 ? b.max : a.max,
  };
}

/** The `Statistics` struct of a leaf. */
export function statisticsStruct(leaf: LeafNode, statistics: ChunkStatistics): ThriftValue {
  const { bounds, nullCount, nanCount } = statistics;
  const counts = { 3: i64(nullCount), 9: nanCount === null ? undefined : i64(nanCount) };
  if (bounds === null) return struct(counts);
  const min = lowerStatistic(leaf, bounds.min);
  const max = upperStatistic(leaf, bounds.max);
  // Some readers take a minimum without a maximum for a mistake.
  if (max === null) return struct(counts);
  return struct({
    ...counts,
    5: binary(max),
    6: binary(min),
    7: bool(isExact(leaf, bounds.max, max)),
    8: bool(isExact(leaf, bounds.min, min)),
  });
}

/** Truncation always shortens, and the sign of a stored zero need not be the one in the data. */
function isExact(leaf: LeafNode, value: PhysicalValue, stored: Uint8Array): boolean {
  if (value instanceof Uint8Array) return value.length === stored.length;
  const { physicalType } = leaf.storage;
  return value !== 0 || (physicalType !== 'FLOAT' && physicalType !== 'DOUBLE');
}

function lowerStatistic(leaf: LeafNode, min: PhysicalValue): Uint8Array {
  if (!(min instanceof Uint8Array)) return plainNumber(leaf.storage.physicalType, min);
  if (leaf.type === 'string') return truncateUtf8Lower(min, MAX_STATISTICS_LENGTH);
  return truncateBinaryLower(min, MAX_STATISTICS_LENGTH);
}

function upperStatistic(leaf: LeafNode, max: PhysicalValue): Uint8Array | null {
  if (!(max instanceof Uint8Array)) return plainNumber(leaf.storage.physicalType, max);
  if (leaf.type === 'string') return truncateUtf8Upper(max, MAX_STATISTICS_LENGTH);
  return truncateBinaryUpper(max, MAX_STATISTICS_LENGTH);
}

/** PLAIN of one number; a BOOLEAN is a whole byte. */
function plainNumber(type: PhysicalValues['type'], value: number | bigint): Uint8Array {
  switch (type) {
    case 'BOOLEAN':
      return Uint8Array.of(Number(value));
    case 'INT32':
      return new Uint8Array(Int32Array.of(Number(value)).buffer);
    case 'FLOAT':
      return new Uint8Array(Float32Array.of(Number(value)).buffer);
    case 'DOUBLE':
      return new Uint8Array(Float64Array.of(Number(value)).buffer);
    default:
      return new Uint8Array(BigInt64Array.of(BigInt(value)).buffer);
  }
}

/**
 * Smallest and largest of the values; null when there is none, or nothing but NaN. Repeats change nothing,
 * so a dictionary does for its column.
 */
export function boundsOf(column: PhysicalValues): ValueBounds | null {
  switch (column.type) {
    case 'BOOLEAN':
    case 'INT32':
      return boundsOfNumbers(column.values);
    case 'FLOAT':
    case 'DOUBLE':
      return widenZeros(boundsOfNumbers(column.values));
    case 'INT64':
      return boundsOfInt64s(column.values);
    default:
      return boundsOfBytes(column.values, column.type === 'FIXED_LEN_BYTE_ARRAY');
  }
}

type NumberArray = Uint8Array | Int32Array | Float32Array | Float64Array;

function boundsOfNumbers(values: NumberArray): { min: number; max: number } | null {
  let min = Number.NaN;
  let max = Number.NaN;
  for (let index = 0; index < values.length; index += 1) {
    const value = values[index] ?? 0;
    // Negated, so that the first value replaces NaN; a NaN that is a value fails both on its own account.
    if (!(value >= min) && !Number.isNaN(value)) min = value;
    if (!(value <= max) && !Number.isNaN(value)) max = value;
  }
  return Number.isNaN(min) ? null : { min, max };
}

function widenZeros(bounds: { min: number; max: number } | null): ValueBounds | null {
  if (bounds === null) return null;
  return { min: bounds.min === 0 ? -0 : bounds.min, max: bounds.max === 0 ? 0 : bounds.max };
}

/** Compares high and low words: reading a BigInt per value costs more than all the rest. */
function boundsOfInt64s(values: BigInt64Array): ValueBounds | null {
  if (values.length === 0) return null;
  const words = wordsOf(values);
  let min = 0;
  let max = 0;
  let minHigh = words[1] ?? 0;
  let maxHigh = minHigh;
  for (let index = 1; index < values.length; index += 1) {
    const high = words[2 * index + 1] ?? 0;
    if (high < minHigh || (high === minHigh && isLowLess(words, index, min))) {
      min = index;
      minHigh = high;
    }
    if (high > maxHigh || (high === maxHigh && isLowLess(words, max, index))) {
      max = index;
      maxHigh = high;
    }
  }
  return { min: values[min] ?? 0n, max: values[max] ?? 0n };
}

function isLowLess(words: Int32Array, a: number, b: number): boolean {
  return (words[2 * a] ?? 0) >>> 0 < (words[2 * b] ?? 0) >>> 0;
}

function boundsOfBytes(items: ByteItems, isSigned: boolean): ValueBounds | null {
  if (items.length === 0) return null;
  const view = viewOf(items.data);
  let min = 0;
  let max = 0;
  let minHead = headOf(items, view, { index: 0, isSigned });
  let maxHead = minHead;
  const { starts, ends, indexes, from } = items;
  for (let index = 1; index < items.length; index += 1) {
    const place = indexes === null ? from + index : (indexes[index] ?? 0);
    const start = starts[place] ?? 0;
    const head =
      (ends[place] ?? 0) - start >= 4 && !isSigned
        ? view.getUint32(start)
        : headOf(items, view, { index, isSigned });
    if (head < minHead || (head === minHead && compareItems(items, index, min, isSigned) < 0)) {
      min = index;
      minHead = head;
    }
    if (head > maxHead || (head === maxHead && compareItems(items, index, max, isSigned) > 0)) {
      max = index;
      maxHead = head;
    }
  }
  return { min: copyOfItem(items, min), max: copyOfItem(items, max) };
}

/** The first 4 bytes as a number of the same order, zeros after a shorter item: most comparisons end here. */
function headOf(
  items: ByteItems,
  view: DataView,
  { index, isSigned }: { index: number; isSigned: boolean },
): number {
  const place = itemPlace(items, index);
  const start = items.starts[place] ?? 0;
  const length = Math.min((items.ends[place] ?? 0) - start, 4);
  let head = 0;
  for (let at = 0; at < length; at += 1) head |= view.getUint8(start + at) << (24 - 8 * at);
  // Flipping the sign bit turns signed order into unsigned order.
  return (isSigned ? head ^ 0x80000000 : head) >>> 0;
}

/** Order of items `a` and `b`: negative, zero or positive. Signed compares big-endian two's complement of one width. */
function compareItems(items: ByteItems, a: number, b: number, isSigned: boolean): number {
  const placeA = itemPlace(items, a);
  const placeB = itemPlace(items, b);
  return compareBytes(
    items.data.subarray(items.starts[placeA], items.ends[placeA]),
    items.data.subarray(items.starts[placeB], items.ends[placeB]),
    isSigned,
  );
}

function compareBytes(a: Uint8Array, b: Uint8Array, isSigned: boolean): number {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at += 1) {
    const byteA = a[at] ?? 0;
    const byteB = b[at] ?? 0;
    if (byteA === byteB) continue;
    return isSigned && at === 0 ? (byteA ^ 0x80) - (byteB ^ 0x80) : byteA - byteB;
  }
  return a.length - b.length;
}

function comparePhysical(type: PhysicalValues['type'], a: PhysicalValue, b: PhysicalValue): number {
  if (a instanceof Uint8Array && b instanceof Uint8Array) {
    return compareBytes(a, b, type === 'FIXED_LEN_BYTE_ARRAY');
  }
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
