import { type LakeServices, parseUri } from './catalog/lake-catalog.ts';
import type { EngineOptions } from './engine/run-query.ts';
import { createExecutionQueue, QUEUE_CLOSED } from './executions/execution-queue.ts';
import {
  describeFailure,
  type ExecutionRecord,
  type ExecutionRows,
  interrupted,
  unexpectedFailure,
} from './executions/execution-record.ts';
import type { ExecutionStore } from './executions/execution-store.ts';
import { createResultWriter, type ResultWriter } from './executions/result-writer.ts';
import { rowsOf } from './explain/describe-scan.ts';
import type { Expression } from './sql/ast.ts';
import { parseParameter, parseSql } from './sql/parse-sql.ts';
import { SqlFailure } from './sql-failure.ts';
import { routeStatement } from './statement-router.ts';
import { runExplain } from './statements/explain-statement.ts';
import { prepareQuery } from './statements/prepare-query.ts';
import { runPrepared, ScanLimitExceeded } from './statements/select-statement.ts';
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
  // Athena names no error with it: the state says it all.
  return { ...record, state: 'CANCELLED', reason: 'Query cancelled by user', completedMs };
}

/** What a statement that has ended leaves to its record. */
interface Outcome {
  readonly plannedMs: number;
  readonly scannedBytes: number;
  readonly rows: Omit<ExecutionRows, 'outputBytes'> | null;
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
    const header = running.statementType === 'DML';
    const writer = createResultWriter(running.resultFormat, { header });
    const outcome = await runStatement(running, { deps, signal, writer });
    const engineEndedMs = nowMs();
    const body = writer.body();
    await storeResult(running, body, deps.services);
    const { rows } = outcome;
    executions.put({
      ...running,
      ...outcome,
      rows: rows === null ? null : { ...rows, outputBytes: body.length },
      state: 'SUCCEEDED',
      engineEndedMs,
      completedMs: nowMs(),
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

interface StatementRun {
  readonly deps: QueryExecutionDeps;
  readonly signal: AbortSignal;
  readonly writer: ResultWriter;
}

async function runStatement(record: ExecutionRecord, run: StatementRun): Promise<Outcome> {
  const { deps, writer } = run;
  const statement = routeStatement(record.sql);
  if (statement.kind === 'query') return runQueryStatement(record, run);
  const database = databaseOf(record);
  await runShowStatement(statement, { services: deps.services, database }, writer);
  return { plannedMs: deps.nowMs(), scannedBytes: 0, rows: null };
}

async function runQueryStatement(record: ExecutionRecord, run: StatementRun): Promise<Outcome> {
  const { deps, signal, writer } = run;
  const { explain, query, parameterCount } = parseSql(record.sql);
  const session = {
    database: databaseOf(record),
    nowMs: record.startedMs ?? record.submittedMs,
    parameters: bindParameters(record, parameterCount),
  };
  const prepared = await prepareQuery(query, deps, { session, signal });
  const plannedMs = deps.nowMs();
  const control = { scanLimitBytes: deps.scanLimitBytes(record.workGroup), signal, sink: writer };
  const { scannedBytes } =
    explain === null
      ? await runPrepared(prepared, deps, control)
      : await runExplain({ options: explain, query, prepared }, deps, control);
  const isRun = explain === null || explain.analyze;
  return {
    plannedMs,
    scannedBytes,
    rows: {
      inputRows: isRun ? Number(prepared.scans.reduce((n, scan) => n + rowsOf(scan), 0n)) : 0,
      inputBytes: scannedBytes,
      outputRows: writer.rowCount(),
    },
  };
}

function databaseOf({ requested }: ExecutionRecord): string {
  return requested.database?.toLowerCase() ?? DEFAULT_DATABASE;
}

/** A statement without `?` ignores parameters, as Athena does; otherwise their number has to fit. */
function bindParameters(record: ExecutionRecord, expected: number): readonly Expression[] {
  const { parameters } = record;
  if (expected === 0) return [];
  if (parameters.length !== expected) {
    throw new SqlFailure(
      'INVALID_PARAMETER_USAGE',
      `line 1:1: Incorrect number of parameters: expected ${expected} but found ${parameters.length}`,
    );
  }
  return parameters.map(parseParameter);
}

async function storeResult(
  record: ExecutionRecord,
  body: Buffer,
  services: LakeServices,
): Promise<void> {
  const { bucket, key } = parseUri(record.outputUri);
  const contentType = 'application/octet-stream';
  const stored = await services.s3.putObject(bucket, key, { body, contentType });
  if (!stored) throw new Error(`result ${record.outputUri} could not be stored`);
}
