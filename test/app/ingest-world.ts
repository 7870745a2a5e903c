import { fileURLToPath } from 'node:url';
import { parquetReadObjects } from 'hyparquet';
import { MemoryObjectStore } from '#adapters/memory/memory-object-store.ts';
import { MemoryStagingLog } from '#adapters/memory/memory-staging-log.ts';
import { MemoryTableCatalog } from '#adapters/memory/memory-table-catalog.ts';
import { createHyparquetColumnReader } from '#adapters/parquet/hyparquet-column-reader.ts';
import { createHyparquetTableReader } from '#adapters/parquet/hyparquet-table-reader.ts';
import { createEventEncoder, type EventEncoder } from '#app/encode-events.ts';
import type { SourceRecord } from '#app/ingest-batch.ts';
import type { IngestConfig, IngestDeps } from '#app/ingest-stream.ts';
import { createInstanceMemory } from '#app/stage/instance-memory.ts';
import { createRowEncoder } from '#core/avro/row-codec.ts';
import {
  buildLakeWriterConfig,
  type LakeWriterConfig,
  type LakeWriterStream,
} from '#core/config/lambda-config.ts';
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
import { findStream, type StreamSchemas } from '#core/schema/registry.ts';
import { REJECTED_TABLE, REJECTED_TABLE_SHAPE } from '#core/schema/rejected-table.ts';
import type { TableIdent } from '#ports/table-catalog.ts';
import { compileIngestConfig } from '#runtime/lake-writer.ts';
import { loadProject } from '#runtime/load-project.ts';
import { compressors } from '#test/zstd-compressors.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
export const SOURCE = 'kinesis:local-market/shardId-000000000000';
export const TABLE = { database: 'local_market_bronze', table: 'trade' };
export const REJECTED = { database: 'local_market_bronze', table: REJECTED_TABLE };
export const START_MS = Date.UTC(2026, 10, 20, 12);

/** A second stream, with the fields of the first. */
export const QUOTES = { database: 'local_market_bronze', table: 'quote' };
const QUOTE_SCHEMA_ID = '9f6f6b0e-0000-4000-8000-000000000002';

/** Parsing the configuration takes longer than most tests. */
const LOADED = loadProject({ root: ROOT, environment: 'local' });
const TRADE_SHAPE = findStream(LOADED.registry, 'market', 'trade')!.table;

/** The trades of this repository's market domain on a lake in memory. */
export class IngestWorld {
  readonly store = new MemoryObjectStore();
  readonly catalog = new MemoryTableCatalog();
  readonly stagingLog = new MemoryStagingLog();
  readonly writerConfig: LakeWriterConfig;
  readonly config: IngestConfig;
  readonly encode: EventEncoder;
  /** Encodes events of the second stream. */
  readonly encodeQuote: EventEncoder;
  readonly schemaVersionId: string;
  /** The instance that most tests use. */
  readonly deps: IngestDeps;
  #random = 1;
  #replaced = 0;

  private constructor(writerConfig: LakeWriterConfig) {
    this.writerConfig = writerConfig;
    this.config = compileIngestConfig(writerConfig, { deadLetterUri: 's3://dead-letters' });
    const stream = writerConfig.streams[0]!;
    this.schemaVersionId = stream.schemas.at(-1)!.schemaVersionId;
    this.encode = encoderOf(stream, this.schemaVersionId);
    this.encodeQuote = encoderOf(stream, QUOTE_SCHEMA_ID);
    this.deps = this.instance();
  }

  static async create(options: { readonly withQuotes?: boolean } = {}): Promise<IngestWorld> {
    const whole = buildLakeWriterConfig(LOADED.project, LOADED.registry, { domain: 'market' });
    const config = { ...whole, streams: whole.streams.filter(({ name }) => name === 'trade') };
    const world = new IngestWorld(options.withQuotes === true ? withQuotes(config) : config);
    await world.#createTable(TABLE, TRADE_SHAPE);
    await world.#createTable(QUOTES, TRADE_SHAPE);
    await world.#createTable(REJECTED, REJECTED_TABLE_SHAPE);
    return world;
  }

  /** What `schemas/` holds about the trades. */
  static tradeSchemas(): StreamSchemas {
    return findStream(LOADED.registry, 'market', 'trade')!;
  }

