import { type FailureCode, SqlFailure } from '../sql-failure.ts';
import type { ResultColumn } from '../statements/select-statement.ts';
import type { ResultFormat } from './result-file.ts';

export type ExecutionState = 'QUEUED' | 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'CANCELLED';

/** One query execution, as it is stored. Times are milliseconds since the epoch. */
export interface ExecutionRecord {
  readonly id: string;
  readonly sql: string;
  /** `DML` for queries, `DDL` for SHOW, `UTILITY` for DESCRIBE and whatever is not recognised. */
  readonly statementType: 'DML' | 'DDL' | 'UTILITY';
  readonly substatementType: string;
  readonly resultFormat: ResultFormat;
  readonly catalog: string;
  /** Null when the request named none: the query then sees the database `default`. */
  readonly database: string | null;
  readonly workGroup: string;
  /** Object that holds the result once the execution has succeeded. */
  readonly outputUri: string;
  readonly parameters: readonly string[];
  readonly clientToken: string | null;
  readonly state: ExecutionState;
  readonly reason: string | null;
  readonly error: AthenaErrorRecord | null;
  readonly submittedMs: number;
  readonly startedMs: number | null;
  readonly completedMs: number | null;
  readonly scannedBytes: number;
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
const DATA_ERROR = 1001;
const SYNTAX_ERROR = 1006;
const INTERNAL_ERROR = 201;
const OUT_OF_RESOURCES = 0;
const ICEBERG_ERROR = 233;

const ERROR_TYPES: Partial<Record<FailureCode, number>> = {
  DIVISION_BY_ZERO: DATA_ERROR,
  INVALID_CAST_ARGUMENT: DATA_ERROR,
  NUMERIC_VALUE_OUT_OF_RANGE: DATA_ERROR,
  INVALID_FUNCTION_ARGUMENT: DATA_ERROR,
  SUBQUERY_MULTIPLE_ROWS: DATA_ERROR,
};

/** What a failed execution shows. */
export function describeFailure(failure: SqlFailure): {
  readonly reason: string;
  readonly error: AthenaErrorRecord;
} {
  const { reason, code } = failure;
  const system: Partial<Record<FailureCode, number>> = {
    EXCEEDED_LOCAL_MEMORY_LIMIT: OUT_OF_RESOURCES,
    ICEBERG_INVALID_METADATA: ICEBERG_ERROR,
    ICEBERG_BAD_DATA: ICEBERG_ERROR,
    GENERIC_INTERNAL_ERROR: INTERNAL_ERROR,
  };
  const systemType = system[code];
  return {
    reason,
    error: {
      ErrorCategory: systemType === undefined ? USER_ERROR : SYSTEM_ERROR,
      ErrorType: systemType ?? ERROR_TYPES[code] ?? SYNTAX_ERROR,
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

/** QueryExecution structure. Source: Amazon Athena API. */
export function describeExecution(record: ExecutionRecord, nowMs: number): Record<string, unknown> {
  const { startedMs, completedMs, submittedMs } = record;
  const endMs = completedMs ?? nowMs;
  const engineMs = startedMs === null ? 0 : endMs - startedMs;
  return {
    QueryExecutionId: record.id,
    Query: record.sql,
    StatementType: record.statementType,
    SubstatementType: record.substatementType,
    ResultConfiguration: { OutputLocation: record.outputUri },
    ResultReuseConfiguration: { ResultReuseByAgeConfiguration: { Enabled: false } },
    QueryExecutionContext: {
      Catalog: record.catalog,
      ...(record.database === null ? {} : { Database: record.database }),
    },
    Status: {
      State: record.state,
      SubmissionDateTime: submittedMs / 1000,
      ...(record.reason === null ? {} : { StateChangeReason: record.reason }),
      ...(completedMs === null ? {} : { CompletionDateTime: completedMs / 1000 }),
      ...(record.error === null ? {} : { AthenaError: record.error }),
    },
    Statistics: {
      EngineExecutionTimeInMillis: engineMs,
      DataScannedInBytes: record.scannedBytes,
      TotalExecutionTimeInMillis: endMs - submittedMs,
      QueryQueueTimeInMillis: (startedMs ?? endMs) - submittedMs,
      ServiceProcessingTimeInMillis: 0,
      ResultReuseInformation: { ReusedPreviousResult: false },
    },
    WorkGroup: record.workGroup,
    EngineVersion: {
      SelectedEngineVersion: 'Athena engine version 3',
      EffectiveEngineVersion: 'Athena engine version 3',
    },
    ...(record.parameters.length === 0 ? {} : { ExecutionParameters: record.parameters }),
  };
}
