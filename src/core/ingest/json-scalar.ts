import { listChoices } from '#core/config/source/config-issue.ts';
import { parseDate, parseTimestamp } from '#core/expression/values/calendar.ts';
import { fitsPrecision } from '#core/expression/values/decimal-arithmetic.ts';
import type { FieldType, Value } from '#core/schema/field.ts';
import type { ScalarType } from '#core/schema/type-mapping.ts';
import { exactNumber } from './exact-number.ts';
import { isJsonNumber, type Json } from './json-text.ts';

/** How values of one type stand in JSON. */
export interface ScalarReader {
  /** The type and its rule, for the sender of a value that does not fit. */
  readonly expected: string;
  /** The value in row representation; undefined when the JSON value does not fit exactly. */
  readonly read: (json: Json) => Value | undefined;
}

/** Money has two decimals in every currency, as `<name>_cents` says. */
const MONEY_SCALE = 2;
const MICROS_PER_MILLI = 1_000n;

/** One rule per type; docs/ingestion-api.md has them as a table. */
export function scalarReader(type: ScalarType): ScalarReader {
  switch (type.kind) {
    case 'string':
      return { expected: 'string', read: readString };
    case 'boolean':
      return {
        expected: 'boolean',
        read: (json) => (typeof json === 'boolean' ? json : undefined),
      };
    case 'int':
      return { expected: 'int: a whole number of 32 bits', read: readInt };
    case 'long':
      return {
        expected: 'long: a whole number of 64 bits, or its digits as string',
        read: (json) => signed64(exactOf(json, 0)),
      };
    case 'float':
      return { expected: 'float', read: readFloat };
    case 'double':
      return { expected: 'double', read: readDouble };
    case 'decimal':
      return decimalReader(type.precision, type.scale);
    case 'money':
      return {
        expected: `money in ${type.currency}: a number or string with at most ${MONEY_SCALE} decimals`,
        read: (json) => signed64(exactOf(json, MONEY_SCALE)),
      };
    case 'date':
      return { expected: 'date: "2026-01-31"', read: readDate };
    case 'timestamp_millis':
      return {
        expected: 'timestamp_millis: "2026-01-31T10:20:30.123Z", or milliseconds since 1970',
        read: (json) => readInstant(json, { fractionDigits: 3, microsPerUnit: MICROS_PER_MILLI }),
      };
    case 'timestamp_micros':
      return {
        expected: 'timestamp_micros: "2026-01-31T10:20:30.123456Z", or microseconds since 1970',
        read: (json) => readInstant(json, { fractionDigits: 6, microsPerUnit: 1n }),
      };
    case 'bytes':
      return { expected: 'bytes: base64 with padding', read: readBytes };
    case 'enum':
      return enumReader(type);
  }
}

/** A lone surrogate has no UTF-8 form, so Avro has none either. */
function readString(json: Json): string | undefined {
  return typeof json === 'string' && json.isWellFormed() ? json : undefined;
}

function readInt(json: Json): number | undefined {
  const value = isJsonNumber(json) ? exactNumber(json.number, 0) : null;
  return value !== null && BigInt.asIntN(32, value) === value ? Number(value) : undefined;
}

/** The nearest double, as every JSON reader has it; beyond the range there is none. */
function readDouble(json: Json): number | undefined {
  if (!isJsonNumber(json)) return undefined;
  const value = Number(json.number);
  return Number.isFinite(value) ? value : undefined;
}

function readFloat(json: Json): number | undefined {
  const value = Math.fround(readDouble(json) ?? Number.NaN);
  return Number.isFinite(value) ? value : undefined;
}

/** Strings are for senders whose numbers are doubles. */
function exactOf(json: Json, scale: number): bigint | null {
  if (typeof json === 'string') return exactNumber(json, scale);
  return isJsonNumber(json) ? exactNumber(json.number, scale) : null;
}

function signed64(value: bigint | null): bigint | undefined {
  return value !== null && BigInt.asIntN(64, value) === value ? value : undefined;
}

function decimalReader(precision: number, scale: number): ScalarReader {
  return {
    expected: `decimal(${precision},${scale}): a number or string with at most ${precision - scale} digits before and ${scale} after the point`,
    read: (json) => {
      const value = exactOf(json, scale);
      return value !== null && fitsPrecision(value, precision) ? value : undefined;
    },
  };
}

/** Years that every engine reads; `0000` is none of them. */
const FIRST_YEAR = '0001';

function readDate(json: Json): number | undefined {
  if (typeof json !== 'string' || json < FIRST_YEAR) return undefined;
  return parseDate(json) ?? undefined;
}

/** RFC 3339: a time without a zone names no moment. A leap second has no place in microseconds since 1970. */
const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.(\d{1,12}?)0*)?(?:Z|[+-]\d{2}:\d{2})$/;
/** 0001-01-01 and 10000-01-01, UTC. */
const FIRST_MICROS = -62_135_596_800_000_000n;
const END_MICROS = 253_402_300_800_000_000n;

function readInstant(
  json: Json,
  unit: { readonly fractionDigits: number; readonly microsPerUnit: bigint },
): bigint | undefined {
  const micros =
    typeof json === 'string' ? instantOfText(json, unit.fractionDigits) : epochOf(json, unit);
  if (micros === null || micros < FIRST_MICROS || micros >= END_MICROS) return undefined;
  return micros;
}

function instantOfText(text: string, fractionDigits: number): bigint | null {
  const match = INSTANT.exec(text);
  // Digits that the type has no place for are refused, zeros apart: rounding would change the time.
  if (match === null || (match[1] ?? '').length > fractionDigits) return null;
  return parseTimestamp(text);
}

function epochOf(json: Json, unit: { readonly microsPerUnit: bigint }): bigint | null {
  const units = isJsonNumber(json) ? exactNumber(json.number, 0) : null;
  return units === null ? null : units * unit.microsPerUnit;
}

/** Buffer reads much that is no base64; only what it would write itself is. Source: RFC 4648 §4. */
function readBytes(json: Json): Uint8Array | undefined {
  if (typeof json !== 'string') return undefined;
  const bytes = Buffer.from(json, 'base64');
  return bytes.toString('base64') === json ? new Uint8Array(bytes) : undefined;
}

function enumReader(type: Extract<FieldType, { kind: 'enum' }>): ScalarReader {
  const symbols = new Set(type.symbols);
  return {
    expected: listChoices(type.symbols),
    read: (json) => (typeof json === 'string' && symbols.has(json) ? json : undefined),
  };
}
