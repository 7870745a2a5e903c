import { describe, expect, it } from 'vitest';
import { measureShardLag } from '#app/measure-shard-lag.ts';
import type { EventStream, StreamRecordOut } from '#ports/event-stream.ts';

const NOON = Date.UTC(2026, 0, 31, 12);

function record(sequenceNumber: string, arrivalMs: number): StreamRecordOut {
  return { partitionKey: 'k', sequenceNumber, arrivalMs, data: new Uint8Array() };
}

/** A stream whose shards have these pages behind any position. */
function streamOf(
  shards: Readonly<Record<string, readonly (readonly StreamRecordOut[])[]>>,
): Pick<EventStream, 'listShards' | 'readShard'> & { readonly read: string[] } {
  const read: string[] = [];
  return {
    read,
    listShards: async () =>
      Object.keys(shards).map((shardId) => ({
        shardId,
        source: `kinesis:local-market/${shardId}`,
        startingHashKey: 0n,
        endingHashKey: 1n,
        open: shardId !== 'shard-0',
        parentShardIds: [],
      })),
    readShard: async function* (_stream, shardId, after) {
      read.push(`${shardId} after ${after}`);
      yield* shards[shardId] ?? [];
    },
  };
}

describe('measureShardLag', () => {
  it('counts what waits behind each checkpoint and knows the oldest', async () => {
    const stream = streamOf({
      'shard-0': [],
      'shard-1': [[], [record('7', NOON), record('8', NOON + 1)]],
    });
    const lags = await measureShardLag(stream, { 'trades/shard-0': '5', 'trades/shard-1': null });
    expect(stream.read).toEqual(['shard-0 after 5', 'shard-1 after null']);
    const idle = { waiting: 0, isMore: false, oldestArrivalMs: null };
    expect(lags).toEqual([
      { stream: 'trades', shard: 'shard-0', open: false, checkpoint: '5', ...idle },
      {
        stream: 'trades',
        shard: 'shard-1',
        open: true,
        checkpoint: null,
        waiting: 2,
        isMore: false,
        oldestArrivalMs: NOON,
      },
    ]);
  });

  it('does not read a long queue to its end', async () => {
    let pages = 0;
    const stream = streamOf({ 'shard-1': [] });
    const endless: Pick<EventStream, 'listShards' | 'readShard'> = {
      ...stream,
      readShard: async function* () {
        for (;;) {
          pages += 1;
          yield [record(String(pages), NOON + pages)];
        }
      },
    };
    const [lag] = await measureShardLag(endless, { 'trades/shard-1': null });
    expect(lag).toMatchObject({ waiting: 1, isMore: true, oldestArrivalMs: NOON + 1 });
    expect(pages).toBe(2);
  });

  it('leaves out shards that nobody reads', async () => {
    const stream = streamOf({ 'shard-1': [], 'shard-2': [] });
    const lags = await measureShardLag(stream, { 'trades/shard-2': '1' });
    expect(lags.map(({ shard }) => shard)).toEqual(['shard-2']);
  });
});
