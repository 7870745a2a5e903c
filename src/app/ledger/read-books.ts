import { type Balance, judgeBalance } from '#core/ledger/balance.ts';
import { allCountedTo, countedTo } from '#core/ledger/counted-to.ts';
import { readLedgerCursor } from '#core/ledger/ledger-cursor-codec.ts';
import {
  accountedFor,
  addLedgerCounts,
  type LedgerCounts,
  NO_LEDGER_COUNTS,
} from '#core/ledger/ledger-entry.ts';
import type { OpenHour } from '#core/ledger/open-hours.ts';
import { describeTrimmed } from '#core/ledger/trim-gaps.ts';
import type { ObjectStore } from '#ports/object-store.ts';
import type { QueryEngine } from '#ports/query-engine.ts';
import type { TableCatalog, TableIdent } from '#ports/table-catalog.ts';
import { loadTable } from '../load-table.ts';

export interface BooksDeps {
  readonly store: ObjectStore;
  readonly catalog: TableCatalog;
  readonly queries: QueryEngine;
}

/** Events of a failed batch that nothing else accounts for. */
export interface Hole {
  readonly stream: string;
  readonly hour: string;
  readonly events: number;
  /** Object of the failure destination, and which events of the shard. */
  readonly evidence: string;
}

/** The books of a domain as its ledger has them. */
export interface Books extends Balance {
  readonly domain: string;
  /** When something was booked last; null before the first run. */
  readonly rolledUpMs: number | null;
  /** Every shard is counted up to here; null when that is not known. */
  readonly countedToMs: number | null;
  readonly holes: readonly Hole[];
}

export interface BooksRequest {
  readonly domain: string;
  readonly ledgerTable: TableIdent;
  readonly graceMs: number;
  readonly nowMs: number;
  /** Leaves out earlier arrival hours; receipts, which have none, are then not compared. */
  readonly sinceMs: number | null;
}

/** Adds up the ledger's table by SQL and judges the sums as the ledger does. */
export async function readBooks(deps: BooksDeps, request: BooksRequest): Promise<Books> {
  const { domain, ledgerTable, graceMs, nowMs, sinceMs } = request;
  const { metadata } = await loadTable(deps, ledgerTable);
  const cursor = readLedgerCursor(metadata, domain);
  const since = sinceMs === null ? '' : ` AND hour >= ${timestampLiteral(sinceMs)}`;
  const from = `FROM ${ledgerTable.database}.${ledgerTable.table} WHERE domain = '${domain}'${since}`;
  const hours = await readHours(deps.queries, from);
  const countedToMs = allCountedTo(cursor.shards);
  const balance = judgeBalance({
    domain,
    totals: totalsOf(hours),
    open: openOf(hours),
    nowMs,
    graceMs,
    standstill: false,
    readToEnd: cursor.toEnd,
    compareReceipts: sinceMs === null,
    readToMs: countedTo(cursor),
  });
  return {
    ...balance,
    domain,
    problems: [...describeTrimmed(domain, cursor.gaps), ...balance.problems],
    rolledUpMs: cursor.writtenMs === 0 ? null : cursor.writtenMs,
    countedToMs,
    holes: await readHoles(deps.queries, from),
  };
}

interface HourSum {
  readonly stream: string;
  readonly source: string;
  readonly hour: string;
  readonly counts: LedgerCounts;
}

async function readHours(queries: QueryEngine, from: string): Promise<readonly HourSum[]> {
  const { rows } = await queries.query(
    'SELECT stream, source, hour, sum(received), sum(acknowledged), sum(committed), sum(rejected), ' +
      `sum(deduplicated), sum(dead_lettered), sum(late) ${from} GROUP BY stream, source, hour`,
  );
  return rows.map(([stream, source, hour, ...sums]) => {
    const [received, acknowledged, committed, rejected, deduplicated, deadLettered, late] =
      sums.map((sum) => Number(sum ?? 0));
    return {
      stream: stream ?? '',
      source: source ?? '',
      hour: hourOfTimestamp(hour),
      counts: {
        received: received ?? 0,
        acknowledged: acknowledged ?? 0,
        committed: committed ?? 0,
        rejected: rejected ?? 0,
        deduplicated: deduplicated ?? 0,
        deadLettered: deadLettered ?? 0,
        late: late ?? 0,
      },
    };
  });
}

async function readHoles(queries: QueryEngine, from: string): Promise<readonly Hole[]> {
  const { rows } = await queries.query(
    `SELECT stream, hour, sum(dead_lettered), evidence ${from} AND entry = 'hole' ` +
      'GROUP BY stream, hour, evidence HAVING sum(dead_lettered) <> 0 ORDER BY hour, stream, evidence',
  );
  return rows.map(([stream, hour, events, evidence]) => ({
    stream: stream ?? '',
    hour: hourOfTimestamp(hour),
    events: Number(events ?? 0),
    evidence: evidence ?? '',
  }));
}

function totalsOf(hours: readonly HourSum[]): ReadonlyMap<string, LedgerCounts> {
  const totals = new Map<string, LedgerCounts>();
  for (const { stream, counts } of hours) {
    totals.set(stream, addLedgerCounts(totals.get(stream) ?? NO_LEDGER_COUNTS, counts));
  }
  return totals;
}

function openOf(hours: readonly HourSum[]): readonly OpenHour[] {
  return hours
    .map(({ stream, source, hour, counts }) => ({
      stream,
      source,
      hour,
      difference: counts.received - accountedFor(counts),
    }))
    .filter(({ difference }) => difference !== 0)
    .sort((a, b) => (a.hour < b.hour ? -1 : 1));
}

/** `2026-11-20 21:00:00.000000`, as Athena writes it, as `2026-11-20T21`. */
function hourOfTimestamp(text: string | null | undefined): string {
  return (text ?? '').slice(0, 13).replace(' ', 'T');
}

function timestampLiteral(timeMs: number): string {
  const iso = new Date(timeMs).toISOString();
  return `TIMESTAMP '${iso.slice(0, 10)} ${iso.slice(11, 23)}'`;
}
