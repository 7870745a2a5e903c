import type { WallMs } from './cron-expression.ts';

/** The clock on the wall of one time zone. */
export interface TimeZone {
  wallTimeOf(instantMs: number): WallMs;
  /** The first instant at which the clock shows this; null when it skips over it in spring. */
  instantOf(wallMs: WallMs): number | null;
}

const DAY_MS = 24 * 60 * 60_000;

/** Throws an Error when the name is none of the IANA time zone database. */
export function createTimeZone(name: string): TimeZone {
  const format = createFormat(name);
  const wallTimeOf = (instantMs: number): WallMs => {
    const parts = new Map(format.formatToParts(instantMs).map(({ type, value }) => [type, value]));
    const field = (type: Intl.DateTimeFormatPartTypes): number => Number(parts.get(type));
    return Date.UTC(
      field('year'),
      field('month') - 1,
      field('day'),
      field('hour'),
      field('minute'),
      field('second'),
    );
  };
  return {
    wallTimeOf,
    instantOf: (wallMs) => {
      // A zone changes its offset at most once in two days: the offset before or after the change is the right one.
      const offsets = [wallMs - DAY_MS, wallMs + DAY_MS].map((near) => wallTimeOf(near) - near);
      const instants = offsets
        .map((offset) => wallMs - offset)
        .filter((instant) => wallTimeOf(instant) === wallMs);
      return instants.length === 0 ? null : Math.min(...instants);
    },
  };
}

function createFormat(timeZone: string): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat('en-US', {
      timeZone,
      calendar: 'gregory',
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  } catch (cause) {
    throw new Error(`time zone: expected a name such as Europe/Berlin or UTC, got "${timeZone}"`, {
      cause,
    });
  }
}
