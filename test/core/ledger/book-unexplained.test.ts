import { describe, expect, it } from 'vitest';
import type { UnexplainedCounts } from '#core/ledger/book-table.ts';
import { bookUnexplained, type JournalHour } from '#core/ledger/book-unexplained.ts';
import { type LedgerCounts, NO_LEDGER_COUNTS } from '#core/ledger/ledger-entry.ts';
import type { OpenHour } from '#core/ledger/open-hours.ts';
import { HOUR_10, HOUR_11, HOUR_12, OTHER_SHARD, SHARD } from './table-history.ts';

function unexplained(
  counts: Partial<LedgerCounts>,
  table: UnexplainedCounts['table'] = { kind: 'commit', table: 'trade', stream: 'trade' },
): UnexplainedCounts {
  return {
    table,
    source: SHARD,
    counts: { ...NO_LEDGER_COUNTS, ...counts },
    evidence: 'totals',
    hour: HOUR_12,
  };
}

function open(hour: string, difference: number, of: Partial<OpenHour> = {}): OpenHour {
  return { stream: 'trade', source: SHARD, hour, difference, ...of };
}

function booked(hour: string, counts: Partial<LedgerCounts>): JournalHour {
  return { stream: 'trade', source: SHARD, hour, counts: { ...NO_LEDGER_COUNTS, ...counts } };
}

function book(
  counts: UnexplainedCounts,
  context: Partial<Parameters<typeof bookUnexplained>[1]>,
): readonly string[] {
  const entries = bookUnexplained(counts, { open: [], journal: [], bookRest: true, ...context });
  return entries.map(({ stream, hour, counts: c }) => {
    const filled = Object.entries(c).filter(([, count]) => count !== 0);
    return `${stream} ${hour.slice(11)} ${filled.map(([name, count]) => `${name} ${count}`).join(', ')}`;
  });
}

describe('bookUnexplained', () => {
  it('gives what was added to the oldest hours whose events are on their way', () => {
    const hours = [open(HOUR_11, 9), open(HOUR_10, 4)];
    expect(book(unexplained({ committed: 6, deduplicated: 2 }), { open: hours })).toEqual([
      'trade 10 committed 4',
      'trade 11 committed 2',
      'trade 11 deduplicated 2',
    ]);
  });

  it('leaves hours of other streams and shards, and hours with a surplus, alone', () => {
    const hours = [
      open(HOUR_10, 9, { stream: 'quote' }),
      open(HOUR_10, 9, { source: OTHER_SHARD }),
      open(HOUR_10, -9),
      open(HOUR_11, 5),
    ];
    expect(book(unexplained({ committed: 5 }), { open: hours })).toEqual(['trade 11 committed 5']);
  });

  it('gives what was refused to any stream of the shard', () => {
    const rejected = unexplained({ rejected: 3 }, { kind: 'rejected', table: 'rejected' });
    const hours = [open(HOUR_10, 2, { stream: 'quote' }), open(HOUR_11, 5)];
    expect(book(rejected, { open: hours })).toEqual(['quote 10 rejected 2', 'trade 11 rejected 1']);
  });

  it('takes back from the newest hours that are booked, each place by itself', () => {
    const journal = [
      booked(HOUR_10, { committed: 5, deduplicated: 4 }),
      booked(HOUR_12, { committed: 2 }),
      booked(HOUR_11, { committed: 3, deduplicated: 1 }),
    ];
    expect(book(unexplained({ committed: -4, deduplicated: -2 }), { journal })).toEqual([
      'trade 12 committed -2',
      'trade 11 committed -2',
      'trade 11 deduplicated -1',
      'trade 10 deduplicated -1',
    ]);
  });

  it('books the rest at the hour of the snapshot, where it shows, once everything is read', () => {
    const hours = [open(HOUR_10, 1)];
    expect(book(unexplained({ committed: 3 }), { open: hours })).toEqual([
      'trade 10 committed 1',
      'trade 12 committed 2',
    ]);
    expect(book(unexplained({ committed: 3 }), { open: hours, bookRest: false })).toEqual([
      'trade 10 committed 1',
    ]);
  });

  it('keeps late rows with the committed ones', () => {
    const hours = [open(HOUR_10, 1), open(HOUR_11, 4)];
    expect(book(unexplained({ committed: 3, late: 2 }), { open: hours })).toEqual([
      'trade 10 committed 1',
      'trade 11 committed 2, late 2',
    ]);
    expect(book(unexplained({ late: 2 }), {})).toEqual(['trade 12 late 2']);
    expect(book(unexplained({ late: 2 }), { bookRest: false })).toEqual([]);
  });
});
