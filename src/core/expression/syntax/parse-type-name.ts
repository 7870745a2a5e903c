import { suggest } from '../closest-name.ts';
import { invalidAt } from '../expression-error.ts';
import type { ExpressionType } from '../expression-type.ts';
import {
  BOOLEAN,
  DATE,
  DOUBLE,
  decimal,
  FLOAT,
  INT,
  LONG,
  MAX_PRECISION,
  STRING,
  TIMESTAMP,
} from '../expression-type.ts';
import { describeToken, type TokenReader } from './token-reader.ts';

/** Types a value can be cast to, under the names of the domain file and those of SQL. */
const TYPE_NAMES: ReadonlyMap<string, ExpressionType> = new Map([
  ['string', STRING],
  ['varchar', STRING],
  ['boolean', BOOLEAN],
  ['int', INT],
  ['integer', INT],
  ['long', LONG],
  ['bigint', LONG],
  ['float', FLOAT],
  ['real', FLOAT],
  ['double', DOUBLE],
  ['date', DATE],
  ['timestamp', TIMESTAMP],
  ['timestamp_millis', TIMESTAMP],
  ['timestamp_micros', TIMESTAMP],
]);

/** Parses the type of a cast: a name, or `decimal(precision, scale)`. Throws EXPRESSION_INVALID. */
export function parseTypeName(reader: TokenReader): ExpressionType {
  const token = reader.next();
  const name = token.text.toLowerCase();
  if (token.kind === 'name' && name === 'decimal') return parseDecimalType(reader);
  const type = token.kind === 'name' ? TYPE_NAMES.get(name) : undefined;
  if (type === undefined) {
    const hint = suggest(name, [...TYPE_NAMES.keys(), 'decimal']);
    throw invalidAt(
      token.column,
      `unknown type ${describeToken(token)}, expected string, boolean, int, long, float, double, decimal(p, s), date or timestamp${hint}`,
    );
  }
  return type;
}

function parseDecimalType(reader: TokenReader): ExpressionType {
  const { column } = reader.peek();
  reader.expectSymbol('(');
  const precision = parseCount(reader);
  const scale = reader.skipSymbol(',') ? parseCount(reader) : 0;
  reader.expectSymbol(')');
  if (precision < 1 || precision > MAX_PRECISION || scale > precision) {
    throw invalidAt(
      column,
      `decimal(${precision}, ${scale}), expected 1 to ${MAX_PRECISION} digits and a scale up to that`,
    );
  }
  return decimal(precision, scale);
}

function parseCount(reader: TokenReader): number {
  const token = reader.next();
  if (token.kind === 'number' && /^[0-9]{1,2}$/.test(token.text)) return Number(token.text);
  throw invalidAt(token.column, `unexpected ${describeToken(token)}, expected a number of digits`);
}
