import { readSourceStates } from '#core/delivery/source-state.ts';
import { SluiceError } from '#core/errors.ts';
import { ERROR_CSV_HEADER, errorCsvLine } from '#core/file/error-csv.ts';
import { encodeFileRun, type FileRun, runKey } from '#core/file/file-run.ts';
import { createErrorTally, type ErrorTally, type RunReport } from '#core/file/run-report.ts';
import type { TableMetadata } from '#core/iceberg/spec/table-metadata.ts';
import type { FileRunLease } from '#ports/file-run-store.ts';
import type { IngestStream } from '../ingest-stream.ts';
import { loadTable } from '../load-table.ts';
import type { IngestFileConfig, IngestFileDeps } from './file-deps.ts';
import { forgetChain, forgetSource } from './forget-source.ts';
import type { FileObject } from './identify-file.ts';
import { rejectedLines } from './rejected-lines.ts';

/** A run whose rows are all read. */
export interface RunEnd {
  readonly file: FileObject;
  readonly source: string;
  readonly lease: FileRunLease;
  readonly stream: IngestStream;
  readonly run: FileRun;
}

/**
 * Ends a run: the tables say where its rows are, and from them come the error file and the report, in this order; then the run is saved
 * as finished, and only then leaves the state of the tables. Every step may be repeated. Throws TABLE_INVALID when the tables do
 * not hold every row that was read, as when one was rolled back meanwhile: such a run is never called finished.
 */
export async function finishRun(
  deps: IngestFileDeps,
  config: IngestFileConfig,
  end: RunEnd,
): Promise<FileRun> {
  const { source, lease, stream, run } = end;
  const bronze = await loadTable(deps, stream.table);
  const rejected = await loadTable(deps, config.ingest.rejectedTable);
  const rows = countRows(run, source, { bronze: bronze.metadata, rejected: rejected.metadata });
  if (rows.missing !== 0) throw unbalanced(end, rows);
  const tally = createErrorTally();
  const errorFile = await writeErrors(deps, config, {
    end,
    rejected: rejected.metadata,
    tally,
    rows,
  });
  const report = reportOf(deps, config, end, { rows: rows.counts, tally, errorFile });
  await deps.store.put(
    `${config.landingUri}/${runKey(config.ingest.domain, run.entry.name, run.run)}.json`,
    Buffer.from(`${JSON.stringify(report, null, 2)}\n`),
    { contentType: 'application/json' },
  );
  const finished: FileRun = { ...run, status: 'finished', report };
  await deps.runs.save(lease, encodeFileRun(finished));
  await forgetRun(deps, config, { source, stream });
  return finished;
}

/** Takes a finished run out of the state of the tables and out of the staging log. */
export async function forgetRun(
  deps: IngestFileDeps,
  config: IngestFileConfig,
  { source, stream }: Pick<RunEnd, 'source' | 'stream'>,
): Promise<void> {
  await forgetSource(deps, stream.table, source);
  await forgetSource(deps, config.ingest.rejectedTable, source);
  await forgetChain(deps, config.ingest.domain, source);
}

interface RowCounts {
  readonly counts: RunReport['rows'];
  /** Rows that were read and are nowhere; negative: too many. */
  readonly missing: number;
}

function countRows(
  run: FileRun,
  source: string,
  tables: { readonly bronze: TableMetadata; readonly rejected: TableMetadata },
): RowCounts {
  const bronze = readSourceStates(tables.bronze).get(source)?.counts;
  const filed = readSourceStates(tables.rejected).get(source)?.counts;
  const counts = {
    read: (run.next?.rowNumber ?? 1) - 1,
    committed: bronze?.committed ?? 0,
    rejected: filed?.rejected ?? 0,
    deduplicated: bronze?.deduplicated ?? 0,
    deadLettered: filed?.deadLettered ?? 0,
  };
  const { read, committed, rejected, deduplicated, deadLettered } = counts;
  return { counts, missing: read - committed - rejected - deduplicated - deadLettered };
}

function unbalanced({ source }: RunEnd, { counts, missing }: RowCounts): SluiceError {
  return new SluiceError(
    'TABLE_INVALID',
    `${source}: ${missing} rows of ${counts.read} are neither committed nor rejected nor duplicates; ` +
      'look whether a table was rolled back, and upload the file under another name',
  );
}

/** Returns the URI of the error file; null when there is no error. */
async function writeErrors(
  deps: IngestFileDeps,
  config: IngestFileConfig,
  work: {
    readonly end: RunEnd;
    readonly rejected: TableMetadata;
    readonly tally: ErrorTally;
    readonly rows: RowCounts;
  },
): Promise<string | null> {
  const { end, tally } = work;
  const { run, source } = end;
  const { rejected, deadLettered } = work.rows.counts;
  const expected = rejected + deadLettered;
  if (expected === 0) return null;
  const uri = `${config.landingUri}/${runKey(config.ingest.domain, run.entry.name, run.run)}.csv`;
  const lines = rejectedLines(deps, work.rejected, {
    source,
    modifiedMs: run.modifiedMs,
    encoding: run.entry.format.encoding,
  });
  let written = 0;
  async function* text(): AsyncGenerator<Uint8Array> {
    yield Buffer.from(ERROR_CSV_HEADER);
    for await (const line of lines) {
      tally.add(line);
      written++;
      yield Buffer.from(errorCsvLine(line));
    }
    if (written !== expected) throw incomplete(source, { written, expected });
  }
  await deps.store.write(uri, text(), { contentType: 'text/csv; charset=utf-8' });
  return uri;
}

function incomplete(
  source: string,
  rows: { readonly written: number; readonly expected: number },
): SluiceError {
  return new SluiceError(
    'TABLE_INVALID',
    `${source}: expected ${rows.expected} rows in the rejected table, got ${rows.written}; look whether rows were deleted from it`,
  );
}

function reportOf(
  deps: Pick<IngestFileDeps, 'clock'>,
  config: IngestFileConfig,
  { file, run }: RunEnd,
  found: {
    readonly rows: RunReport['rows'];
    readonly tally: ErrorTally;
    readonly errorFile: string | null;
  },
): RunReport {
  return {
    ...describeRun(config, file, run),
    status: 'finished',
    problem: null,
    rows: found.rows,
    reasons: found.tally.reasons(),
    firstErrors: found.tally.first,
    errorFile: found.errorFile,
    finishedAt: isoTime(deps.clock.nowMs()),
  };
}

/** The report of a file of which nothing was read. */
export function refusedReport(
  deps: Pick<IngestFileDeps, 'clock'>,
  config: IngestFileConfig,
  of: { readonly file: FileObject; readonly run: FileRun; readonly problem: string },
): RunReport {
  return {
    ...describeRun(config, of.file, of.run),
    status: 'refused',
    problem: of.problem,
    rows: { read: 0, committed: 0, rejected: 0, deduplicated: 0, deadLettered: 0 },
    reasons: [],
    firstErrors: [],
    errorFile: null,
    finishedAt: isoTime(deps.clock.nowMs()),
  };
}

function describeRun(config: IngestFileConfig, file: FileObject, run: FileRun) {
  return {
    domain: config.ingest.domain,
    entry: run.entry.name,
    stream: run.entry.stream,
    run: run.run,
    file: run.name,
    uri: file.uri,
    versionId: run.versionId,
    sizeBytes: run.sizeBytes,
    checksum: run.checksum,
    uploadedAt: isoTime(run.modifiedMs),
    startedAt: isoTime(run.startedMs),
  };
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
