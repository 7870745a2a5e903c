import { createMemoryStagingLog } from '#adapters/memory/memory-staging-log.ts';
import { MemoryTableCatalog } from '#adapters/memory/memory-table-catalog.ts';
import { createHyparquetColumnReader } from '#adapters/parquet/hyparquet-column-reader.ts';
import { createHyparquetTableReader } from '#adapters/parquet/hyparquet-table-reader.ts';
import type { IngestConfig, IngestDeps } from '#app/ingest-stream.ts';
import { createInstanceMemory } from '#app/stage/instance-memory.ts';
import type { LakeWriterConfig } from '#core/config/lambda-config.ts';
import { serializeTableMetadata } from '#core/iceberg/spec/table-metadata.ts';
import { createTableMetadata } from '#core/iceberg/transaction/create-table.ts';
import { REJECTED_TABLE, REJECTED_TABLE_SHAPE } from '#core/schema/rejected-table.ts';
import type { TableShape } from '#core/schema/table-shape.ts';
import type { ObjectStore } from '#ports/object-store.ts';
import type { StagingLog } from '#ports/staging-log.ts';
import type { TableCatalog, TableIdent } from '#ports/table-catalog.ts';
import { compileIngestConfig } from '#runtime/lake-writer.ts';

/** What the writers of a lake share. */
export interface BenchLake {
  readonly store: ObjectStore;
  readonly catalog: TableCatalog;
  readonly stagingLog: StagingLog;
}

export interface BenchTables {
  readonly config: LakeWriterConfig;
  readonly shape: TableShape;
  /** `s3://lake` or `file:///folder` */
  readonly location: string;
}

/** Tables of the first stream and of `rejected`, empty, in a catalog and a staging log of this process. */
export async function createBenchLake(store: ObjectStore, tables: BenchTables): Promise<BenchLake> {
  const catalog = new MemoryTableCatalog();
  for (const { ident, metadataFile } of await writeEmptyTables(store, tables)) {
    catalog.create(ident, metadataFile);
  }
  return { store, catalog, stagingLog: createMemoryStagingLog() };
}

/** The first metadata file of each table, for whatever catalog. */
export async function writeEmptyTables(
  store: Pick<ObjectStore, 'put'>,
  { config, shape, location }: BenchTables,
): Promise<readonly { readonly ident: TableIdent; readonly metadataFile: string }[]> {
  const [stream] = config.streams;
  if (stream === undefined) throw new Error('expected a domain with a stream');
  const shapes = [
    { ident: stream.table, shape },
    { ident: { ...stream.table, table: REJECTED_TABLE }, shape: REJECTED_TABLE_SHAPE },
  ];
  return await Promise.all(
    shapes.map(async ({ ident, shape }, index) => {
      const tableLocation = `${location}/${ident.database}/${ident.table}`;
      const tableUuid = `00000000-0000-4000-8000-00000000000${index}`;
      const metadata = createTableMetadata({
        ...shape,
        location: tableLocation,
        tableUuid,
        nowMs: 1,
      });
      const metadataFile = `${tableLocation}/metadata/00000-${tableUuid}.metadata.json`;
      await store.put(metadataFile, Buffer.from(serializeTableMetadata(metadata)));
      return { ident, metadataFile };
    }),
  );
}

/** One instance of the writer, which knows nothing yet. */
export function benchInstance(lake: BenchLake): IngestDeps {
  return {
    ...lake,
    reader: createHyparquetTableReader(lake.store),
    columns: createHyparquetColumnReader(lake.store),
    memory: createInstanceMemory(),
    clock: { nowMs: Date.now, sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)) },
    random: {
      next: Math.random,
      bytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
    },
  };
}

export function benchConfig(config: LakeWriterConfig, commit: 'direct' | 'group'): IngestConfig {
  return { ...compileIngestConfig(config, { deadLetterUri: 's3://dead-letters' }), commit };
}
