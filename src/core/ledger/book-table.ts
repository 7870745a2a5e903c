import { readBatchSummaries } from '../delivery/batch-summary.ts';
import type { DeliveryCounts } from '../delivery/delivery-counts.ts';
import { isFileSource } from '../delivery/position.ts';
import { decodeSourceStates, readSourceStates, SOURCES_KEY } from '../delivery/source-state.ts';
import type { Snapshot } from '../iceberg/spec/snapshot.ts';
import {
  currentSnapshot,
  snapshotById,
  type TableMetadata,
} from '../iceberg/spec/table-metadata.ts';
import { hourOf } from './arrival-hours.ts';
import type { TableCursor } from './ledger-cursor.ts';
import {
  addLedgerCounts,
  isZero,
  type LedgerCounts,
  type LedgerEntry,
  NO_LEDGER_COUNTS,
  negateLedgerCounts,
} from './ledger-entry.ts';

/** A table whose commits account for events: a stream's bronze table, or the domain's `rejected`. */
export type BookedTable =
  | { readonly kind: 'commit'; readonly table: string; readonly stream: string }
  | { readonly kind: 'rejected'; readonly table: string };

/**
 * Counts that the table's cumulative totals state and no snapshot at hand explains; negative ones are to be
 * taken back. Their hours are not known from the table.
 */
export interface UnexplainedCounts {
  readonly table: BookedTable;
  readonly source: string;
  readonly counts: LedgerCounts;
  readonly evidence: string;
  /** For what is left over when no hour suits better. */
  readonly hour: string;
}

export interface TableBooking {
  readonly entries: readonly LedgerEntry[];
  readonly unexplained: readonly UnexplainedCounts[];
  readonly next: TableCursor;
}

/**
 * Books what happened to a table since it was booked last: commits on the way to the current snapshot, and,
 * after a rollback, the commits that are no longer on its line, negative. Every commit states its counts per
 * source and hour (`sluice.batch`); a snapshot without one (compaction, another engine) moved no event.
 *
 * Then the sums are held against the totals that the table itself states (`sluice.sources`): commits that
 * expired before they were booked show as a difference.
 */
export function bookTable(
  metadata: TableMetadata,
  table: BookedTable,
  before: TableCursor | null,
): TableBooking {
  const current = currentSnapshot(metadata);
  const isSameTable = before?.tableUuid === metadata['table-uuid'];
  const { added, abandoned } = isSameTable
    ? splitLines(metadata, before)
    : { added: lineOf(metadata, current), abandoned: [] };
  const entries = [
    ...abandoned.flatMap((snapshot) => entriesOf(snapshot, table, { rolledBack: true })),
    ...added.toReversed().flatMap((snapshot) => entriesOf(snapshot, table, { rolledBack: false })),
  ];
  const booked = addEntries(before?.booked ?? new Map(), entries);
  return {
    entries,
    unexplained: compareTotals(metadata, table, booked),
    next: {
      tableUuid: metadata['table-uuid'],
      snapshotId: current?.['snapshot-id'] ?? null,
      sequenceNumber: current?.['sequence-number'] ?? 0n,
      booked: withoutForgotten(metadata, booked),
    },
  };
}

/** Adds entries to the sums per source. */
export function addEntries(
  booked: ReadonlyMap<string, LedgerCounts>,
  entries: readonly LedgerEntry[],
): ReadonlyMap<string, LedgerCounts> {
  const sums = new Map(booked);
  for (const { source, counts } of entries) {
    sums.set(source, addLedgerCounts(sums.get(source) ?? NO_LEDGER_COUNTS, counts));
  }
  return sums;
}

/** What is new on the current line, newest first, and what the rollback took off it, newest first. */
function splitLines(
  metadata: TableMetadata,
  before: TableCursor,
): { readonly added: readonly Snapshot[]; readonly abandoned: readonly Snapshot[] } {
  const line = lineOf(metadata, currentSnapshot(metadata));
  if (before.snapshotId === null) return { added: line, abandoned: [] };
  const bookedLine = lineOf(metadata, snapshotById(metadata, before.snapshotId));
  const bookedIds = new Set(bookedLine.map((snapshot) => snapshot['snapshot-id']));
  const common = line.findIndex((snapshot) => bookedIds.has(snapshot['snapshot-id']));
  if (common >= 0) {
    const commonId = line[common]?.['snapshot-id'];
    const end = bookedLine.findIndex((snapshot) => snapshot['snapshot-id'] === commonId);
    return { added: line.slice(0, common), abandoned: bookedLine.slice(0, end) };
  }
  // The lines do not meet any more: snapshots between have expired. Sequence numbers only grow, so what is
  // above the booked one is new; the comparison of the totals finds the rest.
  const added = line.filter((snapshot) => snapshot['sequence-number'] > before.sequenceNumber);
  return { added, abandoned: [] };
}

