import { describe, expect, it } from 'vitest';
import { ingestBatch } from '#app/ingest-batch.ts';
import { encodeSchemaRegistryHeader } from '#core/avro/schema-registry-header.ts';
import { BATCH_KEY, readBatchSummaries } from '#core/delivery/batch-summary.ts';
import { NO_COUNTS } from '#core/delivery/delivery-counts.ts';
import { padSequence } from '#core/delivery/position.ts';
import { currentSnapshot } from '#core/iceberg/spec/table-metadata.ts';
import { expectBooks, readBooks } from './ingest-books.ts';
import {
  IngestWorld,
  plainRecord,
  REJECTED,
  recordOf,
  SOURCE,
  START_MS,
  TABLE,
  trade,
  tradeRecords,
} from './ingest-world.ts';

async function ingest(world: IngestWorld, rows: Parameters<typeof recordOf>[2], sequence = 0) {
  return await ingestBatch(world.deps, world.config, {
    source: SOURCE,
    records: [recordOf(world, sequence, rows)],
  });
}

describe('ingestBatch', () => {
  it('commits rows with source fields, mapped columns and envelope', async () => {
    const world = await IngestWorld.create();
    await ingest(world, [trade('1', { symbol: ' aapl ' })]);
    expect(await world.rows()).toEqual([
      {
        source_system: 'NYSE',
        trade_id: '1',
        symbol: 'AAPL',
        timestamp: new Date(START_MS),
        price: 101.5,
        size: 10,
        fee_cents: 125n,
        _raw_symbol: ' aapl ',
        _flags: null,
        _event_id: 'NYSE:1',
        _ingested_at: new Date(START_MS),
        _source_system: 'NYSE',
        _schema_version: 1,
        _mapping_version: 1,
        _source: SOURCE,
        _sequence: '1'.padStart(56, '0'),
        _sub_sequence: 0,
        _late: false,
        _extra: null,
      },
    ]);
  });

  it('takes plain records as well as aggregated ones', async () => {
    const world = await IngestWorld.create();
    const records = [plainRecord(4, world.encode(trade('1')).data)];
    const [result] = await ingestBatch(world.deps, world.config, { source: SOURCE, records });
    expect(result).toMatchObject({ outcome: 'committed', counts: { received: 1, committed: 1 } });
  });

  it('keeps the first of two equal events in a batch and counts the other', async () => {
    const world = await IngestWorld.create();
    const [result] = await ingest(world, [
      trade('1', { price: 1 }),
      trade('2'),
      trade('1', { price: 2 }),
    ]);
    expect(result!.counts).toMatchObject({ received: 3, committed: 2, deduplicated: 1 });
    expect((await world.rows()).map((row) => row['price'])).toEqual([1, 101.5]);
  });

  it('keeps rejected rows out and goes on with the rest', async () => {
    const world = await IngestWorld.create();
    const results = await ingest(world, [
      trade('1', { price: -1 }),
      trade('2'),
      trade('3', { price: Number.NaN }),
    ]);
    expect(results.map(({ table, counts }) => [table, counts])).toEqual([
      ['trade', { ...NO_COUNTS, received: 1, committed: 1 }],
      ['rejected', { ...NO_COUNTS, received: 2, rejected: 2 }],
    ]);
    await expectBooks(world, 3);
  });

  it('flags rows by the rules that say so', async () => {
    const world = await IngestWorld.create();
    await ingest(world, [trade('1', { size: 2e9 }), trade('2')]);
    const flags = (await world.rows()).map((row) => row['_flags']);
    expect(flags[0]).toBeTypeOf('string');
    expect(flags[1]).toBeNull();
  });

  it('rejects a row from the future and does not let it move the watermark', async () => {
    const world = await IngestWorld.create();
    await ingest(world, [
      trade('1', { timestamp: BigInt(START_MS + 3_600_000) * 1000n }),
      trade('2'),
    ]);
    expect(await readBooks(world)).toMatchObject({
      late: 0,
      rejected: [`${SOURCE} ${padSequence('1')}/0`],
    });
  });

  it('commits late rows, marked, over batches too', async () => {
    const world = await IngestWorld.create();
    const old = BigInt(START_MS - 60_000) * 1000n;
    await ingest(world, [trade('1'), trade('2', { timestamp: old })], 0);
    await ingest(world, [trade('3', { timestamp: old }), trade('4')], 1);
    const late = (await world.rows())
      .filter((row) => row['_late'] === true)
      .map((row) => row['trade_id']);
    expect(late.toSorted()).toEqual(['2', '3']);
    expect((await world.state())?.counts.late).toBe(2);
  });

  it('moves the position although every row was rejected', async () => {
    const world = await IngestWorld.create();
    await ingest(world, [trade('1', { price: 0 })]);
    expect(await world.state()).toMatchObject({ position: { subSequence: 0 }, counts: NO_COUNTS });
    expect((await world.metadata()).snapshots).toHaveLength(1);
  });

  it('states what a commit accounts for, by stream and arrival hour', async () => {
    const world = await IngestWorld.create();
    const late = { timestamp: BigInt(START_MS - 60_000) * 1000n };
    await ingest(world, [trade('0', { price: 0 }), trade('1'), trade('1'), trade('2', late)], 6);
    const batchOf = async (table: typeof TABLE) =>
      readBatchSummaries(currentSnapshot(await world.metadata(table))?.summary ?? {});
    const range = {
      source: SOURCE,
      first: { sequence: padSequence('7'), subSequence: 0 },
      last: { sequence: padSequence('7'), subSequence: 3 },
    };
    const hour = '2026-11-20T12';
    const taken = { ...NO_COUNTS, received: 3, committed: 2, deduplicated: 1, late: 1 };
    expect(await batchOf(TABLE)).toEqual([
      { ...range, streams: new Map([['trade', new Map([[hour, taken]])]]) },
    ]);
    const filed = { ...NO_COUNTS, received: 1, rejected: 1 };
    expect(await batchOf(REJECTED)).toEqual([
      { ...range, streams: new Map([['trade', new Map([[hour, filed]])]]) },
    ]);
    expect((await world.metadata()).properties).not.toHaveProperty(BATCH_KEY);
  });

  it('files undecodable bytes of a known schema under their stream', async () => {
    const world = await IngestWorld.create();
    const broken = Buffer.from([0xfe, 0xff, 0xff, 0x0f]);
    const data = encodeSchemaRegistryHeader(world.schemaVersionId, broken);
    await ingest(world, [{ partitionKey: 'a', data }, trade('2')]);
    await expectBooks(world, 2);
    expect(await world.rows(REJECTED)).toMatchObject([{ stream: 'trade', kind: 'undecodable' }]);
  });

  it('files events without a known schema under no stream', async () => {
    const world = await IngestWorld.create();
    const foreign = encodeSchemaRegistryHeader(
      '7d2f3a52-0000-4000-8000-000000000000',
      Buffer.from('x'),
    );
    const records = [Buffer.from('hello'), Buffer.alloc(0), foreign].map((data, index) =>
      plainRecord(index, data),
    );
    const results = await ingestBatch(world.deps, world.config, { source: SOURCE, records });
    expect(results).toMatchObject([
      { table: 'rejected', counts: { received: 3, deadLettered: 3 } },
    ]);
    await expectBooks(world, 3);
    const streams = (await world.rows(REJECTED)).map((row) => row['stream']);
    expect(streams).toEqual(['_unknown', '_unknown', '_unknown']);
  });

  it('changes nothing when the same batch is delivered again', async () => {
    const world = await IngestWorld.create();
    const records = tradeRecords(world, 6, 10);
    await ingestBatch(world.deps, world.config, { source: SOURCE, records });
    const before = await world.metadata();
    const filed = await world.metadata(REJECTED);
    const [again] = await ingestBatch(world.deps, world.config, { source: SOURCE, records });
    expect(again).toMatchObject({ outcome: 'already-committed', counts: { received: 0 } });
    expect(await world.metadata()).toEqual(before);
    expect(await world.metadata(REJECTED)).toEqual(filed);
  });

  it('takes in only what is new when a redelivery has other boundaries', async () => {
    const world = await IngestWorld.create();
    const records = tradeRecords(world, 9, 10);
    await ingestBatch(world.deps, world.config, { source: SOURCE, records: records.slice(0, 4) });
    const results = await ingestBatch(world.deps, world.config, { source: SOURCE, records });
    expect(results.reduce((sum, { counts }) => sum + counts.received, 0)).toBe(50);
    await expectBooks(world, 90);
  });

  it.each(['conflict', 'lost-request', 'lost-answer', 'late', 'answered-as-conflict'] as const)(
    'commits once when the swap ends with %s',
    async (fault) => {
      const world = await IngestWorld.create();
      world.catalog.swapFault = (swap) => (swap % 2 === 1 ? fault : null);
      for (const record of tradeRecords(world, 8, 10)) {
        await ingestBatch(world.deps, world.config, { source: SOURCE, records: [record] });
      }
      await expectBooks(world, 80);
    },
  );

  it.each([1, 5])(
    'lets writers of several shards commit at once, in %d instances',
    async (count) => {
      const world = await IngestWorld.create();
      const instances = Array.from({ length: count }, () => world.instance());
      const sources = [0, 1, 2, 3, 4].map(
        (shard) => `kinesis:local-market/shardId-00000000000${shard}`,
      );
      const records = tradeRecords(world, 4, 10);
      await Promise.all(
        sources.map(async (source, shard) => {
          const deps = instances[shard % count]!;
          for (const record of records)
            await ingestBatch(deps, world.config, { source, records: [record] });
        }),
      );
      const { committed } = await expectBooks(world, 200);
      const ids = new Set((await world.rows()).map((row) => row['_event_id']));
      expect(committed).toHaveLength(ids.size);
    },
  );

  it('refuses to write to a table whose positions cannot be read', async () => {
    const world = await IngestWorld.create();
    await ingest(world, [trade('1')]);
    const pointer = await world.catalog.load(TABLE);
    const text = Buffer.from(await world.store.get(pointer.metadataLocation))
      .toString()
      .replaceAll('"sluice.sources":"2;', '"sluice.sources":"3;');
    await world.store.delete(pointer.metadataLocation);
    await world.store.put(pointer.metadataLocation, Buffer.from(text));
    await expect(ingest(world, [trade('2')], 1)).rejects.toMatchObject({ code: 'TABLE_INVALID' });
  });
});
