import { civilFromDays, floorDivide, MICROS_PER_DAY } from '#core/civil-date.ts';
import type { PrimitiveType } from '#core/iceberg/spec/schema.ts';
import { decimalParameters } from '#core/iceberg/spec/schema-fields.ts';
import type { SingleValue } from '#core/iceberg/spec/single-value.ts';
import { humanString } from '#core/iceberg/transform/human-string.ts';
import type { Transform } from '#core/iceberg/transform/transform.ts';
import { formatDecimal, formatDouble, formatReal } from '../result-format.ts';

/**
 * A partition value as Iceberg's Java library writes it for people, which is what Trino shows: `null`
 * for a missing one, `2026-11-20-18` for an hour. Source: Iceberg 1.4, Transform.toHumanString.
 */
export function transformedText(
  transform: Transform,
  sourceType: PrimitiveType,
  value: SingleValue | null,
): string {
  if (value === null) return 'null';
  return transform.kind === 'identity' || transform.kind === 'truncate'
    ? columnText(sourceType, value)
    : humanString(transform, sourceType, value);
}

/** A column's value in the same words. */
export function columnText(type: PrimitiveType, value: SingleValue): string {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (type === 'date') return dateText(Number(value));
  if (type === 'timestamp') return dateTimeText(BigInt(value as bigint));
  if (type === 'float') return formatReal(Number(value));
  if (type === 'double') return formatDouble(Number(value));
  const decimal = decimalParameters(type);
  return decimal === null ? String(value) : decimalText(BigInt(value as bigint), decimal.scale);
}

function dateText(days: number): string {
  const { year, month, day } = civilFromDays(days);
  const sign = year > 9999 ? '+' : year < 0 ? '-' : '';
  return `${sign}${pad(Math.abs(year), 4)}-${pad(month, 2)}-${pad(day, 2)}`;
}

/** Java's LocalDateTime.toString: seconds are left out when zero, fractions come in threes. */
function dateTimeText(micros: bigint): string {
  const days = floorDivide(micros, MICROS_PER_DAY);
  const rest = micros - days * MICROS_PER_DAY;
  const seconds = Number(rest / 1_000_000n);
  const fraction = Number(rest % 1_000_000n);
  const minute = `${dateText(Number(days))}T${pad(Math.floor(seconds / 3600), 2)}:${pad(Math.floor(seconds / 60) % 60, 2)}`;
  if (seconds % 60 === 0 && fraction === 0) return minute;
  const second = `${minute}:${pad(seconds % 60, 2)}`;
  if (fraction === 0) return second;
  return fraction % 1000 === 0
    ? `${second}.${pad(fraction / 1000, 3)}`
    : `${second}.${pad(fraction, 6)}`;
}

/** Java's BigDecimal.toString: scientific once more than six zeros would follow the point. */
function decimalText(unscaled: bigint, scale: number): string {
  const digits = (unscaled < 0n ? -unscaled : unscaled).toString();
  const exponent = digits.length - 1 - scale;
  if (scale === 0 || exponent >= -6) return formatDecimal(unscaled, scale);
  const fraction = digits.length === 1 ? '' : `.${digits.slice(1)}`;
  return `${unscaled < 0n ? '-' : ''}${digits.charAt(0)}${fraction}E${exponent}`;
}

function pad(value: number, digits: number): string {
  return value.toString().padStart(digits, '0');
}
