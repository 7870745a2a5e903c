import { fileSource } from '#core/delivery/position.ts';
import { decodeFileRun } from '#core/file/file-run.ts';
import { hourOf } from '#core/ledger/arrival-hours.ts';
import type { FileCursor } from '#core/ledger/ledger-cursor.ts';
import { type LedgerEntry, NO_LEDGER_COUNTS } from '#core/ledger/ledger-entry.ts';
import type { FileRunRecord } from '#ports/file-run-store.ts';
import type { LedgerConfig, LedgerDeps } from './ledger-config.ts';

export interface FilesRead {
  readonly entries: readonly LedgerEntry[];
  readonly next: FileCursor;
}

/**
 * Books what was read of every file that is finished, by its report: rows as the reader counted them, whatever became of them.
 * A file is announced before its first row is in, and stays announced until its run is marked as booked; that is done here
 * for what an earlier run has booked *and committed*, as its cursor says. So a file is booked once, whatever happens
 * between booking and marking.
 */
export async function readFileRuns(
  deps: Pick<LedgerDeps, 'fileRuns'>,
  config: Pick<LedgerConfig, 'domain'>,
  before: FileCursor,
): Promise<FilesRead> {
  const { fileRuns } = deps;
  if (fileRuns === undefined) return { entries: [], next: before };
  const entries: LedgerEntry[] = [];
  const booked: string[] = [];
  const open: string[] = [];
  for await (const key of fileRuns.announced(config.domain)) {
    const source = fileSource(key.entry, key.file);
    const record = await fileRuns.get(key);
    if (before.booked.includes(source) || record?.isBooked === true) {
      await fileRuns.settle(key);
      continue;
    }
    const entry = entryOf(record, source);
    if (entry === null) {
      open.push(source);
      continue;
    }
    entries.push(entry);
    booked.push(source);
  }
  return { entries, next: { booked: booked.sort(), open: open.sort() } };
}

/** Null while the run is under way. */
function entryOf(record: FileRunRecord | null, source: string): LedgerEntry | null {
  const run = record === null ? null : decodeFileRun(record.state);
  if (run?.status !== 'finished' || run.report === null) return null;
  const { report } = run;
  return {
    stream: report.stream,
    source,
    hour: hourOf(run.modifiedMs),
    kind: 'read',
    counts: { ...NO_LEDGER_COUNTS, received: report.rows.read },
    evidence: {
      kind: 'words',
      text: `run ${report.run} of ${report.uri}, SHA-256 ${report.checksum}`,
    },
  };
}
