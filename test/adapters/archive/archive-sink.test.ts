import { describe, expect, it } from 'vitest';
import { createArchiveSink } from '#adapters/archive/archive-sink.ts';
import { MemoryObjectStore } from '#adapters/memory/memory-object-store.ts';
import type { JudgedEvent } from '#core/delivery/judged-event.ts';
import { padSequence } from '#core/delivery/position.ts';

const BATCH = {
  domain: 'market',
  source: 'kinesis:local-market/shardId-000000000000',
  events: [
    {
      kind: 'rejected',
      stream: 'trade',
      position: { sequence: padSequence('7'), subSequence: 0 },
      arrivalMicros: 0n,
      partitionKey: 'AAPL',
      payload: Buffer.from('event'),
      reason: 'price > 0',
      row: {},
      schemaVersion: 1,
    } satisfies JudgedEvent,
  ],
};

async function keysOf(store: MemoryObjectStore): Promise<readonly string[]> {
  const keys: string[] = [];
  for await (const { uri } of store.list('s3://lake/')) keys.push(uri);
  return keys;
}

describe('the archive sink', () => {
  it('keeps a batch once, however often it comes', async () => {
    const store = new MemoryObjectStore();
    const sink = createArchiveSink(store, { bucketUri: 's3://lake' });
    await sink.write(BATCH);
    await sink.write(BATCH);
    expect(await keysOf(store)).toEqual([
      's3://lake/archive/market/trade/1970/01/01/00/kinesis~local-market~shardId-000000000000/7.0-7.0.jsonl.gz',
    ]);
  });

  it('fails when the store does, so that the batch comes again', async () => {
    const store = new MemoryObjectStore();
    const broken = {
      ...createArchiveSink(
        Object.assign(Object.create(store) as MemoryObjectStore, {
          put: () => Promise.reject(new Error('out of service')),
        }),
        { bucketUri: 's3://lake' },
      ),
    };
    await expect(broken.write(BATCH)).rejects.toThrow('out of service');
    expect(await keysOf(store)).toEqual([]);
  });
});
