import { describe, expect, it } from 'vitest';
import type { PositionRange, RangeEvidence } from '#core/ledger/evidence.ts';
import { type JournalRange, judgeFailures, type OpenedBatch } from '#core/ledger/judge-failures.ts';
import type { LedgerEntry } from '#core/ledger/ledger-entry.ts';
import { at, HOUR_10, HOUR_11, OTHER_SHARD, SHARD } from './table-history.ts';

/** A failed batch of one-event records, `trade` unless said otherwise. */
function batch(
  uri: string,
  sequences: readonly number[],
  options: { readonly stream?: string; readonly hour?: string; readonly source?: string } = {},
): OpenedBatch {
  const { stream = 'trade', hour = HOUR_10, source = SHARD } = options;
  return {
    uri,
    source,
    first: at(sequences[0] ?? 0),
    last: at(sequences.at(-1) ?? 0),
    events: sequences.map((sequence) => ({ stream, hour, position: at(sequence) })),
  };
}

function line(
  kind: 'commit' | 'hole',
  evidence: RangeEvidence,
  options: { readonly deadLettered?: number; readonly stream?: string } = {},
): JournalRange {
  const { deadLettered = 0, stream = 'trade' } = options;
  return { stream, source: SHARD, hour: HOUR_10, kind, deadLettered, evidence };
}

function commit(first: number, last: number, rolledBack = false): JournalRange {
  const snapshotId = BigInt(first);
  const range = { first: at(first), last: at(last) };
  return line('commit', { kind: 'snapshot', snapshotId, rolledBack, ...range });
}

function hole(uri: string, first: number, last: number, deadLettered: number): JournalRange {
  const range = { first: at(first), last: at(last) };
  return line('hole', { kind: 'failure', uri, ...range }, { deadLettered });
}

function judge(
  batches: readonly OpenedBatch[],
  options: {
    journal?: readonly JournalRange[];
    rejected?: readonly number[];
    staged?: readonly PositionRange[];
  } = {},
): readonly LedgerEntry[] {
  const rejected = new Set((options.rejected ?? []).map((sequence) => at(sequence).sequence));
  return judgeFailures(batches, {
    journal: options.journal ?? [],
    isRejected: (_source, { sequence }) => rejected.has(sequence),
    staged: new Map([[SHARD, options.staged ?? []]]),
  });
}

function holes(entries: readonly LedgerEntry[]): readonly (readonly [string, number])[] {
  return entries.map(({ evidence, counts }) => [
    evidence.kind === 'failure' ? evidence.uri : '',
    counts.deadLettered,
  ]);
}

describe('judgeFailures', () => {
  it('books every event of a batch that nothing accounts for', () => {
    expect(judge([batch('a', [1, 2, 3])])).toMatchObject([
      {
        stream: 'trade',
        source: SHARD,
        hour: HOUR_10,
        kind: 'hole',
        counts: { deadLettered: 3, received: 0 },
        evidence: { kind: 'failure', uri: 'a', first: at(1), last: at(3) },
      },
    ]);
  });

  it('books by stream and arrival hour', () => {
    const mixed: OpenedBatch = {
      ...batch('a', [1, 2, 3]),
      events: [
        { stream: 'trade', hour: HOUR_10, position: at(1) },
        { stream: 'quote', hour: HOUR_10, position: at(2) },
        { stream: 'trade', hour: HOUR_11, position: at(3) },
      ],
    };
    const found = judge([mixed]).map(({ stream, hour, counts }) => [
      stream,
      hour,
      counts.deadLettered,
    ]);
    expect(found).toEqual([
      ['trade', HOUR_10, 1],
      ['quote', HOUR_10, 1],
      ['trade', HOUR_11, 1],
    ]);
  });

  it('leaves out what a commit of the stream covers', () => {
    const journal = [commit(1, 2), line('commit', commit(3, 3).evidence, { stream: 'quote' })];
    expect(holes(judge([batch('a', [1, 2, 3])], { journal }))).toEqual([['a', 1]]);
  });

  it('counts what a commit covered that was rolled back, and not when it came back', () => {
    const rolledBack = [commit(1, 3), commit(1, 3, true)];
    expect(holes(judge([batch('a', [1, 2, 3])], { journal: rolledBack }))).toEqual([['a', 3]]);
    const undone = [...rolledBack, commit(1, 3)];
    expect(judge([batch('a', [1, 2, 3])], { journal: undone })).toEqual([]);
  });

  it('leaves out what a staged batch of the source has decided about', () => {
    const staged = [{ first: at(2), last: at(3) }];
    const elsewhere = batch('b', [1, 2, 3], { source: OTHER_SHARD });
    expect(holes(judge([batch('a', [1, 2, 3]), elsewhere], { staged }))).toEqual([
      ['a', 1],
      ['b', 3],
    ]);
  });

  it('leaves out what stands in the rejected table', () => {
    expect(holes(judge([batch('a', [1, 2, 3])], { rejected: [2] }))).toEqual([['a', 2]]);
  });

  it('books a batch once, however often it is judged', () => {
    const journal = [hole('a', 1, 3, 3)];
    expect(judge([batch('a', [1, 2, 3])], { journal })).toEqual([]);
  });

  it('counts an event in several batches once, in the first one', () => {
    expect(holes(judge([batch('a', [1, 2, 3]), batch('b', [2, 3, 4, 5])]))).toEqual([
      ['a', 3],
      ['b', 2],
    ]);
  });

  it('counts an event once when the first batch was booked by an earlier run', () => {
    const journal = [hole('a', 1, 3, 3)];
    expect(holes(judge([batch('b', [2, 3, 4])], { journal }))).toEqual([['b', 1]]);
    const again = [...journal, hole('b', 2, 4, 1)];
    expect(judge([batch('a', [1, 2, 3]), batch('b', [2, 3, 4])], { journal: again })).toEqual([]);
  });

  it('moves events to a batch that was written earlier and seen later', () => {
    const journal = [hole('b', 2, 4, 3)];
    expect(holes(judge([batch('a', [1, 2, 3]), batch('b', [2, 3, 4])], { journal }))).toEqual([
      ['a', 3],
      ['b', -2],
    ]);
  });

  it('takes a hole back when a commit came in after all', () => {
    const journal = [hole('a', 1, 3, 3), commit(1, 2)];
    expect(holes(judge([batch('a', [1, 2, 3])], { journal }))).toEqual([['a', -2]]);
  });

  it('keeps shards apart', () => {
    const elsewhere = batch('b', [1, 2], { source: OTHER_SHARD });
    expect(holes(judge([batch('a', [1, 2]), elsewhere], { journal: [commit(1, 2)] }))).toEqual([
      ['b', 2],
    ]);
  });
});
