import { failAt, type SqlFailure } from '../sql-failure.ts';
import type { Identifier } from './ast.ts';
import { type Dialect, type Token, tokenize } from './tokenize.ts';

/** Nested parentheses, subqueries and calls a statement may have: far above real queries, far below the stack. */
const MAX_DEPTH = 150;

/** Words that cannot be used as a name without quotes. Source: Trino documentation, Reserved keywords. */
const RESERVED: ReadonlySet<string> = new Set(
  (
    'ALTER AND AS BETWEEN BY CASE CAST CONSTRAINT CREATE CROSS CUBE CURRENT_CATALOG CURRENT_DATE CURRENT_PATH ' +
    'CURRENT_ROLE CURRENT_SCHEMA CURRENT_TIME CURRENT_TIMESTAMP CURRENT_USER DEALLOCATE DELETE DESCRIBE DISTINCT ' +
    'DROP ELSE END ESCAPE EXCEPT EXECUTE EXISTS EXTRACT FALSE FOR FROM FULL GROUP GROUPING HAVING IN INNER INSERT ' +
    'INTERSECT INTO IS JOIN JSON_ARRAY JSON_EXISTS JSON_OBJECT JSON_QUERY JSON_TABLE JSON_VALUE LEFT LIKE LISTAGG ' +
    'LOCALTIME LOCALTIMESTAMP NATURAL NORMALIZE NOT NULL ON OR ORDER OUTER PREPARE RECURSIVE RIGHT ROLLUP SELECT ' +
    'SKIP TABLE THEN TRIM TRUE UESCAPE UNION UNNEST USING VALUES WHEN WHERE WITH'
  ).split(' '),
);

/** Reads tokens one by one, with the checks every rule of the grammar needs. */
export interface TokenCursor {
  peek(ahead?: number): Token;
  next(): Token;
  /** True when the next tokens are these keywords; nothing is consumed. */
  atKeywords(...words: readonly string[]): boolean;
  /** Consumes the keywords when they come next. */
  accept(...words: readonly string[]): boolean;
  expect(...words: readonly string[]): void;
  atSymbol(symbol: string): boolean;
  acceptSymbol(symbol: string): boolean;
  expectSymbol(symbol: string): void;
  /** True when the next token can be a name as it stands. */
  atIdentifier(): boolean;
  identifier(): Identifier;
  /** Runs a recursive rule; throws when the statement is nested too deeply. */
  nested<T>(rule: () => T): T;
  /** The error for the next token. */
  mismatch(expecting: string): SqlFailure;
}

export function createTokenCursor(sql: string, dialect: Dialect = 'trino'): TokenCursor {
  const tokens = tokenize(sql, dialect);
  const end = tokens.at(-1) as Token;
  let at = 0;
  let depth = 0;
  const peek = (ahead = 0): Token => tokens[at + ahead] ?? end;
  const next = (): Token => {
    const token = peek();
    at += 1;
    return token;
  };
  const atKeywords = (...words: readonly string[]): boolean =>
    words.every((word, index) => peek(index).kind === 'word' && peek(index).upper === word);
  const accept = (...words: readonly string[]): boolean => {
    const found = atKeywords(...words);
    if (found) at += words.length;
    return found;
  };
  const mismatch = (expecting: string): SqlFailure =>
    failAt('SYNTAX_ERROR', peek(), `mismatched input '${peek().source}'. Expecting: ${expecting}`);
  const atSymbol = (symbol: string): boolean => peek().kind === 'symbol' && peek().text === symbol;
  const atIdentifier = (): boolean =>
    peek().kind === 'quoted' || (peek().kind === 'word' && !RESERVED.has(peek().upper));
  return {
    peek,
    next,
    atKeywords,
    accept,
    atSymbol,
    atIdentifier,
    mismatch,
    expect(...words) {
      for (const word of words) if (!accept(word)) throw mismatch(`'${word}'`);
    },
    acceptSymbol(symbol) {
      const found = atSymbol(symbol);
      if (found) at += 1;
      return found;
    },
    expectSymbol(symbol) {
      if (!atSymbol(symbol)) throw mismatch(`'${symbol}'`);
      at += 1;
    },
    identifier() {
      if (!atIdentifier()) throw mismatch('<identifier>');
      const { text, line, column } = next();
      return { name: text, line, column };
    },
    nested(rule) {
      depth += 1;
      if (depth > MAX_DEPTH) throw failAt('SYNTAX_ERROR', peek(), 'statement is nested too deeply');
      const result = rule();
      depth -= 1;
      return result;
    },
  };
}

