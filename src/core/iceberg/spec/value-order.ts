import type { PrimitiveType } from './schema.ts';
import type { SingleValue } from './single-value.ts';

/**
 * Order of two values of one type: negative, zero or positive. Strings order by code point (which is
 * UTF-8 byte order, the order of bounds), bytes unsigned, false before true, -0 equal to 0.
 * NaN has no order: callers keep it away.
 */
export function compareValues(a: SingleValue, b: SingleValue): number {
  if (typeof a === 'string' && typeof b === 'string') return compareStrings(a, b);
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b);
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * A value as the given type represents it, null when it is not one of it. `int` values become
 * bigint for `long` (the column was widened), bigint that fit become numbers for `int`.
 */
export function conformValue(value: SingleValue, type: PrimitiveType): SingleValue | null {
  switch (type) {
    case 'boolean':
      return typeof value === 'boolean' ? value : null;
    case 'int':
    case 'date':
      return conformInt(value);
    case 'long':
    case 'timestamp':
      return conformLong(value);
    case 'float':
    case 'double':
      return typeof value === 'number' ? value : null;
    case 'string':
      return typeof value === 'string' ? value : null;
    case 'binary':
      return value instanceof Uint8Array ? value : null;
    default:
      return typeof value === 'bigint' ? value : null;
  }
}

function conformInt(value: SingleValue): number | null {
  if (typeof value !== 'number' && typeof value !== 'bigint') return null;
  const int = Number(value);
  return (int | 0) === int ? int : null;
}

function conformLong(value: SingleValue): bigint | null {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return BigInt(value);
  return typeof value === 'bigint' && BigInt.asIntN(64, value) === value ? value : null;
}

function compareStrings(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index++) {
    const left = a.charCodeAt(index);
    const right = b.charCodeAt(index);
    if (left !== right) return codePointRank(left) - codePointRank(right);
  }
  return a.length - b.length;
}

/** Surrogates stand for code points above U+FFFF, so they sort after U+E000 to U+FFFF. */
function codePointRank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}
