import { describe, expect, it } from 'vitest';
import { MemoryEventStream } from '#adapters/memory/memory-event-stream.ts';
import type { ProducedEvent } from '#app/producer-lane.ts';
import { createEventPutter, type PutLimits } from '#app/put-events.ts';
import { readUserRecords } from '#app/read-user-records.ts';
import type { Clock } from '#ports/clock.ts';
import type { EventStream } from '#ports/event-stream.ts';

const KEYS = ['AAPL', 'MSFT', 'CLZ26', 'SPX', 'EURUSD', 'GC', 'ZN', 'NQ'];
const STREAM = 'local-market';

function events(count: number, from = 0): readonly ProducedEvent[] {
  return Array.from({ length: count }, (_, index) => ({
    stream: 'trade',
    partitionKey: KEYS[index % KEYS.length]!,
    data: Buffer.from(`event-${from + index}`),
  }));
}

/** Time passes only while something sleeps, or when a test says so. */
function manualClock(): Clock & { now: number } {
  const clock = {
    now: 0,
    nowMs: () => clock.now,
    sleep: async (ms: number) => {
      clock.now += ms;
    },
  };
  return clock;
}

function setUp(shardCount: number, limits: Partial<PutLimits> = { maxRecordBytes: 400 }) {
  const stream = new MemoryEventStream(shardCount);
  const clock = manualClock();
  const random = { next: () => 0.5, bytes: (length: number) => new Uint8Array(length) };
  let lists = 0;
  const counted: EventStream = {
    layoutOf: stream.layoutOf,
    putRecords: stream.putRecords.bind(stream),
    readShard: stream.readShard.bind(stream),
    listShards: async (name: string) => {
      lists++;
      return stream.listShards(name);
    },
  };
  const putter = createEventPutter(
    { stream: counted, clock, random },
    { streamName: STREAM, limits },
  );
  return { stream, clock, putter, lists: () => lists };
}

async function readBack(
  stream: MemoryEventStream,
): Promise<readonly { text: string; key: string; source: string }[]> {
  const read: { text: string; key: string; source: string }[] = [];
  await readUserRecords(stream, {
    streamName: STREAM,
    from: {},
    onRecord: ({ data, partitionKey, source }) =>
      read.push({ text: Buffer.from(data).toString(), key: partitionKey, source }),
  });
  return read;
}

function expectOrderPerKey(read: readonly { text: string; key: string }[]): void {
  for (const key of KEYS) {
    const indexes = read.filter((one) => one.key === key).map(({ text }) => Number(text.slice(6)));
    expect(indexes).toEqual(indexes.toSorted((a, b) => a - b));
  }
}

describe('an event putter', () => {
  it('puts every event once, in order per key, on all shards', async () => {
    const { stream, putter } = setUp(3);
    const batch = events(300);
    expect(await putter.put(batch)).toEqual(new Set(batch));
    const read = await readBack(stream);
    expect(new Set(read.map(({ text }) => text)).size).toBe(300);
    expect(read).toHaveLength(300);
    expectOrderPerKey(read);
  });

  it('repeats what the stream throttles before anything later of the shard', async () => {
    const { stream, putter } = setUp(2);
    stream.recordFault = (_record, call) =>
      call % 3 === 0 ? 'ProvisionedThroughputExceededException' : null;
    const batch = events(200);
    expect((await putter.put(batch)).size).toBe(200);
    const read = await readBack(stream);
    expect(read).toHaveLength(200);
    expectOrderPerKey(read);
    expect(Math.max(...stream.maxInFlight.values())).toBe(1);
  });

  it('gives up a shard that refuses and everything behind it, and delivers the others', async () => {
    const { stream, putter } = setUp(2);
    const [closedShard] = await stream.listShards();
    let delivered = 0;
    stream.recordFault = (record) => {
      const isFirst = (record.explicitHashKey ?? -1n) === closedShard?.startingHashKey;
      return isFirst && delivered++ > 0 ? 'InternalFailure' : null;
    };
    const batch = events(300);
    const acknowledged = await putter.put(batch);
    const read = await readBack(stream);
    expect(read.map(({ text }) => text).sort()).toEqual(
      [...acknowledged].map(({ data }) => Buffer.from(data).toString()).sort(),
    );
    expect(acknowledged.size).toBeGreaterThan(100);
    expect(acknowledged.size).toBeLessThan(300);
    expectOrderPerKey(read);
  });

  it('says nothing is in when the shards cannot be listed, and asks again the next time', async () => {
    const { stream, putter } = setUp(1);
    const list = stream.listShards.bind(stream);
    let fails = true;
    const failing = createEventPutter(
      {
        stream: {
          layoutOf: stream.layoutOf,
          putRecords: stream.putRecords.bind(stream),
          readShard: stream.readShard.bind(stream),
          listShards: async () => (fails ? [] : list()),
        },
        clock: manualClock(),
        random: { next: () => 0, bytes: () => new Uint8Array() },
      },
      { streamName: STREAM },
    );
    expect((await failing.put(events(2))).size).toBe(0);
    fails = false;
    expect((await failing.put(events(2))).size).toBe(2);
    expect((await putter.put(events(2))).size).toBe(2);
  });

  it('sorts what waits into the children when a shard was split', async () => {
    const { stream, putter, lists } = setUp(1);
    await putter.put(events(8));
    stream.split('shardId-000000000000');
    const batch = events(200, 8);
    expect((await putter.put(batch)).size).toBe(200);
    expect(lists()).toBe(2);
    const read = await readBack(stream);
    expect(read).toHaveLength(208);
    // One record of the old map may hold keys of both children; every later one holds those of its own.
    const children = new Set(read.slice(50).map(({ source }) => source));
    expect(children).toEqual(
      new Set(['kinesis:memory/shardId-000000000001', 'kinesis:memory/shardId-000000000002']),
    );
  });

  it('forgets a shard map that turned out wrong in the last record of a call', async () => {
    const { stream, putter, lists } = setUp(1, { maxRecordBytes: 100_000 });
    await putter.put(events(4));
    stream.split('shardId-000000000000');
    await putter.put(events(4));
    await putter.put(events(4));
    expect(lists()).toBe(2);
  });

  it('asks for the shard map again when it is old', async () => {
    const { putter, clock, lists } = setUp(1);
    await putter.put(events(1));
    await putter.put(events(1));
    clock.now += 60_001;
    await putter.put(events(1));
    expect(lists()).toBe(2);
  });

  it('begins nothing after its time, so that the answer is in time', async () => {
    const { stream, putter, clock } = setUp(1);
    stream.recordFault = () => {
      clock.now += 5_000;
      return null;
    };
    const acknowledged = await putter.put(events(200));
    const read = await readBack(stream);
    expect(acknowledged.size).toBe(read.length);
    expect(acknowledged.size).toBeLessThan(60);
    expect(clock.now).toBe(15_000);
  });

  it('lets a fault that is not the stream’s end the call', async () => {
    const { stream, putter } = setUp(1);
    stream.recordFault = () => {
      throw new TypeError('a bug');
    };
    await expect(putter.put(events(3))).rejects.toThrow('a bug');
  });
});
