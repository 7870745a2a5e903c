/** Exact arithmetic on decimals held as unscaled integers. Rounding is half up, away from zero, as in Trino. */

const POWERS: bigint[] = Array.from({ length: 80 }, (_, exponent) => 10n ** BigInt(exponent));

/** 10 to a power from 0 to 79: twice the largest precision and some. */
export function powerOfTen(exponent: number): bigint {
  return POWERS[exponent] ?? 10n ** BigInt(exponent);
}

/** True when the unscaled value has at most `precision` digits. */
export function fitsPrecision(unscaled: bigint, precision: number): boolean {
  const limit = powerOfTen(precision);
  return unscaled < limit && unscaled > -limit;
}

/** Divides and rounds half away from zero; the divisor is not zero. */
export function divideHalfUp(dividend: bigint, divisor: bigint): bigint {
  const quotient = dividend / divisor;
  const remainder = dividend % divisor;
  const twice = (remainder < 0n ? -remainder : remainder) * 2n;
  if (twice < (divisor < 0n ? -divisor : divisor)) return quotient;
  return dividend < 0n === divisor < 0n ? quotient + 1n : quotient - 1n;
}

/** The same number at another scale; fewer digits are rounded half up. */
export function rescale(unscaled: bigint, fromScale: number, toScale: number): bigint {
  if (toScale >= fromScale) return unscaled * powerOfTen(toScale - fromScale);
  return divideHalfUp(unscaled, powerOfTen(fromScale - toScale));
}

/** The nearest double. */
export function decimalToNumber(unscaled: bigint, scale: number): number {
  const magnitude = unscaled < 0n ? -unscaled : unscaled;
  // Both operands are exact doubles (10^22 is the last exact power), so one division rounds once.
  if (magnitude <= 9_007_199_254_740_991n && scale <= 22) return Number(unscaled) / 10 ** scale;
  return Number(formatDecimal(unscaled, scale));
}

/** Digits with a point and exactly `scale` decimals. */
export function formatDecimal(unscaled: bigint, scale: number): string {
  if (scale === 0) return `${unscaled}`;
  const negative = unscaled < 0n;
  const digits = `${negative ? -unscaled : unscaled}`.padStart(scale + 1, '0');
  return `${negative ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

const DECIMAL_TEXT = /^([+-]?)([0-9]*)(?:\.([0-9]*))?(?:[eE]([+-]?[0-9]{1,9}))?$/;
/** Longer texts are no numbers anybody meant. */
const MAX_TEXT_LENGTH = 200;

/**
 * Reads decimal text (with optional exponent) at a scale, rounding half up; null when it is no number.
 * Numbers beyond 10^76 come back as 10^76, which no precision holds: work stays bounded for any exponent.
 */
export function parseDecimal(text: string, scale: number): bigint | null {
  const match = text.length > MAX_TEXT_LENGTH ? null : DECIMAL_TEXT.exec(text);
  if (match === null) return null;
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = match;
  if (whole === '' && fraction === '') return null;
  const digits = BigInt(whole + fraction);
  if (digits === 0n) return 0n;
  const signed = sign === '-' ? -digits : digits;
  const shift = Number(exponent) - fraction.length + scale;
  const magnitude = `${digits}`.length + shift;
  if (magnitude > 76) return signed < 0n ? -powerOfTen(76) : powerOfTen(76);
  if (magnitude < 0) return 0n;
  return shift >= 0 ? signed * powerOfTen(shift) : divideHalfUp(signed, 10n ** BigInt(-shift));
}

/** Scale of a decimal literal and its digits; the text is known to be one. */
export function parseDecimalLiteral(text: string): {
  readonly unscaled: bigint;
  readonly precision: number;
  readonly scale: number;
} {
  const [whole = '', fraction = ''] = text.split('.');
  const significant = (whole + fraction).replace(/^0+/, '');
  return {
    unscaled: BigInt(significant === '' ? '0' : significant),
    precision: Math.max(significant.length, fraction.length, 1),
    scale: fraction.length,
  };
}
