import type { TableMetadata } from '#core/iceberg/spec/table-metadata.ts';
import {
  addEntries,
  type BookedTable,
  bookTable,
  type UnexplainedCounts,
} from '#core/ledger/book-table.ts';
import { bookUnexplained, type JournalHour } from '#core/ledger/book-unexplained.ts';
import type { LedgerCursor, TableCursor } from '#core/ledger/ledger-cursor.ts';
import { addLedgerCounts, type LedgerEntry } from '#core/ledger/ledger-entry.ts';
import type { JournalLine } from '#core/ledger/ledger-table.ts';
import { applyEntries, type OpenHours } from '#core/ledger/open-hours.ts';
import { loadTable } from '../load-table.ts';
import type { LedgerConfig, LedgerDeps } from './ledger-config.ts';
import { readJournal } from './read-journal.ts';

export interface TablesBooked {
  readonly entries: readonly LedgerEntry[];
  readonly unexplained: readonly UnexplainedCounts[];
  readonly tables: ReadonlyMap<string, TableCursor>;
  /** The `rejected` table as it was booked. */
  readonly rejected: TableMetadata;
}

/** Books the commits of every bronze table and of `rejected` since the cursor. */
export async function bookTables(
  deps: Pick<LedgerDeps, 'store' | 'catalog'>,
  config: LedgerConfig,
  before: LedgerCursor,
): Promise<TablesBooked> {
  const entries: LedgerEntry[] = [];
  const unexplained: UnexplainedCounts[] = [];
  const tables = new Map(before.tables);
  const book = (metadata: TableMetadata, table: BookedTable): void => {
    const booking = bookTable(metadata, table, before.tables.get(table.table) ?? null);
    entries.push(...booking.entries);
    unexplained.push(...booking.unexplained);
    tables.set(table.table, booking.next);
  };
  const { metadata: rejected } = await loadTable(deps, config.rejectedTable);
  book(rejected, { kind: 'rejected', table: config.rejectedTable.table });
  for (const { name, table } of config.streams) {
    const { metadata } = await loadTable(deps, table);
    book(metadata, { kind: 'commit', table: table.table, stream: name });
  }
  return { entries, unexplained, tables, rejected };
}

/**
 * Books counts that the tables state in sum only (see bookUnexplained). What was taken back is looked up in
 * the journal: which hours it was booked for.
 */
export async function bookAllUnexplained(
  deps: Pick<LedgerDeps, 'store' | 'reader'>,
  config: LedgerConfig,
  work: {
    readonly booked: TablesBooked;
    readonly ledger: TableMetadata;
    /** Of this run, so far. */
    readonly entries: readonly LedgerEntry[];
    readonly open: OpenHours;
    readonly bookRest: boolean;
  },
): Promise<Pick<TablesBooked, 'entries' | 'tables'>> {
  const { booked, ledger, bookRest } = work;
  const tables = new Map(booked.tables);
  const entries: LedgerEntry[] = [];
  let { open } = work;
  for (const unexplained of booked.unexplained) {
    const journal = isTakenBack(unexplained)
      ? await journalOf(deps, config, { unexplained, ledger, entries: work.entries })
      : [];
    const found = bookUnexplained(unexplained, { open, journal, bookRest });
    open = applyEntries(open, found);
    entries.push(...found);
    const { table } = unexplained.table;
    const cursor = tables.get(table);
    if (cursor !== undefined) {
      tables.set(table, { ...cursor, booked: addEntries(cursor.booked, found) });
    }
  }
  return { entries, tables };
}

function isTakenBack({ counts }: UnexplainedCounts): boolean {
  return Object.values(counts).some((count) => count < 0);
}

/** Net counts per hour of what is booked for a table and source, this run's entries included. */
async function journalOf(
  deps: Pick<LedgerDeps, 'store' | 'reader'>,
  config: LedgerConfig,
  work: {
    readonly unexplained: UnexplainedCounts;
    readonly ledger: TableMetadata;
    readonly entries: readonly LedgerEntry[];
  },
): Promise<readonly JournalHour[]> {
  const { table, source } = work.unexplained;
  const lines = await readJournal(deps, work.ledger, { domain: config.domain });
  const own = [...lines, ...work.entries].filter(
    (line) =>
      line.kind === table.kind &&
      line.source === source &&
      (table.kind === 'rejected' || line.stream === table.stream),
  );
  return netHours(own);
}

function netHours(lines: readonly (LedgerEntry | JournalLine)[]): readonly JournalHour[] {
  const hours = Map.groupBy(lines, ({ stream, source, hour }) => `${stream} ${source} ${hour}`);
  return [...hours.values()].map((group) => ({
    ...(group[0] as JournalHour),
    counts: group.map(({ counts }) => counts).reduce(addLedgerCounts),
  }));
}
