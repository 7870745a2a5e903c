const NUMBER_TEXT = /^(-?)(0|[1-9][0-9]*)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]{1,6}))?$/;
/** Longer texts are no amounts anybody meant; bounds the work of reading one. */
const MAX_TEXT_LENGTH = 200;
/** More digits than any type holds: decimal has 38, a long 19. */
const MAX_DIGITS = 60;

/**
 * The number of a JSON number's text at a scale, as an integer: `12.34` at scale 2 is 1234. Digits are never rounded
 * and never pass through a double: null when digits beyond the scale are not zero, or the text is no JSON number.
 */
export function exactNumber(text: string, scale: number): bigint | null {
  const match = text.length > MAX_TEXT_LENGTH ? null : NUMBER_TEXT.exec(text);
  if (match === null) return null;
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = match;
  const digits = `${whole}${fraction}`.replace(/^0+/, '');
  if (digits === '') return 0n;
  const significant = digits.replace(/0+$/, '');
  const shift = Number(exponent) - fraction.length + scale + digits.length - significant.length;
  if (shift < 0 || significant.length + shift > MAX_DIGITS) return null;
  const magnitude = BigInt(significant) * 10n ** BigInt(shift);
  return sign === '-' ? -magnitude : magnitude;
}
