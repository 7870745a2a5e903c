import { type CronField, fieldError, parseCronField, parseCronValue } from './cron-field.ts';

/** True for the days a cron expression names; `day` counts from 1, `month` from 1. */
export type DayRule = (day: CalendarDay) => boolean;

export interface CalendarDay {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}

const DAY_OF_MONTH: CronField = { name: 'day-of-month', min: 1, max: 31 };
const DAY_OF_WEEK: CronField = {
  name: 'day-of-week',
  min: 1,
  max: 7,
  words: ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'],
};
const SATURDAY = 7;

/** `L` the last day, `15W` the weekday nearest to the 15th in its month, else numbers. */
export function parseDayOfMonth(text: string): DayRule {
  if (text === 'L') return ({ year, month, day }) => day === daysIn(year, month);
  if (text.endsWith('W')) {
    const wanted = parseCronValue(text.slice(0, -1), DAY_OF_MONTH);
    return (date) => date.day === nearestWeekday(date, wanted);
  }
  const days = parseCronField(text, DAY_OF_MONTH);
  return ({ day }) => days.has(day);
}

/** `5L` the last Thursday, `3#2` the second Tuesday, `L` Saturday, else numbers (1 is Sunday) or names. */
export function parseDayOfWeek(text: string): DayRule {
  if (text === 'L') return (date) => weekdayOf(date) === SATURDAY;
  const [, lastOf] = /^(\w+)L$/.exec(text) ?? [];
  if (lastOf !== undefined) {
    const wanted = parseCronValue(lastOf, DAY_OF_WEEK);
    return (date) => weekdayOf(date) === wanted && date.day + 7 > daysIn(date.year, date.month);
  }
  const [, weekday, nth] = /^(\w+)#(\d)$/.exec(text) ?? [];
  if (weekday !== undefined) {
    const wanted = parseCronValue(weekday, DAY_OF_WEEK);
    const week = Number(nth);
    if (week < 1 || week > 5) throw fieldError(text, DAY_OF_WEEK);
    return (date) => weekdayOf(date) === wanted && Math.ceil(date.day / 7) === week;
  }
  const weekdays = parseCronField(text, DAY_OF_WEEK);
  return (date) => weekdays.has(weekdayOf(date));
}

/** 1 is Sunday, 7 Saturday. */
function weekdayOf({ year, month, day }: CalendarDay): number {
  return new Date(Date.UTC(year, month - 1, day)).getUTCDay() + 1;
}

function daysIn(year: number, month: number): number {
  return new Date(Date.UTC(year, month, 0)).getUTCDate();
}

/** Monday to Friday, never in another month; 0 when the month has no such day. */
function nearestWeekday({ year, month }: CalendarDay, wanted: number): number {
  const last = daysIn(year, month);
  if (wanted > last) return 0;
  const weekday = weekdayOf({ year, month, day: wanted });
  if (weekday === SATURDAY) return wanted === 1 ? 3 : wanted - 1;
  if (weekday === 1) return wanted === last ? wanted - 2 : wanted + 1;
  return wanted;
}
