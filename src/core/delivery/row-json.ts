import { civilFromDays, floorDivide, MICROS_PER_DAY } from '../civil-date.ts';
import { type Field, type FieldType, type Row, storedName, type Value } from '../schema/field.ts';

/**
 * A decoded row as JSON that people read and machines read back: fields in declared order under their
 * stored names; times ISO 8601 in UTC, decimals as text, bytes in base64, whole numbers of 64 bits as
 * exact digits, NaN and infinities as text.
 */
export function rowJson(fields: readonly Field[], row: Row): string {
  const members = fields.map((field) => {
    const name = storedName(field);
    return `${JSON.stringify(name)}:${valueJson(field.type, row[name] ?? null)}`;
  });
  return `{${members.join(',')}}`;
}

function valueJson(type: FieldType, value: Value): string {
  if (value === null) return 'null';
  if (typeof value === 'string' || typeof value === 'boolean') return JSON.stringify(value);
  if (typeof value === 'number') return numberJson(type, value);
  if (typeof value === 'bigint') return bigintJson(type, value);
  if (value instanceof Uint8Array) return JSON.stringify(Buffer.from(value).toString('base64'));
  return nestedJson(type, value);
}

function nestedJson(type: FieldType, value: Exclude<Value, null | Uint8Array>): string {
  if (Array.isArray(value) && type.kind === 'list') {
    return `[${value.map((item: Value) => valueJson(type.element, item)).join(',')}]`;
  }
  if (value instanceof Map && type.kind === 'map') {
    const members = [...(value as ReadonlyMap<string, Value>)].map(
      ([key, item]) => `${JSON.stringify(key)}:${valueJson(type.value, item)}`,
    );
    return `{${members.join(',')}}`;
  }
  return type.kind === 'record' ? rowJson(type.fields, value as Row) : 'null';
}

function numberJson(type: FieldType, value: number): string {
  if (type.kind === 'date') return `"${dateText(value)}"`;
  return Number.isFinite(value) ? String(value) : `"${value}"`;
}

function bigintJson(type: FieldType, value: bigint): string {
  switch (type.kind) {
    case 'decimal':
      return `"${decimalText(value, type.scale)}"`;
    case 'timestamp_millis':
    case 'timestamp_micros':
      return `"${timeText(value)}"`;
    default:
      return String(value);
  }
}

function decimalText(unscaled: bigint, scale: number): string {
  const sign = unscaled < 0n ? '-' : '';
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0');
  if (scale === 0) return `${sign}${digits}`;
  return `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

/** Years beyond four digits have a sign and six digits at least. Source: ISO 8601 §Expanded representations. */
function dateText(days: number): string {
  const { year, month, day } = civilFromDays(days);
  return `${yearText(year)}-${twoDigits(month)}-${twoDigits(day)}`;
}

function yearText(year: number): string {
  if (year >= 0 && year <= 9999) return String(year).padStart(4, '0');
  return `${year < 0 ? '-' : '+'}${String(Math.abs(year)).padStart(6, '0')}`;
}

function timeText(micros: bigint): string {
  const days = floorDivide(micros, MICROS_PER_DAY);
  const rest = Number(micros - days * MICROS_PER_DAY);
  const seconds = Math.floor(rest / 1_000_000);
  const time = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const fraction = String(rest % 1_000_000).padStart(6, '0');
  return `${dateText(Number(days))}T${time.map(twoDigits).join(':')}.${fraction}Z`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}
