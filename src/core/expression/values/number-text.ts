const DOUBLE_TEXT = /^[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/;
const INTEGER_TEXT = /^[+-]?[0-9]{1,30}$/;

/** Reads a double; null when the text is none. NaN, Infinity and -Infinity are read. */
export function parseDouble(text: string): number | null {
  if (DOUBLE_TEXT.test(text)) return Number(text);
  switch (text) {
    case 'NaN':
      return Number.NaN;
    case 'Infinity':
    case '+Infinity':
      return Number.POSITIVE_INFINITY;
    case '-Infinity':
      return Number.NEGATIVE_INFINITY;
    default:
      return null;
  }
}

/** Reads an integer of any size up to 30 digits; null when the text is none. */
export function parseInteger(text: string): bigint | null {
  return INTEGER_TEXT.test(text) ? BigInt(text) : null;
}

/**
 * Shortest digits that read back as the same double, always with exponent: 1.5E0, 1.0E10, -2.5E-3.
 * Source: Trino, DoubleOperators.castToVarchar (format 0.0###################E0).
 */
export function formatDouble(value: number): string {
  return scientific(value, (finite) => finite.toExponential());
}

/** Seven significant digits at most. Source: Trino, RealOperators.castToVarchar (format 0.0#####E0). */
export function formatFloat(value: number): string {
  return scientific(value, (finite) => finite.toExponential(6));
}

function scientific(value: number, toExponential: (finite: number) => string): string {
  if (!Number.isFinite(value)) return `${value}`;
  const sign = Object.is(value, -0) ? '-' : '';
  const [mantissa = '0', exponent = '0'] = toExponential(value).split('e');
  const trimmed = mantissa.includes('.') ? mantissa.replace(/0+$/, '') : `${mantissa}.`;
  return `${sign}${trimmed.endsWith('.') ? `${trimmed}0` : trimmed}E${Number(exponent)}`;
}
