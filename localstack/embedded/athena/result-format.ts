import { zoneOffsetMs } from './trino-types/time-zone.ts';
import { type RowField, type TrinoType, VARCHAR } from './trino-types/trino-type.ts';

/** A value as the engine hands it over: DuckDB's own classes are known by their shape. */
export type EngineValue = unknown;

/**
 * A value as GetQueryResults shows it; null for SQL NULL.
 * Source: Trino's text forms, as Athena returns them; floating numbers as Java's Double.toString.
 */
export function formatValue(value: EngineValue, type: TrinoType): string | null {
  if (value === null || value === undefined) return null;
  switch (type.kind) {
    case 'real':
      return formatReal(Number(value));
    case 'double':
      return formatDouble(Number(value));
    case 'decimal':
      return formatDecimal(member<bigint>(value, 'value'), type.scale);
    case 'date':
      return formatDate(member<number>(value, 'days'));
    case 'timestamp':
      return formatTimestamp(member<bigint>(value, 'micros'), type.precision);
    case 'timestamp-tz':
      return formatZoned(member<bigint>(value, 'micros'), type);
    case 'varbinary':
      return formatBytes(member<Uint8Array>(value, 'bytes'));
    case 'interval-day-second':
      return formatDaySecond(BigInt(value as bigint));
    case 'interval-year-month':
      return formatYearMonth(Number(value));
    case 'array': {
      const items = member<readonly EngineValue[]>(value, 'items');
      return `[${items.map((item) => formatValue(item, type.element) ?? 'null').join(', ')}]`;
    }
    case 'map':
      return formatMap(value, type);
    case 'row':
      return formatRow(
        member<Readonly<Record<string, EngineValue>>>(value, 'entries'),
        type.fields,
      );
    default:
      return String(value);
  }
}

function member<T>(value: EngineValue, name: string): T {
  return (value as Readonly<Record<string, T>>)[name] as T;
}

/** Java's Double.toString: `100.0`, `1.0E10`, `-1.5E-7`, `NaN`, `Infinity`. */
export function formatDouble(value: number): string {
  const magnitude = Math.abs(value);
  const shortest = magnitude.toExponential();
  // Java writes at least two digits, and then the two nearest: 4.9E-324, not 5.0E-324.
  const oneDigit = /^\de/.test(shortest);
  return formatFloating(value, oneDigit ? magnitude.toExponential(1) : shortest);
}

/** Java's Float.toString: the fewest digits that give the same 32-bit number. */
export function formatReal(value: number): string {
  const magnitude = Math.abs(value);
  for (let digits = 1; digits < 9; digits++) {
    const text = magnitude.toExponential(digits);
    if (Math.fround(Number(text)) === Math.fround(magnitude)) return formatFloating(value, text);
  }
  return formatFloating(value, magnitude.toExponential(8));
}

