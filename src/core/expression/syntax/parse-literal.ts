import { invalidAt } from '../expression-error.ts';
import { DATE, DOUBLE, decimal, LONG, MAX_PRECISION, TIMESTAMP } from '../expression-type.ts';
import { parseDate, parseTimestamp } from '../values/calendar.ts';
import { parseDecimalLiteral } from '../values/decimal-arithmetic.ts';
import type { SyntaxNode } from './syntax-tree.ts';
import type { TokenReader } from './token-reader.ts';

const INT64_MAX = (1n << 63n) - 1n;

/** The string after `date` or `timestamp`. */
export function parseTemporal(
  reader: TokenReader,
  word: 'date' | 'timestamp',
  column: number,
): SyntaxNode {
  const { text } = reader.next();
  const value = word === 'date' ? parseDate(text) : parseTimestamp(text);
  if (value === null) {
    const example = word === 'date' ? '2000-01-03' : '2000-01-03 10:20:30';
    throw invalidAt(column, `'${text}' is no ${word}; write it like '${example}'`);
  }
  return reader.node({ kind: 'literal', value, type: word === 'date' ? DATE : TIMESTAMP, column });
}

/** 1 is a long, 1.5 a decimal(2, 1), 1e9 a double: the literals of SQL. */
export function parseNumber(reader: TokenReader, sign: { readonly negative: boolean }): SyntaxNode {
  const { text, column } = reader.next();
  if (/[eE]/.test(text)) {
    const value = Number(text);
    if (!Number.isFinite(value)) throw invalidAt(column, `${text} is too large for a double`);
    return reader.node({
      kind: 'literal',
      value: sign.negative ? -value : value,
      type: DOUBLE,
      column,
    });
  }
  if (text.includes('.')) {
    const { unscaled, precision, scale } = parseDecimalLiteral(text);
    if (precision > MAX_PRECISION)
      throw invalidAt(column, `${text} has more than 38 digits; write it as a double, like 1.5e0`);
    const value = sign.negative ? -unscaled : unscaled;
    return reader.node({ kind: 'literal', value, type: decimal(precision, scale), column });
  }
  const value = sign.negative ? -BigInt(text) : BigInt(text);
  if (value > INT64_MAX || value < -INT64_MAX - 1n) {
    throw invalidAt(
      column,
      `${text} does not fit 64 bits; write it as a decimal (${text}.0) or a double (${text}e0)`,
    );
  }
  return reader.node({ kind: 'literal', value, type: LONG, column });
}
