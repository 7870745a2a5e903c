import { fileURLToPath } from 'node:url';
import { parquetReadObjects } from 'hyparquet';
import { MemoryObjectStore } from '#adapters/memory/memory-object-store.ts';
import { MemoryTableCatalog } from '#adapters/memory/memory-table-catalog.ts';
import { createEventEncoder, type EventEncoder } from '#app/encode-events.ts';
import type { SourceRecord } from '#app/ingest-batch.ts';
import type { IngestConfig, IngestDeps } from '#app/ingest-stream.ts';
import { createRowEncoder } from '#core/avro/row-codec.ts';
import { buildLakeWriterConfig, type LakeWriterConfig } from '#core/config/lambda-config.ts';
import { readSourceStates } from '#core/delivery/source-state.ts';
import { createEventGenerator } from '#core/generate/generate-events.ts';
import { planScan } from '#core/iceberg/scan/plan-scan.ts';
import {
  decodeTableMetadata,
  serializeTableMetadata,
  type TableMetadata,
} from '#core/iceberg/spec/table-metadata.ts';
import { createTableMetadata } from '#core/iceberg/transaction/create-table.ts';
import { encodeAggregatedRecord } from '#core/kinesis/aggregated-record.ts';
import type { Row } from '#core/schema/field.ts';
import { findStream } from '#core/schema/registry.ts';
import { compileIngestConfig } from '#runtime/lake-writer.ts';
import { loadProject } from '#runtime/load-project.ts';
import { compressors } from '#test/zstd-compressors.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
export const SOURCE = 'kinesis:local-market/shardId-000000000000';
export const TABLE = { database: 'local_market_bronze', table: 'trade' };
export const START_MS = Date.UTC(2026, 10, 20, 12);

/** The market domain of this repository on a lake in memory. */
export class IngestWorld {
  readonly store = new MemoryObjectStore();
  readonly catalog = new MemoryTableCatalog();
  readonly writerConfig: LakeWriterConfig;
  readonly config: IngestConfig;
  readonly encode: EventEncoder;
  readonly schemaVersionId: string;
  readonly deps: IngestDeps;
  #random = 1;

  private constructor(writerConfig: LakeWriterConfig) {
    this.writerConfig = writerConfig;
    this.config = compileIngestConfig(writerConfig, { deadLetterUri: 's3://dead-letters' });
    const stream = writerConfig.streams[0]!;
    const { avro, schemaVersionId } = stream.schemas.at(-1)!;
    this.schemaVersionId = schemaVersionId;
    this.encode = createEventEncoder(stream, {
      schemaVersionId,
      encodeBody: createRowEncoder(JSON.parse(avro), stream.fields),
    });
    this.deps = {
      store: this.store,
      catalog: this.catalog,
      clock: { nowMs: () => START_MS, sleep: async () => {} },
      random: {
        next: () => this.#next(),
        bytes: (length) => Uint8Array.from({ length }, () => Math.floor(this.#next() * 256)),
      },
    };
  }

  static async create(): Promise<IngestWorld> {
    const { project, registry } = loadProject({ root: ROOT, environment: 'local' });
    const world = new IngestWorld(buildLakeWriterConfig(project, registry, { domain: 'market' }));
    const shape = findStream(registry, 'market', 'trade')!.table;
    const metadata = createTableMetadata({
      location: 's3://lake/local_market_bronze/trade',
      tableUuid: '00000000-0000-4000-8000-000000000001',
      schema: shape.schema,
      partitionSpec: shape.partitionSpec,
      sortOrder: shape.sortOrder,
      properties: shape.properties,
      nowMs: START_MS,
    });
    const location = `${metadata.location}/metadata/00000-00000000-0000-4000-8000-000000000001.metadata.json`;
    await world.store.put(location, Buffer.from(serializeTableMetadata(metadata)));
    world.catalog.create(TABLE, location);
    return world;
  }

  async metadata(): Promise<TableMetadata> {
    return decodeTableMetadata(
      await this.store.get((await this.catalog.load(TABLE)).metadataLocation),
    );
  }

  async state(source = SOURCE) {
    return readSourceStates(await this.metadata()).get(source) ?? null;
  }

  /** Every live row, as an independent Parquet reader sees it. */
  async rows(): Promise<readonly Record<string, unknown>[]> {
    const { files } = await planScan(
      { read: (uri) => this.store.get(uri) },
      await this.metadata(),
      {},
    );
    const rows: Record<string, unknown>[] = [];
    for (const { filePath } of files) {
      const bytes = await this.store.get(filePath);
      const file = bytes.buffer.slice(
        bytes.byteOffset,
        bytes.byteOffset + bytes.byteLength,
      ) as ArrayBuffer;
      rows.push(...(await parquetReadObjects({ file, compressors })));
    }
    return rows;
  }

  #next(): number {
    this.#random = (this.#random * 16_807) % 2_147_483_647;
    return this.#random / 2_147_483_647;
  }
}

/** `count` stream records of `perRecord` trades each; trade ids say where they stand. */
export function tradeRecords(world: IngestWorld, count: number, perRecord: number): SourceRecord[] {
  const eventAt = createEventGenerator({
    stream: world.writerConfig.streams[0]!,
    seed: 'test',
    run: 1,
    startMs: START_MS - 60_000,
    eventsPerSecond: 100,
    faults: { brokenEvery: 11, duplicateEvery: 7, lateEvery: 13 },
  });
  return Array.from({ length: count }, (_, record) => {
    const rows = Array.from(
      { length: perRecord },
      (_, event) => eventAt(record * perRecord + event).row,
    );
    return recordOf(world, record, rows);
  });
}

export function recordOf(world: IngestWorld, sequence: number, rows: readonly Row[]): SourceRecord {
  return {
    sequenceNumber: String(sequence + 1),
    partitionKey: 'x',
    arrivalMs: START_MS + sequence,
    data: encodeAggregatedRecord(rows.map((row) => world.encode(row))),
  };
}
