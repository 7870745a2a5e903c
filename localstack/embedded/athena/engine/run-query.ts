import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { SqlFailure } from '../sql-failure.ts';
import { quoteText } from '../trino-types/trino-type.ts';
import { toSqlFailure } from './engine-failure.ts';
import { loadDuckDb } from './load-duckdb.ts';

/** What one query needs of the engine. */
export interface EngineQuery {
  /** Statements that define the views of the tables. */
  readonly views: readonly string[];
  /** Queries that are answered before, one number each; see `onSize`. */
  readonly sizes: readonly string[];
  readonly sql: string;
  /** The only files the engine may open. */
  readonly files: readonly string[];
}

export interface EngineOptions {
  /** Folder for spilled data. */
  readonly spillDir: string;
  readonly memoryLimitMb: number;
  readonly threads: number;
}

const INTERRUPT_INTERVAL_MS = 20;

/** Rows of one chunk, row by row, in DuckDB's value classes. */
export type Rows = readonly (readonly unknown[])[];

export interface QueryControl {
  /** Interrupts the query when it is aborted. */
  readonly signal: AbortSignal;
  /** Takes the sum of the size queries; a throw keeps the query from running. */
  readonly onSize?: (total: number) => void;
  readonly onRows: (rows: Rows) => void;
}

/**
 * Runs one query in a database of its own, in memory, which ends with it: nothing of a query is left
 * for the next. The engine can open the given files and nothing else, and its settings are locked.
 * Throws SqlFailure, what a callback throws, or the reason of the abort.
 */
export async function runQuery(
  query: EngineQuery,
  options: EngineOptions,
  control: QueryControl,
): Promise<void> {
  const { DuckDBInstance } = await loadDuckDb();
  mkdirSync(options.spillDir, { recursive: true });
  const spillDir = mkdtempSync(path.join(options.spillDir, 'query-'));
  const instance = await DuckDBInstance.create(':memory:', {
    threads: String(options.threads),
    memory_limit: `${options.memoryLimitMb}MB`,
    temp_directory: spillDir,
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    allow_community_extensions: 'false',
  });
  const connection = await instance.connect();
  const stopInterrupting = interruptOnAbort(connection, control.signal);
  try {
    await runOn(connection, query, control);
  } finally {
    stopInterrupting();
    connection.closeSync();
    instance.closeSync();
    rmSync(spillDir, { recursive: true, force: true });
  }
}

/**
 * Interrupts what runs on a connection once the signal is aborted, again and again: an interrupt
 * that comes before a statement has begun is lost. Gives the function that ends it.
 */
function interruptOnAbort(connection: DuckDBConnection, signal: AbortSignal): () => void {
  let timer: NodeJS.Timeout | undefined;
  const begin = (): void => {
    connection.interrupt();
    timer = setInterval(() => connection.interrupt(), INTERRUPT_INTERVAL_MS);
  };
  signal.addEventListener('abort', begin);
  return () => {
    signal.removeEventListener('abort', begin);
    clearInterval(timer);
  };
}

async function runOn(
  connection: DuckDBConnection,
  query: EngineQuery,
  control: QueryControl,
): Promise<void> {
  const { signal } = control;
  await guarded(signal, () => prepare(connection, query));
  let total = 0;
  for (const size of query.sizes) {
    await stream(connection, size, { signal, onRows: ([row]) => (total += Number(row?.[0] ?? 0)) });
  }
  control.onSize?.(total);
  await stream(connection, query.sql, control);
}

async function prepare(connection: DuckDBConnection, query: EngineQuery): Promise<void> {
  const { registerScalarFunctions } = await import('./scalar-functions.ts');
  registerScalarFunctions(connection);
  const files = query.files.map(quoteText).join(', ');
  const settings = [
    "SET TimeZone = 'UTC'",
    "SET default_null_order = 'NULLS_LAST'",
    'SET ieee_floating_point_ops = true',
    `SET allowed_paths = [${files}]`,
    'SET enable_external_access = false',
    'SET lock_configuration = true',
  ];
  for (const statement of [...settings, ...query.views]) await connection.run(statement);
}

async function stream(
  connection: DuckDBConnection,
  sql: string,
  control: Pick<QueryControl, 'signal' | 'onRows'>,
): Promise<void> {
  const { signal } = control;
  const result = await guarded(signal, () => connection.stream(sql));
  for (;;) {
    const chunk = await guarded(signal, () => result.fetchChunk());
    if (chunk === null || chunk.rowCount === 0) return;
    control.onRows(chunk.getRows());
  }
}

/** Runs a step of the engine; an abort counts for more than the error it causes. */
async function guarded<T>(signal: AbortSignal, step: () => Promise<T>): Promise<T> {
  try {
    signal.throwIfAborted();
    const value = await step();
    signal.throwIfAborted();
    return value;
  } catch (error) {
    signal.throwIfAborted();
    throw error instanceof SqlFailure ? error : toSqlFailure(error);
  }
}