/** `exponential` is the magnitude as `d.ddde±x`. Plain notation from 10^-3 up to 10^7. */
function formatFloating(value: number, exponential: string): string {
  if (Number.isNaN(value)) return 'NaN';
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  if (!Number.isFinite(value)) return `${sign}Infinity`;
  if (value === 0) return `${sign}0.0`;
  const [mantissa = '', power = '0'] = exponential.split('e');
  const digits = mantissa.replace('.', '').replace(/0+$/, '') || '0';
  const exponent = Number(power);
  if (exponent < -3 || exponent > 6) {
    return `${sign}${digits.charAt(0)}.${digits.slice(1) || '0'}E${exponent}`;
  }
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`;
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0');
  return `${sign}${whole}.${digits.slice(exponent + 1) || '0'}`;
}

/** An unscaled decimal with its scale, `-0.05`. */
export function formatDecimal(unscaled: bigint, scale: number): string {
  const sign = unscaled < 0n ? '-' : '';
  const digits = (unscaled < 0n ? -unscaled : unscaled).toString().padStart(scale + 1, '0');
  if (scale === 0) return sign + digits;
  return `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

function formatDate(days: number): string {
  return new Date(days * 86_400_000).toISOString().slice(0, 10);
}

function formatTimestamp(micros: bigint, precision: number): string {
  const seconds = micros / 1_000_000n - (micros % 1_000_000n < 0n ? 1n : 0n);
  const fraction = (micros - seconds * 1_000_000n).toString().padStart(6, '0');
  const text = new Date(Number(seconds) * 1000).toISOString();
  const moment = `${text.slice(0, 10)} ${text.slice(11, 19)}`;
  return precision === 0 ? moment : `${moment}.${fraction.slice(0, precision)}`;
}

/** Wall-clock time in the zone, and the zone. */
function formatZoned(micros: bigint, type: TrinoType & { readonly kind: 'timestamp-tz' }): string {
  const offsetMs = zoneOffsetMs(Number(micros / 1000n), type.zone);
  const local = micros + BigInt(offsetMs) * 1000n;
  return `${formatTimestamp(local, type.precision)} ${type.zone}`;
}

/** Two hexadecimal digits per byte, separated by blanks. */
function formatBytes(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
}

/** `2 03:04:05.678` */
export function formatDaySecond(milliseconds: bigint): string {
  const sign = milliseconds < 0n ? '-' : '';
  const total = milliseconds < 0n ? -milliseconds : milliseconds;
  const pad = (value: bigint, digits: number): string => value.toString().padStart(digits, '0');
  const seconds = total / 1000n;
  const clock = [(seconds / 3600n) % 24n, (seconds / 60n) % 60n, seconds % 60n];
  const time = clock.map((part) => pad(part, 2)).join(':');
  return `${sign}${seconds / 86_400n} ${time}.${pad(total % 1000n, 3)}`;
}

/** `1-2` */
export function formatYearMonth(months: number): string {
  const total = Math.abs(months);
  return `${months < 0 ? '-' : ''}${Math.floor(total / 12)}-${total % 12}`;
}

function formatMap(value: EngineValue, type: TrinoType & { readonly kind: 'map' }): string {
  const entries = member<readonly { readonly key: EngineValue; readonly value: EngineValue }[]>(
    value,
    'entries',
  );
  const texts = entries.map((entry) => {
    const key = formatValue(entry.key, type.key) ?? 'null';
    return `${key}=${formatValue(entry.value, type.value) ?? 'null'}`;
  });
  return `{${texts.join(', ')}}`;
}

function formatRow(
  entries: Readonly<Record<string, EngineValue>>,
  fields: readonly RowField[],
): string {
  const texts = fields.map((field, index) => {
    const text = formatValue(entries[field.physicalName], field.type) ?? 'null';
    return `${field.name ?? `field${index}`}=${text}`;
  });
  return `{${texts.join(', ')}}`;
}

/** ColumnInfo of a column. Source: Amazon Athena API, ColumnInfo. */
export function columnInfo(name: string, type: TrinoType): Readonly<Record<string, unknown>> {
  const { typeText, precision, scale } = describeType(type);
  return {
    CatalogName: 'hive',
    SchemaName: '',
    TableName: '',
    Name: name,
    Label: name,
    Type: typeText,
    Precision: precision,
    Scale: scale,
    Nullable: 'UNKNOWN',
    CaseSensitive: type.kind === 'varchar',
  };
}

/** ColumnInfo of SHOW and DESCRIBE, whatever they show. Source: measured on Athena engine version 3. */
export function utilityColumnInfo(name: string): Readonly<Record<string, unknown>> {
  return { ...columnInfo(name, VARCHAR), Type: 'string', Precision: 0, CaseSensitive: false };
}

function describeType(type: TrinoType): {
  readonly typeText: string;
  readonly precision: number;
  readonly scale: number;
} {
  const of = (typeText: string, precision = 0, scale = 0) => ({ typeText, precision, scale });
  switch (type.kind) {
    case 'tinyint':
      return of('tinyint', 3);
    case 'smallint':
      return of('smallint', 5);
    case 'integer':
      return of('integer', 10);
    case 'bigint':
      return of('bigint', 19);
    case 'real':
      return of('float', 17);
    case 'double':
      return of('double', 17);
    case 'decimal':
      return of('decimal', type.precision, type.scale);
    case 'varchar':
      return of('varchar', type.length ?? 2_147_483_647);
    case 'varbinary':
      return of('varbinary', 1_073_741_824);
    case 'timestamp':
      return of('timestamp', 3);
    case 'timestamp-tz':
      return of('timestamp with time zone', 3);
    case 'interval-day-second':
      return of('interval day to second');
    case 'interval-year-month':
      return of('interval year to month');
    default:
      return of(type.kind);
  }
}
