import type { Position } from '../sql/ast.ts';
import { createTokenCursor, type TokenCursor } from '../sql/token-cursor.ts';
import type { Token } from '../sql/tokenize.ts';
import { notSupported, SqlFailure } from '../sql-failure.ts';

type Name = readonly { readonly name: string }[];

/** A statement about one table. */
export interface TableStatement {
  readonly kind: 'show-columns' | 'show-create-table' | 'describe';
  readonly name: Name;
  readonly position: Position;
  /** What Athena answers when the table is there: its DDL parser takes no name in double quotes. */
  readonly quoting: string | null;
}

export type ShowStatement =
  | TableStatement
  | { readonly kind: 'show-databases'; readonly pattern: string | null }
  | {
      readonly kind: 'show-tables';
      readonly database: string | null;
      readonly pattern: string | null;
      readonly position: Position;
    };

/**
 * SHOW DATABASES, TABLES, COLUMNS, CREATE TABLE and DESCRIBE; names with special characters stand in
 * backquotes. Source: Amazon Athena user guide, DDL statements.
 */
export function parseShowStatement(sql: string): ShowStatement {
  const cursor = createTokenCursor(sql, 'hive');
  const statement = cursor.accept('SHOW') ? parseShow(cursor, sql) : parseDescribe(cursor, sql);
  cursor.acceptSymbol(';');
  if (cursor.peek().kind !== 'end') throw cursor.mismatch('<EOF>');
  return statement;
}

function parseShow(cursor: TokenCursor, sql: string): ShowStatement {
  if (cursor.accept('DATABASES') || cursor.accept('SCHEMAS')) {
    return { kind: 'show-databases', pattern: parsePattern(cursor) };
  }
  const position = place(cursor.peek());
  if (cursor.accept('TABLES')) {
    const named = acceptIn(cursor) ? parseName(cursor, sql) : null;
    if (named !== null && named.quoting !== null) {
      throw new SqlFailure('SYNTAX_ERROR', named.quoting);
    }
    const database = named?.name[0]?.name.toLowerCase() ?? null;
    return { kind: 'show-tables', database, pattern: parsePattern(cursor), position };
  }
  if (cursor.accept('COLUMNS')) {
    if (!acceptIn(cursor)) throw cursor.mismatch("'FROM', 'IN'");
    const table = parseName(cursor, sql);
    const database = acceptIn(cursor) ? parseName(cursor, sql) : null;
    const name = [...(database?.name ?? []), ...table.name];
    const quoting = table.quoting ?? database?.quoting ?? null;
    return { kind: 'show-columns', name, position, quoting };
  }
  if (cursor.accept('CREATE', 'TABLE')) {
    const { name, quoting } = parseName(cursor, sql);
    const refused = quoting === null ? null : 'Queries of this type are not supported';
    return { kind: 'show-create-table', name, position, quoting: refused };
  }
  refuseUnsupported(cursor);
  throw cursor.mismatch("'COLUMNS', 'CREATE TABLE', 'DATABASES', 'SCHEMAS', 'TABLES'");
}

/** What Athena shows and this engine does not. */
function refuseUnsupported(cursor: TokenCursor): void {
  const kinds = [['CREATE', 'VIEW'], ['FUNCTIONS'], ['PARTITIONS'], ['TBLPROPERTIES'], ['VIEWS']];
  const found = kinds.find((words) => cursor.atKeywords(...words));
  if (found !== undefined) throw notSupported(cursor.peek(), `SHOW ${found.join(' ')}`);
}

function parseDescribe(cursor: TokenCursor, sql: string): ShowStatement {
  const position = place(cursor.next());
  const { name, quoting } = parseName(cursor, sql);
  return { kind: 'describe', name, position, quoting };
}

/** `a.b.c` */
function parseName(
  cursor: TokenCursor,
  sql: string,
): { readonly name: Name; readonly quoting: string | null } {
  const tokens: Token[] = [];
  do {
    tokens.push(cursor.peek());
    cursor.identifier();
  } while (cursor.acceptSymbol('.'));
  const name = tokens.map((token) => ({ name: token.text }));
  const quoted = tokens.find((token) => token.source.startsWith('"'));
  if (quoted === undefined) return { name, quoting: null };
  const start = sql.trimStart();
  const input = start.slice(0, start.indexOf(quoted.source) + quoted.source.length);
  const { line, column } = quoted;
  return { name, quoting: `line ${line}:${column}: no viable alternative at input '${input}'` };
}

function acceptIn(cursor: TokenCursor): boolean {
  return cursor.accept('IN') || cursor.accept('FROM');
}

function parsePattern(cursor: TokenCursor): string | null {
  const required = cursor.accept('LIKE');
  if (cursor.peek().kind === 'string') return cursor.next().text;
  if (required) throw cursor.mismatch('<string>');
  return null;
}

function place({ line, column }: Position): Position {
  return { line, column };
}
