import { SluiceError } from '../errors.ts';
import type { Field, Value } from '../schema/field.ts';

/** Days and microseconds count from 2026-01-01 for generated dates and times. */
const BASE_DAY = 20_454;
const MICROS_PER_SECOND = 1_000_000n;
const MICROS_PER_DAY = 86_400n * MICROS_PER_SECOND;

const INT32_LIMIT = 2 ** 31;
/** Doubles keep whole numbers exact up to here; larger random numbers have no meaning anyway. */
const EXACT_LIMIT = Number.MAX_SAFE_INTEGER;
/** Decimals behind the point that a generated number carries; doubles have about 15 digits in all. */
const MAX_DECIMALS = 6;
const DOUBLE_DIGITS = 8;

/**
 * A number as the field's type holds it, clamped to the type's range; decimals and money are rounded to their unit.
 * Dates count days and timestamps seconds from 2026-01-01. Throws CONFIG_INVALID for types that hold no number.
 */
export function numberValue({ name, type }: Field, value: number): Value {
  switch (type.kind) {
    case 'float':
      return Math.fround(value);
    case 'double':
      return Number(value.toPrecision(DOUBLE_DIGITS));
    case 'int':
      return Math.trunc(clamp(value, INT32_LIMIT - 1));
    case 'long':
      return BigInt(Math.trunc(clamp(value, EXACT_LIMIT)));
    case 'money':
      return BigInt(Math.round(clamp(value * 100, EXACT_LIMIT)));
    case 'decimal':
      return decimalValue(value, type);
    case 'date':
      return BASE_DAY + Math.trunc(clamp(value, INT32_LIMIT / 2));
    case 'timestamp_millis':
    case 'timestamp_micros': {
      const seconds = BigInt(Math.trunc(clamp(value, INT32_LIMIT)));
      return BigInt(BASE_DAY) * MICROS_PER_DAY + seconds * MICROS_PER_SECOND;
    }
    case 'boolean':
      return value >= 0.5;
    case 'string':
      return String(Math.trunc(value));
    default:
      throw new SluiceError(
        'CONFIG_INVALID',
        `generator of ${name}: a number cannot fill a field of type ${type.kind}; use choice(…) or leave it out`,
      );
  }
}

function decimalValue(
  value: number,
  { precision, scale }: { readonly precision: number; readonly scale: number },
): bigint {
  const decimals = Math.min(scale, MAX_DECIMALS);
  const scaled = BigInt(Math.round(clamp(value * 10 ** decimals, EXACT_LIMIT)));
  const unscaled = scaled * 10n ** BigInt(scale - decimals);
  const limit = 10n ** BigInt(precision) - 1n;
  if (unscaled > limit) return limit;
  return unscaled < -limit ? -limit : unscaled;
}

function clamp(value: number, limit: number): number {
  return Math.max(-limit, Math.min(limit, value));
}

/** A text of the domain file as the field's type holds it. Throws CONFIG_INVALID when it is none. */
export function textValue(field: Field, text: string): Value {
  const { type } = field;
  const number = Number(text);
  switch (type.kind) {
    case 'string':
      return text;
    case 'enum':
      if (type.symbols.includes(text)) return text;
      throw unfit(field, `one of ${type.symbols.join(', ')}`, text);
    case 'boolean':
      if (text === 'true' || text === 'false') return text === 'true';
      throw unfit(field, 'true or false', text);
    default:
      if (text.trim() !== '' && Number.isFinite(number)) return numberValue(field, number);
      throw unfit(field, type.kind, text);
  }
}

const LETTERS = 26;
const NAME_SPACE = LETTERS ** 4;

/**
 * The value of a rank from 0. Texts: examples name the first ranks, later ones get four letters, no two alike below
 * 456,976 (the factor has no divisor in common with 26^4). Enums go through their symbols.
 */
export function rankValue(field: Field, rank: number): Value {
  const { type } = field;
  if (type.kind === 'enum') return type.symbols[rank % type.symbols.length] ?? null;
  if (type.kind !== 'string') return numberValue(field, rank);
  const example = field.examples[rank];
  if (example !== undefined) return String(example);
  const round = Math.floor(rank / NAME_SPACE);
  let code = (rank * 7_919 + 104_729) % NAME_SPACE;
  let name = '';
  for (let letter = 0; letter < 4; letter++) {
    name += String.fromCharCode(65 + (code % LETTERS));
    code = Math.floor(code / LETTERS);
  }
  return round === 0 ? name : `${name}${round}`;
}

function unfit(field: Field, expected: string, text: string): SluiceError {
  return new SluiceError(
    'CONFIG_INVALID',
    `generator of ${field.name}: expected ${expected}, got "${text}"`,
  );
}
