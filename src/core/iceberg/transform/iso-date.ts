import { civilFromDays } from '../../civil-date.ts';

/** `2026-11-20`; years outside 0 to 9999 carry a sign and six digits, as ISO 8601 asks. */
export function isoDate(daysSinceEpoch: number): string {
  const { year, month, day } = civilFromDays(daysSinceEpoch);
  return `${isoYear(year)}-${pad(month, 2)}-${pad(day, 2)}`;
}

export function isoYear(year: number): string {
  if (year >= 0 && year <= 9999) return pad(year, 4);
  return `${year < 0 ? '-' : '+'}${pad(Math.abs(year), 6)}`;
}

export function pad(value: number | bigint, digits: number): string {
  return value.toString().padStart(digits, '0');
}
