import { describe, expect, it } from 'vitest';
import { SHARD_0, textsOf } from '../start-mappings.ts';
import { startVirtualMapping } from './start-virtual-mapping.ts';

type Options = Parameters<typeof startVirtualMapping>[1];

/** Batches with the milliseconds at which they went out. */
function start(options: Options) {
  const batches: (readonly [number, string])[] = [];
  const running = startVirtualMapping((records) => {
    batches.push([running.clock.nowMs() - startMs, textsOf(records).join(' ')]);
  }, options);
  const startMs = running.clock.nowMs();
  const put = (text: string, key = 'key') => running.source.put(SHARD_0, key, text);
  running.mappings.start();
  return { ...running, batches, put };
}

describe('the batching window', () => {
  const mapping = { batchingWindowMs: 10_000, batchSize: 3 };

  it('starts with the first record of a batch and ends the batch', async () => {
    const { clock, batches, put } = start({ mapping });
    await clock.advance(4000);
    put('a');
    await clock.advance(9000);
    put('b');
    await clock.advance(20_000);
    expect(batches).toEqual([[14_000, 'a b']]);
  });

  it('ends early when the batch is full', async () => {
    const { clock, batches, put } = start({ mapping });
    put('a');
    await clock.advance(1000);
    put('b');
    put('c');
    put('d');
    await clock.advance(20_000);
    expect(batches).toEqual([
      [1000, 'a b c'],
      [11_000, 'd'],
    ]);
  });

  it('ends early when the event is as large as an invocation may be', async () => {
    const sizes: number[] = [];
    const running = startVirtualMapping(
      (records) => void sizes.push(Buffer.byteLength(JSON.stringify({ Records: records }))),
      { mapping: { batchingWindowMs: 10_000, batchSize: 100 } },
    );
    running.mappings.start();
    for (let i = 0; i < 6; i++) running.source.put(SHARD_0, 'key', 'x'.repeat(1_000_000));
    await running.clock.settle();
    // Four megabytes are 5.3 in base64; the fifth record does not fit.
    expect(sizes).toHaveLength(1);
    expect(sizes[0]).toBeGreaterThan(5_333_000);
    expect(sizes[0]).toBeLessThan(6_291_456);
    await running.clock.advance(10_000);
    expect(sizes).toHaveLength(2);
  });

  it('is not waited for at the end of a closed shard', async () => {
    const { clock, source, batches, put } = start({ mapping });
    put('a');
    source.split(SHARD_0);
    await clock.advance(1000);
    expect(batches.map(([, texts]) => texts)).toEqual(['a']);
  });

  it('runs while the batch before it is in flight', async () => {
    const { clock, batches, put, mappings } = start({ mapping: { ...mapping, batchSize: 2 } });
    put('a');
    await clock.advance(2000);
    put('b');
    put('c');
    await clock.advance(20_000);
    expect(batches).toEqual([
      [2000, 'a b'],
      [12_000, 'c'],
    ]);
    expect(mappings.pending()).toBe(false);
  });

  it('is kept for each lane by itself', async () => {
    const { clock, batches, put } = start({ mapping: { ...mapping, parallelizationFactor: 2 } });
    // Of two lanes, key e has one and key a the other.
    put('one', 'a');
    await clock.advance(5000);
    put('two', 'e');
    await clock.advance(20_000);
    expect(batches).toEqual([
      [10_000, 'one'],
      [15_000, 'two'],
    ]);
  });
});

describe('a record that fits into no invocation', () => {
  it('goes to the failure destination by itself, and its neighbours to the function', async () => {
    const { clock, batches, put, letters } = start({ mapping: { maxRetryAttempts: -1 } });
    put('a');
    put('x'.repeat(5_000_000));
    put('b');
    await clock.advance(1000);
    expect(batches.map(([, texts]) => texts)).toEqual(['a', 'b']);
    expect(letters).toHaveLength(1);
    expect(letters[0]?.requestContext.approximateInvokeCount).toBe(0);
    expect(JSON.parse(letters[0]?.payload ?? '').Records).toHaveLength(1);
  });
});
