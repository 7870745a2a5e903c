import { floorDivide, MICROS_PER_DAY } from '../civil-date.ts';
import { parseDate, parseTimestamp } from '../expression/values/calendar.ts';
import { compileTimePattern, type PatternTime } from './time-pattern.ts';
import { createTimeZone } from './time-zone.ts';

/** How texts of a file are read as times. */
export interface FileTimes {
  /** IANA name; times without an offset of their own are local times of the zone. */
  readonly timeZone: string;
  /** Null: ISO 8601. */
  readonly timestampFormat: string | null;
  readonly dateFormat: string | null;
}

export type ReadText<T> = (text: string) => { readonly value: T } | { readonly problem: string };

/** Text that ends with an offset, as parseTimestamp takes it. */
const HAS_OFFSET = /(?:Z|UTC|:\d{2}(?:\.\d+)? ?[+-]\d{2}(?::?\d{2})?)$/;

/** Reads UTC microseconds. Throws TypeError for a pattern that was not checked when it was configured. */
export function createTimestampReader(times: FileTimes): ReadText<bigint> {
  const zone = createTimeZone(times.timeZone);
  const read = times.timestampFormat === null ? readIso : compiled(times.timestampFormat);
  const shape = times.timestampFormat ?? 'ISO 8601, for instance 2026-11-20T18:30:00Z';
  return (text) => {
    const found = read(text.trim());
    if (found === null) return { problem: `expected a time such as ${shape}` };
    if (found.offsetMinutes !== null) {
      return { value: found.localMicros - BigInt(found.offsetMinutes) * 60_000_000n };
    }
    const value = zone.toUtc(found.localMicros);
    if (value !== null) return { value };
    return { problem: `the time does not exist in ${times.timeZone}: clocks went forward over it` };
  };
}

/** Reads days since 1970-01-01. */
export function createDateReader(times: Pick<FileTimes, 'dateFormat'>): ReadText<number> {
  const { dateFormat } = times;
  const read = dateFormat === null ? null : compiled(dateFormat);
  return (text) => {
    const value = read === null ? parseDate(text.trim()) : dayOf(read(text.trim()));
    return value === null
      ? { problem: `expected a date such as ${dateFormat ?? '2026-11-20'}` }
      : { value };
  };
}

function readIso(text: string): PatternTime | null {
  const micros = parseTimestamp(text);
  if (micros === null) return null;
  return { localMicros: micros, offsetMinutes: HAS_OFFSET.test(text) ? 0 : null };
}

function dayOf(time: PatternTime | null): number | null {
  return time === null ? null : Number(floorDivide(time.localMicros, MICROS_PER_DAY));
}

function compiled(text: string): (value: string) => PatternTime | null {
  const reading = compileTimePattern(text);
  if (!reading.ok) throw new TypeError(`time pattern "${text}": ${reading.problem}`);
  return reading.pattern;
}
