export const MICROS_PER_DAY = 86_400_000_000n;
export const MICROS_PER_HOUR = 3_600_000_000n;

export interface CivilDate {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  /** 1 to 31. */
  readonly day: number;
}

/** Quotient rounded towards negative infinity, so that times before 1970 fall into the unit that contains them. */
export function floorDiv(value: bigint, divisor: bigint): bigint {
  const quotient = value / divisor;
  return value % divisor < 0n ? quotient - 1n : quotient;
}

/**
 * Proleptic Gregorian date of a day number since 1970-01-01. Exact for every 64-bit microsecond
 * timestamp, which Date is not: it ends at the year 275760. Counts in 400-year eras of 146097 days
 * that begin on 1 March, so that the leap day is an era's last.
 */
export function civilDate(daysSinceEpoch: number): CivilDate {
  const shifted = daysSinceEpoch + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear =
    dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const marchMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9;
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * marchMonth + 2) / 5) + 1,
  };
}

/** `2026-11-20`; years outside 0 to 9999 carry a sign and six digits, as ISO 8601 asks. */
export function isoDate(daysSinceEpoch: number): string {
  const { year, month, day } = civilDate(daysSinceEpoch);
  return `${isoYear(year)}-${pad(month, 2)}-${pad(day, 2)}`;
}

export function isoYear(year: number): string {
  if (year >= 0 && year <= 9999) return pad(year, 4);
  return `${year < 0 ? '-' : '+'}${pad(Math.abs(year), 6)}`;
}

export function pad(value: number | bigint, digits: number): string {
  return value.toString().padStart(digits, '0');
}
