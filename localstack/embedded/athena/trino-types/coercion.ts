import {
  BIGINT,
  DATE,
  decimalType,
  isNumeric,
  MAX_DECIMAL_PRECISION,
  sameType,
  type TrinoType,
  UNKNOWN,
} from './trino-type.ts';

const INTEGER_DIGITS: Readonly<Record<string, number>> = {
  tinyint: 3,
  smallint: 5,
  integer: 10,
  bigint: 19,
};

/** From narrow to wide; every integer and decimal fits the floating types by Trino's rules. */
const NUMERIC_ORDER = ['tinyint', 'smallint', 'integer', 'bigint', 'decimal', 'real', 'double'];

/** The decimal type that holds every value of an integer type; decimals are returned as they are. */
export function asDecimalType(type: TrinoType): TrinoType & { readonly kind: 'decimal' } {
  if (type.kind === 'decimal') return type;
  return {
    kind: 'decimal',
    precision: INTEGER_DIGITS[type.kind] ?? MAX_DECIMAL_PRECISION,
    scale: 0,
  };
}

/**
 * The type both values can be converted to without a cast, null when there is none. Zones that
 * differ give the zone of the first: only comparisons may do that.
 * Source: Trino documentation, Data types; rules of its type coercion.
 */
export function commonSuperType(a: TrinoType, b: TrinoType): TrinoType | null {
  if (sameType(a, b) || b.kind === 'unknown') return a;
  if (a.kind === 'unknown') return b;
  if (isNumeric(a) && isNumeric(b)) return commonNumericType(a, b);
  if (a.kind === 'varchar' && b.kind === 'varchar') {
    const bounded = a.length !== null && b.length !== null;
    return { kind: 'varchar', length: bounded ? Math.max(a.length, b.length) : null };
  }
  return commonTimeType(a, b) ?? commonNestedType(a, b);
}

/** True when a value of one type can stand where the other is expected. */
export function canCoerce(from: TrinoType, to: TrinoType): boolean {
  const common = commonSuperType(from, to);
  if (common === null) return false;
  if (to.kind === 'varchar' && from.kind === 'varchar') {
    return to.length === null || (from.length !== null && from.length <= to.length);
  }
  return sameType(common, to);
}

/** The common type of several values; UNKNOWN for none, null when they do not go together. */
export function commonTypeOf(types: readonly TrinoType[]): TrinoType | null {
  let common: TrinoType | null = UNKNOWN;
  for (const type of types) {
    if (common === null) return null;
    common = commonSuperType(common, type);
  }
  return common;
}

/** True when a type holds zoned timestamps of a zone other than the given type's at the same place. */
export function zonesDiffer(a: TrinoType, b: TrinoType): boolean {
  return a.kind === 'timestamp-tz' && b.kind === 'timestamp-tz' && a.zone !== b.zone;
}

function commonNumericType(a: TrinoType, b: TrinoType): TrinoType {
  const widest = rank(a) >= rank(b) ? a : b;
  if (widest.kind !== 'decimal') return widest;
  const left = asDecimalType(a);
  const right = asDecimalType(b);
  const scale = Math.max(left.scale, right.scale);
  const integerDigits = Math.max(left.precision - left.scale, right.precision - right.scale);
  return decimalType(integerDigits + scale, scale);
}

function rank(type: TrinoType): number {
  return NUMERIC_ORDER.indexOf(type.kind);
}

function commonTimeType(a: TrinoType, b: TrinoType): TrinoType | null {
  const left = asTimestamp(a);
  const right = asTimestamp(b);
  if (left === null || right === null) return null;
  const precision = Math.max(left.precision, right.precision);
  const zoned = [left, right].find((type) => type.kind === 'timestamp-tz');
  return zoned === undefined ? { kind: 'timestamp', precision } : { ...zoned, precision };
}

function asTimestamp(
  type: TrinoType,
): (TrinoType & { readonly kind: 'timestamp' | 'timestamp-tz' }) | null {
  if (type.kind === DATE.kind) return { kind: 'timestamp', precision: 0 };
  return type.kind === 'timestamp' || type.kind === 'timestamp-tz' ? type : null;
}

function commonNestedType(a: TrinoType, b: TrinoType): TrinoType | null {
  if (a.kind === 'array' && b.kind === 'array') {
    const element = commonSuperType(a.element, b.element);
    return element === null ? null : { kind: 'array', element };
  }
  if (a.kind === 'map' && b.kind === 'map') {
    const key = commonSuperType(a.key, b.key);
    const value = commonSuperType(a.value, b.value);
    return key === null || value === null ? null : { kind: 'map', key, value };
  }
  return null;
}

/** The integer type of a whole-number literal: `integer` when it fits 32 bits, else `bigint`, else null. */
export function integerLiteralType(text: string): TrinoType | null {
  const value = BigInt(text);
  if (value <= 0x7fff_ffffn) return { kind: 'integer' };
  return value <= 0x7fff_ffff_ffff_ffffn ? BIGINT : null;
}
