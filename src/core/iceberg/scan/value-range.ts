import type { PrimitiveType } from '../spec/schema.ts';
import { decodeSingleValue, type SingleValue } from '../spec/single-value.ts';
import { compareValues } from '../spec/value-order.ts';
import type { ValueTest } from './scan-predicate.ts';

/** What is known of a set of values: of a column in a file, or of a partition field in a manifest. */
export interface ValueRange {
  /** No value is lower; null: not known. */
  readonly lower: SingleValue | null;
  /** No value is higher; null: not known. */
  readonly upper: SingleValue | null;
  readonly mayHoldNull: boolean;
  readonly mayHoldValue: boolean;
  readonly mayHoldNan: boolean;
  /** Bounds are values that occur, not values shortened for storage. */
  readonly exact: boolean;
}

/**
 * False only when no value of the range passes the test. NaN is kept whatever the test: engines
 * disagree on its order, and bounds leave it out.
 */
export function mayPassTest(test: ValueTest, range: ValueRange): boolean {
  if (test.op === 'is-null') return range.mayHoldNull;
  if (!range.mayHoldValue) return false;
  if (test.op === 'is-not-null' || range.mayHoldNan) return true;
  if (test.values.some((value) => Number.isNaN(value))) return true;
  const { lower, upper } = range;
  return test.values.some((value) => {
    switch (test.op) {
      case '<':
        return lower === null || compareValues(lower, value) < 0;
      case '<=':
        return lower === null || compareValues(lower, value) <= 0;
      case '>':
        return upper === null || compareValues(upper, value) > 0;
      case '>=':
        return upper === null || compareValues(upper, value) >= 0;
      case '!=':
        return !(range.exact && isOnly(range, value));
      default:
        return isWithin(range, value);
    }
  });
}

/** A stored bound, null when there is none or it does not decode: then nothing is pruned by it. */
export function decodeBound(
  type: PrimitiveType,
  bytes: Uint8Array | null | undefined,
): SingleValue | null {
  if (bytes === null || bytes === undefined) return null;
  try {
    const value = decodeSingleValue(type, bytes);
    return Number.isNaN(value) ? null : value;
  } catch {
    // The file is read all the same; checkTable reports the bound.
    return null;
  }
}

function isWithin({ lower, upper }: ValueRange, value: SingleValue): boolean {
  return (
    (lower === null || compareValues(lower, value) <= 0) &&
    (upper === null || compareValues(upper, value) >= 0)
  );
}

function isOnly({ lower, upper }: ValueRange, value: SingleValue): boolean {
  if (lower === null || upper === null) return false;
  return compareValues(lower, value) === 0 && compareValues(upper, value) === 0;
}
