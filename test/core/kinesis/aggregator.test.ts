import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeRecord } from '#core/kinesis/aggregated-record.ts';
import { type AggregatedBatch, createAggregator } from '#core/kinesis/aggregator.ts';
import { hashKey, shardForHashKey } from '#core/kinesis/hash-key.ts';

const HALF = 2n ** 127n;
const shards = [
  { shardId: 'lower', startingHashKey: 0n, endingHashKey: HALF - 1n, open: true },
  { shardId: 'upper', startingHashKey: HALF, endingHashKey: 2n ** 128n - 1n, open: true },
];
const record = (partitionKey: string, bytes: number) => ({
  partitionKey,
  data: new Uint8Array(bytes).fill(1),
});

describe('createAggregator', () => {
  it('fills a record to exactly the byte limit and not beyond', () => {
    // frame 20 + key "a" 3 + record (1 + 1 + inner 2 + 2 + 10) = 39 bytes
    const exact = createAggregator({ shards: shards.slice(0, 1), maxBytes: 55 });
    expect(exact.add(record('a', 10))).toBeNull();
    expect(exact.add(record('a', 10))).toBeNull();
    const full = exact.add(record('a', 10));
    expect(full?.data.byteLength).toBe(55);
    expect(full?.recordCount).toBe(2);
  });

  it('closes a record at the record limit', () => {
    const aggregator = createAggregator({ shards, maxRecords: 2 });
    expect(aggregator.add(record('a', 1))).toBeNull();
    expect(aggregator.add(record('a', 1))).toBeNull();
    expect(aggregator.add(record('a', 1))?.recordCount).toBe(2);
    expect(aggregator.flush().map((batch) => batch.recordCount)).toEqual([1]);
  });

  it('gives a record above the limit a batch of its own', () => {
    const aggregator = createAggregator({ shards, maxBytes: 100 });
    expect(aggregator.add(record('a', 5_000))).toBeNull();
    expect(aggregator.add(record('a', 1))?.recordCount).toBe(1);
  });

  it('places a record with explicit hash key by that key', () => {
    const aggregator = createAggregator({ shards });
    aggregator.add({ ...record('a', 1), explicitHashKey: HALF });
    const [batch] = aggregator.flush();
    expect(batch?.shard.shardId).toBe('upper');
    expect(batch?.explicitHashKey).toBe(HALF);
  });

  it('is empty after a flush', () => {
    const aggregator = createAggregator({ shards });
    aggregator.add(record('a', 1));
    aggregator.flush();
    expect(aggregator.flush()).toEqual([]);
  });

  it('keeps every record, in order per shard, within the limit and never mixes shards', () => {
    const input = fc.array(
      fc.record({ key: fc.integer({ min: 0, max: 20 }), bytes: fc.integer({ min: 0, max: 90 }) }),
      { maxLength: 120 },
    );
    fc.assert(
      fc.property(input, (events) => {
        const aggregator = createAggregator({ shards, maxBytes: 600 });
        const batches: AggregatedBatch[] = [];
        const sent = new Map<string, number[]>();
        for (const [index, { key, bytes }] of events.entries()) {
          const data = new Uint8Array(bytes + 4);
          new DataView(data.buffer).setUint32(0, index);
          const shard = shardForHashKey(shards, hashKey(`k${key}`));
          sent.set(shard.shardId, [...(sent.get(shard.shardId) ?? []), index]);
          const full = aggregator.add({ partitionKey: `k${key}`, data });
          if (full !== null) batches.push(full);
        }
        batches.push(...aggregator.flush());
        const received = new Map<string, number[]>();
        for (const batch of batches) {
          expect(batch.data.byteLength).toBeLessThanOrEqual(600);
          expect(shardForHashKey(shards, batch.explicitHashKey)).toBe(batch.shard);
          for (const user of decodeRecord(batch.data, batch.partitionKey)) {
            const { shardId } = shardForHashKey(shards, hashKey(user.partitionKey));
            expect(shardId).toBe(batch.shard.shardId);
            const index = new DataView(user.data.buffer, user.data.byteOffset).getUint32(0);
            received.set(shardId, [...(received.get(shardId) ?? []), index]);
          }
        }
        expect(received).toEqual(sent);
      }),
      { numRuns: 100, seed: 3 },
    );
  });
});
