import { type BalanceRequest, isClosed } from '#core/ledger/balance.ts';
import { countedTo } from '#core/ledger/counted-to.ts';
import type { LedgerCursor } from '#core/ledger/ledger-cursor.ts';
import { addLedgerCounts, type LedgerEntry, NO_LEDGER_COUNTS } from '#core/ledger/ledger-entry.ts';
import { applyEntries } from '#core/ledger/open-hours.ts';
import { bookTrimmed, currentGaps, describeTrimmed } from '#core/ledger/trim-gaps.ts';
import { bookAllUnexplained, type TablesBooked } from './book-tables.ts';
import { type Collected, collectEntries, type RunStart } from './collect-entries.ts';
import type { LedgerConfig, LedgerDeps } from './ledger-config.ts';

/** Everything that one run adds to the journal, and what it then knows. */
export interface Gathered {
  readonly entries: readonly LedgerEntry[];
  readonly next: LedgerCursor;
  /** To judge the balance with. */
  readonly request: BalanceRequest;
  /** Nothing is left for another run. */
  readonly complete: boolean;
  /** Events that were trimmed before they were counted, for as long as their gap matters. */
  readonly trimmedEvents: number;
  readonly problems: readonly string[];
  readonly notes: readonly string[];
}

/** Collects what happened since the cursor, and finds an hour for what is known in sum only. */
export async function gatherEntries(
  deps: LedgerDeps,
  config: LedgerConfig,
  run: RunStart & { readonly standstill: boolean },
): Promise<Gathered> {
  const collected = await collectEntries(deps, config, run);
  const { booked, listed } = collected;
  const unexplained = await bookAllUnexplained(deps, config, {
    // Hours can be told only once the failed batches are known: their events are on no way any more.
    booked: listed.isCut ? { ...booked, unexplained: [] } : booked,
    ledger: run.ledger,
    entries: collected.entries,
    open: applyEntries(run.before.open, collected.entries),
    bookRest: collected.read.caughtUp,
  });
  return closeRun(config, run, { ...unexplained, collected });
}

/** What is left once nothing more is read: trimmed hours, and the next cursor. */
function closeRun(
  config: LedgerConfig,
  { before, standstill }: RunStart & { readonly standstill: boolean },
  work: Pick<TablesBooked, 'entries' | 'tables'> & { readonly collected: Collected },
): Gathered {
  const { nowMs, listed, read, receipts, problems } = work.collected;
  const booked = [...work.collected.entries, ...work.entries];
  const open = applyEntries(before.open, booked);
  const judged = {
    domain: config.domain,
    nowMs,
    graceMs: config.graceMs,
    // What is not counted to the end stands still for nobody.
    standstill: standstill && read.toEnd && !listed.isCut,
    readToEnd: read.toEnd,
    readToMs: countedTo({ shards: read.shards, files: work.collected.files.next }),
  };
  const gaps = currentGaps(read.gaps, open, { nowMs, retentionMs: config.retentionMs });
  const trimmed = bookTrimmed(open, gaps, (hour) => isClosed(hour, judged));
  const entries = [...booked, ...trimmed.entries];
  const next: LedgerCursor = {
    shards: read.shards,
    toEnd: read.toEnd,
    listedMs: read.listedMs,
    gaps: trimmed.gaps,
    tables: work.tables,
    receipts,
    failures: listed.next,
    files: work.collected.files.next,
    open: applyEntries(open, trimmed.entries),
    totals: addTotals(before.totals, entries),
    writtenMs: nowMs,
  };
  return {
    entries,
    next,
    request: { ...judged, totals: next.totals, open: next.open },
    complete: read.caughtUp && !listed.isCut,
    trimmedEvents: trimmed.gaps.reduce((sum, { events }) => sum + events, 0),
    problems: [...problems, ...describeTrimmed(config.domain, trimmed.gaps)],
    notes: read.notes,
  };
}

function addTotals(
  totals: LedgerCursor['totals'],
  entries: readonly LedgerEntry[],
): LedgerCursor['totals'] {
  const sums = new Map(totals);
  for (const { stream, counts } of entries) {
    sums.set(stream, addLedgerCounts(sums.get(stream) ?? NO_LEDGER_COUNTS, counts));
  }
  return sums;
}