  /** A further instance of the function, which knows nothing yet. */
  instance(): IngestDeps {
    return {
      store: this.store,
      catalog: this.catalog,
      reader: createHyparquetTableReader(this.store),
      columns: createHyparquetColumnReader(this.store),
      stagingLog: this.stagingLog,
      memory: createInstanceMemory(),
      clock: { nowMs: () => START_MS, sleep: async () => {} },
      random: {
        next: () => this.#next(),
        bytes: (length) => Uint8Array.from({ length }, () => Math.floor(this.#next() * 256)),
      },
    };
  }

  /** The configuration of another version of the code. */
  deploy(change: (stream: LakeWriterStream) => LakeWriterStream): IngestConfig {
    const streams = this.writerConfig.streams.map(change);
    const options = { deadLetterUri: this.config.deadLetterUri };
    return compileIngestConfig({ ...this.writerConfig, streams }, options);
  }

  async #createTable(ident: TableIdent, shape: typeof REJECTED_TABLE_SHAPE): Promise<void> {
    const metadata = createTableMetadata({
      ...shape,
      location: `s3://lake/${ident.database}/${ident.table}`,
      tableUuid: '00000000-0000-4000-8000-000000000001',
      nowMs: START_MS,
    });
    const location = `${metadata.location}/metadata/00000-00000000-0000-4000-8000-000000000001.metadata.json`;
    await this.store.put(location, Buffer.from(serializeTableMetadata(metadata)));
    this.catalog.create(ident, location);
  }

  async metadata(table: TableIdent = TABLE): Promise<TableMetadata> {
    return decodeTableMetadata(
      await this.store.get((await this.catalog.load(table)).metadataLocation),
    );
  }

  async state(source = SOURCE, table: TableIdent = TABLE) {
    return readSourceStates(await this.metadata(table)).get(source) ?? null;
  }

  /** Makes other metadata of the trades current, as another engine would. */
  async replaceMetadata(metadata: TableMetadata): Promise<void> {
    this.#replaced++;
    const location = `${metadata.location}/metadata/replaced-${this.#replaced}.metadata.json`;
    await this.store.put(location, Buffer.from(serializeTableMetadata(metadata)));
    const base = await this.catalog.load(TABLE);
    await this.catalog.swap(TABLE, base, { metadataLocation: location, metadata });
  }

  /** Makes the snapshot current again that was it in earlier metadata of the trades. */
  async rollBack(to: TableMetadata): Promise<void> {
    const id = to['current-snapshot-id'];
    await this.replaceMetadata({
      ...(await this.metadata()),
      'current-snapshot-id': id,
      refs: id === null ? {} : { main: { 'snapshot-id': id, type: 'branch' } },
    });
  }

  /** Every live row, as an independent Parquet reader sees it. */
  async rows(table: TableIdent = TABLE): Promise<readonly Record<string, unknown>[]> {
    const { files } = await planScan(
      { read: (uri) => this.store.get(uri) },
      await this.metadata(table),
      {},
    );
    const rows: Record<string, unknown>[] = [];
    for (const { filePath } of files) {
      const bytes = await this.store.get(filePath);
      const file = bytes.buffer.slice(
        bytes.byteOffset,
        bytes.byteOffset + bytes.byteLength,
      ) as ArrayBuffer;
      rows.push(...(await parquetReadObjects({ file, compressors, utf8: false })));
    }
    return rows;
  }

  #next(): number {
    this.#random = (this.#random * 16_807) % 2_147_483_647;
    return this.#random / 2_147_483_647;
  }
}

function encoderOf(stream: LakeWriterStream, schemaVersionId: string): EventEncoder {
  const { avro } = stream.schemas.at(-1)!;
  const encodeBody = createRowEncoder(JSON.parse(avro), stream.fields);
  return createEventEncoder(stream, { schemaVersionId, encodeBody });
}

function withQuotes(config: LakeWriterConfig): LakeWriterConfig {
  const trade = config.streams[0]!;
  const schemas = [{ ...trade.schemas.at(-1)!, schemaVersionId: QUOTE_SCHEMA_ID }];
  return { ...config, streams: [trade, { ...trade, name: 'quote', table: QUOTES, schemas }] };
}

/** A trade that every rule accepts. */
export function trade(id: string, fields: Partial<Row> = {}): Row {
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

/** A stream record of one plain event, or of bytes that are none. */
export function plainRecord(sequence: number, data: Uint8Array): SourceRecord {
  return {
    sequenceNumber: String(sequence + 1),
    partitionKey: 'x',
    arrivalMs: START_MS + sequence,
    data,
  };
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

/** A stream record with these trades, or with events encoded elsewhere. */
export function recordOf(
  world: IngestWorld,
  sequence: number,
  rows: readonly (Row | EncodedEvent)[],
): SourceRecord {
  const events = rows.map((row) => (isEncoded(row) ? row : world.encode(row)));
  return plainRecord(sequence, encodeAggregatedRecord(events));
}

type EncodedEvent = ReturnType<EventEncoder>;

function isEncoded(event: Row | EncodedEvent): event is EncodedEvent {
  return 'data' in event && event['data'] instanceof Uint8Array;
}
