import {
  civilFromDays,
  daysFromCivil,
  floorDivide,
  MICROS_PER_DAY,
  MICROS_PER_SECOND,
} from '../../civil-date.ts';

/** Day of a timestamp, also before 1970. */
export function daysFromMicros(micros: bigint): number {
  return Number(floorDivide(micros, MICROS_PER_DAY));
}

const DATE_TEXT = /^([0-9]{4})-([0-9]{2})-([0-9]{2})$/;
const TIMESTAMP_TEXT =
  /^([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[ T]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]{1,12}))?)?(?: ?(Z|UTC|[+-][0-9]{2}(?::?[0-9]{2})?))?)?$/;

/** Reads `2000-01-03`; null when it is no such day. */
export function parseDate(text: string): number | null {
  const match = DATE_TEXT.exec(text);
  if (match === null) return null;
  const civil = { year: Number(match[1]), month: Number(match[2]), day: Number(match[3]) };
  const days = daysFromCivil(civil);
  const back = civilFromDays(days);
  // 2001-02-29 would come back as 2001-03-01.
  return back.month === civil.month && back.day === civil.day && civil.month > 0 ? days : null;
}

/**
 * Reads `2000-01-03`, `2000-01-03 10:20`, `2000-01-03T10:20:30.123456Z`, with `+02:00` and the like converted to
 * UTC. Digits beyond microseconds are rounded half up. Null when it is no such moment.
 */
export function parseTimestamp(text: string): bigint | null {
  const match = TIMESTAMP_TEXT.exec(text);
  if (match === null) return null;
  const [, date = '', hour = '0', minute = '0', second = '0', fraction = '', zone = 'Z'] = match;
  const days = parseDate(date);
  const offsetMinutes = parseZone(zone);
  if (days === null || offsetMinutes === null) return null;
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return null;
  const seconds =
    BigInt(days) * 86_400n +
    BigInt(Number(hour) * 3_600 + (Number(minute) - offsetMinutes) * 60 + Number(second));
  const digits = fraction.padEnd(7, '0');
  const micros = BigInt(digits.slice(0, 6)) + (Number(digits[6]) >= 5 ? 1n : 0n);
  return seconds * MICROS_PER_SECOND + micros;
}

function parseZone(zone: string): number | null {
  if (zone === 'Z' || zone === 'UTC') return 0;
  const hours = Number(zone.slice(1, 3));
  const minutes = Number(zone.slice(3).replace(':', '') || '0');
  // The largest offset in use is +14:00.
  if (hours > 14 || minutes > 59) return null;
  return (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes);
}

/** `2000-01-03`. */
export function formatDate(days: number): string {
  const { year, month, day } = civilFromDays(days);
  const digits = `${Math.abs(year)}`.padStart(4, '0');
  return `${year < 0 ? '-' : ''}${digits}-${twoDigits(month)}-${twoDigits(day)}`;
}

/** `2000-01-03 10:20:30.123456`, always with six decimals, as Trino prints timestamp(6). */
export function formatTimestamp(micros: bigint): string {
  const days = daysFromMicros(micros);
  const ofDay = Number(micros - BigInt(days) * MICROS_PER_DAY);
  const second = Math.floor(ofDay / 1_000_000);
  const time = [Math.floor(second / 3_600), Math.floor(second / 60) % 60, second % 60];
  const fraction = `${ofDay % 1_000_000}`.padStart(6, '0');
  return `${formatDate(days)} ${time.map(twoDigits).join(':')}.${fraction}`;
}

function twoDigits(value: number): string {
  return `${value}`.padStart(2, '0');
}

/** Units of date_trunc; those from `day` on apply to dates too. Weeks start on Monday. */
export const TIME_UNITS = ['millisecond', 'second', 'minute', 'hour'] as const;
export const DATE_UNITS = ['day', 'week', 'month', 'quarter', 'year'] as const;
export type TimeUnit = (typeof TIME_UNITS)[number];
export type DateUnit = (typeof DATE_UNITS)[number];

const MICROS_OF_UNIT: Readonly<Record<TimeUnit, bigint>> = {
  millisecond: 1_000n,
  second: MICROS_PER_SECOND,
  minute: 60n * MICROS_PER_SECOND,
  hour: 3_600n * MICROS_PER_SECOND,
};

/** First day of the unit that holds the day. */
export function truncateDate(unit: DateUnit, days: number): number {
  if (unit === 'day') return days;
  // 1970-01-01 was a Thursday.
  if (unit === 'week') return days - ((((days + 3) % 7) + 7) % 7);
  const { year, month } = civilFromDays(days);
  const firstMonth = unit === 'year' ? 1 : unit === 'quarter' ? month - ((month - 1) % 3) : month;
  return daysFromCivil({ year, month: firstMonth, day: 1 });
}

/** Start of the unit that holds the moment; rounds down also before 1970. */
export function truncateTimestamp(unit: TimeUnit | DateUnit, micros: bigint): bigint {
  if (isTimeUnit(unit)) {
    const size = MICROS_OF_UNIT[unit];
    return floorDivide(micros, size) * size;
  }
  return BigInt(truncateDate(unit, daysFromMicros(micros))) * MICROS_PER_DAY;
}

export function isTimeUnit(unit: string): unit is TimeUnit {
  return (TIME_UNITS as readonly string[]).includes(unit);
}

export function isDateUnit(unit: string): unit is DateUnit {
  return (DATE_UNITS as readonly string[]).includes(unit);
}
