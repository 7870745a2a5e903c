import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { MemoryReceiptStore } from '#adapters/memory/memory-receipt-store.ts';
import { ingestBatch } from '#app/ingest-batch.ts';
import { balance, type ReceivedCounts } from '#cli/demo/account.ts';
import type { Project } from '#core/config/project.ts';
import type { QueryEngine } from '#ports/query-engine.ts';
import type { LakeAccess } from '#runtime/lake-access.ts';
import { loadProject } from '#runtime/load-project.ts';
import { IngestWorld, SOURCE, TABLE, tradeRecords } from '#test/app/ingest-world.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const { project } = loadProject({ root: ROOT, environment: 'local' });

/** Counts the rows that a Parquet reader finds; a table of another domain has none. */
function countingEngine(world: IngestWorld): QueryEngine {
  return {
    query: async (sql) => {
      const rows = sql.includes(`${TABLE.database}.`) ? await world.rows() : [];
      const late = rows.filter((row) => row['_late'] === true).length;
      return {
        columns: [],
        rows: [[String(rows.length), String(late)]],
        scannedBytes: 0,
        milliseconds: 0,
      };
    },
  };
}

/** The market domain's lake; tables of other domains are there, without commits. */
async function lakeWith(records: number): Promise<LakeAccess> {
  const world = await IngestWorld.create();
  const { store, catalog } = world;
  const { metadataLocation } = await catalog.load(TABLE);
  const emptyTable = metadataLocation.replace('local_market_bronze', 'local_energy_bronze');
  await store.put(emptyTable, await store.get(metadataLocation));
  catalog.create({ ...TABLE, database: 'local_energy_bronze' }, emptyTable);
  const batch = { source: SOURCE, records: tradeRecords(world, records, 10) };
  await ingestBatch(world.deps, world.config, batch);
  return { store, catalog, queries: countingEngine(world), close: () => {} };
}

async function account(
  lake: LakeAccess,
  received: ReceivedCounts,
  options: { readonly project?: Project } = {},
) {
  const receipts = new MemoryReceiptStore();
  return await balance({ lake, receipts }, options.project ?? project, {
    received,
    deadLetterUri: 's3://dead-letters',
  });
}

function receivedOf(counts: Readonly<Record<string, number>>) {
  return { checkpoint: {}, received: counts };
}

describe('balance', () => {
  it('finds nothing when every event is in exactly one place', async () => {
    const { streams, problems } = await account(await lakeWith(5), {
      market: receivedOf({ trade: 50 }),
    });
    expect(problems).toEqual([]);
    expect(streams).toMatchObject([{ stream: 'trade', received: 50, unaccounted: 0 }]);
  });

  it('names an event that is nowhere', async () => {
    const { streams, problems } = await account(await lakeWith(5), {
      market: receivedOf({ trade: 51 }),
    });
    expect(streams[0]?.unaccounted).toBe(1);
    expect(problems).toContain('market.trade: 1 of 51 received events are unaccounted for');
  });

  it('counts every domain by its own shards', async () => {
    const [market] = project.domains;
    const other = { ...market!, name: 'energy' };
    const two = { ...project, domains: [market!, other] };
    const received = { market: receivedOf({ trade: 50 }), energy: receivedOf({}) };
    const { streams, problems } = await account(await lakeWith(5), received, { project: two });
    expect(problems).toEqual([]);
    expect(streams.map(({ domain, received: count }) => [domain, count])).toEqual([
      ['market', 50],
      ['energy', 0],
    ]);
  });

  it('shows dead letters of unknown streams although none was counted as received', async () => {
    const world = await IngestWorld.create();
    const data = Buffer.from('no header');
    const records = [{ sequenceNumber: '1', partitionKey: 'x', arrivalMs: 0, data }];
    await ingestBatch(world.deps, world.config, { source: SOURCE, records });
    const { store, catalog } = world;
    const lake = { store, catalog, queries: countingEngine(world), close: () => {} };
    const { streams, problems } = await account(lake, { market: receivedOf({}) });
    expect(streams[1]).toMatchObject({ stream: '_unknown', dead_lettered: 1, unaccounted: -1 });
    expect(problems).toEqual(['market._unknown: -1 of 0 received events are unaccounted for']);
  });
});
