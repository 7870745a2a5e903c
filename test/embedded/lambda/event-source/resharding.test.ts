import { describe, expect, it } from 'vitest';
import { SHARD_0, SHARD_1, SHARD_2, textsOf } from '../start-mappings.ts';
import { startVirtualMapping } from './start-virtual-mapping.ts';

const SHARD_3 = 'shardId-000000000003';
const SHARD_4 = 'shardId-000000000004';

/** Records what the function took; it fails on texts that are in `failing`. */
function start(options: Parameters<typeof startVirtualMapping>[1] = {}) {
  const seen: string[] = [];
  const failing = new Set<string>();
  const handler = (records: Parameters<typeof textsOf>[0]) => {
    const texts = textsOf(records);
    if (texts.some((text) => failing.has(text))) throw new Error('no');
    seen.push(...texts);
  };
  return { ...startVirtualMapping(handler, options), seen, failing, handler };
}

describe('children of a shard', () => {
  it('wait while a batch of their parent is retried', async () => {
    const { clock, source, mappings, seen, failing } = start();
    failing.add('parent');
    source.put(SHARD_0, 'a', 'parent');
    mappings.start();
    await clock.advance(1000);
    const [low = '', high = ''] = source.split(SHARD_0);
    source.put(low, 'a', 'low');
    source.put(high, 'b', 'high');
    await clock.advance(3_600_000);
    expect(seen).toEqual([]);
    failing.clear();
    await clock.advance(31_000);
    expect(seen).toEqual(['parent', 'low', 'high']);
  });

  it('wait until their parent is given up, and its records are at the destination', async () => {
    const away = { isAway: true };
    const stored: string[] = [];
    const { clock, source, mappings, seen, failing } = start({
      mapping: { maxRetryAttempts: 0 },
      s3: {
        putObject: async (_bucket, key) => {
          if (away.isAway) throw new Error('disk full');
          stored.push(key);
          return true;
        },
      },
    });
    failing.add('parent');
    source.put(SHARD_0, 'a', 'parent');
    const [low = ''] = source.split(SHARD_0);
    source.put(low, 'a', 'low');
    mappings.start();
    await clock.advance(60_000);
    expect(seen).toEqual([]);
    away.isAway = false;
    await clock.advance(31_000);
    expect(stored).toHaveLength(1);
    expect(seen).toEqual(['low']);
  });

  it('wait for every generation before them, and for shards that never held a record', async () => {
    const { clock, source, mappings, seen, failing } = start();
    failing.add('first');
    source.put(SHARD_0, 'a', 'first');
    source.split(SHARD_0);
    // Shards 1 and 2 stay empty.
    expect(source.merge(SHARD_1, SHARD_2)).toBe(SHARD_3);
    source.split(SHARD_3);
    source.put(SHARD_4, 'a', 'last');
    mappings.start();
    await clock.advance(600_000);
    expect(seen).toEqual([]);
    failing.clear();
    await clock.advance(31_000);
    expect(seen).toEqual(['first', 'last']);
    expect(mappings.pending()).toBe(false);
  });

  it('of a merge wait for both parents, over a restart in the middle', async () => {
    const first = start({ shardCount: 2 });
    first.failing.add('slow');
    first.source.put(SHARD_0, 'a', 'quick');
    first.source.put(SHARD_1, 'b', 'slow');
    const child = first.source.merge(SHARD_0, SHARD_1);
    first.source.put(child, 'a', 'child');
    first.mappings.start();
    await first.clock.advance(10_000);
    expect(first.seen).toEqual(['quick']);
    await first.mappings.close();
    const { clock, source, checkpoints } = first;
    const second = start({ clock, source, checkpoints });
    second.failing.add('slow');
    second.mappings.start();
    await clock.advance(10_000);
    expect(second.seen).toEqual([]);
    second.failing.clear();
    await clock.advance(31_000);
    expect(second.seen).toEqual(['slow', 'child']);
  });

  it('start when their parent expired while it was being retried, and its batch is not lost', async () => {
    const { clock, source, mappings, seen, failing, letters } = start();
    failing.add('parent');
    source.put(SHARD_0, 'a', 'parent');
    mappings.start();
    await clock.advance(1000);
    const [low = ''] = source.split(SHARD_0);
    await clock.advance(1000);
    source.put(low, 'a', 'low');
    source.trim(clock.nowMs());
    expect(source.listShards().map((shard) => shard.shardId)).not.toContain(SHARD_0);
    await clock.advance(31_000);
    expect(letters.flatMap((letter) => textsOf(JSON.parse(letter.payload).Records))).toEqual([
      'parent',
    ]);
    expect(seen).toEqual(['low']);
  });

  it('start at once when their parent expired before it was read', async () => {
    const { clock, source, mappings, seen, letters } = start();
    source.put(SHARD_0, 'a', 'parent');
    const [low = ''] = source.split(SHARD_0);
    await clock.advance(1000);
    source.put(low, 'a', 'low');
    source.trim(clock.nowMs());
    mappings.start();
    await clock.advance(1000);
    expect(seen).toEqual(['low']);
    expect(letters).toEqual([]);
  });

  it('are found while the function fails on another shard', async () => {
    const { clock, source, mappings, seen, failing } = start({ shardCount: 2 });
    failing.add('stuck');
    source.put(SHARD_1, 'b', 'stuck');
    mappings.start();
    await clock.advance(1000);
    const [low = ''] = source.split(SHARD_0);
    source.put(low, 'a', 'low');
    await clock.advance(1000);
    expect(seen).toEqual(['low']);
  });
});
