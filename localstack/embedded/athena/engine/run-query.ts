import { mkdirSync } from 'node:fs';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { SqlFailure } from '../sql-failure.ts';
import { quoteText } from '../types/trino-type.ts';
import { toSqlFailure } from './engine-failure.ts';
import { registerScalarFunctions } from './scalar-functions.ts';

/** What one query needs of the engine. */
export interface EngineQuery {
  /** Statements that define the views of the tables. */
  readonly views: readonly string[];
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

/** Rows of one chunk, row by row, in DuckDB's value classes. */
export type Rows = readonly (readonly unknown[])[];

/**
 * Runs one query in a database of its own, in memory, which ends with it: nothing of a query is left
 * for the next. The engine can open the given files and nothing else, and its settings are locked.
 * Aborting the signal interrupts it; the promise then rejects. Throws SqlFailure.
 */
export async function runQuery(
  query: EngineQuery,
  options: EngineOptions,
  control: { readonly signal: AbortSignal; readonly onRows: (rows: Rows) => void | Promise<void> },
): Promise<void> {
  mkdirSync(options.spillDir, { recursive: true });
  const instance = await DuckDBInstance.create(':memory:', {
    threads: String(options.threads),
    memory_limit: `${options.memoryLimitMb}MB`,
    temp_directory: options.spillDir,
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    allow_community_extensions: 'false',
  });
  const connection = await instance.connect();
  const interrupt = (): void => connection.interrupt();
  control.signal.addEventListener('abort', interrupt);
  try {
    await prepare(connection, query);
    control.signal.throwIfAborted();
    await stream(connection, query.sql, control);
  } catch (error) {
    control.signal.throwIfAborted();
    throw error instanceof SqlFailure ? error : toSqlFailure(error);
  } finally {
    control.signal.removeEventListener('abort', interrupt);
    connection.closeSync();
    instance.closeSync();
  }
}

async function prepare(connection: DuckDBConnection, query: EngineQuery): Promise<void> {
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
  control: { readonly signal: AbortSignal; readonly onRows: (rows: Rows) => void | Promise<void> },
): Promise<void> {
  const result = await connection.stream(sql);
  for (;;) {
    const chunk = await result.fetchChunk();
    control.signal.throwIfAborted();
    if (chunk === null || chunk.rowCount === 0) return;
    await control.onRows(chunk.getRows());
  }
}
