const EXPONENT = /^(-?)(\d+)(?:\.(\d+))?[eE]([+-]?\d{1,3})$/;

/**
 * A JSON number without exponent where it has one of three digits at most: `1.5e2` becomes `150`. Exact: digits are
 * moved, never rounded. Decimals are read from texts without exponent.
 */
export function plainDigits(number: string): string {
  const match = EXPONENT.exec(number);
  if (match === null) return number;
  const [, sign = '', whole = '', fraction = '', exponentText = '0'] = match;
  const point = whole.length + Number(exponentText);
  const digits = `${whole}${fraction}`.padEnd(Math.max(point, 0), '0');
  const padded = point > 0 ? digits : `${'0'.repeat(1 - point)}${digits}`;
  const at = Math.max(point, 1);
  const before = padded.slice(0, at).replace(/^0+(?=\d)/, '');
  const after = padded.slice(at);
  return `${sign}${before}${after === '' ? '' : `.${after}`}`;
}
