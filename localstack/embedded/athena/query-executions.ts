import { type LakeServices, parseUri } from './catalog/lake-catalog.ts';
import type { EngineOptions } from './engine/run-query.ts';
import { createExecutionQueue, QUEUE_CLOSED } from './executions/execution-queue.ts';
import {
  describeFailure,
  type ExecutionRecord,
  interrupted,
  unexpectedFailure,
} from './executions/execution-record.ts';
import type { ExecutionStore } from './executions/execution-store.ts';
import { createResultWriter, type ResultWriter } from './executions/result-writer.ts';
import { parseValue } from './sql/parse-sql.ts';
import { SqlFailure } from './sql-failure.ts';
import { routeStatement } from './statement-router.ts';
import { runSelect, ScanLimitExceeded } from './statements/select-statement.ts';
import { runShowStatement } from './statements/show-statements.ts';

/** Database that unqualified names mean when a request names none. */
const DEFAULT_DATABASE = 'default';

export interface QueryExecutions {
  submit(record: ExecutionRecord): void;
  cancel(record: ExecutionRecord): void;
  close(): Promise<void>;
}

export interface QueryExecutionDeps {
  readonly services: LakeServices;
  readonly engine: EngineOptions;
  readonly executions: ExecutionStore;
  readonly concurrency: number;
  readonly nowMs: () => number;
  readonly scanLimitBytes: (workGroup: string) => number | null;
}

/** Runs recorded executions to their end, a few at a time, and records every change of state. */
export function createQueryExecutions(deps: QueryExecutionDeps): QueryExecutions {
  const { executions, nowMs } = deps;
  const queue = createExecutionQueue(deps.concurrency);
  return {
    submit: (record) => queue.add(record.id, (signal) => execute(record, signal, deps)),
    cancel(record) {
      if (queue.cancel(record.id) !== 'waiting') return;
      executions.put(cancelled(record, nowMs()));
    },
    close: () => queue.close(),
  };
}

function cancelled(record: ExecutionRecord, completedMs: number): ExecutionRecord {
  return {
    ...record,
    state: 'CANCELLED',
    reason: 'Query cancelled by user',
    error: {
      ErrorCategory: 2,
      ErrorType: 1011,
      Retryable: false,
      ErrorMessage: 'Query cancelled by user',
    },
    completedMs,
  };
}

async function execute(
  queued: ExecutionRecord,
  signal: AbortSignal,
  deps: QueryExecutionDeps,
): Promise<void> {
  const { executions, nowMs } = deps;
  const running: ExecutionRecord = { ...queued, state: 'RUNNING', startedMs: nowMs() };
  executions.put(running);
  try {
    const writer = createResultWriter(running.resultFormat);
    const { scannedBytes } = await runStatement(running, { deps, signal, writer });
    await storeResult(running, writer, deps.services);
    executions.put({
      ...running,
      state: 'SUCCEEDED',
      completedMs: nowMs(),
      scannedBytes,
      columns: writer.resultColumns(),
    });
  } catch (error) {
    executions.put(ended(running, { error, signal, completedMs: nowMs() }));
  }
}

/** The record of an execution that did not succeed. */
function ended(
  record: ExecutionRecord,
  end: { readonly error: unknown; readonly signal: AbortSignal; readonly completedMs: number },
): ExecutionRecord {
  const { error, signal, completedMs } = end;
  if (signal.reason === QUEUE_CLOSED) return interrupted(record);
  if (signal.aborted) return cancelled(record, completedMs);
  if (error instanceof ScanLimitExceeded) {
    return {
      ...record,
      state: 'CANCELLED',
      reason: error.message,
      completedMs,
      scannedBytes: error.scannedBytes,
    };
  }
  const failure = error instanceof SqlFailure ? error : unexpectedFailure(error);
  return { ...record, state: 'FAILED', ...describeFailure(failure), completedMs };
}

async function runStatement(
  record: ExecutionRecord,
  run: {
    readonly deps: QueryExecutionDeps;
    readonly signal: AbortSignal;
    readonly writer: ResultWriter;
  },
): Promise<{ readonly scannedBytes: number }> {
  const { deps, signal, writer } = run;
  const database = record.database ?? DEFAULT_DATABASE;
  const statement = routeStatement(record.sql);
  if (statement.kind !== 'query') {
    await runShowStatement(statement, { services: deps.services, database }, writer);
    return { scannedBytes: 0 };
  }
  const session = {
    database,
    nowMs: record.startedMs ?? record.submittedMs,
    parameters: record.parameters.map(parseValue),
  };
  return runSelect(record.sql, deps, {
    session,
    scanLimitBytes: deps.scanLimitBytes(record.workGroup),
    signal,
    sink: writer,
  });
}

async function storeResult(
  record: ExecutionRecord,
  writer: ResultWriter,
  services: LakeServices,
): Promise<void> {
  const { bucket, key } = parseUri(record.outputUri);
  const contentType = writer.format === 'csv' ? 'text/csv' : 'text/plain';
  const stored = await services.s3.putObject(bucket, key, { body: writer.body(), contentType });
  if (!stored) throw new Error(`result ${record.outputUri} could not be stored`);
}
