import type { TypeName } from './ast.ts';
import { parseParenthesized, type TokenCursor } from './token-cursor.ts';

/** Words that are spelled differently but mean the same type. Source: Trino documentation, Data types. */
const ALIASES: Readonly<Record<string, string>> = { int: 'integer', dec: 'decimal' };

/**
 * A type as in CAST: `bigint`, `varchar(3)`, `array(bigint)`, `row(a bigint, varchar)`,
 * `timestamp(3) with time zone`, `double precision`. Source: Trino grammar, rule `type`.
 */
export function parseTypeName(cursor: TokenCursor): TypeName {
  return cursor.nested(() => {
    const { name: written, line, column } = cursor.identifier();
    const lower = written.toLowerCase();
    const name = ALIASES[lower] ?? lower;
    if (name === 'row') return parseRowType(cursor, { line, column });
    if (name === 'interval') return parseIntervalType(cursor, { line, column });
    if (name === 'double') cursor.accept('PRECISION');
    const typeArguments = cursor.atSymbol('(')
      ? parseParenthesized(cursor, () => parseTypeArgument(cursor))
      : [];
    return {
      name: name + parseZone(cursor, name),
      arguments: typeArguments,
      fieldNames: [],
      line,
      column,
    };
  });
}

function parseTypeArgument(cursor: TokenCursor): number | TypeName {
  const token = cursor.peek();
  if (token.kind !== 'number') return parseTypeName(cursor);
  if (!/^\d{1,9}$/.test(token.text)) throw cursor.mismatch('<type>');
  cursor.next();
  return Number(token.text);
}

function parseZone(cursor: TokenCursor, name: string): string {
  if (name !== 'timestamp' && name !== 'time') return '';
  if (cursor.accept('WITH', 'TIME', 'ZONE')) return ' with time zone';
  cursor.accept('WITHOUT', 'TIME', 'ZONE');
  return '';
}

/** Fields are `name type` or just `type`; two words in a row mean the first one names the field. */
function parseRowType(
  cursor: TokenCursor,
  position: { readonly line: number; readonly column: number },
): TypeName {
  const fields = parseParenthesized(cursor, () => {
    const second = cursor.peek(1);
    const named = second.kind === 'word' || second.kind === 'quoted';
    const isTypeSuffix = ['WITH', 'WITHOUT', 'PRECISION'].includes(second.upper);
    const fieldName = named && !isTypeSuffix ? cursor.identifier().name.toLowerCase() : null;
    return { fieldName, type: parseTypeName(cursor) };
  });
  return {
    name: 'row',
    arguments: fields.map((field) => field.type),
    fieldNames: fields.map((field) => field.fieldName),
    ...position,
  };
}

function parseIntervalType(
  cursor: TokenCursor,
  position: { readonly line: number; readonly column: number },
): TypeName {
  const from = cursor.identifier().name.toLowerCase();
  cursor.expect('TO');
  const to = cursor.identifier().name.toLowerCase();
  return { name: `interval ${from} to ${to}`, arguments: [], fieldNames: [], ...position };
}
