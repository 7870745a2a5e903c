import { civilFromDays } from '../../civil-date.ts';
import type { Int64Vector } from '../../columns/vector.ts';
import type { SingleValue } from '../spec/single-value.ts';
import type { Transform } from './transform.ts';

const MICROS_PER_HOUR = 3_600_000_000;
const MICROS_PER_DAY = 86_400_000_000;
const TWO_32 = 2 ** 32;
/** Numbers whose high word lies between minus this and this are exact doubles. */
const EXACT_HIGH = 2 ** 20;

/**
 * Reader of the year, month, day or hour of timestamps, null for another transform. Times that a double does not hold
 * exactly go through `slow`.
 */
export function createUnitReader(
  { values }: Int64Vector,
  options: {
    readonly transform: Transform;
    readonly slow: (row: number) => SingleValue | null;
  },
): ((row: number) => number) | null {
  const unitOf = unitFunction(options.transform);
  if (unitOf === null) return null;
  const words = new Int32Array(values.buffer, values.byteOffset, 2 * values.length);
  return (row) => {
    const high = words[2 * row + 1]!;
    if (high >= EXACT_HIGH || high < -EXACT_HIGH) return Number(options.slow(row));
    return unitOf(high * TWO_32 + (words[2 * row]! >>> 0));
  };
}

function unitFunction(transform: Transform): ((micros: number) => number) | null {
  switch (transform.kind) {
    case 'hour':
      return (micros) => floorDivide(micros, MICROS_PER_HOUR);
    case 'day':
      return (micros) => floorDivide(micros, MICROS_PER_DAY);
    case 'month':
      return (micros) => {
        const { year, month } = civilFromDays(floorDivide(micros, MICROS_PER_DAY));
        return (year - 1970) * 12 + month - 1;
      };
    case 'year':
      return (micros) => civilFromDays(floorDivide(micros, MICROS_PER_DAY)).year - 1970;
    default:
      return null;
  }
}

/** Exact for whole numbers below 2^53: a quotient that was rounded up to the next whole number is taken back. */
function floorDivide(dividend: number, divisor: number): number {
  const quotient = Math.floor(dividend / divisor);
  return quotient * divisor > dividend ? quotient - 1 : quotient;
}
