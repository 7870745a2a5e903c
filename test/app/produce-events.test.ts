import { describe, expect, it } from 'vitest';
import { MemoryEventStream } from '#adapters/memory/memory-event-stream.ts';
import { MemoryReceiptStore } from '#adapters/memory/memory-receipt-store.ts';
import { type ProduceRequest, produceEvents } from '#app/produce-events.ts';
import type { ProducedEvent } from '#app/producer-lane.ts';
import { readUserRecords } from '#app/read-user-records.ts';
import type { Clock } from '#ports/clock.ts';
import { receiptTotal } from './receipt-total.ts';

const KEYS = ['AAPL', 'MSFT', 'CLZ26', 'SPX', 'EURUSD', 'GC', 'ZN', 'NQ'];

function event(index: number): ProducedEvent {
  return {
    stream: 'trade',
    partitionKey: KEYS[index % KEYS.length]!,
    data: Buffer.from(`event-${index}`),
  };
}

async function* chunks(count: number, size = 50): AsyncGenerator<readonly ProducedEvent[]> {
  for (let start = 0; start < count; start += size) {
    yield Array.from({ length: Math.min(size, count - start) }, (_, i) => event(start + i));
  }
}

/** A clock that does not wait: it only remembers how long it was asked to. */
function instantClock(): Clock & { readonly sleeps: number[] } {
  const sleeps: number[] = [];
  let now = 0;
  return {
    sleeps,
    nowMs: () => now,
    sleep: async (ms) => {
      sleeps.push(ms);
      now += ms;
      // A linger that is answered at once would look like a silent source: let the source go first.
      await new Promise<void>((resolve) => setTimeout(resolve, 5));
    },
  };
}

const HALF = { next: () => 0.5, bytes: (length: number) => new Uint8Array(length) };

function setUp(shardCount: number) {
  const stream = new MemoryEventStream(shardCount);
  const receipts = new MemoryReceiptStore();
  const clock = instantClock();
  const deps = { stream, receipts, clock, random: HALF };
  const request: Omit<ProduceRequest, 'events'> = {
    streamName: 'local-market',
    domain: 'market',
    producer: 'test',
    limits: { maxRecordBytes: 400 },
  };
  return { stream, receipts, clock, deps, request };
}

async function readBack(
  stream: MemoryEventStream,
): Promise<{ text: string; key: string; source: string }[]> {
  const events: { text: string; key: string; source: string }[] = [];
  await readUserRecords(stream, {
    streamName: 'local-market',
    from: {},
    onRecord: ({ data, partitionKey, source }) =>
      events.push({ text: Buffer.from(data).toString(), key: partitionKey, source }),
  });
  return events;
}

function expectOrderPerKey(events: readonly { text: string; key: string }[], count: number): void {
  expect(events.length).toBe(count);
  for (const key of KEYS) {
    const indexes = events
      .filter((read) => read.key === key)
      .map((read) => Number(read.text.slice(6)));
    expect(indexes).toEqual(indexes.toSorted((a, b) => a - b));
  }
}

