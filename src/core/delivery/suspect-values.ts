import { daysFromCivil } from '../civil-date.ts';
import type { Vector } from '../columns/vector.ts';
import type { Field } from '../schema/field.ts';

/** Calls `suspect` for rows from `from` to before `to` whose value a ValueCheck may refuse: all it refuses, and few others. */
export type FindSuspects = (from: number, to: number, suspect: (row: number) => void) => void;

const FIRST_DAY = daysFromCivil({ year: 1, month: 1, day: 1 });
const LAST_DAY = daysFromCivil({ year: 9999, month: 12, day: 31 });
const MICROS_PER_DAY = 86_400_000_000;
/** High words of microseconds that lie in these years whatever the low word is. */
const FIRST_HIGH = Math.floor((FIRST_DAY * MICROS_PER_DAY) / 2 ** 32) + 1;
const LAST_HIGH = Math.floor((LAST_DAY * MICROS_PER_DAY) / 2 ** 32) - 1;

/** Null when a ValueCheck accepts every value of the type. What a row without a value holds may be suspect too. */
export function suspectFinder(
  vector: Vector,
  { type, allowNan }: Pick<Field, 'type' | 'allowNan'>,
): FindSuspects | null {
  switch (type.kind) {
    case 'float':
    case 'double':
      if (allowNan || (vector.kind !== 'float32' && vector.kind !== 'float64')) return null;
      return findInfinite(vector.values);
    case 'date':
      return vector.kind === 'int32' ? findFarDays(vector.values) : null;
    case 'timestamp_millis':
    case 'timestamp_micros':
      return vector.kind === 'int64' ? findFarTimes(vector.values) : null;
    default:
      return null;
  }
}

function findInfinite(values: Float32Array | Float64Array): FindSuspects {
  return (from, to, suspect) => {
    for (let row = from; row < to; row++) {
      const value = values[row]!;
      // NaN for NaN and infinities.
      if (value - value !== 0) suspect(row);
    }
  };
}

function findFarDays(values: Int32Array): FindSuspects {
  return (from, to, suspect) => {
    for (let row = from; row < to; row++) {
      const day = values[row]!;
      if (day < FIRST_DAY || day > LAST_DAY) suspect(row);
    }
  };
}

function findFarTimes(values: BigInt64Array): FindSuspects {
  const words = wordsOf(values);
  return (from, to, suspect) => {
    for (let row = from; row < to; row++) {
      const high = words[2 * row + 1]!;
      if (high < FIRST_HIGH || high > LAST_HIGH) suspect(row);
    }
  };
}

/** The 64-bit numbers as pairs of words, the low one first, as every platform of Node has them: no bigint is made to look at them. */
export function wordsOf(values: BigInt64Array): Int32Array {
  return new Int32Array(values.buffer, values.byteOffset, 2 * values.length);
}

/** High words of numbers that a double holds exactly lie between minus this and this. */
export const EXACT_HIGH = 2 ** 20;
const TWO_32 = 2 ** 32;

/** The number as a double: exact between -2^52 and 2^52, see EXACT_HIGH. */
export function numberOfWords(words: Int32Array, row: number): number {
  return words[2 * row + 1]! * TWO_32 + (words[2 * row]! >>> 0);
}
