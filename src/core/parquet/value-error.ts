import { SluiceError } from '#core/errors.ts';
import { parseDecimalType } from './physical-type.ts';

const EXPECTED: Readonly<Record<string, string>> = {
  boolean: 'a boolean',
  int: 'an integer from -2^31 to 2^31-1',
  date: 'days since 1970-01-01 as an integer from -2^31 to 2^31-1',
  long: 'a bigint from -2^63 to 2^63-1',
  timestamp: 'microseconds since the epoch as a bigint from -2^63 to 2^63-1',
  float: 'a number within the range of a 32-bit float',
  double: 'a number',
  string: 'a string of well-formed Unicode',
  binary: 'a Uint8Array',
  struct: 'an object',
  list: 'an array',
  map: 'a map',
};

/** What a column of an Iceberg primitive takes, or of `struct`, `list` or `map`. */
export function expectedOf(type: string): string {
  const expected = EXPECTED[type];
  if (expected !== undefined) return expected;
  return `an unscaled bigint of at most ${parseDecimalType(type).precision} digits for ${type}`;
}

/** Describes a value by kind and size; the content itself never appears in a message. */
export function describeValue(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === 'number') return describeNumber(value);
  if (typeof value === 'bigint')
    return `a bigint of ${String(value).replace('-', '').length} digits`;
  if (typeof value === 'string') return 'a string';
  if (typeof value === 'boolean') return 'a boolean';
  if (value instanceof Uint8Array) return 'bytes';
  if (Array.isArray(value)) return 'an array';
  if (value instanceof Map) return 'a map';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

export interface ValueProblem {
  /** Path of the column: `items.element.price`. */
  readonly column: string;
  /** Row the value belongs to, counted in the vectors and not in a selection of them. */
  readonly row: number;
  readonly received: string;
  readonly expected: string;
}

/** Throws SCHEMA_INCOMPATIBLE: a value does not belong in its column. `row` counts from 0 over all row groups. */
export function rejectValue(
  column: string,
  row: number,
  { received, expected }: { received: string; expected: string },
): never {
  throw new SluiceError('SCHEMA_INCOMPATIBLE', problemText({ column, row, received, expected }), {
    context: { column, row },
  });
}

/** Lower-case message: where, what was received, what was expected, what to do. */
export function problemText({ column, row, received, expected }: ValueProblem): string {
  return `parquet column "${column}" row ${row}: got ${received}, expected ${expected}; correct the row or the column type before writing`;
}

/** A vector that contradicts itself: whoever filled it is broken, and no row is to blame. */
export function corruptVector(column: string, received: string, expected: string): SluiceError {
  return new SluiceError(
    'FORMAT_CORRUPT',
    `vector of column "${column}": got ${received}, expected ${expected}; the code that filled it is at fault`,
    { context: { column } },
  );
}

function describeNumber(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return 'an infinite number';
  return Number.isInteger(value) ? 'an integer' : 'a number with a fraction';
}
