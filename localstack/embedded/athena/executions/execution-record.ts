import { type FailureCode, SqlFailure } from '../sql-failure.ts';
import type { StatementKind } from '../statement-router.ts';
import type { ResultColumn } from '../statements/select-statement.ts';

export type ExecutionState = 'QUEUED' | 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'CANCELLED';

/** What was read and given back. */
export interface ExecutionRows {
  /** Rows and bytes that the scan took in: of the files that pruning left. */
  readonly inputRows: number;
  readonly inputBytes: number;
  readonly outputRows: number;
  readonly outputBytes: number;
}

/** What the request said, as it said it: a repeated client token has to say the same. */
export interface RequestedContext {
  readonly catalog: string | null;
  readonly database: string | null;
  readonly outputLocation: string | null;
}

/** One query execution, as it is stored. Times are milliseconds since the epoch. */
export interface ExecutionRecord extends StatementKind {
  readonly id: string;
  readonly sql: string;
  readonly requested: RequestedContext;
  readonly workGroup: string;
  /** Object that holds the result once the execution has succeeded. */
  readonly outputUri: string;
  readonly parameters: readonly string[];
  readonly clientToken: string;
  readonly state: ExecutionState;
  readonly reason: string | null;
  readonly error: AthenaErrorRecord | null;
  readonly submittedMs: number;
  readonly startedMs: number | null;
  /** When the plan was made and the engine began. */
  readonly plannedMs: number | null;
  /** When the engine had ended; what follows is storing the result. */
  readonly engineEndedMs: number | null;
  readonly completedMs: number | null;
  readonly scannedBytes: number;
  readonly rows: ExecutionRows | null;
  readonly columns: readonly ResultColumn[];
}

/** Source: Amazon Athena user guide, Athena error catalog. */
export interface AthenaErrorRecord {
  readonly ErrorCategory: number;
  readonly ErrorType: number;
  readonly Retryable: boolean;
  readonly ErrorMessage: string;
}

const SYSTEM_ERROR = 1;
const USER_ERROR = 2;
const INTERNAL_ERROR = 201;

/** `ErrorType` of user errors. Measured on Athena engine version 3, except INVALID_ARGUMENTS. */
const USER_ERROR_TYPES: Partial<Record<FailureCode, number>> = {
  CATALOG_NOT_FOUND: 1006,
  COLUMN_NOT_FOUND: 1006,
  DIVISION_BY_ZERO: 1001,
  FUNCTION_NOT_FOUND: 1303,
  INVALID_ARGUMENTS: 1100,
  INVALID_CAST_ARGUMENT: 1100,
  INVALID_FUNCTION_ARGUMENT: 1106,
  INVALID_PARAMETER_USAGE: 1100,
  NOT_SUPPORTED: 1200,
  NUMERIC_VALUE_OUT_OF_RANGE: 1100,
  SCHEMA_NOT_FOUND: 1301,
  SYNTAX_ERROR: 1006,
  TABLE_NOT_FOUND: 1301,
  TYPE_MISMATCH: 1002,
};
/** `User error`, without saying which. */
const ANY_USER_ERROR = 1000;

const SYSTEM_ERROR_TYPES: Partial<Record<FailureCode, number>> = {
  EXCEEDED_LOCAL_MEMORY_LIMIT: 0,
  GENERIC_INTERNAL_ERROR: INTERNAL_ERROR,
  ICEBERG_BAD_DATA: 233,
  ICEBERG_INVALID_METADATA: 233,
};

/** What a failed execution shows. Source: Amazon Athena user guide, Athena error catalog. */
export function describeFailure(failure: SqlFailure): {
  readonly reason: string;
  readonly error: AthenaErrorRecord;
} {
  const { reason, code } = failure;
  const systemType = SYSTEM_ERROR_TYPES[code];
  return {
    reason,
    error: {
      ErrorCategory: systemType === undefined ? USER_ERROR : SYSTEM_ERROR,
      ErrorType: systemType ?? USER_ERROR_TYPES[code] ?? ANY_USER_ERROR,
      Retryable: false,
      ErrorMessage: reason,
    },
  };
}

const INTERRUPTED = 'the local cloud stopped while the query was running; run it again';

/** The record of an execution that the end of the process cut off. */
export function interrupted(record: ExecutionRecord): ExecutionRecord {
  return {
    ...record,
    state: 'FAILED',
    reason: `GENERIC_INTERNAL_ERROR: ${INTERRUPTED}`,
    error: {
      ErrorCategory: SYSTEM_ERROR,
      ErrorType: INTERNAL_ERROR,
      Retryable: true,
      ErrorMessage: INTERRUPTED,
    },
    completedMs: record.startedMs ?? record.submittedMs,
  };
}

/** Anything that is no failure of the statement itself: a fault of the engine, told without its details. */
export function unexpectedFailure(error: unknown): SqlFailure {
  const message = error instanceof Error ? error.message : String(error);
  return new SqlFailure('GENERIC_INTERNAL_ERROR', message, { cause: error });
}
