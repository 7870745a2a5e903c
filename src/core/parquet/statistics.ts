/**
 * Smallest and largest value, nulls and NaNs of a column chunk, by the order of the logical type.
 *
 * - BOOLEAN false < true; INT32, INT64, decimals: signed; BYTE_ARRAY: unsigned byte by byte.
 * - FLOAT, DOUBLE: NaN takes no part; a zero is stored as -0.0 in the minimum and +0.0 in the maximum.
 *
 * Source: parquet.thrift `Statistics`, `ColumnOrder`; Iceberg v2 §Manifests (-0.0 precedes +0.0, no NaN).
 */
import { type ByteStrings, dataEnd, dataOf, dataStart, encodeByteArrays } from './byte-strings.ts';
import type { PhysicalValue, PhysicalValues } from './physical-values.ts';
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

/**
 * Statistics of the defined values of a chunk. `distinct` may be any set of values that has the same
 * minimum and maximum, such as a dictionary.
 */
export function computeStatistics(
  values: PhysicalValues,
  { distinct, nullCount }: { distinct: PhysicalValues; nullCount: number },
): ChunkStatistics {
  return { bounds: boundsOf(distinct), nullCount, nanCount: countNans(values) };
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

function boundsOf(column: PhysicalValues): ValueBounds | null {
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
  for (const value of values) {
    if (Number.isNaN(value)) continue;
    // Negated, so that the first value replaces NaN.
    if (!(value >= min)) min = value;
    if (!(value <= max)) max = value;
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
  const words = new Int32Array(values.buffer, values.byteOffset, values.length * 2);
  let min = 0;
  let max = 0;
  for (let index = 1; index < values.length; index += 1) {
    if (isLess(words, index, min)) min = index;
    else if (isLess(words, max, index)) max = index;
  }
  return { min: values[min] ?? 0n, max: values[max] ?? 0n };
}

function isLess(words: Int32Array, a: number, b: number): boolean {
  const highA = words[2 * a + 1] ?? 0;
  const highB = words[2 * b + 1] ?? 0;
  if (highA !== highB) return highA < highB;
  return (words[2 * a] ?? 0) >>> 0 < (words[2 * b] ?? 0) >>> 0;
}

function boundsOfBytes(strings: ByteStrings, isSigned: boolean): ValueBounds | null {
  if (strings.length === 0) return null;
  let min = 0;
  let max = 0;
  for (let index = 1; index < strings.length; index += 1) {
    if (compareItems(strings, index, min, isSigned) < 0) min = index;
    else if (compareItems(strings, index, max, isSigned) > 0) max = index;
  }
  return { min: dataOf(strings, min), max: dataOf(strings, max) };
}

/** Order of items `a` and `b`: negative, zero or positive. Signed compares big-endian two's complement of one width. */
function compareItems(strings: ByteStrings, a: number, b: number, isSigned: boolean): number {
  const { bytes } = strings;
  const fromA = dataStart(strings, a);
  const fromB = dataStart(strings, b);
  const lengthA = dataEnd(strings, a) - fromA;
  const lengthB = dataEnd(strings, b) - fromB;
  const length = Math.min(lengthA, lengthB);
  for (let offset = 0; offset < length; offset += 1) {
    const byteA = bytes[fromA + offset] ?? 0;
    const byteB = bytes[fromB + offset] ?? 0;
    if (byteA === byteB) continue;
    // Flipping the sign bit turns signed order into unsigned order.
    return isSigned && offset === 0 ? (byteA ^ 0x80) - (byteB ^ 0x80) : byteA - byteB;
  }
  return lengthA - lengthB;
}

function comparePhysical(type: PhysicalValues['type'], a: PhysicalValue, b: PhysicalValue): number {
  if (a instanceof Uint8Array && b instanceof Uint8Array) {
    return compareItems(encodeByteArrays([a, b]), 0, 1, type === 'FIXED_LEN_BYTE_ARRAY');
  }
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function countNans(column: PhysicalValues): number | null {
  if (column.type !== 'FLOAT' && column.type !== 'DOUBLE') return null;
  let count = 0;
  for (const value of column.values) if (Number.isNaN(value)) count += 1;
  return count;
}
