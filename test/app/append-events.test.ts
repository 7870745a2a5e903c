import { describe, expect, it } from 'vitest';
import { countDeadLetters } from '#app/count-dead-letters.ts';
import { ingestBatch, type SourceRecord } from '#app/ingest-batch.ts';
import type { IngestDeps } from '#app/ingest-stream.ts';
import { encodeSchemaRegistryHeader } from '#core/avro/schema-registry-header.ts';
import { SluiceError } from '#core/errors.ts';
import { IngestWorld, SOURCE, START_MS, tradeRecords } from './ingest-world.ts';

const LETTERS = { bucketUri: 's3://dead-letters', domain: 'market', stream: 'trade' };

async function ingest(
  world: IngestWorld,
  records: readonly SourceRecord[],
  deps: IngestDeps = world.deps,
) {
  return await ingestBatch(deps, world.config, { source: SOURCE, records });
}

/** The world's catalogue; `before` runs just before each swap. */
function interrupted(world: IngestWorld, before: (swap: number) => Promise<void>): IngestDeps {
  const { catalog } = world;
  let swaps = 0;
  return {
    ...world.deps,
    catalog: {
      load: (ident) => catalog.load(ident),
      list: (database) => catalog.list(database),
      swap: async (ident, base, next) => {
        await before(++swaps);
        await catalog.swap(ident, base, next);
      },
    },
  };
}

async function expectEveryEventOnce(world: IngestWorld, events: number): Promise<void> {
  const rows = await world.rows();
  const places = rows.map((row) => `${row['_sequence']}/${row['_sub_sequence']}`);
  expect(new Set(places).size).toBe(rows.length);
  const counts = (await world.state())?.counts;
  const letters = await countDeadLetters(world.store, LETTERS);
  expect(counts).toMatchObject({
    received: events,
    committed: rows.length,
    ...rejectedOf(letters),
  });
  expect(rows.length + letters.rejected + (counts?.deduplicated ?? 0)).toBe(events);
}

function rejectedOf(letters: { readonly rejected: number; readonly undecodable: number }) {
  return { rejected: letters.rejected, deadLettered: letters.undecodable };
}

describe('a batch whose source another writer commits under way', () => {
  it('is cut again when the other one took its beginning', async () => {
    const world = await IngestWorld.create();
    const records = tradeRecords(world, 4, 10);
    const deps = interrupted(world, async (swap) => {
      if (swap === 1) await ingest(world, records.slice(0, 2));
    });
    const [result] = await ingest(world, records, deps);
    expect(result).toMatchObject({ outcome: 'committed', attempts: 2, counts: { received: 20 } });
    await expectEveryEventOnce(world, 40);
  });

  it('is cut again at every attempt', async () => {
    const world = await IngestWorld.create();
    const records = tradeRecords(world, 5, 7);
    const deps = interrupted(world, async (swap) => {
      if (swap <= 3) await ingest(world, records.slice(0, swap));
    });
    await ingest(world, records, deps);
    await expectEveryEventOnce(world, 35);
  });

  it('adds nothing when the other one took it all', async () => {
    const world = await IngestWorld.create();
    const records = tradeRecords(world, 3, 10);
    const deps = interrupted(world, async (swap) => {
      if (swap === 1) await ingest(world, records);
    });
    const [result] = await ingest(world, records, deps);
    expect(result).toMatchObject({ outcome: 'already-committed', counts: { received: 0 } });
    await expectEveryEventOnce(world, 30);
  });

  it('keeps what was staged when the other one wrote for another source', async () => {
    const world = await IngestWorld.create();
    const records = tradeRecords(world, 2, 10);
    const deps = interrupted(world, async (swap) => {
      const source = `${SOURCE.slice(0, -1)}1`;
      if (swap === 1) await ingestBatch(world.deps, world.config, { source, records });
    });
    const [result] = await ingest(world, records, deps);
    expect(result).toMatchObject({ outcome: 'committed', attempts: 2, counts: { received: 20 } });
    expect((await world.state())?.counts.received).toBe(20);
  });
});

describe('discarded events', () => {
  it('are stored before the commit that counts them: without the first there is no second', async () => {
    const world = await IngestWorld.create();
    const { store } = world;
    const deps: IngestDeps = {
      ...world.deps,
      store: {
        get: (uri) => store.get(uri),
        head: (uri) => store.head(uri),
        list: (prefix) => store.list(prefix),
        delete: (uri) => store.delete(uri),
        put: async (uri, body, options) => {
          if (uri.startsWith('s3://dead-letters'))
            throw new SluiceError('SOURCE_UNAVAILABLE', 'planted: no dead letters today');
          await store.put(uri, body, options);
        },
      },
    };
    const records = tradeRecords(world, 2, 20);
    await expect(ingest(world, records, deps)).rejects.toMatchObject({
      code: 'SOURCE_UNAVAILABLE',
    });
    expect(world.catalog.commits).toBe(0);
    await ingest(world, records);
    await expectEveryEventOnce(world, 40);
  });

  it('move the position although not one event could be decoded', async () => {
    const world = await IngestWorld.create();
    const data = encodeSchemaRegistryHeader(world.schemaVersionId, Buffer.from([0xfe, 0xff]));
    const record = { sequenceNumber: '9', partitionKey: 'x', arrivalMs: START_MS, data };
    await ingest(world, [record]);
    expect(await world.state()).toMatchObject({
      position: { sequence: '9'.padStart(56, '0') },
      counts: { received: 1, committed: 0, deadLettered: 1 },
    });
  });
});
