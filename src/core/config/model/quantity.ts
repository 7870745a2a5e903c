import { z } from 'zod';

/**
 * Quantities with a unit, as they stand in the YAML files: `10s`, `7d`, `512MB`, `200/s`.
 * Parsers return null for anything else; the zod types below turn them into plain numbers.
 */
const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** Decimal units are powers of 1000, binary ones of 1024 (IEC 80000-13). */
const UNIT_BYTES: Readonly<Record<string, number>> = {
  B: 1,
  KB: 1_000,
  MB: 1_000_000,
  GB: 1_000_000_000,
  TB: 1_000_000_000_000,
  KiB: 1_024,
  MiB: 1_048_576,
  GiB: 1_073_741_824,
  TiB: 1_099_511_627_776,
};

const DURATION_PATTERN = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h|d)$/;
const SIZE_PATTERN = /^(\d{1,9}(?:\.\d{1,3})?)(B|KB|MB|GB|TB|KiB|MiB|GiB|TiB)$/;
const FACTOR_PATTERN = /^(\d{1,4}(?:\.\d{1,3})?)x$/;
const DAY_SPAN_PATTERN = /^(\d{1,6})(d|y)$/;
const RATE_PATTERN = /^(\d{1,9}(?:\.\d{1,3})?)\/(s|m|h|d)$/;

/** Milliseconds of `500ms`, `10s`, `1.5m`, `24h`, `7d`; null when it is none or not a whole millisecond. */
export function parseDurationMs(text: string): number | null {
  return wholeProduct(DURATION_PATTERN.exec(text), UNIT_MS);
}

/** Bytes of `120B`, `10GB` (powers of 1000), `4MiB` (powers of 1024); null when it is none or not a whole byte. */
export function parseSizeBytes(text: string): number | null {
  return wholeProduct(SIZE_PATTERN.exec(text), UNIT_BYTES);
}

/** Events per second of `200/s`, `5/m`, `1000/h`, `1/d`; null when it is none. */
export function parseRatePerSecond(text: string): number | null {
  const match = RATE_PATTERN.exec(text);
  const unitMs = UNIT_MS[match?.[2] ?? ''];
  if (match?.[1] === undefined || unitMs === undefined) return null;
  return Number(match[1]) / (unitMs / 1_000);
}

/** The shortest text that parseDurationMs reads as this duration: `500ms`, `10s`, `1h`. */
export function durationText(ms: number): string {
  return textIn(ms, UNIT_MS);
}

/** The shortest text that parseSizeBytes reads as this size, in powers of 1000: `120B`, `10MB`. */
export function sizeText(bytes: number): string {
  const decimal = Object.entries(UNIT_BYTES).filter(([unit]) => !unit.includes('i'));
  return textIn(bytes, Object.fromEntries(decimal));
}

function textIn(value: number, units: Readonly<Record<string, number>>): string {
  const fitting = Object.entries(units).filter(([, size]) => value >= size && value % size === 0);
  const [unit = Object.keys(units)[0], size = 1] = fitting.at(-1) ?? [];
  return `${value / size}${unit}`;
}

/** Factor of `5x`; null when it is none. */
export function parseFactor(text: string): number | null {
  const digits = FACTOR_PATTERN.exec(text)?.[1];
  return digits === undefined ? null : Number(digits);
}

/** Days of `90d` and `7y` (of 365 days); null when it is neither. */
export function parseDaySpan(text: string): number | null {
  const match = DAY_SPAN_PATTERN.exec(text);
  return match === null ? null : Number(match[1]) * (match[2] === 'y' ? 365 : 1);
}

function wholeProduct(
  match: RegExpExecArray | null,
  units: Readonly<Record<string, number>>,
): number | null {
  const unit = units[match?.[2] ?? ''];
  if (match?.[1] === undefined || unit === undefined) return null;
  // Thousandths are exact: 1.5 becomes 1500, multiplied as integers below 2^53 for every real value.
  const product = (Math.round(Number(match[1]) * 1_000) * unit) / 1_000;
  return Number.isSafeInteger(product) ? product : null;
}

interface Bounds {
  /** Unit text of the limits in the message, as the user would write them. */
  readonly min?: string;
  readonly max?: string;
}

/** A duration in milliseconds. */
export function durationMs(bounds: Bounds = {}): z.ZodType<number, string> {
  return quantity(bounds, {
    expected: 'expected a duration such as 10s, 1m, 24h or 7d',
    pattern: DURATION_PATTERN,
    parse: parseDurationMs,
  });
}

/** A duration of whole seconds. */
export function wholeSeconds(min: string, max: string): z.ZodType<number, string> {
  return durationMs({ min, max }).refine((ms) => ms % 1_000 === 0, {
    error: () => 'expected whole seconds, for instance 30s',
  });
}

/** A duration of whole minutes. */
export function wholeMinutes(min: string, max: string): z.ZodType<number, string> {
  return durationMs({ min, max }).refine((ms) => ms % 60_000 === 0, {
    error: () => 'expected whole minutes, for instance 15m',
  });
}

/** A size in bytes. */
export function sizeBytes(bounds: Bounds = {}): z.ZodType<number, string> {
  return quantity(bounds, {
    expected: 'expected a size such as 120B, 512MB or 10GB',
    pattern: SIZE_PATTERN,
    parse: parseSizeBytes,
  });
}

/** A rate per second. */
export function ratePerSecond(bounds: Bounds = {}): z.ZodType<number, string> {
  return quantity(bounds, {
    expected: 'expected a rate such as 200/s, 5/m or 1000/h',
    pattern: RATE_PATTERN,
    parse: parseRatePerSecond,
  });
}

/** How many times as much: `5x` is 5. */
export function factor(bounds: Bounds = {}): z.ZodType<number, string> {
  return quantity(bounds, {
    expected: 'expected a factor such as 5x',
    pattern: FACTOR_PATTERN,
    parse: parseFactor,
  });
}

/** A span of whole days; a year is 365 days. */
export function daySpan(bounds: Bounds = {}): z.ZodType<number, string> {
  return quantity(bounds, {
    expected: 'expected a span such as 90d or 7y',
    pattern: DAY_SPAN_PATTERN,
    parse: parseDaySpan,
  });
}

interface QuantityKind {
  readonly expected: string;
  readonly pattern: RegExp;
  readonly parse: (text: string) => number | null;
}

function quantity(bounds: Bounds, kind: QuantityKind): z.ZodType<number, string> {
  const min = bounds.min === undefined ? null : kind.parse(bounds.min);
  const max = bounds.max === undefined ? null : kind.parse(bounds.max);
  const range = [
    bounds.min === undefined ? '' : `, at least ${bounds.min}`,
    bounds.max === undefined ? '' : `, at most ${bounds.max}`,
  ].join('');
  const expected = `${kind.expected}${range}`;
  return z
    .string({ error: () => expected })
    .regex(kind.pattern, { error: () => expected })
    .transform((text, context) => {
      const value = kind.parse(text);
      const outside =
        value === null || (min !== null && value < min) || (max !== null && value > max);
      if (!outside) return value;
      context.issues.push({ code: 'custom', message: expected, input: text });
      return z.NEVER;
    });
}
