import { describe, expect, it } from 'vitest';
import { type BalanceRequest, judgeBalance } from '#core/ledger/balance.ts';
import { NO_LEDGER_COUNTS } from '#core/ledger/ledger-entry.ts';
import type { OpenHour } from '#core/ledger/open-hours.ts';
import { HOUR_10, HOUR_11, HOUR_12, SHARD } from './table-history.ts';

const NOW_MS = Date.parse('2026-11-20T12:10:00Z');
const TOTALS = { ...NO_LEDGER_COUNTS, received: 9, acknowledged: 9, committed: 9 };

function judge(
  open: readonly Pick<OpenHour, 'hour' | 'difference'>[],
  changes: Partial<BalanceRequest> = {},
) {
  return judgeBalance({
    domain: 'market',
    totals: new Map([['trade', TOTALS]]),
    open: open.map((hour) => ({ stream: 'trade', source: SHARD, ...hour })),
    nowMs: NOW_MS,
    graceMs: 15 * 60_000,
    standstill: false,
    readToEnd: true,
    readToMs: () => NOW_MS,
    ...changes,
  });
}

describe('judgeBalance', () => {
  it('finds nothing when every hour is at zero', () => {
    expect(judge([])).toEqual({
      unbalanced: 0,
      problems: [],
      lines: [{ stream: 'trade', ...TOTALS, inFlight: 0, unbalanced: 0 }],
    });
  });

  it('lets events be on their way in an hour that is open, its grace included', () => {
    const { lines, problems } = judge([
      { hour: HOUR_11, difference: 2 },
      { hour: HOUR_12, difference: 3 },
    ]);
    expect(problems).toEqual([]);
    expect(lines).toMatchObject([{ inFlight: 5, unbalanced: 0 }]);
  });

  it('names stream, hour, shard, number and next step of what is missing in a closed hour', () => {
    const { lines, unbalanced, problems } = judge([{ hour: HOUR_10, difference: 5 }]);
    expect({ unbalanced, lines }).toMatchObject({ unbalanced: 5, lines: [{ unbalanced: 5 }] });
    expect(problems).toEqual([
      `market.trade, arrival hour ${HOUR_10}, ${SHARD}: 5 events read off the shard, but neither committed, rejected, deduplicated nor dead-lettered; ` +
        'when the writer is behind they are on their way, otherwise look for its errors of that hour (docs/ledger.md, "missing")',
    ]);
  });

  it('finds more accounted for than received at once, without waiting for the grace', () => {
    for (const [hour, readToEnd] of [
      [HOUR_11, false],
      [HOUR_12, true],
    ] as const) {
      const { unbalanced, problems } = judge([{ hour, difference: -1 }], { readToEnd });
      expect(unbalanced).toBe(1);
      expect(problems).toEqual([expect.stringMatching(/1 event more than were read.*too many/)]);
    }
    expect(judge([{ hour: HOUR_12, difference: -1 }], { readToEnd: false }).unbalanced).toBe(0);
  });

  it('does not let a surplus of one hour hide the loss of another', () => {
    const balance = judge([
      { hour: HOUR_10, difference: 4 },
      { hour: HOUR_11, difference: -4 },
    ]);
    expect(balance.unbalanced).toBe(8);
  });

  it('judges no hour that is not read off its shard yet', () => {
    const readToMs = () => Date.parse('2026-11-20T10:59:59Z');
    const { unbalanced, lines } = judge(
      [
        { hour: HOUR_10, difference: -4 },
        { hour: HOUR_11, difference: 2 },
      ],
      { readToMs, readToEnd: false },
    );
    expect(unbalanced).toBe(0);
    expect(lines).toMatchObject([{ inFlight: 2 }]);
    const unknown = { readToMs: () => null, readToEnd: false };
    expect(judge([{ hour: HOUR_10, difference: -4 }], unknown).unbalanced).toBe(0);
  });

  it('takes every hour as closed at a standstill', () => {
    expect(judge([{ hour: HOUR_12, difference: 3 }], { standstill: true }).unbalanced).toBe(3);
  });

  it('finds receipts for events that stand on no shard, once the shards are read to their end', () => {
    const totals = new Map([['trade', { ...TOTALS, acknowledged: 11 }]]);
    expect(judge([], { totals }).problems).toEqual([
      'market.trade: producers hold receipts for 11 events, but only 9 stand on the shards; ' +
        'look whether the stream was trimmed or replaced (docs/ledger.md, "receipts")',
    ]);
    expect(judge([], { totals, readToEnd: false }).problems).toEqual([]);
    expect(judge([], { totals, compareReceipts: false }).problems).toEqual([]);
  });

  it('shows a stream that nothing but an open hour knows', () => {
    const open = [{ stream: '_unknown', source: SHARD, hour: HOUR_10, difference: 1 }];
    expect(judge([], { open }).lines.map(({ stream }) => stream)).toEqual(['_unknown', 'trade']);
  });
});
