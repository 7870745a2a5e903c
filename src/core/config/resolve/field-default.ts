import type { FieldType, Value } from '#core/schema/field.ts';

/** A default as it stands in the file: text, number or boolean. */
export type DefaultInput = string | number | boolean;

export type DefaultReading =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly expected: string };

const INT_MIN = -(2 ** 31);
const INT_MAX = 2 ** 31 - 1;
const MONEY_SCALE = 2;
/** Avro writes a default as a JSON number, which most readers round beyond 2^53. */
const LARGEST_EXACT = BigInt(Number.MAX_SAFE_INTEGER);

/** The default of a field in row representation (see field.ts), or what the file should hold instead. */
export function readDefault(type: FieldType, input: DefaultInput): DefaultReading {
  const value = readValue(type, input);
  const rounded = typeof value === 'bigint' && type.kind !== 'decimal' && !isExact(value);
  return value === null || rounded
    ? { ok: false, expected: expectedOf(type) }
    : { ok: true, value };
}

function readValue(type: FieldType, input: DefaultInput): Value {
  switch (type.kind) {
    case 'string':
      return typeof input === 'string' ? input : null;
    case 'boolean':
      return typeof input === 'boolean' ? input : null;
    case 'enum':
      return typeof input === 'string' && type.symbols.includes(input) ? input : null;
    case 'int':
      return typeof input === 'number' && Number.isInteger(input) && inRange(input) ? input : null;
    case 'long':
      return longOf(input);
    case 'float':
      return typeof input === 'number' && Number.isFinite(Math.fround(input)) ? input : null;
    case 'double':
      return typeof input === 'number' ? input : null;
    case 'decimal':
      return unscaledOf(input, type.scale, 10n ** BigInt(type.precision) - 1n);
    case 'money':
      return unscaledOf(input, MONEY_SCALE, LARGEST_EXACT);
    case 'date':
      return dateOf(input);
    case 'timestamp_millis':
      return timestampOf(input, 3);
    case 'timestamp_micros':
      return timestampOf(input, 6);
    default:
      return null;
  }
}

function expectedOf(type: FieldType): string {
  switch (type.kind) {
    case 'string':
      return 'text';
    case 'boolean':
      return 'true or false';
    case 'enum':
      return `one of ${type.symbols.join(', ')}`;
    case 'int':
      return 'a whole number of 32 bits';
    case 'long':
      return 'a whole number between -2^53 and 2^53';
    case 'decimal':
      return `a decimal number that fits decimal(${type.precision},${type.scale}), for instance "1.50"`;
    case 'money':
      return 'an amount with at most two decimals, for instance "1.50"';
    case 'date':
      return 'a date such as "2026-01-31"';
    case 'timestamp_millis':
      return 'a UTC time such as "2026-01-31T00:00:00.000Z"';
    case 'timestamp_micros':
      return 'a UTC time such as "2026-01-31T00:00:00.000000Z"';
    case 'float':
    case 'double':
      return 'a number';
    default:
      return `no default: make a field of type ${type.kind} optional instead`;
  }
}

function isExact(value: bigint): boolean {
  return value >= -LARGEST_EXACT && value <= LARGEST_EXACT;
}

function inRange(value: number): boolean {
  return value >= INT_MIN && value <= INT_MAX;
}

function longOf(input: DefaultInput): bigint | null {
  return typeof input === 'number' && Number.isSafeInteger(input) ? BigInt(input) : null;
}

/** Exact: works on the digits, never on the binary fraction. */
function unscaledOf(input: DefaultInput, scale: number, largest: bigint): bigint | null {
  if (typeof input === 'boolean') return null;
  const match = /^(-?)(\d+)(?:\.(\d+))?$/.exec(String(input));
  const fraction = match?.[3] ?? '';
  if (match === null || fraction.length > scale) return null;
  const digits = BigInt(`${match[2]}${fraction.padEnd(scale, '0')}`);
  if (digits > largest) return null;
  return match[1] === '-' ? -digits : digits;
}

/** Days since 1970-01-01. */
function dateOf(input: DefaultInput): number | null {
  const match = /^(\d{4}-\d{2}-\d{2})$/.exec(String(input));
  if (match === null) return null;
  const ms = utcMs(`${match[1]}T00:00:00`);
  return ms === null ? null : ms / 86_400_000;
}

/** Microseconds since the epoch. */
function timestampOf(input: DefaultInput, maxFractionDigits: number): bigint | null {
  const match = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.(\d{1,6}))?Z$/.exec(String(input));
  const fraction = match?.[2] ?? '';
  if (match?.[1] === undefined || fraction.length > maxFractionDigits) return null;
  const ms = utcMs(match[1]);
  return ms === null ? null : BigInt(ms) * 1_000n + BigInt(fraction.padEnd(6, '0'));
}

/** Null for days and hours that do not exist; Date would roll them over. */
function utcMs(secondsText: string): number | null {
  const ms = Date.parse(`${secondsText}Z`);
  if (Number.isNaN(ms)) return null;
  return new Date(ms).toISOString().startsWith(secondsText) ? ms : null;
}