describe('produceEvents', () => {
  it('delivers every event once and keeps the order per key', async () => {
    const { stream, deps, request } = setUp(4);
    const result = await produceEvents(deps, { ...request, events: chunks(1000) });
    expect(result.acknowledged.get('trade')).toBe(1000);
    expectOrderPerKey(await readBack(stream), 1000);
  });

  it('aggregates events and keeps every key on the shard its hash names', async () => {
    const { stream, deps, request } = setUp(4);
    const result = await produceEvents(deps, { ...request, events: chunks(1000) });
    expect(result.records).toBeLessThan(200);
    const shardsOfKey = Map.groupBy(await readBack(stream), (read) => read.key);
    for (const reads of shardsOfKey.values())
      expect(new Set(reads.map((read) => read.source)).size).toBe(1);
  });

  it('keeps one request in flight per shard', async () => {
    const { stream, deps, request } = setUp(4);
    await produceEvents(deps, { ...request, events: chunks(2000, 500) });
    expect(stream.maxInFlight.size).toBeGreaterThan(1);
    expect(Math.max(...stream.maxInFlight.values())).toBe(1);
  });

  it('repeats a failed record before later records of its shard', async () => {
    const { stream, deps, request } = setUp(2);
    stream.recordFault = (_record, call) =>
      call % 3 === 1 ? 'ProvisionedThroughputExceededException' : null;
    const result = await produceEvents(deps, { ...request, events: chunks(800) });
    expect(result.retries).toBeGreaterThan(5);
    expectOrderPerKey(await readBack(stream), 800);
  });

  it('survives calls that fail whole', async () => {
    const { stream, deps, request } = setUp(1);
    stream.callFault = (call) => call % 2 === 0;
    await produceEvents(deps, { ...request, events: chunks(300) });
    expectOrderPerKey(await readBack(stream), 300);
  });

  it('gives up after three retries with growing, jittered pauses and says what was delivered', async () => {
    const { stream, clock, receipts, deps, request } = setUp(1);
    stream.recordFault = (_record, call) => (call >= 2 ? 'InternalFailure' : null);
    const limits = { maxRecordBytes: 400, retryBaseMs: 100, lingerMs: 7 };
    await expect(
      produceEvents(deps, { ...request, limits, events: chunks(300) }),
    ).rejects.toMatchObject({
      code: 'DELIVERY_FAILED',
      message: expect.stringContaining('refused a record 4 times'),
    });
    expect(clock.sleeps.filter((ms) => ms !== 7)).toEqual([50, 100, 200]);
    const delivered = (await readBack(stream)).length;
    expect(delivered).toBeGreaterThan(0);
    expect(await receiptTotal(receipts, 'market', 'trade')).toBe(delivered);
  });

  it('packs anew when the shard map changes under way', async () => {
    const { stream, deps, request } = setUp(2);
    async function* splitting(): AsyncGenerator<readonly ProducedEvent[]> {
      let sent = 0;
      for await (const chunk of chunks(2000)) {
        yield chunk;
        sent += chunk.length;
        if (sent === 500) stream.split('shardId-000000000000');
        if (sent === 1000) stream.split('shardId-000000000001');
      }
    }
    await produceEvents(deps, { ...request, events: splitting() });
    const events = await readBack(stream);
    expect(new Set(events.map((read) => read.text)).size).toBe(2000);
    expect(events.length).toBe(2000);
  });

  it('holds the source back while the stream is slow', async () => {
    const { deps, request } = setUp(1);
    let pulled = 0;
    let acknowledged = 0;
    let worst = 0;
    async function* counted(): AsyncGenerator<readonly ProducedEvent[]> {
      for await (const chunk of chunks(4000, 20)) {
        pulled += chunk.length;
        worst = Math.max(worst, pulled - acknowledged);
        yield chunk;
      }
    }
    await produceEvents(deps, {
      ...request,
      limits: { maxRecordBytes: 400, maxQueuedBytes: 2000 },
      events: counted(),
      onProgress: (events) => {
        acknowledged = events;
      },
    });
    expect(worst).toBeLessThan(150);
  });

  it('sends what waits when the source falls silent', async () => {
    const { stream, deps, request } = setUp(1);
    const seen: number[] = [];
    async function* slow(): AsyncGenerator<readonly ProducedEvent[]> {
      yield [event(0)];
      await new Promise<void>((resolve) => setTimeout(resolve, 60));
      seen.push((await readBack(stream)).length);
      yield [event(1)];
    }
    await produceEvents(deps, { ...request, events: slow() });
    expect(seen).toEqual([1]);
  });

  it('sends a group in several records when it is larger than a record can be', async () => {
    const { stream, deps, request } = setUp(1);
    const data = new Uint8Array(600 * 1024);
    const big = { stream: 'trade', partitionKey: 'AAPL', data };
    const sizes: number[] = [];
    stream.recordFault = (record) => {
      sizes.push(record.data.length + record.partitionKey.length);
      return null;
    };
    async function* group(): AsyncGenerator<readonly ProducedEvent[]> {
      yield [big, { ...big, withPrevious: true }];
    }
    await produceEvents(deps, { ...request, events: group() });
    expect((await readBack(stream)).length).toBe(2);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(1024 * 1024);
  });

  it('leaves out an event that fits no record and says so', async () => {
    const { stream, deps, request } = setUp(1);
    async function* withGiant(): AsyncGenerator<readonly ProducedEvent[]> {
      yield [
        event(0),
        { stream: 'trade', partitionKey: 'AAPL', data: new Uint8Array(1024 * 1024) },
        event(1),
      ];
    }
    const result = await produceEvents(deps, { ...request, events: withGiant() });
    expect(result.oversized).toBe(1);
    expect((await readBack(stream)).map((read) => read.text)).toEqual(['event-0', 'event-1']);
  });

  it('keeps events that belong together in one record', async () => {
    const { stream, deps, request } = setUp(1);
    async function* pairs(): AsyncGenerator<readonly ProducedEvent[]> {
      for (let i = 0; i < 200; i++) yield [event(i), { ...event(i), withPrevious: true }];
    }
    await produceEvents(deps, { ...request, events: pairs() });
    const records = new Map<string, Set<string>>();
    await readUserRecords(stream, {
      streamName: 'local-market',
      from: {},
      onRecord: ({ data, sequenceNumber }) => {
        const text = Buffer.from(data).toString();
        records.set(text, (records.get(text) ?? new Set()).add(sequenceNumber));
      },
    });
    expect(records.size).toBe(200);
    expect([...records.values()].every((sequences) => sequences.size === 1)).toBe(true);
  });

  it('counts a resumed run on top of what the stream held before', async () => {
    const { receipts, deps, request } = setUp(1);
    await produceEvents(deps, {
      ...request,
      events: chunks(10),
      alreadyAcknowledged: new Map([['trade', 90]]),
    });
    expect(await receiptTotal(receipts, 'market', 'trade')).toBe(100);
  });
});
