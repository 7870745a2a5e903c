import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseTimetable } from '#embedded/scheduler/schedule-expression.ts';

const MINUTE_MS = 60_000;
const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
/** Zones with daylight saving in both hemispheres, half hours, and none of it. */
const ZONES = ['UTC', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kolkata'];
/** Around the changes of 2026 in these zones, and where nothing changes. */
const STARTS = [
  '2026-03-07',
  '2026-03-28',
  '2026-04-04',
  '2026-07-01',
  '2026-10-03',
  '2026-10-24',
  '2026-10-31',
];

interface Field {
  readonly text: string;
  readonly allows: (value: number) => boolean;
}

/** A field as text, and independently of it the values it means. */
function field(min: number, max: number): fc.Arbitrary<Field> {
  const value = fc.integer({ min, max });
  return fc.oneof(
    fc.constant<Field>({ text: '*', allows: () => true }),
    fc.uniqueArray(value, { minLength: 1, maxLength: 4 }).map<Field>((values) => ({
      text: values.join(','),
      allows: (one) => values.includes(one),
    })),
    fc.tuple(value, value).map<Field>(([a, b]) => ({
      text: `${Math.min(a, b)}-${Math.max(a, b)}`,
      allows: (one) => one >= Math.min(a, b) && one <= Math.max(a, b),
    })),
    fc.tuple(value, fc.integer({ min: 1, max: 12 })).map<Field>(([from, step]) => ({
      text: `${from}/${step}`,
      allows: (one) => one >= from && (one - from) % step === 0,
    })),
  );
}

/** What a clock in the zone shows, by another route than the code under test takes. */
function createClock(timeZone: string): (instantMs: number) => string {
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    weekday: 'short',
    day: '2-digit',
    month: '2-digit',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
  });
  return (instantMs) => format.format(instantMs);
}

/** Walks minute by minute, and does not count a time the clock has shown in the last two hours already. */
function walk(
  fields: { readonly minute: Field; readonly hour: Field; readonly weekday: Field },
  timeZone: string,
  range: { readonly afterMs: number; readonly untilMs: number },
): number | null {
  const clock = createClock(timeZone);
  const seen = new Set<string>();
  for (let ms = range.afterMs - 120 * MINUTE_MS; ms <= range.untilMs; ms += MINUTE_MS) {
    const shown = clock(ms);
    const isRepeated = seen.has(shown);
    seen.add(shown);
    const [, weekday = '', hour = '', minute = ''] = /^(\w{3}).* (\d\d):(\d\d)$/.exec(shown) ?? [];
    const fits =
      fields.weekday.allows(WEEKDAYS.indexOf(weekday) + 1) &&
      fields.hour.allows(Number(hour)) &&
      fields.minute.allows(Number(minute));
    if (fits && !isRepeated && ms > range.afterMs) return ms;
  }
  return null;
}

describe('cron expressions in time zones', () => {
  it('have the run that a walk over every minute finds first', () => {
    // Clocks change at night: half of the expressions mean those hours.
    const hour = fc.oneof(field(0, 23), field(0, 3));
    const expression = fc.record({
      minute: field(0, 59),
      hour,
      weekday: field(1, 7),
    });
    const property = fc.property(
      expression,
      fc.constantFrom(...ZONES),
      fc.constantFrom(...STARTS),
      fc.integer({ min: 0, max: 2 * 1440 }),
      (fields, timeZone, day, minutesLater) => {
        const afterMs = Date.parse(`${day}T00:00Z`) + minutesLater * MINUTE_MS;
        const untilMs = afterMs + 1440 * MINUTE_MS;
        const expected = walk(fields, timeZone, { afterMs, untilMs });
        const { minute, hour, weekday } = fields;
        const { nextRun } = parseTimetable(
          `cron(${minute.text} ${hour.text} ? * ${weekday.text} *)`,
          timeZone,
        );
        const next = nextRun(afterMs, 0);
        expect(next !== null && next <= untilMs ? next : null).toBe(expected);
      },
    );
    fc.assert(property, { numRuns: 400, seed: 20260131 });
  });
});

describe('rates', () => {
  it('run at their anchor and every so often after it, whenever they are asked', () => {
    const property = fc.property(
      fc.integer({ min: 1, max: 90 }),
      fc.integer({ min: -100_000_000, max: 100_000_000 }),
      (minutes, offsetMs) => {
        const anchorMs = Date.UTC(2026, 0, 31, 12, 0, 7);
        const afterMs = anchorMs + offsetMs;
        const next =
          parseTimetable(`rate(${minutes} minutes)`, 'UTC').nextRun(afterMs, anchorMs) ?? 0;
        expect(next).toBeGreaterThan(afterMs);
        expect(next).toBeGreaterThanOrEqual(anchorMs);
        expect((next - anchorMs) % (minutes * MINUTE_MS)).toBe(0);
        expect(next - minutes * MINUTE_MS <= afterMs || next === anchorMs).toBe(true);
      },
    );
    fc.assert(property, { seed: 20260131 });
  });
});
