import { MemoryObjectStore } from '#adapters/memory/memory-object-store.ts';
import { MemoryStagingLog } from '#adapters/memory/memory-staging-log.ts';
import { MemoryTableCatalog } from '#adapters/memory/memory-table-catalog.ts';
import { createHyparquetColumnReader } from '#adapters/parquet/hyparquet-column-reader.ts';
import { createHyparquetTableReader } from '#adapters/parquet/hyparquet-table-reader.ts';
import { ingestBatch } from '#app/ingest-batch.ts';
import type { IngestDeps } from '#app/ingest-stream.ts';
import { loadTable } from '#app/load-table.ts';
import { createInstanceMemory } from '#app/stage/instance-memory.ts';
import type { IngestWorld } from '#test/app/ingest-world.ts';
import { type BookedTable, bookTable } from './booked-table.ts';
import { createRandomSource } from './random-source.ts';
import { SnapshotJournal } from './snapshot-journal.ts';
import type { Workload } from './workload.ts';
import { TABLES } from './world.ts';

/** The tables as they are when nothing goes wrong: each shard is one batch, one after the other. */
export async function referenceTables(
  lake: IngestWorld,
  workload: Workload,
): Promise<readonly BookedTable[]> {
  const journal = new SnapshotJournal();
  const deps = await emptyLake(lake, journal);
  const config = { ...lake.config, commit: 'direct' as const };
  for (const { source, records } of workload.shards)
    await ingestBatch(deps, config, { source, records });
  return await Promise.all(
    TABLES.map(async (table) => {
      const { metadata } = await loadTable(deps, table);
      return await bookTable(deps.store, journal, { table, metadata });
    }),
  );
}

/** The tables of the world as they were created, in a store of their own. */
async function emptyLake(lake: IngestWorld, journal: SnapshotJournal): Promise<IngestDeps> {
  const store = new MemoryObjectStore();
  const catalog = new MemoryTableCatalog();
  for (const table of TABLES) {
    const { metadata } = await loadTable(lake.deps, table);
    const first = metadata['metadata-log'][0]?.['metadata-file'];
    if (first === undefined) throw new Error(`${table.table}: its first metadata is not known`);
    await store.put(first, await lake.store.get(first));
    catalog.create(table, first);
  }
  return {
    ...lake.deps,
    store,
    catalog: journal.watch(catalog),
    reader: createHyparquetTableReader(store),
    columns: createHyparquetColumnReader(store),
    stagingLog: new MemoryStagingLog(),
    memory: createInstanceMemory(),
    random: createRandomSource('reference'),
  };
}
