import { type FailureCode, SqlFailure } from '../sql-failure.ts';

/** Errors of DuckDB by how they begin, with what Trino calls them. */
const ENGINE_ERRORS: readonly (readonly [RegExp, FailureCode])[] = [
  [/^Out of Range Error/, 'NUMERIC_VALUE_OUT_OF_RANGE'],
  [/^Conversion Error: Type INT(32|64|128) with value/, 'NUMERIC_VALUE_OUT_OF_RANGE'],
  [/^Conversion Error/, 'INVALID_CAST_ARGUMENT'],
  [/^Out of Memory Error/, 'EXCEEDED_LOCAL_MEMORY_LIMIT'],
  [/More than one row returned by a subquery/, 'SUBQUERY_MULTIPLE_ROWS'],
  [/must appear in the GROUP BY clause/, 'EXPRESSION_NOT_AGGREGATE'],
  [/^Invalid Input Error/, 'INVALID_FUNCTION_ARGUMENT'],
  [/^(Not implemented Error|Binder Error)/, 'NOT_SUPPORTED'],
];

/** Codes that our own functions put in front of their messages. */
const RAISED = /^Invalid Input Error: ([A-Z_]+): ([\s\S]*)$/;
const RAISED_CODES: ReadonlySet<string> = new Set<FailureCode>([
  'DIVISION_BY_ZERO',
  'INVALID_CAST_ARGUMENT',
  'INVALID_FUNCTION_ARGUMENT',
  'NOT_SUPPORTED',
  'NUMERIC_VALUE_OUT_OF_RANGE',
]);

/** An error of the engine as a failure of the statement; the generated SQL is left out. */
export function toSqlFailure(error: unknown): SqlFailure {
  const text = error instanceof Error ? error.message : String(error);
  const raised = RAISED.exec(text);
  if (raised !== null && RAISED_CODES.has(raised[1] ?? '')) {
    return new SqlFailure(raised[1] as FailureCode, raised[2] ?? '', { cause: error });
  }
  const code = ENGINE_ERRORS.find(([pattern]) => pattern.test(text))?.[1];
  // The lines after the first quote the generated SQL.
  const [firstLine = ''] = text.split('\n');
  const message = firstLine
    .replace(/^[A-Za-z ]+ Error: /, '')
    .replace(/ when casting from source column .*$/, '');
  return new SqlFailure(code ?? 'GENERIC_INTERNAL_ERROR', message, { cause: error });
}
