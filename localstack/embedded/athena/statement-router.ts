import type { ResultFormat } from './executions/result-file.ts';
import { createTokenCursor } from './sql/token-cursor.ts';
import { SqlFailure } from './sql-failure.ts';
import { parseShowStatement, type ShowStatement } from './statements/show-statements.ts';

/** What a statement is, found before it is queued. */
export interface StatementKind {
  readonly statementType: 'DML' | 'DDL' | 'UTILITY';
  readonly substatementType: string;
  readonly resultFormat: ResultFormat;
}

/** A statement this engine runs. */
export type RoutedStatement = { readonly kind: 'query' } | ShowStatement;

const QUERY_WORDS = ['SELECT', 'WITH', 'VALUES', 'TABLE', '('];

const QUERY: StatementKind = {
  statementType: 'DML',
  substatementType: 'SELECT',
  resultFormat: 'csv',
};

/** Statement type by the first word; total, because a statement that is no SQL is recorded as well. */
export function classifyStatement(sql: string): StatementKind {
  const word = firstWord(sql);
  if (QUERY_WORDS.includes(word)) return QUERY;
  if (['DESCRIBE', 'DESC', 'EXPLAIN'].includes(word)) {
    return { statementType: 'UTILITY', substatementType: word, resultFormat: 'txt' };
  }
  if (['SHOW', 'CREATE', 'DROP', 'ALTER', 'MSCK'].includes(word)) {
    return { statementType: 'DDL', substatementType: word, resultFormat: 'txt' };
  }
  return { ...QUERY, substatementType: word };
}

/** Throws NOT_SUPPORTED for everything that is neither a query nor SHOW nor DESCRIBE, and SYNTAX_ERROR. */
export function routeStatement(sql: string): RoutedStatement {
  const word = firstWord(sql);
  if (QUERY_WORDS.includes(word)) return { kind: 'query' };
  if (['SHOW', 'DESCRIBE', 'DESC'].includes(word))
    return parseShowStatement(createTokenCursor(sql));
  const known =
    'INSERT UPDATE DELETE MERGE CREATE DROP ALTER OPTIMIZE VACUUM UNLOAD MSCK EXPLAIN PREPARE EXECUTE DEALLOCATE';
  if (known.split(' ').includes(word)) {
    throw new SqlFailure(
      'NOT_SUPPORTED',
      `this version of the local query engine answers queries only (SELECT, SHOW, DESCRIBE), got ${word}`,
    );
  }
  throw createTokenCursor(sql).mismatch(
    "'(', 'DESCRIBE', 'SELECT', 'SHOW', 'TABLE', 'VALUES', 'WITH'",
  );
}

/** First word in upper case, after comments and blanks. */
function firstWord(sql: string): string {
  const text = sql.replace(/^(?:\s+|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/)+/, '');
  return (/^(?:\(|[A-Za-z]+)/.exec(text)?.[0] ?? '').toUpperCase();
}
