/**
 * Quotient of two decimals in text, rounded half up to `scale` digits, exact whatever their size.
 * Throws DIVISION_BY_ZERO. Source: Trino documentation, Decimal functions and operators.
 */
export function divideDecimals(dividend: string, divisor: string, scale: number): string {
  const a = parseDecimal(dividend);
  const b = parseDecimal(divisor);
  if (b.unscaled === 0n) throw new Error('DIVISION_BY_ZERO: Division by zero');
  // a / b · 10^scale, with both brought to whole numbers.
  const shift = scale + b.scale - a.scale;
  const numerator = shift >= 0 ? a.unscaled * 10n ** BigInt(shift) : a.unscaled;
  const denominator = shift >= 0 ? b.unscaled : b.unscaled * 10n ** BigInt(-shift);
  const negative = numerator < 0n !== denominator < 0n;
  const quotient = roundedQuotient(magnitude(numerator), magnitude(denominator));
  const digits = quotient.toString().padStart(scale + 1, '0');
  const text = scale === 0 ? digits : `${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
  return negative && quotient !== 0n ? `-${text}` : text;
}

function parseDecimal(text: string): { readonly unscaled: bigint; readonly scale: number } {
  const [whole = '', fraction = ''] = text.split('.');
  return { unscaled: BigInt(whole + fraction), scale: fraction.length };
}

function roundedQuotient(numerator: bigint, denominator: bigint): bigint {
  const quotient = numerator / denominator;
  return (numerator % denominator) * 2n >= denominator ? quotient + 1n : quotient;
}

function magnitude(value: bigint): bigint {
  return value < 0n ? -value : value;
}
