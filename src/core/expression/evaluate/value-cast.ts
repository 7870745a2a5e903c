import { MICROS_PER_DAY } from '../../civil-date.ts';
import type { Value } from '../../schema/field.ts';
import {
  type ExpressionType,
  expressionTypeOf,
  isFloating,
  isInteger,
  isSameType,
  MONEY_AS_DECIMAL,
} from '../expression-type.ts';
import {
  daysFromMicros,
  formatDate,
  formatTimestamp,
  parseDate,
  parseTimestamp,
} from '../values/calendar.ts';
import { trimSpace } from '../values/code-points.ts';
import {
  decimalToNumber,
  divideHalfUp,
  fitsPrecision,
  formatDecimal,
  parseDecimal,
  powerOfTen,
  rescale,
} from '../values/decimal-arithmetic.ts';
import { formatDouble, formatFloat, parseDouble, parseInteger } from '../values/number-text.ts';

/** Converts one value that is not null; null when this value cannot be converted. */
export type CastFunction = (value: Value) => Value;

const INT64_LIMIT = 1n << 63n;
const INT32_LIMIT = 1n << 31n;

/**
 * The cast between two types, or null when there is none. Numbers are rounded half up away from zero and checked
 * against the range of the target. Source: Trino, CAST of each type.
 */
export function castFunction(from: ExpressionType, to: ExpressionType): CastFunction | null {
  if (isSameType(from, to)) return (value) => value;
  switch (to.kind) {
    case 'string':
      return castToString(from);
    case 'boolean':
      return castToBoolean(from);
    case 'int':
    case 'long':
      return castToInteger(from, to.kind === 'int' ? narrowToInt : narrowToLong);
    case 'float':
      return castToFloating(from, Math.fround);
    case 'double':
      return castToFloating(from, (value) => value);
    case 'decimal':
      return castToDecimal(from, to);
    case 'date':
      return castToDate(from);
    case 'timestamp_micros':
      return castToTimestamp(from);
    default:
      return castToStored(from, to);
  }
}

/** Types that only columns have: enum, timestamp_millis and money, where nothing is rounded to fit. */
function castToStored(from: ExpressionType, to: ExpressionType): CastFunction | null {
  if (to.kind !== 'enum' && to.kind !== 'timestamp_millis' && to.kind !== 'money') return null;
  const read = castFunction(from, expressionTypeOf(to));
  if (read === null) return null;
  if (to.kind === 'enum') {
    const symbols = new Set<Value>(to.symbols);
    return (value) => (symbols.has(read(value)) ? read(value) : null);
  }
  if (to.kind === 'money') return exactMoney(from);
  return (value) => {
    const micros = read(value) as bigint | null;
    return micros !== null && micros % 1_000n === 0n ? micros : null;
  };
}

/** Cents without rounding: 12.345 is no amount. */
function exactMoney(from: ExpressionType): CastFunction | null {
  const guardDigits = 20;
  const toGuarded = scaleValue(from, MONEY_AS_DECIMAL.scale + guardDigits);
  if (toGuarded === null) return null;
  const guard = powerOfTen(guardDigits);
  return (value) => {
    const guarded = toGuarded(value);
    return guarded === null || guarded % guard !== 0n ? null : narrowToLong(guarded / guard);
  };
}

function castToString(from: ExpressionType): CastFunction | null {
  switch (from.kind) {
    case 'boolean':
    case 'int':
    case 'long':
      return (value) => String(value);
    case 'float':
      return (value) => formatFloat(value as number);
    case 'double':
      return (value) => formatDouble(value as number);
    case 'decimal':
      return (value) => formatDecimal(value as bigint, from.scale);
    case 'date':
      return (value) => formatDate(value as number);
    case 'timestamp_micros':
      return (value) => formatTimestamp(value as bigint);
    default:
      return null;
  }
}

