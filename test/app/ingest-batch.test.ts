import { describe, expect, it } from 'vitest';
import { countDeadLetters } from '#app/count-dead-letters.ts';
import { ingestBatch } from '#app/ingest-batch.ts';
import { encodeSchemaRegistryHeader } from '#core/avro/schema-registry-header.ts';
import { encodeAggregatedRecord } from '#core/kinesis/aggregated-record.ts';
import type { Row } from '#core/schema/field.ts';
import { IngestWorld, recordOf, SOURCE, START_MS, TABLE, tradeRecords } from './ingest-world.ts';

const DEAD_LETTERS = { bucketUri: 's3://dead-letters', domain: 'market', stream: 'trade' };

function trade(id: string, fields: Partial<Row> = {}): Row {
  return {
    source_system: 'NYSE',
    trade_id: id,
    symbol: 'AAPL',
    timestamp: BigInt(START_MS) * 1000n,
    price: 101.5,
    size: 10,
    fee_cents: 125n,
    ...fields,
  };
}

async function ingest(world: IngestWorld, rows: readonly Row[], sequence = 0) {
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
    const { data } = world.encode(trade('1'));
    const records = [{ sequenceNumber: '5', partitionKey: 'AAPL', arrivalMs: START_MS, data }];
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

  it('stores rejected rows whole, with the reason, and goes on with the rest', async () => {
    const world = await IngestWorld.create();
    const [result] = await ingest(world, [
      trade('1', { price: -1 }),
      trade('2'),
      trade('3', { price: Number.NaN }),
    ]);
    expect(result!.counts).toMatchObject({ received: 3, committed: 1, rejected: 2 });
    expect(await countDeadLetters(world.store, DEAD_LETTERS)).toEqual({
      rejected: 2,
      undecodable: 0,
    });
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
    const [result] = await ingest(world, [
      trade('1', { timestamp: BigInt(START_MS + 3_600_000) * 1000n }),
      trade('2'),
    ]);
    expect(result!.counts).toMatchObject({ rejected: 1, committed: 1, late: 0 });
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
    expect(await world.state()).toMatchObject({
      position: { subSequence: 0 },
      counts: { received: 1, rejected: 1, committed: 0 },
    });
    expect((await world.metadata()).snapshots).toHaveLength(1);
  });

  it('files undecodable bytes of a known schema under their stream', async () => {
    const world = await IngestWorld.create();
    const data = encodeAggregatedRecord([
      {
        partitionKey: 'a',
        data: encodeSchemaRegistryHeader(
          world.schemaVersionId,
          Buffer.from([0xfe, 0xff, 0xff, 0x0f]),
        ),
      },
      world.encode(trade('2')),
    ]);
    const records = [{ sequenceNumber: '1', partitionKey: 'a', arrivalMs: START_MS, data }];
    const [result] = await ingestBatch(world.deps, world.config, { source: SOURCE, records });
    expect(result!.counts).toMatchObject({ received: 2, committed: 1, deadLettered: 1 });
    expect(await countDeadLetters(world.store, DEAD_LETTERS)).toEqual({
      rejected: 0,
      undecodable: 1,
    });
  });

  it('files events without a known schema under no stream', async () => {
    const world = await IngestWorld.create();
    const foreign = encodeSchemaRegistryHeader(
      '7d2f3a52-0000-4000-8000-000000000000',
      Buffer.from('x'),
    );
    const records = [Buffer.from('hello'), Buffer.alloc(0), foreign].map((data, index) => ({
      sequenceNumber: String(index + 1),
      partitionKey: 'a',
      arrivalMs: START_MS,
      data,
    }));
    expect(await ingestBatch(world.deps, world.config, { source: SOURCE, records })).toEqual([]);
    expect(await countDeadLetters(world.store, { ...DEAD_LETTERS, stream: '_unknown' })).toEqual({
      rejected: 0,
      undecodable: 3,
    });
  });

  it('changes nothing when the same batch is delivered again', async () => {
    const world = await IngestWorld.create();
    const records = tradeRecords(world, 6, 10);
    await ingestBatch(world.deps, world.config, { source: SOURCE, records });
    const before = await world.metadata();
    const [again] = await ingestBatch(world.deps, world.config, { source: SOURCE, records });
    expect(again).toMatchObject({ outcome: 'already-committed', counts: { received: 0 } });
    expect(await world.metadata()).toEqual(before);
  });

  it('takes in only what is new when a redelivery has other boundaries', async () => {
    const world = await IngestWorld.create();
    const records = tradeRecords(world, 9, 10);
    await ingestBatch(world.deps, world.config, { source: SOURCE, records: records.slice(0, 4) });
    const [result] = await ingestBatch(world.deps, world.config, { source: SOURCE, records });
    expect(result!.counts.received).toBe(50);
    expect((await world.state())?.counts.received).toBe(90);
  });

  it.each(['conflict', 'lost-request', 'lost-answer', 'late', 'answered-as-conflict'] as const)(
    'commits once when the swap ends with %s',
    async (fault) => {
      const world = await IngestWorld.create();
      world.catalog.swapFault = (swap) => (swap % 2 === 1 ? fault : null);
      const records = tradeRecords(world, 8, 10);
      for (const record of records) {
        await ingestBatch(world.deps, world.config, { source: SOURCE, records: [record] });
      }
      const state = await world.state();
      expect(state?.counts.received).toBe(80);
      expect((await world.rows()).length).toBe(state?.counts.committed);
    },
  );

  it('lets writers of several shards commit to one table at once', async () => {
    const world = await IngestWorld.create();
    const sources = [0, 1, 2, 3, 4].map(
      (shard) => `kinesis:local-market/shardId-00000000000${shard}`,
    );
    const records = tradeRecords(world, 4, 10);
    await Promise.all(
      sources.map(async (source) => {
        for (const record of records)
          await ingestBatch(world.deps, world.config, { source, records: [record] });
      }),
    );
    const counts = await Promise.all(
      sources.map(async (source) => (await world.state(source))?.counts.received),
    );
    expect(counts).toEqual([40, 40, 40, 40, 40]);
    const committed = (await world.state(sources[0]))?.counts.committed ?? 0;
    expect((await world.rows()).length).toBe(5 * committed);
  });

  it('refuses to write to a table whose positions cannot be read', async () => {
    const world = await IngestWorld.create();
    await ingest(world, [trade('1')]);
    const pointer = await world.catalog.load(TABLE);
    const text = Buffer.from(await world.store.get(pointer.metadataLocation))
      .toString()
      .replaceAll('\\"sub\\"', '\\"dub\\"');
    await world.store.delete(pointer.metadataLocation);
    await world.store.put(pointer.metadataLocation, Buffer.from(text));
    await expect(ingest(world, [trade('2')], 1)).rejects.toMatchObject({ code: 'TABLE_INVALID' });
  });
});
