import { daysFromCivil, floorDivide } from '../civil-date.ts';

/** Moments of a zone's local times. */
export interface TimeZone {
  /**
   * UTC microseconds of a local time, itself given as microseconds of a clock that shows it; null for a time that was
   * skipped when clocks went forward. A time that clocks showed twice is the earlier moment.
   */
  toUtc(localMicros: bigint): bigint | null;
}

const MINUTE_MS = 60_000;
/** Changes of offset since 1970 happen at full quarters of an hour. */
const BUCKET_MS = 15 * MINUTE_MS;
const DAY_MS = 86_400_000;
/** An offset per quarter of an hour of a hundred years would take 3.5 million. */
const MAX_REMEMBERED = 50_000;

/** True for the name of a zone in the IANA time zone database. */
export function isTimeZone(name: string): boolean {
  // An offset such as +01:00 is taken by Intl too, but is no zone with rules.
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** @param name as isTimeZone takes it */
export function createTimeZone(name: string): TimeZone {
  if (name === 'UTC' || name === 'Etc/UTC') return { toUtc: (localMicros) => localMicros };
  const offsetAt = rememberingOffsets(offsetReader(name));
  return {
    toUtc: (localMicros) => {
      const localMs = Number(floorDivide(localMicros, 1_000n));
      // No zone is more than a day away from UTC, and none changes twice in two days.
      const offsets = new Set([offsetAt(localMs - DAY_MS), offsetAt(localMs + DAY_MS)]);
      const moments = [...offsets]
        .filter((offsetMs) => offsetAt(localMs - offsetMs) === offsetMs)
        .sort((a, b) => b - a);
      const [offsetMs] = moments;
      return offsetMs === undefined ? null : localMicros - BigInt(offsetMs) * 1_000n;
    },
  };
}

/** Offset in milliseconds, east of Greenwich positive, at a moment. */
type OffsetAt = (utcMs: number) => number;

function offsetReader(timeZone: string): OffsetAt {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    calendar: 'iso8601',
    numberingSystem: 'latn',
    era: 'short',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  return (utcMs) => {
    const seconds = Math.floor(utcMs / 1_000);
    const parts = new Map(
      format.formatToParts(seconds * 1_000).map(({ type, value }) => [type, value]),
    );
    const part = (name: Intl.DateTimeFormatPartTypes) => Number(parts.get(name) ?? 0);
    const year = parts.get('era')?.startsWith('B') === true ? 1 - part('year') : part('year');
    const days = daysFromCivil({ year, month: part('month'), day: part('day') });
    const local = days * 86_400 + part('hour') * 3_600 + part('minute') * 60 + part('second');
    return (local - seconds) * 1_000;
  };
}

/** Formatting a date takes microseconds: where a quarter of an hour has one offset, it is looked up once. */
function rememberingOffsets(read: OffsetAt): OffsetAt {
  const offsets = new Map<number, number | null>();
  return (utcMs) => {
    const bucket = Math.floor(utcMs / BUCKET_MS);
    let known = offsets.get(bucket);
    if (known === undefined) {
      const first = read(bucket * BUCKET_MS);
      known = first === read((bucket + 1) * BUCKET_MS - 1) ? first : null;
      if (offsets.size >= MAX_REMEMBERED) offsets.clear();
      offsets.set(bucket, known);
    }
    return known ?? read(utcMs);
  };
}
