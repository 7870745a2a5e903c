import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type LedgerCounts,
  type LedgerEntry,
  NO_LEDGER_COUNTS,
} from '#core/ledger/ledger-entry.ts';
import { applyEntries, type OpenHours } from '#core/ledger/open-hours.ts';
import { HOUR_10, HOUR_11, OTHER_SHARD, SHARD } from './table-history.ts';

function entry(counts: Partial<LedgerCounts>, of: Partial<LedgerEntry> = {}): LedgerEntry {
  return {
    stream: 'trade',
    source: SHARD,
    hour: HOUR_10,
    kind: 'read',
    counts: { ...NO_LEDGER_COUNTS, ...counts },
    evidence: { kind: 'words', text: '' },
    ...of,
  };
}

describe('applyEntries', () => {
  it('adds what was received and subtracts what is accounted for, by stream, source and hour', () => {
    const open = applyEntries(
      [],
      [
        entry({ received: 9 }),
        entry({ committed: 3, late: 2 }),
        entry({ rejected: 1, deduplicated: 1, deadLettered: 1 }),
        entry({ received: 1 }, { hour: HOUR_11 }),
        entry({ committed: 2 }, { source: OTHER_SHARD }),
      ],
    );
    expect(open).toEqual([
      { stream: 'trade', source: SHARD, hour: HOUR_10, difference: 3 },
      { stream: 'trade', source: SHARD, hour: HOUR_11, difference: 1 },
      { stream: 'trade', source: OTHER_SHARD, hour: HOUR_10, difference: -2 },
    ]);
  });

  it('forgets an hour at zero, and takes no notice of receipts', () => {
    const open = applyEntries([], [entry({ received: 2 }), entry({ acknowledged: 5 })]);
    expect(applyEntries(open, [entry({ committed: 2 })])).toEqual([]);
  });

  it('comes to the same whether entries come at once or one by one', () => {
    const some = fc.array(
      fc.record({
        hour: fc.constantFrom(HOUR_10, HOUR_11),
        source: fc.constantFrom(SHARD, OTHER_SHARD),
        received: fc.integer({ min: -5, max: 5 }),
        committed: fc.integer({ min: -5, max: 5 }),
      }),
    );
    fc.assert(
      fc.property(some, (amounts) => {
        const entries = amounts.map(({ hour, source, received, committed }) =>
          entry({ received, committed }, { hour, source }),
        );
        const stepwise = entries.reduce<OpenHours>((open, each) => applyEntries(open, [each]), []);
        expect(stepwise).toEqual(applyEntries([], entries));
      }),
    );
  });
});
