import type { FailureCode } from '../sql-failure.ts';
import { duckType, quoteText, sameType, type TrinoType } from './trino-type.ts';

/** An expression in DuckDB's SQL, with the type it has in Trino. */
export interface Compiled {
  readonly sql: string;
  readonly type: TrinoType;
}

/**
 * How a cast is done: `sql` gives the value, and null where the input cannot be converted.
 * It may be evaluated twice.
 */
export interface CastPlan {
  readonly sql: string;
  /** Null when every input converts. `message` is an expression of DuckDB. */
  readonly failure: { readonly code: FailureCode; readonly message: string } | null;
}

/**
 * SQL that fails the query when it is evaluated, as a value of a type. `messageSql` is an expression
 * of DuckDB, so that the message can show the value.
 */
export function failureSql(code: FailureCode, messageSql: string, type: TrinoType): string {
  return `CAST(athena_fail(${quoteText(`${code}: `)} || ${messageSql}) AS ${duckType(type)})`;
}

/** Converts where Trino does without being asked; the caller has checked canCoerce. */
export function coerce(value: Compiled, target: TrinoType): Compiled {
  if (sameType(value.type, target)) return value;
  if (duckType(value.type) === duckType(target) && value.type.kind !== 'unknown') {
    return { sql: value.sql, type: target };
  }
  return { sql: `CAST(${value.sql} AS ${duckType(target)})`, type: target };
}
