import type { Position } from './sql/ast.ts';

/** Why a statement failed, as Athena names it. The code is the first word of `StateChangeReason`. */
export type FailureCode =
  | 'SYNTAX_ERROR'
  | 'TABLE_NOT_FOUND'
  | 'SCHEMA_NOT_FOUND'
  | 'CATALOG_NOT_FOUND'
  | 'COLUMN_NOT_FOUND'
  | 'FUNCTION_NOT_FOUND'
  | 'TYPE_NOT_FOUND'
  | 'AMBIGUOUS_NAME'
  | 'TYPE_MISMATCH'
  | 'MISMATCHED_COLUMN_ALIASES'
  | 'DUPLICATE_NAMED_QUERY'
  | 'DUPLICATE_COLUMN_NAME'
  | 'EXPRESSION_NOT_AGGREGATE'
  | 'EXPRESSION_NOT_SCALAR'
  | 'EXPRESSION_NOT_IN_DISTINCT'
  | 'NESTED_AGGREGATION'
  | 'INVALID_COLUMN_REFERENCE'
  | 'INVALID_FUNCTION_ARGUMENT'
  | 'INVALID_CAST_ARGUMENT'
  | 'INVALID_ARGUMENTS'
  | 'INVALID_PARAMETER_USAGE'
  | 'INVALID_LITERAL'
  | 'NUMERIC_VALUE_OUT_OF_RANGE'
  | 'DIVISION_BY_ZERO'
  | 'SUBQUERY_MULTIPLE_ROWS'
  | 'EXCEEDED_LOCAL_MEMORY_LIMIT'
  | 'ICEBERG_INVALID_METADATA'
  | 'ICEBERG_BAD_DATA'
  | 'NOT_SUPPORTED'
  | 'GENERIC_INTERNAL_ERROR';

/** A statement that cannot be run or failed while running: an expected outcome, recorded with the execution. */
export class SqlFailure extends Error {
  readonly code: FailureCode;

  constructor(code: FailureCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.code = code;
  }

  /** `StateChangeReason` of the execution. */
  get reason(): string {
    return `${this.code}: ${this.message}`;
  }
}

/** A failure at a place of the statement, worded as Trino does: `line 1:8: …`. */
export function failAt(code: FailureCode, position: Position, message: string): SqlFailure {
  return new SqlFailure(code, `line ${position.line}:${position.column}: ${message}`);
}

/** Something Athena can do and this version cannot. */
export function notSupported(position: Position, what: string): SqlFailure {
  return failAt('NOT_SUPPORTED', position, `the local query engine does not support ${what}`);
}
