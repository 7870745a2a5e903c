import { BATCH_KEY, type BatchSummary, readBatchSummaries } from '#core/delivery/batch-summary.ts';
import { readSourceStates, type SourceStates } from '#core/delivery/source-state.ts';
import type { Snapshot } from '#core/iceberg/spec/snapshot.ts';
import type { TableMetadata } from '#core/iceberg/spec/table-metadata.ts';
import type { TableIdent } from '#ports/table-catalog.ts';
import { liveRows, type TableRow } from './live-rows.ts';
import type { SnapshotJournal } from './snapshot-journal.ts';

/** A table at the end, with all that was ever said about its rows. */
export interface BookedTable {
  readonly table: TableIdent;
  readonly rows: readonly TableRow[];
  readonly states: SourceStates;
  /** Of every commit that led to the current snapshot. */
  readonly batches: readonly BatchSummary[];
  /** Rows that commits without a batch took out, less those that they brought. */
  readonly takenOut: number;
}

export async function bookTable(
  store: { get(uri: string): Promise<Uint8Array> },
  journal: SnapshotJournal,
  { table, metadata }: { readonly table: TableIdent; readonly metadata: TableMetadata },
): Promise<BookedTable> {
  const line = journal.line(table, metadata);
  const others = line.filter(({ summary }) => summary[BATCH_KEY] === undefined);
  const { rows, deletedRows } = await liveRows(store, metadata);
  return {
    table,
    rows,
    states: readSourceStates(metadata),
    batches: line.flatMap(({ summary }) => readBatchSummaries(summary)),
    takenOut: others.reduce((sum, snapshot) => sum + takenOutBy(snapshot), deletedRows),
  };
}

function takenOutBy({ summary }: Snapshot): number {
  const countOf = (key: string) => Number(summary[key] ?? 0);
  return countOf('deleted-records') - countOf('added-records');
}
