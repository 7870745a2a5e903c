import { runQuery } from '../engine/run-query.ts';
import { formatValue } from '../result-format.ts';
import { SqlFailure } from '../sql-failure.ts';
import type { TrinoType } from '../trino-types/trino-type.ts';
import type { PreparedQuery, QueryDeps } from './prepare-query.ts';

export interface ResultColumn {
  readonly name: string;
  readonly type: TrinoType;
}

/** Takes a result as it is produced. */
export interface ResultSink {
  columns(columns: readonly ResultColumn[]): void;
  row(values: readonly (string | null)[]): void;
}

/** The scan would read more than the workgroup allows; the query was not run. */
export class ScanLimitExceeded extends Error {
  readonly scannedBytes: number;

  constructor(scannedBytes: number) {
    super('Bytes scanned limit was exceeded');
    this.scannedBytes = scannedBytes;
  }
}

export interface QueryRun {
  readonly scanLimitBytes: number | null;
  readonly signal: AbortSignal;
  readonly sink: ResultSink;
}

/**
 * Runs a prepared query. Returns the bytes scanned (see scannedBytesSql). Throws SqlFailure,
 * ScanLimitExceeded, or the signal's reason.
 */
export async function runPrepared(
  prepared: PreparedQuery,
  deps: Pick<QueryDeps, 'engine'>,
  run: QueryRun,
): Promise<{ readonly scannedBytes: number }> {
  const { columns } = prepared;
  let scannedBytes = 0;
  run.sink.columns(columns);
  const running = runQuery(prepared.engineQuery, deps.engine, {
    signal: run.signal,
    onSize(total) {
      scannedBytes = total;
      if (run.scanLimitBytes !== null && total > run.scanLimitBytes) {
        throw new ScanLimitExceeded(total);
      }
    },
    onRows(rows) {
      for (const row of rows) {
        run.sink.row(row.map((value, index) => formatValue(value, typeAt(columns, index))));
      }
    },
  });
  await running.catch((error: unknown) => {
    throw namingObjects(error, prepared.objectUris);
  });
  return { scannedBytes };
}

/** A failure to read a data file names the object, not the file of this machine that holds it. */
function namingObjects(error: unknown, uris: ReadonlyMap<string, string>): unknown {
  if (!(error instanceof SqlFailure)) return error;
  const found = [...uris].filter(([file]) => error.message.includes(file));
  if (found.length === 0) return error;
  const message = found.reduce((text, [file, uri]) => text.replaceAll(file, uri), error.message);
  return new SqlFailure('ICEBERG_BAD_DATA', message, { cause: error });
}

function typeAt(columns: readonly ResultColumn[], index: number): TrinoType {
  return columns[index]?.type ?? { kind: 'unknown' };
}