/** A snapshot and its ancestors, newest first, as far as they are kept. */
function lineOf(metadata: TableMetadata, from: Snapshot | null): readonly Snapshot[] {
  const byId = new Map(metadata.snapshots.map((snapshot) => [snapshot['snapshot-id'], snapshot]));
  const line: Snapshot[] = [];
  const seen = new Set<bigint>();
  let snapshot: Snapshot | undefined = from ?? undefined;
  while (snapshot !== undefined && !seen.has(snapshot['snapshot-id'])) {
    line.push(snapshot);
    seen.add(snapshot['snapshot-id']);
    const parent: bigint | undefined = snapshot['parent-snapshot-id'];
    snapshot = parent === undefined ? undefined : byId.get(parent);
  }
  return line;
}

function entriesOf(
  snapshot: Snapshot,
  table: BookedTable,
  options: { readonly rolledBack: boolean },
): readonly LedgerEntry[] {
  return readBatchSummaries(snapshot.summary).flatMap((batch) => {
    const evidence = {
      kind: 'snapshot',
      snapshotId: snapshot['snapshot-id'],
      rolledBack: options.rolledBack,
      first: batch.first,
      last: batch.last,
    } as const;
    return [...batch.streams]
      .filter(([stream]) => table.kind === 'rejected' || stream === table.stream)
      .flatMap(([stream, hours]) =>
        [...hours].map(([hour, delivered]): LedgerEntry => {
          const counts = countsOf(table, delivered);
          return {
            stream,
            source: batch.source,
            hour,
            kind: table.kind,
            counts: options.rolledBack ? negateLedgerCounts(counts) : counts,
            evidence,
          };
        }),
      )
      .filter(({ counts }) => !isZero(counts));
  });
}

/** What a table is asked for: a bronze table for its rows and duplicates, `rejected` for what it refused. */
function countsOf(table: BookedTable, counts: DeliveryCounts): LedgerCounts {
  const { committed, deduplicated, late, rejected, deadLettered } = counts;
  return table.kind === 'commit'
    ? { ...NO_LEDGER_COUNTS, committed, deduplicated, late }
    : { ...NO_LEDGER_COUNTS, rejected, deadLettered };
}

function compareTotals(
  metadata: TableMetadata,
  table: BookedTable,
  booked: ReadonlyMap<string, LedgerCounts>,
): readonly UnexplainedCounts[] {
  const states = readSourceStates(metadata);
  const current = currentSnapshot(metadata);
  const sources = [...new Set([...states.keys(), ...booked.keys()])].sort();
  return sources.flatMap((source): UnexplainedCounts[] => {
    const state = states.get(source);
    // A file's state leaves the table once it is finished; a rollback brings it back, with its counts.
    if (state === undefined && isFileSource(source)) return [];
    const stated = state === undefined ? NO_LEDGER_COUNTS : countsOf(table, state.counts);
    const counts = addLedgerCounts(
      stated,
      negateLedgerCounts(booked.get(source) ?? NO_LEDGER_COUNTS),
    );
    if (isZero(counts)) return [];
    const evidence = `totals of ${table.table} at snapshot ${current?.['snapshot-id'] ?? 'none'}; the commits behind this difference are gone`;
    const hour = hourOf(current?.['timestamp-ms'] ?? metadata['last-updated-ms']);
    return [{ table, source, counts, evidence, hour }];
  });
}

/** Without the files that no kept snapshot states any more: none of their commits can be taken back. */
function withoutForgotten(
  metadata: TableMetadata,
  booked: ReadonlyMap<string, LedgerCounts>,
): ReadonlyMap<string, LedgerCounts> {
  const files = [...booked.keys()].filter(isFileSource);
  if (files.length === 0) return booked;
  const stated = new Set(
    metadata.snapshots.flatMap(({ summary }) => {
      const text = summary[SOURCES_KEY];
      return text === undefined ? [] : [...decodeSourceStates(text).keys()];
    }),
  );
  return new Map([...booked].filter(([source]) => !isFileSource(source) || stated.has(source)));
}
