import type { Admin } from '@platformatic/kafka';
import { Producer } from '@platformatic/kafka';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  createKafkaEventStream,
  type KafkaEventStream,
} from '#adapters/kafka/kafka-event-stream.ts';
import { MemoryReceiptStore } from '#adapters/memory/memory-receipt-store.ts';
import { systemClock, systemRandom } from '#adapters/system/system-clock.ts';
import { produceEvents } from '#app/produce-events.ts';
import type { ProducedEvent } from '#app/producer-lane.ts';
import { partitionOfKey } from '#core/kafka/murmur2.ts';
import type { StreamRecordOut } from '#ports/event-stream.ts';
import { describeEventStream } from '#test/contracts/event-stream.contract.ts';
import { createTopic, openTestAdmin, testBroker } from './test-broker.ts';

describeEventStream(
  'Kafka',
  async () => {
    const admin = openTestAdmin();
    const name = await createTopic(admin, { partitions: 2 });
    const stream = createKafkaEventStream(testBroker(), { generation: 1 });
    const unknown = () => Promise.reject(new Error('partitions are neither split nor merged'));
    return {
      stream,
      name,
      split: unknown,
      merge: unknown,
      expire: () => deleteAll(admin, stream, name),
      close: async () => {
        await stream.close();
        await admin.deleteTopics({ topics: [name] });
        await admin.close();
      },
    };
  },
  { throttle: false, expire: true, hashRanges: false },
);

async function deleteAll(admin: Admin, stream: KafkaEventStream, name: string): Promise<void> {
  const shards = await stream.listShards(name);
  await admin.deleteRecords({
    topics: [
      {
        name,
        partitions: shards.map(({ shardId }) => ({ partition: Number(shardId), offset: -1n })),
      },
    ],
  });
}

describe('Kafka event stream', () => {
  let admin: Admin;
  let stream: KafkaEventStream;
  let topic: string;
  const topics: string[] = [];

  beforeAll(() => {
    admin = openTestAdmin();
  });
  beforeEach(async () => {
    stream = createKafkaEventStream(testBroker(), { generation: 1 });
    topic = await createTopic(admin, { partitions: 2 });
    topics.push(topic);
  });
  afterEach(() => stream.close());
  afterAll(async () => {
    await admin.deleteTopics({ topics });
    await admin.close();
  });

  const read = async (shardId: string, after: string | null = null) => {
    const records: StreamRecordOut[] = [];
    for await (const page of stream.readShard(topic, shardId, after)) records.push(...page);
    return records;
  };
  const texts = async (shardId: string, after: string | null = null) =>
    (await read(shardId, after)).map(({ data }) => Buffer.from(data).toString());

  it('names partitions after topic, generation and number', async () => {
    const third = createKafkaEventStream(testBroker(), { generation: 3 });
    expect((await stream.listShards(topic)).map(({ source }) => source)).toEqual([
      `kafka:${topic}/0`,
      `kafka:${topic}/1`,
    ]);
    expect((await third.listShards(topic)).map(({ source }) => source)).toEqual([
      `kafka:${topic}@3/0`,
      `kafka:${topic}@3/1`,
    ]);
    await third.close();
  });

  it('gives a record the time at which the broker took it, whatever the producer says', async () => {
    const producer = new Producer({
      clientId: 'backdated',
      bootstrapBrokers: [...testBroker().bootstrap],
    });
    const before = Date.now();
    await producer.send({
      messages: [{ topic, partition: 0, value: Buffer.from('x'), timestamp: 1n }],
      acks: -1,
    });
    await producer.close();
    const [record] = await read('0');
    expect(Math.abs((record?.arrivalMs ?? 0) - before)).toBeLessThan(10_000);
    expect(record?.partitionKey).toBe('');
  });

  it('keeps order per key and loses nothing while the topic grows under a producer', async () => {
    const keys = Array.from({ length: 12 }, (_, index) => `key-${index}`);
    const total = 6000;
    async function* events(): AsyncGenerator<readonly ProducedEvent[]> {
      for (let at = 0; at < total; at += 500) {
        if (at === 2000) {
          await admin.createPartitions({ topics: [{ name: topic, count: 5 }] });
        }
        yield Array.from({ length: 500 }, (_, index) => ({
          stream: 'trade',
          partitionKey: keys[(at + index) % keys.length] ?? '',
          data: Buffer.from(String(at + index).padEnd(200)),
        }));
        // Longer than the producer believes what it knows of the topic.
        if (at === 2500) await new Promise((resolve) => setTimeout(resolve, 6000));
      }
    }
    const result = await produceEvents(
      {
        stream,
        receipts: new MemoryReceiptStore(),
        clock: systemClock,
        random: systemRandom,
      },
      {
        streamName: topic,
        domain: 'market',
        producer: 'grower',
        events: events(),
        limits: { maxRecordBytes: 8 * 1024 },
      },
    );
    expect(result.acknowledged.get('trade')).toBe(total);
    const shards = await stream.listShards(topic);
    expect(shards).toHaveLength(5);
    const seen = new Map<string, number[]>();
    const places = new Map<string, Set<string>>();
    for (const { shardId } of shards) {
      for (const { partitionKey, data } of await read(shardId)) {
        const numbers = seen.get(partitionKey) ?? [];
        seen.set(partitionKey, numbers);
        numbers.push(Number(Buffer.from(data).toString()));
        places.set(partitionKey, (places.get(partitionKey) ?? new Set()).add(shardId));
      }
    }
    expect([...seen.values()].flat()).toHaveLength(total);
    for (const key of keys) {
      const numbers = seen.get(key) ?? [];
      expect(numbers.toSorted((a, b) => a - b)).toEqual(
        Array.from({ length: total }, (_, index) => index).filter(
          (index) => keys[index % keys.length] === key,
        ),
      );
      const now = partitionOfKey(Buffer.from(key), 5);
      expect(places.get(key)?.has(String(now))).toBe(true);
    }
  }, 60_000);

  it('leaves out what a transaction took back, and goes on behind its gap', async () => {
    const producer = new Producer({
      clientId: 'transactional',
      bootstrapBrokers: [...testBroker().bootstrap],
      idempotent: true,
      transactionalId: `test-${topic}`,
    });
    const send = async (text: string, outcome: 'commit' | 'abort') => {
      const transaction = await producer.beginTransaction();
      await transaction.send({ messages: [{ topic, partition: 0, value: Buffer.from(text) }] });
      await transaction[outcome]();
    };
    await send('kept', 'commit');
    await send('taken back', 'abort');
    await send('kept too', 'commit');
    await producer.close();
    const records = await read('0');
    expect(records.map(({ data }) => Buffer.from(data).toString())).toEqual(['kept', 'kept too']);
    expect(records.map(({ sequenceNumber }) => sequenceNumber)).toEqual(['0', '4']);
    expect(await texts('0', '4')).toEqual([]);
    expect(await texts('0', '1')).toEqual(['kept too']);
  });

  it('refuses to read on in a topic that was created again and is shorter', async () => {
    const put = (text: string) =>
      stream.putRecords(topic, [
        { partitionKey: 'k', explicitHashKey: 0n, data: Buffer.from(text) },
      ]);
    for (const text of ['a', 'b', 'c']) await put(text);
    await admin.deleteTopics({ topics: [topic] });
    await expect
      .poll(() => createTopic(admin, { name: topic, partitions: 2 }).catch(() => null), {
        timeout: 10_000,
      })
      .toBe(topic);
    await expect(texts('0', '2')).rejects.toMatchObject({ code: 'SOURCE_REPLACED' });
  });
});
