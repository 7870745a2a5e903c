import { SluiceError } from '#core/errors.ts';

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

/** Throws SCHEMA_INCOMPATIBLE: a value does not belong in its column. `row` counts from 0 over all row groups. */
export function rejectValue(
  column: string,
  row: number,
  { received, expected }: { received: string; expected: string },
): never {
  throw new SluiceError(
    'SCHEMA_INCOMPATIBLE',
    `parquet column "${column}" row ${row}: got ${received}, expected ${expected}; correct the row or the column type before writing`,
    { context: { column, row } },
  );
}

function describeNumber(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return 'an infinite number';
  return Number.isInteger(value) ? 'an integer' : 'a number with a fraction';
}
