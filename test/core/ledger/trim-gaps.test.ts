import { describe, expect, it } from 'vitest';
import type { TrimGap } from '#core/ledger/ledger-cursor.ts';
import type { OpenHour } from '#core/ledger/open-hours.ts';
import { bookTrimmed, currentGaps, describeGap, describeTrimmed } from '#core/ledger/trim-gaps.ts';
import { HOUR_10, HOUR_11, HOUR_12, OTHER_SHARD, SHARD } from './table-history.ts';

const GAP: TrimGap = {
  source: SHARD,
  fromMs: Date.parse('2026-11-20T10:30:00Z'),
  toMs: Date.parse('2026-11-20T11:15:00Z'),
  events: 0,
};

function open(hour: string, difference: number, source = SHARD): OpenHour {
  return { stream: 'trade', source, hour, difference };
}

describe('bookTrimmed', () => {
  it('books as received what is accounted for in the hours of a gap', () => {
    const hours = [open(HOUR_10, -3), open(HOUR_11, -4)];
    const { entries, gaps } = bookTrimmed(hours, [GAP], () => true);
    expect(entries).toMatchObject([
      { kind: 'read', hour: HOUR_10, counts: { received: 3 } },
      { kind: 'read', hour: HOUR_11, counts: { received: 4 } },
    ]);
    expect(entries[0]?.evidence).toMatchObject({ text: expect.stringContaining('10:30:00Z') });
    expect(gaps).toEqual([{ ...GAP, events: 7 }]);
  });

  it('leaves other hours and shards alone, and events that are missing', () => {
    const hours = [open(HOUR_12, -3), open(HOUR_10, -3, OTHER_SHARD), open(HOUR_11, 5)];
    expect(bookTrimmed(hours, [GAP], () => true).entries).toEqual([]);
  });

  it('waits until the hour is closed', () => {
    expect(bookTrimmed([open(HOUR_10, -3)], [GAP], () => false).entries).toEqual([]);
  });

  it('knows gaps without a beginning', () => {
    const gap = { ...GAP, fromMs: null };
    expect(bookTrimmed([open('2020-01-01T00', -1)], [gap], () => true).entries).toHaveLength(1);
    expect(describeGap(gap)).toBe('arrived from the beginning to 2026-11-20T11:15:00Z');
  });
});

describe('currentGaps', () => {
  it('keeps a gap for a retention, and longer while an hour of it is open', () => {
    const times = { nowMs: GAP.toMs + 1000, retentionMs: 1001 };
    expect(currentGaps([GAP], [], times)).toEqual([GAP]);
    expect(currentGaps([GAP], [], { ...times, retentionMs: 1000 })).toEqual([]);
    expect(currentGaps([GAP], [open(HOUR_11, -1)], { ...times, retentionMs: 1000 })).toEqual([GAP]);
  });
});

describe('describeTrimmed', () => {
  it('says how many are known to be missing from the count, and nothing of a gap without loss', () => {
    expect(describeTrimmed('market', [GAP, { ...GAP, events: 7 }])).toEqual([
      expect.stringMatching(/^market, .*: 7 events that arrived from .* were trimmed before/),
    ]);
  });
});
