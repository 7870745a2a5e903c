import { type CalendarDay, type DayRule, parseDayOfMonth, parseDayOfWeek } from './cron-days.ts';
import { type CronField, parseCronField } from './cron-field.ts';

/** When a cron expression holds, by the clock on the wall. */
export interface CronExpression {
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  readonly months: ReadonlySet<number>;
  readonly years: ReadonlySet<number>;
  readonly isDay: DayRule;
}

const MINUTES: CronField = { name: 'minutes', min: 0, max: 59 };
const HOURS: CronField = { name: 'hours', min: 0, max: 23 };
const MONTH: CronField = {
  name: 'month',
  min: 1,
  max: 12,
  words: ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'],
};
const YEAR: CronField = { name: 'year', min: 1970, max: 2199 };

/**
 * cron => minutes hours day-of-month month day-of-week year
 * One of the two day fields is `?`, the other one decides. Throws an Error that says what it expected.
 * Source: EventBridge Scheduler User Guide, "Cron-based schedules".
 */
export function parseCron(text: string): CronExpression {
  const fields = text.trim().split(/\s+/);
  const [minutes, hours, dayOfMonth, month, dayOfWeek, year] = fields;
  if (fields.length !== 6 || dayOfMonth === undefined || dayOfWeek === undefined) {
    throw new Error(
      `cron expression: expected 6 fields (minutes hours day-of-month month day-of-week year), got ${fields.length} in "${text}"`,
    );
  }
  if ((dayOfMonth === '?') === (dayOfWeek === '?')) {
    throw new Error(
      `cron expression: expected ? in one of day-of-month and day-of-week and a value in the other, got "${dayOfMonth}" and "${dayOfWeek}"`,
    );
  }
  return {
    minutes: sorted(parseCronField(minutes ?? '', MINUTES)),
    hours: sorted(parseCronField(hours ?? '', HOURS)),
    months: parseCronField(month ?? '', MONTH),
    years: parseCronField(year ?? '', YEAR),
    isDay: dayOfMonth === '?' ? parseDayOfWeek(dayOfWeek) : parseDayOfMonth(dayOfMonth),
  };
}

function sorted(values: ReadonlySet<number>): readonly number[] {
  return [...values].sort((a, b) => a - b);
}

/** Fields of the clock on the wall, written as the UTC instant with the same fields: plain numbers to count with. */
export type WallMs = number;

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/** The first minute after the given one at which the expression holds; null when there is none until 2199. */
export function nextWallTime(cron: CronExpression, after: WallMs): WallMs | null {
  const earliest = Math.floor(after / MINUTE_MS) * MINUTE_MS + MINUTE_MS;
  let dayMs = Math.floor(earliest / DAY_MS) * DAY_MS;
  for (;;) {
    const date = calendarDay(dayMs);
    if (date.year > YEAR.max) return null;
    if (!cron.years.has(date.year)) dayMs = Date.UTC(date.year + 1, 0, 1);
    else if (!cron.months.has(date.month)) dayMs = Date.UTC(date.year, date.month, 1);
    else {
      const time = cron.isDay(date) ? firstTime(cron, Math.max(0, earliest - dayMs)) : null;
      if (time !== null) return dayMs + time;
      dayMs += DAY_MS;
    }
  }
}

/** Milliseconds into the day of the first time at or after the given one; null when the day has none left. */
function firstTime(cron: CronExpression, fromMs: number): number | null {
  for (const hour of cron.hours) {
    for (const minute of cron.minutes) {
      const timeMs = (hour * 60 + minute) * MINUTE_MS;
      if (timeMs >= fromMs) return timeMs;
    }
  }
  return null;
}

function calendarDay(dayMs: WallMs): CalendarDay {
  const date = new Date(dayMs);
  return { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() };
}
