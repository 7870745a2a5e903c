import { civilFromDays, floorDivide, MICROS_PER_DAY, MICROS_PER_HOUR } from '../../civil-date.ts';
import { SluiceError } from '../../errors.ts';
import type { PrimitiveType } from '../spec/schema.ts';
import { encodeSingleValue, type SingleValue } from '../spec/single-value.ts';
import { murmur3 } from './murmur3.ts';
import { requireResultType, type Transform } from './transform.ts';

const MAX_INT = 0x7fff_ffffn;

/** Partition value of one column value; null gives null. Values as in core/schema/field.ts. */
export type TransformFunction = (value: SingleValue | null) => SingleValue | null;

/**
 * Binds a transform to a source type. Throws SCHEMA_INCOMPATIBLE when the transform does not take the
 * type; the function throws SCHEMA_INCOMPATIBLE for a value of another kind, and for a timestamp
 * whose hour does not fit the 32 bits of the partition value (after the year 246953).
 * Source: Iceberg v2 §Partition Transforms.
 */
export function bindTransform(transform: Transform, sourceType: PrimitiveType): TransformFunction {
  requireResultType(transform, sourceType);
  const apply = transformOf(transform, sourceType);
  return (value) => (value === null ? null : apply(value));
}

function transformOf(
  transform: Transform,
  sourceType: PrimitiveType,
): (value: SingleValue) => SingleValue | null {
  switch (transform.kind) {
    case 'identity':
      return (value) => value;
    case 'year':
      return (value) => civilFromDays(daysOf(value)).year - 1970;
    case 'month':
      return (value) => monthsOf(daysOf(value));
    case 'day':
      return daysOf;
    case 'hour':
      return hoursOf;
    case 'bucket':
      return (value) => (murmur3(hashedBytes(value, sourceType)) & 0x7fffffff) % transform.buckets;
    case 'truncate':
      return (value) => truncate(value, transform.width);
    default:
      return () => null;
  }
}

/** Days since the epoch of a date (already days) or a timestamp (microseconds), rounded down. */
function daysOf(value: SingleValue): number {
  if (typeof value === 'number') return value;
  if (typeof value !== 'bigint') throw unexpected(value, 'a date or timestamp');
  return Number(floorDivide(value, MICROS_PER_DAY));
}

function monthsOf(days: number): number {
  const { year, month } = civilFromDays(days);
  return (year - 1970) * 12 + month - 1;
}

function hoursOf(value: SingleValue): number {
  if (typeof value !== 'bigint') throw unexpected(value, 'a timestamp');
  const hours = floorDivide(value, MICROS_PER_HOUR);
  if (hours > MAX_INT || hours < -MAX_INT - 1n) {
    throw new SluiceError(
      'SCHEMA_INCOMPATIBLE',
      `hour transform: timestamp of ${value} microseconds gives ${hours} hours, expected 32 bits`,
    );
  }
  return Number(hours);
}

/**
 * What bucket hashes. int, date and long hash as 8 bytes, so that widening an int column keeps its
 * buckets; a decimal as its shortest two's complement. Source: Iceberg v2 §Appendix B.
 */
function hashedBytes(value: SingleValue, sourceType: PrimitiveType): Uint8Array {
  return typeof value === 'number'
    ? encodeSingleValue('long', BigInt(value))
    : encodeSingleValue(sourceType, value);
}

function truncate(value: SingleValue, width: number): SingleValue {
  if (typeof value === 'number') return value - (((value % width) + width) % width);
  if (typeof value === 'bigint') return floorDivide(value, BigInt(width)) * BigInt(width);
  if (typeof value === 'string') return truncateString(value, width);
  if (value instanceof Uint8Array) return value.slice(0, width);
  throw unexpected(value, 'an int, long, decimal, string or binary');
}

/** At most `width` code points; a surrogate pair is never split. */
function truncateString(value: string, width: number): string {
  // UTF-16 units are never fewer than code points.
  if (value.length <= width) return value;
  let units = 0;
  for (let points = 0; points < width && units < value.length; points++) {
    units += (value.codePointAt(units) ?? 0) > 0xffff ? 2 : 1;
  }
  return value.slice(0, units);
}

function unexpected(value: SingleValue, expected: string): SluiceError {
  const received = value instanceof Uint8Array ? 'bytes' : typeof value;
  return new SluiceError('SCHEMA_INCOMPATIBLE', `transform: expected ${expected}, got ${received}`);
}
