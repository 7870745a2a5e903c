import { UNKNOWN_STREAM } from '#core/delivery/dead-letter.ts';
import type { Position } from '#core/delivery/position.ts';
import { canStartAgain } from '#core/delivery/position.ts';
import type { TableMetadata } from '#core/iceberg/spec/table-metadata.ts';
import { hourOf } from '#core/ledger/arrival-hours.ts';
import { bookReceipts } from '#core/ledger/book-receipts.ts';
import type { LedgerCursor, ReceiptCursor } from '#core/ledger/ledger-cursor.ts';
import type { LedgerEntry } from '#core/ledger/ledger-entry.ts';
import { bookFailures } from './book-failures.ts';
import { bookTables, type TablesBooked } from './book-tables.ts';
import type { LedgerConfig, LedgerDeps, LedgerLimits } from './ledger-config.ts';
import { type FailureListing, listFailures } from './list-failures.ts';
import { type FilesRead, readFileRuns } from './read-file-runs.ts';
import { listAllShards, readShards, type ShardsRead } from './read-shards.ts';

/** One run's way through everything the ledger books from. */
export interface RunStart {
  readonly before: LedgerCursor;
  /** The ledger's own table. */
  readonly ledger: TableMetadata;
  readonly limits: LedgerLimits;
}

export interface Collected {
  readonly nowMs: number;
  readonly entries: readonly LedgerEntry[];
  readonly receipts: ReadonlyMap<string, ReceiptCursor>;
  readonly listed: FailureListing;
  readonly booked: TablesBooked;
  readonly read: ShardsRead;
  readonly files: FilesRead;
  readonly problems: readonly string[];
}

/**
 * Collects what happened since the cursor. The order is part of the argument: receipts, then failed batches, then what is
 * staged, then commits, then the shards: what is accounted for was on a shard before, so at the end of the shards the
 * ledger has received at least as much as is accounted for; and what is not staged any more is committed by then.
 */
export async function collectEntries(
  deps: LedgerDeps,
  config: LedgerConfig,
  { before, ledger, limits }: RunStart,
): Promise<Collected> {
  const nowMs = deps.clock.nowMs();
  const receipts = await bookAllReceipts(deps, config, { before, hour: hourOf(nowMs) });
  const shards = await listAllShards(deps.stream, config);
  const listed = await listFailures(deps.store, config, {
    before,
    shardIds: shardIdsOf([...before.shards.keys(), ...shards.map(({ source }) => source)]),
    nowMs,
    limits,
  });
  const chains = listed.uris.length === 0 ? [] : await deps.stagingLog.list(config.domain);
  const booked = await bookTables(deps, config, before);
  const failures = await bookFailures(deps, config, {
    uris: listed.uris,
    ledger,
    rejected: booked.rejected,
    entries: booked.entries,
    chains,
  });
  const files = await readFileRuns(deps, config, before.files);
  const read = await readShards(deps, config, {
    before,
    limits,
    accountedFrom: (source) => accountedFrom(booked, source),
  });
  return {
    nowMs,
    entries: [
      ...receipts.entries,
      ...booked.entries,
      ...failures.entries,
      ...files.entries,
      ...read.entries,
    ],
    receipts: receipts.cursors,
    listed,
    booked,
    read,
    files,
    problems: [...failures.problems, ...read.problems],
  };
}

/**
 * `kinesis:prod-market/shardId-000000000000` is known to its mapping by what comes after the last slash. How a mapping of
 * a topic names its partitions is not documented: null, which means all.
 */
function shardIdsOf(sources: readonly string[]): readonly string[] | null {
  if (sources.some(canStartAgain)) return null;
  return [...new Set(sources.map((source) => source.slice(source.lastIndexOf('/') + 1)))];
}

async function bookAllReceipts(
  deps: Pick<LedgerDeps, 'receipts'>,
  config: LedgerConfig,
  options: { readonly before: LedgerCursor; readonly hour: string },
): Promise<{
  readonly entries: readonly LedgerEntry[];
  readonly cursors: ReadonlyMap<string, ReceiptCursor>;
}> {
  const { before, hour } = options;
  const cursors = new Map(before.receipts);
  const entries: LedgerEntry[] = [];
  for (const { name: stream } of [...config.streams, { name: UNKNOWN_STREAM }]) {
    const receipts = await deps.receipts.list(config.domain, stream);
    if (receipts.length === 0) continue;
    const booked = bookReceipts(receipts, before.receipts.get(stream) ?? null, { stream, hour });
    entries.push(...booked.entries);
    cursors.set(stream, booked.next);
  }
  return { entries, cursors };
}

/** Lowest sequence number of a source that a table accounts for; null for a source no table knows. */
function accountedFrom({ entries, unexplained }: TablesBooked, source: string): string | null {
  if (unexplained.some((counts) => counts.source === source)) return '';
  const firsts = entries.flatMap((entry): Position[] =>
    entry.source === source && entry.evidence.kind === 'snapshot' ? [entry.evidence.first] : [],
  );
  return firsts.map(({ sequence }) => sequence).sort()[0] ?? null;
}
