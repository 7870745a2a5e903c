import { describe, expect, it } from 'vitest';
import type { Books } from '#app/ledger/read-books.ts';
import { booksResult, showBooks } from '#cli/ledger/print-books.ts';
import { createOutput } from '#cli/output.ts';
import { RecordingStreams } from '../recording-streams.ts';

const NOW_MS = Date.parse('2026-11-20T21:10:00Z');
const LINE = {
  stream: 'trade',
  received: 12_345,
  acknowledged: 12_340,
  committed: 12_300,
  rejected: 20,
  deduplicated: 10,
  deadLettered: 5,
  late: 7,
  inFlight: 10,
  unbalanced: 0,
};
const BOOKS: Books = {
  domain: 'market',
  lines: [LINE],
  unbalanced: 0,
  problems: [],
  rolledUpMs: NOW_MS - 90_000,
  countedToMs: NOW_MS - 60_000,
  holes: [],
};

const HOLE = {
  stream: 'trade',
  hour: '2026-11-20T20',
  events: 5,
  evidence: `s3://dead/x, events ${'1'.padStart(56, '0')}/0 to ${'2'.padStart(56, '0')}/0`,
};

function printed(books: Books): string {
  const streams = new RecordingStreams();
  showBooks(createOutput(streams, false), books, { nowMs: NOW_MS });
  return streams.stdoutText + streams.stderrText;
}

describe('showBooks', () => {
  it('shows age, counts as a sum, and the verdict', () => {
    expect(printed(BOOKS)).toBe(`
Books of market: last booked 90 s ago, the shards are counted up to 2026-11-20T21:09:00Z.

received = committed + rejected + deduplicated + dead-lettered + in flight + unbalanced

stream  received  committed  rejected  deduplicated  dead-lettered  in flight  unbalanced  of these late  acknowledged
──────  ────────  ─────────  ────────  ────────────  ─────────────  ─────────  ──────────  ─────────────  ────────────
trade     12,345     12,300        20            10              5         10           0              7        12,340

Every closed hour balances; what is in flight belongs to hours that are still open.
`);
  });

  it('shows holes with their objects, and problems before the verdict', () => {
    const text = printed({ ...BOOKS, holes: [HOLE], problems: ['market.trade: 5 events …'] });
    expect(text).toContain(`
Holes: events of batches that the writer gave up, kept whole in these objects:
  5 events of trade, arrival hour 2026-11-20T20
    s3://dead/x
`);
    expect(text).toContain('market.trade: 5 events …');
    expect(text).toContain('THE BOOKS DO NOT BALANCE.');
  });

  it('shows the first holes of many, and how many events are in them', () => {
    const lines = [{ ...LINE, inFlight: 0 }];
    const text = printed({ ...BOOKS, lines, holes: Array.from({ length: 25 }, () => HOLE) });
    expect(text).toContain('and 5 more; --json lists them all');
    expect(text).toContain(
      'Every event counted so far is accounted for, 125 events in failed batches only.',
    );
  });

  it('says what to do before the first run, and when not everything is counted', () => {
    expect(printed({ ...BOOKS, rolledUpMs: null })).toBe(
      '\nBooks of market: not rolled up yet; --run does it now.\n',
    );
    expect(printed({ ...BOOKS, countedToMs: null })).toContain('not every shard is counted');
    expect(printed({ ...BOOKS, rolledUpMs: NOW_MS - 3 * 3_600_000 })).toContain('3 hours ago');
    expect(printed({ ...BOOKS, rolledUpMs: NOW_MS - 10 * 60_000 })).toContain('10 minutes ago');
  });
});

describe('booksResult', () => {
  it('has the same counts for machines', () => {
    expect(booksResult(BOOKS)).toMatchObject({
      domain: 'market',
      rolled_up: '2026-11-20T21:08:30.000Z',
      counted_to: '2026-11-20T21:09:00.000Z',
      streams: [{ stream: 'trade', received: 12_345, dead_lettered: 5, in_flight: 10 }],
      holes: [],
      problems: [],
    });
    expect(booksResult({ ...BOOKS, rolledUpMs: null })).toMatchObject({ rolled_up: null });
  });
});
