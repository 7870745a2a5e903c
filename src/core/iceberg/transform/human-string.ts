import { civilFromDays, floorDivide, MICROS_PER_DAY } from '../../civil-date.ts';
import type { PrimitiveType } from '../spec/schema.ts';
import { decimalParameters } from '../spec/schema-fields.ts';
import type { SingleValue } from '../spec/single-value.ts';
import { isoDate, isoYear, pad } from './iso-date.ts';
import type { Transform } from './transform.ts';

/**
 * A partition value for people, as it stands in file paths: `2026-11-20-18` for an hour, `2026-11`
 * for a month. Null is `null`. `sourceType` is the type of the partitioned column.
 */
export function humanString(
  transform: Transform,
  sourceType: PrimitiveType,
  value: SingleValue | null,
): string {
  if (value === null) return 'null';
  switch (transform.kind) {
    case 'year':
      return isoYear(Number(value) + 1970);
    case 'month':
      return monthString(Number(value));
    case 'day':
      return isoDate(Number(value));
    case 'hour':
      return hourString(Number(value));
    case 'identity':
    case 'truncate':
      return valueString(sourceType, value);
    default:
      return String(value);
  }
}

function monthString(months: number): string {
  const year = Math.floor(months / 12);
  return `${isoYear(year + 1970)}-${pad(months - year * 12 + 1, 2)}`;
}

function hourString(hours: number): string {
  const days = Math.floor(hours / 24);
  return `${isoDate(days)}-${pad(hours - days * 24, 2)}`;
}

function valueString(type: PrimitiveType, value: SingleValue): string {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (type === 'date') return isoDate(Number(value));
  if (type === 'timestamp' && typeof value === 'bigint') return timestampString(value);
  const decimal = decimalParameters(type);
  if (decimal !== null && typeof value === 'bigint') return decimalString(value, decimal.scale);
  return String(value);
}

/** `2026-11-20T18:05:09.000123`, always with microseconds. */
function timestampString(micros: bigint): string {
  const days = floorDivide(micros, MICROS_PER_DAY);
  const { year, month, day } = civilFromDays(Number(days));
  const rest = micros - days * MICROS_PER_DAY;
  const second = rest / 1_000_000n;
  const time = [second / 3600n, (second / 60n) % 60n, second % 60n].map((part) => pad(part, 2));
  return `${isoYear(year)}-${pad(month, 2)}-${pad(day, 2)}T${time.join(':')}.${pad(rest % 1_000_000n, 6)}`;
}

function decimalString(unscaled: bigint, scale: number): string {
  if (scale === 0) return unscaled.toString();
  const digits = pad(unscaled < 0n ? -unscaled : unscaled, scale + 1);
  const sign = unscaled < 0n ? '-' : '';
  return `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}