/** Words are those of Trino: t, true, 1, f, false, 0 without regard to case. */
function castToBoolean(from: ExpressionType): CastFunction | null {
  if (isInteger(from) || isFloating(from) || from.kind === 'decimal') {
    return (value) => Number(value) !== 0;
  }
  if (from.kind !== 'string') return null;
  return (value) => {
    const word = trimSpace(value as string).toLowerCase();
    if (word === 'true' || word === 't' || word === '1') return true;
    return word === 'false' || word === 'f' || word === '0' ? false : null;
  };
}

function castToInteger(
  from: ExpressionType,
  narrow: (value: bigint) => Value,
): CastFunction | null {
  switch (from.kind) {
    case 'string':
      return (value) => {
        const parsed = parseInteger(trimSpace(value as string));
        return parsed === null ? null : narrow(parsed);
      };
    case 'boolean':
      return (value) => narrow(value === true ? 1n : 0n);
    case 'int':
      return (value) => narrow(BigInt(value as number));
    case 'long':
      return (value) => narrow(value as bigint);
    case 'float':
    case 'double':
      return (value) => {
        const rounded = roundHalfAway(value as number);
        return Number.isFinite(rounded) ? narrow(BigInt(rounded)) : null;
      };
    case 'decimal':
      return (value) => narrow(divideHalfUp(value as bigint, powerOfTen(from.scale)));
    default:
      return null;
  }
}

function narrowToLong(value: bigint): Value {
  return value < INT64_LIMIT && value >= -INT64_LIMIT ? value : null;
}

function narrowToInt(value: bigint): Value {
  return value < INT32_LIMIT && value >= -INT32_LIMIT ? Number(value) : null;
}

/** Half away from zero; Math.round would take -2.5 to -2. */
export function roundHalfAway(value: number): number {
  return value < 0 ? -Math.round(-value) : Math.round(value);
}

function castToFloating(
  from: ExpressionType,
  narrow: (value: number) => number,
): CastFunction | null {
  switch (from.kind) {
    case 'string':
      return (value) => {
        const parsed = parseDouble(trimSpace(value as string));
        return parsed === null ? null : narrow(parsed);
      };
    case 'boolean':
      return (value) => (value === true ? 1 : 0);
    case 'int':
    case 'long':
    case 'float':
    case 'double':
      return (value) => narrow(Number(value));
    case 'decimal':
      return (value) => narrow(decimalToNumber(value as bigint, from.scale));
    default:
      return null;
  }
}

function castToDecimal(
  from: ExpressionType,
  to: { readonly precision: number; readonly scale: number },
): CastFunction | null {
  const toScale = scaleValue(from, to.scale);
  if (toScale === null) return null;
  return (value) => {
    const unscaled = toScale(value);
    return unscaled !== null && fitsPrecision(unscaled, to.precision) ? unscaled : null;
  };
}

function scaleValue(from: ExpressionType, scale: number): ((value: Value) => bigint | null) | null {
  switch (from.kind) {
    case 'string':
      return (value) => parseDecimal(trimSpace(value as string), scale);
    case 'boolean':
      return (value) => (value === true ? powerOfTen(scale) : 0n);
    case 'int':
    case 'long':
      return (value) => BigInt(value as number | bigint) * powerOfTen(scale);
    case 'float':
    case 'double':
      // The shortest digits that mean this double, not its exact binary value. Source: Trino, BigDecimal.valueOf.
      return (value) => parseDecimal(String(value), scale);
    case 'decimal':
      return (value) => rescale(value as bigint, from.scale, scale);
    default:
      return null;
  }
}

function castToDate(from: ExpressionType): CastFunction | null {
  if (from.kind === 'string') return (value) => parseDate(trimSpace(value as string));
  return from.kind === 'timestamp_micros' ? (value) => daysFromMicros(value as bigint) : null;
}

function castToTimestamp(from: ExpressionType): CastFunction | null {
  if (from.kind === 'string') return (value) => parseTimestamp(trimSpace(value as string));
  if (from.kind !== 'date') return null;
  return (value) => narrowToLong(BigInt(value as number) * MICROS_PER_DAY);
}
