import { describe, expect, it } from 'vitest';
import { allCountedTo, countedTo } from '#core/ledger/counted-to.ts';
import type { ShardCursor } from '#core/ledger/ledger-cursor.ts';

function shards(...cursors: readonly Partial<ShardCursor>[]): ReadonlyMap<string, ShardCursor> {
  return new Map(
    cursors.map((cursor, index) => [
      `kinesis:local-market/s${index}`,
      { sequence: null, readToMs: null, ended: false, ...cursor },
    ]),
  );
}

describe('countedTo', () => {
  it('knows the time of each shard, and that nothing is left of ended and unknown ones', () => {
    const of = countedTo({
      shards: shards({ readToMs: 5 }, {}, { readToMs: 3, ended: true }),
      files: { booked: [], open: ['file:trades/a.csv@1'] },
    });
    expect(of('kinesis:local-market/s0')).toBe(5);
    expect(of('kinesis:local-market/s1')).toBeNull();
    expect(of('kinesis:local-market/s2')).toBe(Number.POSITIVE_INFINITY);
    expect(of('replay:somewhere')).toBe(Number.POSITIVE_INFINITY);
    expect(of('file:trades/a.csv@1')).toBeNull();
    expect(of('file:trades/b.csv@2')).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('allCountedTo', () => {
  it('is the time of the shard that is furthest behind, ended ones left out', () => {
    expect(allCountedTo(shards({ readToMs: 5 }, { readToMs: 4 }, { ended: true }))).toBe(4);
  });

  it('is null while one is not known, and without shards', () => {
    expect(allCountedTo(shards({ readToMs: 5 }, {}))).toBeNull();
    expect(allCountedTo(new Map())).toBeNull();
  });
});
