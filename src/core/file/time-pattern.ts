import { civilFromDays, daysFromCivil } from '../civil-date.ts';

/** What a pattern reads: a local time, with the offset when the text states one. */
export interface PatternTime {
  /** Microseconds of a clock that shows the time. */
  readonly localMicros: bigint;
  /** East of Greenwich positive; null when the text states none. */
  readonly offsetMinutes: number | null;
}

export type TimePattern = (text: string) => PatternTime | null;

export type PatternReading =
  | { readonly ok: true; readonly pattern: TimePattern; readonly hasTime: boolean }
  | { readonly ok: false; readonly problem: string };

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const LONG_MONTHS =
  'January|February|March|April|May|June|July|August|September|October|November|December';

/** Letters of the pattern, with what they match. A subset of Unicode TR 35 §Date Format Patterns, English names. */
const LETTERS: Readonly<Record<string, readonly [name: string, expression: string]>> = {
  yyyy: ['year', '\\d{4}'],
  M: ['month', '\\d{1,2}'],
  MM: ['month', '\\d{2}'],
  MMM: ['monthName', 'Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec'],
  MMMM: ['monthName', LONG_MONTHS],
  d: ['day', '\\d{1,2}'],
  dd: ['day', '\\d{2}'],
  H: ['hour', '\\d{1,2}'],
  HH: ['hour', '\\d{2}'],
  h: ['hour12', '\\d{1,2}'],
  hh: ['hour12', '\\d{2}'],
  m: ['minute', '\\d{1,2}'],
  mm: ['minute', '\\d{2}'],
  s: ['second', '\\d{1,2}'],
  ss: ['second', '\\d{2}'],
  a: ['half', 'AM|PM'],
  XXX: ['offset', 'Z|[+-]\\d{2}:\\d{2}'],
  XX: ['offset', 'Z|[+-]\\d{4}'],
};

export const PATTERN_LETTERS = [...Object.keys(LETTERS), 'S to SSSSSS'].join(', ');

/** Counts since 1970-01-01 UTC, by what stands for a pattern. */
const EPOCHS: Readonly<Record<string, bigint>> = {
  epoch_seconds: 1_000_000n,
  epoch_millis: 1_000n,
  epoch_micros: 1n,
};

/** Compiles `MMM d yyyy`, `dd.MM.yyyy HH:mm:ss`, `yyyy-MM-dd'T'HH:mm:ss.SSSXXX`, `epoch_millis`. */
export function compileTimePattern(text: string): PatternReading {
  const unitMicros = EPOCHS[text];
  if (unitMicros !== undefined)
    return { ok: true, pattern: epochPattern(unitMicros), hasTime: true };
  const tokens = text.match(/'(?:[^']|'')*'|([A-Za-z])\1*|[^A-Za-z']+|'/g) ?? [];
  const names = new Set<string>();
  let source = '';
  for (const token of tokens) {
    const part = tokenSource(token);
    if (part === null) return { ok: false, problem: unknownLetters(token) };
    if (part.name !== null && names.has(part.name)) {
      return { ok: false, problem: `expected the ${part.name} once, got it twice` };
    }
    if (part.name !== null) names.add(part.name);
    source += part.source;
  }
  const problem = missingPart(names);
  if (problem !== null) return { ok: false, problem };
  const expression = new RegExp(`^${source}$`, 'i');
  const pattern: TimePattern = (value) => readTime(expression.exec(value)?.groups ?? null);
  return { ok: true, pattern, hasTime: names.has('hour') || names.has('hour12') };
}

function tokenSource(
  token: string,
): { readonly name: string | null; readonly source: string } | null {
  if (token === "''") return { name: null, source: "'" };
  if (token.startsWith("'")) {
    if (token.length < 2) return null;
    return { name: null, source: escapePattern(token.slice(1, -1).replaceAll("''", "'")) };
  }
  if (!/^[A-Za-z]/.test(token)) return { name: null, source: escapePattern(token) };
  if (/^S{1,6}$/.test(token)) {
    return { name: 'fraction', source: `(?<fraction>\\d{${token.length}})` };
  }
  const letter = Object.hasOwn(LETTERS, token) ? LETTERS[token] : undefined;
  return letter === undefined ? null : { name: letter[0], source: `(?<${letter[0]}>${letter[1]})` };
}

function escapePattern(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}

function unknownLetters(token: string): string {
  return token.startsWith("'")
    ? "a quote ' is opened and never closed"
    : `expected ${PATTERN_LETTERS}, a text in '…', or ${Object.keys(EPOCHS).join(', ')}, got "${token}"`;
}

function missingPart(names: ReadonlySet<string>): string | null {
  const has = (name: string) => names.has(name);
  if (!has('year')) return 'expected a year, yyyy';
  if (has('month') === has('monthName')) return 'expected one month: M, MM, MMM or MMMM';
  if (!has('day')) return 'expected a day, d or dd';
  if (has('hour') && has('hour12')) return 'expected H or h, got both';
  if (has('hour12') !== has('half')) return 'expected h and a (AM, PM) together';
  const order = [has('hour') || has('hour12'), has('minute'), has('second'), has('fraction')];
  const gap = order.findIndex((present, index) => present && order[index - 1] === false);
  if (gap > 0)
    return 'expected hours before minutes, minutes before seconds, seconds before fractions';
  return null;
}

function readTime(groups: Readonly<Record<string, string | undefined>> | null): PatternTime | null {
  if (groups === null) return null;
  const number = (name: string) => Number(groups[name] ?? 0);
  const month =
    groups['monthName'] === undefined
      ? number('month')
      : MONTHS.indexOf(groups['monthName'].slice(0, 3).toLowerCase()) + 1;
  const civil = { year: number('year'), month, day: number('day') };
  if (month < 1 || month > 12) return null;
  const days = daysFromCivil(civil);
  const back = civilFromDays(days);
  const hour =
    groups['half'] === undefined ? number('hour') : hourOf(number('hour12'), groups['half']);
  const isTime = hour !== null && hour < 24 && number('minute') < 60 && number('second') < 60;
  // 30 February comes back as a day of March.
  if (back.day !== civil.day || back.month !== month || !isTime) return null;
  const seconds = BigInt(days * 86_400 + hour * 3_600 + number('minute') * 60 + number('second'));
  const fraction = BigInt((groups['fraction'] ?? '').padEnd(6, '0'));
  return {
    localMicros: seconds * 1_000_000n + fraction,
    offsetMinutes: groups['offset'] === undefined ? null : offsetOf(groups['offset']),
  };
}

/** 12 AM is midnight, 12 PM noon. */
function hourOf(hour: number, half: string): number | null {
  if (hour < 1 || hour > 12) return null;
  return (hour % 12) + (half.toUpperCase() === 'PM' ? 12 : 0);
}

function offsetOf(text: string): number {
  if (text.toUpperCase() === 'Z') return 0;
  const digits = text.replace(':', '');
  const minutes = Number(digits.slice(1, 3)) * 60 + Number(digits.slice(3, 5));
  return digits.startsWith('-') ? -minutes : minutes;
}

function epochPattern(unitMicros: bigint): TimePattern {
  return (text) => {
    const match = /^(-?\d{1,18})(?:\.(\d{1,6}))?$/.exec(text);
    if (match === null) return null;
    const fraction = BigInt((match[2] ?? '').padEnd(6, '0')) * unitMicros;
    const sign = text.startsWith('-') ? -1n : 1n;
    const micros = BigInt(match[1] ?? 0) * unitMicros + (sign * fraction) / 1_000_000n;
    return { localMicros: micros, offsetMinutes: 0 };
  };
}
