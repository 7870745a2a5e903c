import { planScan } from '#core/iceberg/scan/plan-scan.ts';
import type { ScanPredicate } from '#core/iceberg/scan/scan-predicate.ts';
import type { TableMetadata } from '#core/iceberg/spec/table-metadata.ts';
import { hourStartMs } from '#core/ledger/arrival-hours.ts';
import { JOURNAL_COLUMNS, type JournalLine, journalLine } from '#core/ledger/ledger-table.ts';
import { readLiveRows } from '../read-live-rows.ts';
import type { LedgerDeps } from './ledger-config.ts';

/**
 * Lines of the ledger's own table, of a domain. It is read back only when something unusual happened (a
 * failed batch, commits that are gone): the running balance needs no journal.
 */
export async function readJournal(
  deps: Pick<LedgerDeps, 'store' | 'reader'>,
  ledger: TableMetadata,
  options: {
    readonly domain: string;
    /** Only of these arrival hours. */
    readonly hours?: ReadonlySet<string>;
  },
): Promise<readonly JournalLine[]> {
  const { domain, hours } = options;
  if (hours?.size === 0) return [];
  const filter = predicate(domain, hours);
  const { files } = await planScan({ read: (uri) => deps.store.get(uri) }, ledger, { filter });
  const lines: JournalLine[] = [];
  for await (const rows of readLiveRows(deps.reader, files, JOURNAL_COLUMNS)) {
    const own = rows.filter((row) => row['domain'] === domain).map(journalLine);
    lines.push(...own.filter(({ hour }) => hours?.has(hour) ?? true));
  }
  return lines;
}

function predicate(domain: string, hours: ReadonlySet<string> | undefined): ScanPredicate {
  const ofDomain = { op: '=', column: 'domain', value: domain } as const;
  if (hours === undefined) return ofDomain;
  const values = [...hours].map((hour) => BigInt(hourStartMs(hour)) * 1000n);
  return { op: 'and', operands: [ofDomain, { op: 'in', column: 'hour', values }] };
}
