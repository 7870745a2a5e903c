import { failAt } from '../sql-failure.ts';
import type { Position } from './ast.ts';

export interface Token extends Position {
  readonly kind: 'word' | 'quoted' | 'string' | 'binary' | 'number' | 'symbol' | 'end';
  /** Words as written; strings and quoted identifiers without quotes; `<EOF>` at the end. */
  readonly text: string;
  /** Words in upper case, otherwise the text: what keywords and symbols are compared with. */
  readonly upper: string;
  /** The token as it stands in the statement. */
  readonly source: string;
}

/** Longest first. */
const SYMBOLS = ['<>', '!=', '<=', '>=', '||', '->', '(', ')', '[', ']', ',', '.', ';'].concat([
  '=',
  '<',
  '>',
  '+',
  '-',
  '*',
  '/',
  '%',
  '?',
]);

const SPACE = /[ \t\r\n\f\v]+/y;
const LINE_COMMENT = /--[^\r\n]*/y;
const BLOCK_COMMENT = /\/\*[\s\S]*?\*\//y;
const WORD = /[A-Za-z_][A-Za-z0-9_]*/y;
const NUMBER = /(?:\d+\.\d*|\.\d+|\d+)(?:[eE][+-]?\d+)?/y;
const STRING = /'(?:[^']|'')*'/y;
const QUOTED = /"(?:[^"]|"")*"/y;
const BACKQUOTED = /`[^`]+`/y;

/** `hive`: statements that Athena hands to its DDL parser, which quotes names with backquotes. */
export type Dialect = 'trino' | 'hive';

/**
 * Splits a statement into tokens, the last one being `end`. Throws SYNTAX_ERROR for what Trino's
 * lexer does not know, such as backquotes. Source: Trino grammar, SqlBase.g4, lexer rules.
 */
export function tokenize(sql: string, dialect: Dialect = 'trino'): readonly Token[] {
  const tokens: Token[] = [];
  const cursor = { offset: 0, line: 1, lineStart: 0 };
  while (cursor.offset < sql.length) {
    const position = { line: cursor.line, column: cursor.offset - cursor.lineStart + 1 };
    const gap = matchFirst(sql, cursor.offset, [SPACE, LINE_COMMENT, BLOCK_COMMENT]);
    const source = gap ?? readToken(sql, cursor.offset, { position, dialect });
    if (gap === null) tokens.push(makeToken(source, position));
    advance(cursor, source);
  }
  const position = { line: cursor.line, column: cursor.offset - cursor.lineStart + 1 };
  tokens.push({ kind: 'end', text: '<EOF>', upper: '<EOF>', source: '<EOF>', ...position });
  return tokens;
}

function advance(
  cursor: { offset: number; line: number; lineStart: number },
  source: string,
): void {
  for (let at = source.indexOf('\n'); at >= 0; at = source.indexOf('\n', at + 1)) {
    cursor.line += 1;
    cursor.lineStart = cursor.offset + at + 1;
  }
  cursor.offset += source.length;
}

function matchFirst(sql: string, offset: number, patterns: readonly RegExp[]): string | null {
  for (const pattern of patterns) {
    pattern.lastIndex = offset;
    const match = pattern.exec(sql);
    if (match !== null) return match[0];
  }
  return null;
}

function readToken(
  sql: string,
  offset: number,
  { position, dialect }: { readonly position: Position; readonly dialect: Dialect },
): string {
  const prefixed = /^[xX]'/.test(sql.slice(offset, offset + 2));
  if (prefixed) {
    const text = matchFirst(sql, offset + 1, [STRING]);
    if (text !== null) return sql.charAt(offset) + text;
  }
  const matched = matchFirst(sql, offset, [WORD, NUMBER, STRING, QUOTED]);
  if (matched !== null)
    return refuseDigitIdentifier(matched, sql.charAt(offset + matched.length), position);
  const symbol = SYMBOLS.find((candidate) => sql.startsWith(candidate, offset));
  if (symbol !== undefined) return symbol;
  const backquoted = dialect === 'hive' ? matchFirst(sql, offset, [BACKQUOTED]) : null;
  if (backquoted !== null) return backquoted;
  const character = String.fromCodePoint(sql.codePointAt(offset) ?? 0);
  if (character === '`') {
    throw failAt(
      'SYNTAX_ERROR',
      position,
      'backquoted identifiers are not supported; use double quotes to quote identifiers',
    );
  }
  throw failAt('SYNTAX_ERROR', position, `mismatched input '${character}'`);
}

/** `1x` is one malformed name to Trino, not the number 1 with an alias. */
function refuseDigitIdentifier(matched: string, following: string, position: Position): string {
  if (/^[0-9]/.test(matched) && /[A-Za-z_]/.test(following)) {
    throw failAt(
      'SYNTAX_ERROR',
      position,
      'identifiers must not start with a digit; surround the identifier with double quotes',
    );
  }
  return matched;
}

function makeToken(source: string, position: Position): Token {
  const first = source.charAt(0);
  if (/^[xX]'/.test(source)) return binaryToken(source, position);
  if (first === "'") {
    const text = source.slice(1, -1).replaceAll("''", "'");
    return { kind: 'string', text, upper: text, source, ...position };
  }
  if (first === '"') {
    const text = source.slice(1, -1).replaceAll('""', '"');
    if (text === '')
      throw failAt('SYNTAX_ERROR', position, 'Zero-length delimited identifier not allowed');
    return { kind: 'quoted', text, upper: text, source, ...position };
  }
  if (first === '`') {
    const text = source.slice(1, -1);
    return { kind: 'quoted', text, upper: text, source, ...position };
  }
  if (/[0-9]/.test(first) || (first === '.' && source.length > 1)) {
    return { kind: 'number', text: source, upper: source, source, ...position };
  }
  const kind = /[A-Za-z_]/.test(first) ? 'word' : 'symbol';
  return { kind, text: source, upper: source.toUpperCase(), source, ...position };
}

function binaryToken(source: string, position: Position): Token {
  const text = source.slice(2, -1).replaceAll(/\s/g, '');
  if (!/^(?:[0-9A-Fa-f]{2})*$/.test(text)) {
    throw failAt(
      'SYNTAX_ERROR',
      position,
      'binary literal can only contain pairs of hexadecimal digits',
    );
  }
  return { kind: 'binary', text, upper: text, source, ...position };
}