/** Items separated by commas, at least one. */
export function parseList<T>(cursor: TokenCursor, parseItem: () => T): readonly T[] {
  const items = [parseItem()];
  while (cursor.acceptSymbol(',')) items.push(parseItem());
  return items;
}

/** `a.b.c` */
export function parseQualifiedName(cursor: TokenCursor): readonly Identifier[] {
  const parts = [cursor.identifier()];
  while (cursor.acceptSymbol('.')) parts.push(cursor.identifier());
  return parts;
}

/** `(a, b)` */
export function parseParenthesized<T>(cursor: TokenCursor, parseItem: () => T): readonly T[] {
  cursor.expectSymbol('(');
  const items = parseList(cursor, parseItem);
  cursor.expectSymbol(')');
  return items;
}

const QUERY_STARTS = ['SELECT', 'WITH', 'VALUES', 'TABLE'];
/** What can follow a parenthesised query that is part of a larger one. */
const QUERY_TAILS = ['UNION', 'INTERSECT', 'EXCEPT', 'ORDER', 'OFFSET', 'LIMIT', 'FETCH'];

/**
 * At an opening parenthesis: whether it encloses a query, as in `(SELECT 1)` and `((SELECT 1) UNION
 * (SELECT 2))`, rather than an expression or relation that begins with one, as in `((SELECT 1) + 1)`.
 */
export function opensQuery(cursor: TokenCursor): boolean {
  let opened = 0;
  while (isSymbol(cursor.peek(opened), '(')) opened += 1;
  const first = cursor.peek(opened);
  if (opened === 0 || first.kind !== 'word' || !QUERY_STARTS.includes(first.upper)) return false;
  let ahead = opened;
  for (let inner = opened; inner > 1; inner -= 1) {
    ahead = afterClosing(cursor, ahead);
    const token = cursor.peek(ahead);
    if (token.kind === 'word' && QUERY_TAILS.includes(token.upper)) return true;
    if (!isSymbol(token, ')')) return false;
  }
  return true;
}

/** Index after the parenthesis that closes the group whose content starts at `ahead`. */
function afterClosing(cursor: TokenCursor, ahead: number): number {
  let depth = 1;
  let at = ahead;
  while (depth > 0 && cursor.peek(at).kind !== 'end') {
    if (isSymbol(cursor.peek(at), '(')) depth += 1;
    if (isSymbol(cursor.peek(at), ')')) depth -= 1;
    at += 1;
  }
  return at;
}

function isSymbol(token: Token, symbol: string): boolean {
  return token.kind === 'symbol' && token.text === symbol;
}

/**
 * LIMIT, OFFSET, FETCH and WINDOW may be names; they begin a clause when what follows says so.
 * Decides whether the next word can be an alias without AS.
 */
export function startsClause(cursor: TokenCursor): boolean {
  const { kind, upper } = cursor.peek();
  const following = cursor.peek(1);
  if (kind !== 'word') return false;
  switch (upper) {
    case 'LIMIT':
    case 'OFFSET':
      return following.kind === 'number' || following.upper === 'ALL' || following.text === '?';
    case 'FETCH':
      return following.upper === 'FIRST' || following.upper === 'NEXT';
    case 'WINDOW':
      return cursor.peek(2).upper === 'AS';
    default:
      return upper === 'TABLESAMPLE' || upper === 'MATCH_RECOGNIZE';
  }
}
