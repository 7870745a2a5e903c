import type { ResultFormat } from './executions/result-file.ts';
import { explainedStatement } from './sql/parse-sql.ts';
import { createTokenCursor } from './sql/token-cursor.ts';
import { SqlFailure } from './sql-failure.ts';
import { parseShowStatement, type ShowStatement } from './statements/parse-show.ts';

/** What a statement is, found before it is queued. */
export interface StatementKind {
  readonly statementType: 'DML' | 'DDL' | 'UTILITY';
  readonly substatementType: string;
  readonly resultFormat: ResultFormat;
}

/** A statement this engine runs; `query` is SELECT and the like, alone or after EXPLAIN. */
export type RoutedStatement = { readonly kind: 'query' } | ShowStatement;

const QUERY_WORDS = ['SELECT', 'WITH', 'VALUES', 'TABLE', '('];

const SHOW_KINDS: Readonly<Record<string, string>> = {
  COLUMNS: 'SHOW_COLUMNS',
  'CREATE TABLE': 'SHOW_CREATE_TABLE',
  'CREATE VIEW': 'SHOW_CREATE_VIEW',
  DATABASES: 'SHOW_DATABASES',
  FUNCTIONS: 'SHOW_FUNCTIONS',
  PARTITIONS: 'SHOW_PARTITIONS',
  SCHEMAS: 'SHOW_DATABASES',
  TABLES: 'SHOW_TABLES',
  TBLPROPERTIES: 'SHOW_TABLE_PROPERTIES',
  VIEWS: 'SHOW_VIEWS',
};

/**
 * Statement type by the first words; total, because a statement that cannot be run is recorded as well.
 * Source: measured on Athena engine version 3 (EXPLAIN is DML, SHOW and DESCRIBE are UTILITY).
 */
export function classifyStatement(sql: string): StatementKind {
  const [first = '', second = '', third = ''] = firstWords(sql);
  if (QUERY_WORDS.includes(first)) return kindOf('DML', 'SELECT', 'csv');
  if (first === 'EXPLAIN') return kindOf('DML', 'EXPLAIN', 'txt');
  if (first === 'DESCRIBE' || first === 'DESC') return kindOf('UTILITY', 'DESCRIBE_TABLE', 'txt');
  if (first === 'SHOW') {
    const shown = SHOW_KINDS[second] ?? SHOW_KINDS[`${second} ${third}`];
    return kindOf('UTILITY', shown ?? 'SHOW', 'txt');
  }
  const isDdl = ['CREATE', 'DROP', 'ALTER', 'MSCK', 'OPTIMIZE'].includes(first);
  return isDdl ? kindOf('DDL', first, 'txt') : kindOf('DML', first, 'csv');
}

function kindOf(
  statementType: StatementKind['statementType'],
  substatementType: string,
  resultFormat: ResultFormat,
): StatementKind {
  return { statementType, substatementType, resultFormat };
}

/** Throws NOT_SUPPORTED, naming it, for a statement that only Athena can run, and SYNTAX_ERROR. */
export function routeStatement(sql: string): RoutedStatement {
  const [first = ''] = firstWords(sql);
  if (QUERY_WORDS.includes(first)) return { kind: 'query' };
  if (['SHOW', 'DESCRIBE', 'DESC'].includes(first)) return parseShowStatement(sql);
  if (first === 'EXPLAIN') {
    const explained = explainedStatement(sql);
    if (explained === null) return { kind: 'query' };
    throw unsupported(`EXPLAIN ${explained}`);
  }
  const known =
    'INSERT UPDATE DELETE MERGE CREATE DROP ALTER OPTIMIZE VACUUM UNLOAD MSCK PREPARE EXECUTE DEALLOCATE';
  if (known.split(' ').includes(first)) throw unsupported(first);
  throw createTokenCursor(sql).mismatch(
    "'(', 'DESCRIBE', 'EXPLAIN', 'SELECT', 'SHOW', 'TABLE', 'VALUES', 'WITH'",
  );
}

function unsupported(word: string): SqlFailure {
  return new SqlFailure(
    'NOT_SUPPORTED',
    `this version of the local query engine answers queries only (SELECT, EXPLAIN, SHOW, DESCRIBE), got ${word}`,
  );
}

/** The first words in upper case, or `(`, without comments and blanks. */
function firstWords(sql: string): readonly string[] {
  const words: string[] = [];
  let rest = sql;
  while (words.length < 3) {
    rest = rest.replace(/^(?:\s+|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/)+/, '');
    const word = /^(?:\(|[A-Za-z_]+)/.exec(rest)?.[0];
    if (word === undefined) break;
    words.push(word.toUpperCase());
    rest = rest.slice(word.length);
  }
  return words;
}
