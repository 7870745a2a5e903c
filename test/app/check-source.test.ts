import { describe, expect, it } from 'vitest';
import { ingestBatch } from '#app/ingest-batch.ts';
import { IngestWorld, REJECTED, START_MS, trade } from './ingest-world.ts';

const TOPIC = 'kafka:local.market/0';
const NEXT_GENERATION = 'kafka:local.market@2/0';

/** Records of offsets from 0, that arrived at a time. */
function records(world: IngestWorld, ids: readonly string[], arrivalMs: number) {
  return ids.map((id, offset) => ({
    sequenceNumber: String(offset),
    partitionKey: 'AAPL',
    arrivalMs,
    data: world.encode(trade(id)).data,
  }));
}

describe('a topic that was deleted and created again', () => {
  it('is refused, and nothing of it is written, not even to the rejected table', async () => {
    const world = await IngestWorld.create();
    const source = TOPIC;
    await ingestBatch(world.deps, world.config, {
      source,
      records: records(world, ['1', '2', '3'], START_MS),
    });
    const broken = { ...records(world, ['x'], START_MS + 5_000)[0]!, sequenceNumber: '1' };
    const again = [
      ...records(world, ['4'], START_MS + 5_000),
      { ...broken, data: Buffer.from('broken') },
    ];
    await expect(
      ingestBatch(world.deps, world.config, { source, records: again }),
    ).rejects.toMatchObject({ code: 'SOURCE_REPLACED' });
    expect((await world.rows()).map((row) => row['trade_id'])).toEqual(['1', '2', '3']);
    expect(await world.rows(REJECTED)).toEqual([]);
  });

  it('is taken in whole once its generation has a name of its own', async () => {
    const world = await IngestWorld.create();
    await ingestBatch(world.deps, world.config, {
      source: TOPIC,
      records: records(world, ['1', '2'], START_MS),
    });
    await ingestBatch(world.deps, world.config, {
      source: NEXT_GENERATION,
      records: records(world, ['3', '4'], START_MS + 5_000),
    });
    const rows = await world.rows();
    const places = rows.map((row) => [String(row['trade_id']), row['_source']]);
    expect(places.toSorted((a, b) => (String(a[0]) < String(b[0]) ? -1 : 1))).toEqual([
      ['1', TOPIC],
      ['2', TOPIC],
      ['3', NEXT_GENERATION],
      ['4', NEXT_GENERATION],
    ]);
  });

  it('is not taken for one when the same records come again', async () => {
    const world = await IngestWorld.create();
    const batch = { source: TOPIC, records: records(world, ['1', '2'], START_MS) };
    await ingestBatch(world.deps, world.config, batch);
    const [again] = await ingestBatch(world.deps, world.config, batch);
    expect(again?.outcome).toBe('already-committed');
    expect(await world.rows()).toHaveLength(2);
  });
});
