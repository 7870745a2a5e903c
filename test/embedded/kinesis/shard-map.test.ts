import { describe, expect, it } from 'vitest';
import {
  createShards,
  MAX_HASH_KEY,
  mergeShards,
  openShards,
  type ReshardContext,
  type Shard,
  scaleUniformly,
  splitShard,
} from '#embedded/kinesis/shard-map.ts';

const context: ReshardContext = {
  nowMs: 5000,
  lastPosition: (shard) => ({ arrivalMs: 9000 + shard.index, ordinal: 10 }),
};

/** The open ranges, from 0 to 2^128-1 without a gap or an overlap. */
function ranges(shards: readonly Shard[]): readonly (readonly [bigint, bigint])[] {
  return openShards(shards).map((shard) => [shard.startingHashKey, shard.endingHashKey] as const);
}

function expectWholeKeySpace(shards: readonly Shard[]): void {
  let next = 0n;
  for (const [from, to] of ranges(shards)) {
    expect(from).toBe(next);
    next = to + 1n;
  }
  expect(next).toBe(MAX_HASH_KEY + 1n);
}

describe('shard map', () => {
  it.each([1, 2, 3, 7, 100])(
    'divides the hash keys of a new stream into %i equal ranges',
    (count) => {
      const shards = createShards(count, 1000);
      expect(shards).toHaveLength(count);
      expectWholeKeySpace(shards);
      const widths = shards.slice(0, -1).map((s) => s.endingHashKey - s.startingHashKey);
      expect(new Set(widths).size).toBeLessThanOrEqual(1);
    },
  );

  it('opens the children of a split later than everything in their parent', () => {
    const [parent] = createShards(1, 1000);
    if (parent === undefined) throw new Error('no shard');
    const shards = splitShard([parent], parent, { ...context, newStartingHashKey: 1000n });
    const [closed, lower, upper] = shards;
    expect(closed?.end).toEqual({ arrivalMs: 9000, ordinal: 11 });
    expect(lower).toMatchObject({ index: 1, parentIndexes: [0], endingHashKey: 999n, end: null });
    expect(upper).toMatchObject({ index: 2, parentIndexes: [0], startingHashKey: 1000n });
    expect(lower?.start).toEqual({ arrivalMs: 9001, ordinal: 0 });
    expectWholeKeySpace(shards);
  });

  it('merges two shards named in either order into one over both ranges', () => {
    const shards = createShards(3, 1000);
    const [first, second] = shards;
    if (first === undefined || second === undefined) throw new Error('no shards');
    const merged = mergeShards(shards, [second, first], context);
    const child = merged.at(-1);
    expect(child).toMatchObject({ index: 3, parentIndexes: [1, 0], startingHashKey: 0n });
    expect(child?.endingHashKey).toBe(second.endingHashKey);
    expect(child?.start.arrivalMs).toBe(9002);
    expectWholeKeySpace(merged);
  });

  it.each([
    [1, 2],
    [2, 1],
    [2, 3],
    [3, 2],
    [4, 7],
    [7, 4],
    [5, 5],
  ])('scales %i shards to %i equal ranges', (from, to) => {
    const scaled = scaleUniformly(createShards(from, 1000), to, context);
    expect(ranges(scaled)).toEqual(ranges(createShards(to, 1000)));
    for (const shard of scaled.slice(from)) {
      expect(shard.parentIndexes.length).toBeGreaterThan(0);
      for (const parent of shard.parentIndexes) expect(parent).toBeLessThan(shard.index);
    }
  });

  it('leaves equal ranges as they are', () => {
    const shards = createShards(4, 1000);
    expect(scaleUniformly(shards, 4, context)).toEqual(shards);
  });
});
