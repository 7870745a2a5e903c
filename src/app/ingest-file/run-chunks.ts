import type { JudgedEvent } from '#core/delivery/judged-event.ts';
import { encodeFileRun, type FileRun } from '#core/file/file-run.ts';
import type { FileRowMapper } from '#core/file/map-file-row.ts';
import { readFileRows } from '#core/file/read-file-rows.ts';
import type { FileRunLease } from '#ports/file-run-store.ts';
import { ingestEvents } from '../ingest-batch.ts';
import type { IngestStream } from '../ingest-stream.ts';
import type { IngestFileConfig, IngestFileDeps } from './file-deps.ts';
import type { FileObject } from './identify-file.ts';
import { judgeFileRow } from './judge-file-row.ts';
import { openFile } from './open-file.ts';

/** A file under way: everything that the loop over its rows needs. */
export interface FileWork {
  readonly file: FileObject;
  readonly source: string;
  readonly lease: FileRunLease;
  readonly stream: IngestStream;
  readonly columns: readonly string[];
  /** Where the first row begins. */
  readonly bodyOffset: number;
  readonly map: FileRowMapper;
  /** No chunk is begun after it. */
  readonly deadlineMs: number;
}

/** Weight of a row besides its bytes. */
const ROW_OVERHEAD_BYTES = 128;

/**
 * Commits the rows from the run's place on, chunk by chunk, and saves the place after each: behind a crash the rows of one chunk
 * are read again, and their positions tell which of them are in. `isRead` is false when the deadline, or the end of the file's turn,
 * came first.
 */
export async function runChunks(
  deps: IngestFileDeps,
  config: IngestFileConfig,
  { run: start, ...work }: FileWork & { readonly run: FileRun },
): Promise<{ readonly run: FileRun; readonly isRead: boolean }> {
  const { source, stream, columns, lease } = work;
  const judge = {
    reader: { stream, schemaVersion: config.schemaVersions.get(stream.plan.stream.name) ?? 1 },
    map: work.map,
    arrivalMicros: BigInt(start.modifiedMs) * 1_000n,
  };
  const from = start.next ?? { rowNumber: 1, offset: work.bodyOffset };
  let run: FileRun = { ...start, next: from };
  let events: JudgedEvent[] = [];
  let bytes = 0;
  let next = from;
  const deadlineMs = Math.min(work.deadlineMs, deps.clock.nowMs() + start.entry.turnMs);
  const isOver = () => deps.clock.nowMs() >= deadlineMs;
  const commit = async (): Promise<void> => {
    if (events.length > 0) await ingestEvents(deps, config.ingest, { source, events });
    run = { ...run, next };
    await deps.runs.save(lease, encodeFileRun(run));
    events = [];
    bytes = 0;
  };
  const chunks = openFile(deps.store, work.file, from.offset);
  for await (const rows of readFileRows(chunks, start.entry.format, { columns, ...from })) {
    for (const row of rows) {
      events.push(judgeFileRow(judge, row));
      next = { rowNumber: row.rowNumber + 1, offset: row.endByte };
      bytes += ROW_OVERHEAD_BYTES + row.raw.length;
      if (bytes < config.chunkBytes) continue;
      await commit();
      if (isOver()) return { run, isRead: false };
    }
  }
  const hadNothing = next === from;
  await commit();
  // The end of a run takes time too: it gets an invocation of its own, which then finds nothing to read.
  return { run, isRead: hadNothing || !isOver() };
}
