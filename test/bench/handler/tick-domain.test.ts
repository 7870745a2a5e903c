import { describe, expect, it } from 'vitest';
import { MemoryObjectStore } from '#adapters/memory/memory-object-store.ts';
import { ingestBatch } from '#app/ingest-batch.ts';
import { kinesisBatch } from '#runtime/kinesis-batch.ts';
import { benchConfig, benchInstance, createBenchLake } from '../../../bench/handler/bench-lake.ts';
import { countRequests, noRequests } from '../../../bench/handler/count-requests.ts';
import { smallTickEvent, tickBatch, tickDomain } from '../../../bench/handler/tick-domain.ts';

const domain = tickDomain();
const MAX_PAYLOAD_BYTES = 6_291_456;

async function tickLake() {
  const lake = await createBenchLake(new MemoryObjectStore(), {
    config: domain.config,
    shape: domain.schemas.table,
    location: 's3://lake',
  });
  const counts = noRequests();
  return { counts, deps: { ...benchInstance(lake), ...countRequests(lake, counts) } };
}

describe('tickBatch', () => {
  it('fills a payload of Lambda to the last record that fits', () => {
    const { payload, events } = tickBatch(domain, { batch: 0, shard: 0 });
    const perEvent = payload.length / events;
    expect(payload.length).toBeLessThanOrEqual(MAX_PAYLOAD_BYTES);
    expect(payload.length).toBeGreaterThan(MAX_PAYLOAD_BYTES - 501 * perEvent);
  });

  it('makes as many events as asked for, whatever a payload holds', () => {
    expect(tickBatch(domain, { batch: 0, shard: 0, events: 1_000 }).events).toBe(1_000);
  });

  it('makes the same batch again and other events in every other one', () => {
    const ids = (batch: number, shard: number) =>
      tickBatch(domain, { batch, shard, events: 500 }).rows.map((row) => row['trade_id']);
    expect(ids(1, 0)).toEqual(ids(1, 0));
    expect(new Set([...ids(0, 0), ...ids(1, 0), ...ids(0, 1)]).size).toBe(1_500);
  });
});

describe('the lake of the benchmarks', () => {
  it('takes every event in, batch after batch', async () => {
    const { deps } = await tickLake();
    const config = benchConfig(domain.config, 'direct');
    for (const batch of [0, 1]) {
      const event = smallTickEvent(domain, { batch, shard: 3, events: 200 });
      const [tick] = await ingestBatch(deps, config, kinesisBatch(event));
      expect(tick).toMatchObject({ table: 'tick', outcome: 'committed' });
      expect(tick?.counts).toMatchObject({ received: 200, committed: 200 });
    }
  });

  it('counts what a staged batch asks of the services', async () => {
    const { deps, counts } = await tickLake();
    const config = benchConfig(domain.config, 'group');
    const stage = (batch: number) => {
      const event = smallTickEvent(domain, { batch, shard: 0, events: 100 });
      return ingestBatch(deps, config, kinesisBatch(event));
    };
    await stage(0);
    Object.assign(counts, noRequests());
    await stage(1);
    expect(counts).toEqual({
      // Data file and descriptor; the tables are known.
      s3Puts: 2,
      s3Gets: 0,
      glueRequests: 0,
      // A chain of two links.
      dynamoWriteUnits: 2,
      dynamoReadUnits: 1,
      messages: 1,
    });
  });
});
