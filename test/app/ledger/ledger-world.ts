import { MemoryEventStream } from '#adapters/memory/memory-event-stream.ts';
import { MemoryObjectStore } from '#adapters/memory/memory-object-store.ts';
import { MemoryReceiptStore } from '#adapters/memory/memory-receipt-store.ts';
import { createMemoryStagingLog } from '#adapters/memory/memory-staging-log.ts';
import { MemoryTableCatalog } from '#adapters/memory/memory-table-catalog.ts';
import { createHyparquetTableReader } from '#adapters/parquet/hyparquet-table-reader.ts';
import type { LedgerConfig, LedgerDeps, LedgerLimits } from '#app/ledger/ledger-config.ts';
import { readJournal } from '#app/ledger/read-journal.ts';
import { loadTable } from '#app/load-table.ts';
import { type LedgerRun, rollUpLedger } from '#app/roll-up-ledger.ts';
import { encodeSchemaRegistryHeader } from '#core/avro/schema-registry-header.ts';
import { serializeTableMetadata, type TableMetadata } from '#core/iceberg/spec/table-metadata.ts';
import { createTableMetadata } from '#core/iceberg/transaction/create-table.ts';
import { encodeAggregatedRecord } from '#core/kinesis/aggregated-record.ts';
import { readLedgerCursor } from '#core/ledger/ledger-cursor-codec.ts';
import { LEDGER_SHAPE } from '#core/ledger/ledger-table.ts';
import { REJECTED_TABLE_SHAPE } from '#core/schema/rejected-table.ts';
import type { TableShape } from '#core/schema/table-shape.ts';
import type { EventStream } from '#ports/event-stream.ts';
import type { TableIdent } from '#ports/table-catalog.ts';
import { seededRandom } from '#test/core/iceberg/fixed-world.ts';

export const STREAM_NAME = 'local-market';
export const START_MS = Date.parse('2026-11-20T10:50:00Z');
export const MINUTE_MS = 60_000;
export const RETENTION_MS = 168 * 60 * MINUTE_MS;
const PAGE_RECORDS = 2;
export const STREAMS = ['trade', 'quote'] as const;
export const MAPPING_ID = '4b9de2a3-0000-4000-8000-000000000000';
export const DEAD_LETTERS = 's3://dead';
const SCHEMA_IDS: Readonly<Record<string, string>> = {
  trade: '11111111-0000-4000-8000-000000000000',
  quote: '22222222-0000-4000-8000-000000000000',
};

const BRONZE_SHAPE: Pick<TableShape, 'schema' | 'partitionSpec' | 'sortOrder' | 'properties'> = {
  schema: {
    type: 'struct',
    'schema-id': 0,
    fields: [{ id: 1, name: 'symbol', required: true, type: 'string' }],
  },
  partitionSpec: { 'spec-id': 0, fields: [] },
  sortOrder: { 'order-id': 0, fields: [] },
  properties: {},
};

export function bronzeTable(stream: string): TableIdent {
  return { database: 'local_market_bronze', table: stream };
}

export const REJECTED: TableIdent = { database: 'local_market_bronze', table: 'rejected' };
export const LEDGER: TableIdent = { database: 'local_ops', table: 'ledger' };

/** A domain of two streams on services in memory, with a clock that stands still. */
export class LedgerWorld {
  nowMs = START_MS;
  readonly store = new MemoryObjectStore({ clock: { nowMs: () => this.nowMs } });
  readonly catalog = new MemoryTableCatalog();
  readonly receipts = new MemoryReceiptStore();
  readonly stagingLog = createMemoryStagingLog();
  readonly stream: MemoryEventStream;
  readonly deps: LedgerDeps;
  #seed = 1;

  private constructor(shards: number) {
    this.stream = new MemoryEventStream(shards, { name: STREAM_NAME, nowMs: () => this.nowMs });
    this.deps = this.newDeps();
  }

  static async create(options: { readonly shards?: number } = {}): Promise<LedgerWorld> {
    const world = new LedgerWorld(options.shards ?? 1);
    for (const stream of STREAMS) await world.#createTable(bronzeTable(stream), BRONZE_SHAPE);
    await world.#createTable(REJECTED, REJECTED_TABLE_SHAPE);
    await world.#createTable(LEDGER, LEDGER_SHAPE);
    return world;
  }

  /** Dependencies of one more process: the same world, its own random numbers. */
  newDeps(): LedgerDeps {
    const { store, catalog, stream, receipts, stagingLog } = this;
    return {
      store,
      catalog,
      stream: inSmallPages(stream),
      receipts,
      stagingLog,
      reader: createHyparquetTableReader(store),
      clock: { nowMs: () => this.nowMs, sleep: () => new Promise((go) => setImmediate(go)) },
      random: seededRandom(this.#seed++),
    };
  }

  config(changes: Partial<LedgerConfig> = {}): LedgerConfig {
    return {
      domain: 'market',
      streamNames: [STREAM_NAME],
      retentionMs: RETENTION_MS,
      graceMs: 15 * MINUTE_MS,
      streams: STREAMS.map((name) => ({ name, table: bronzeTable(name) })),
      rejectedTable: REJECTED,
      ledgerTable: LEDGER,
      streamOfSchema: (id) => STREAMS.find((name) => SCHEMA_IDS[name] === id) ?? null,
      deadLetterUri: DEAD_LETTERS,
      mappingIds: [MAPPING_ID],
      ...changes,
    };
  }

  rollUp(
    options: {
      readonly deps?: LedgerDeps;
      readonly limits?: Partial<LedgerLimits>;
      readonly standstill?: boolean;
      readonly config?: Partial<LedgerConfig>;
    } = {},
  ): Promise<LedgerRun> {
    const limits = {
      deadlineMs: Number.POSITIVE_INFINITY,
      maxEvents: 1_000_000,
      maxFailures: 1000,
      maxFailureBytes: Number.POSITIVE_INFINITY,
      ...options.limits,
    };
    const { deps = this.deps, standstill = false } = options;
    return rollUpLedger(deps, this.config(options.config), { limits, standstill });
  }

  /** One stream record of events of these streams; `_unknown` names no schema. */
  async put(streams: readonly string[], partitionKey = 'k') {
    const data = encodeAggregatedRecord(
      streams.map((stream) => ({ partitionKey, data: eventOf(stream) })),
    );
    const [outcome] = await this.stream.putRecords(STREAM_NAME, [{ partitionKey, data }]);
    if (outcome?.kind !== 'accepted') throw new Error('the record was not accepted');
    return { ...outcome, data };
  }

  async metadata(ident: TableIdent): Promise<TableMetadata> {
    return (await loadTable(this.deps, ident)).metadata;
  }

  /** Changes a table as an operator or another engine would. */
  async changeTable(
    ident: TableIdent,
    change: (metadata: TableMetadata) => TableMetadata,
  ): Promise<void> {
    const { pointer, metadata } = await loadTable(this.deps, ident);
    const changed = change(metadata);
    const location = `${metadata.location}/metadata/09999-${this.#seed++}.metadata.json`;
    await this.store.put(location, Buffer.from(serializeTableMetadata(changed)));
    await this.catalog.swap(ident, pointer, { metadataLocation: location, metadata: changed });
  }

  /** Makes an earlier snapshot the current one. */
  async rollBackTo(ident: TableIdent, snapshotId: bigint): Promise<void> {
    await this.changeTable(ident, (metadata) => ({
      ...metadata,
      'current-snapshot-id': snapshotId,
      refs: {
        ...metadata.refs,
        main: { ...metadata.refs['main'], 'snapshot-id': snapshotId, type: 'branch' },
      },
    }));
  }

  /** The whole journal, read back from the table's files. */
  async journal() {
    return await readJournal(this.deps, await this.metadata(LEDGER), { domain: 'market' });
  }

  async cursor() {
    return readLedgerCursor(await this.metadata(LEDGER), 'market');
  }

  async #createTable(ident: TableIdent, shape: typeof BRONZE_SHAPE): Promise<void> {
    const tableUuid = `00000000-0000-4000-8000-${String(this.#seed++).padStart(12, '0')}`;
    const location = `s3://lake/${ident.database}/${ident.table}`;
    const nowMs = this.nowMs;
    const metadata = createTableMetadata({ ...shape, location, tableUuid, nowMs });
    const first = `${location}/metadata/00000-${tableUuid}.metadata.json`;
    await this.store.put(first, Buffer.from(serializeTableMetadata(metadata)));
    this.catalog.create(ident, first);
  }
}

/** A stream gives its records in pages, and a run may end between any two. */
function inSmallPages(stream: MemoryEventStream): EventStream {
  return {
    layoutOf: stream.layoutOf,
    listShards: (name) => stream.listShards(name),
    putRecords: (name, records) => stream.putRecords(name, records),
    readShard: async function* (name, shardId, after) {
      for await (const page of stream.readShard(name, shardId, after)) {
        for (let at = 0; at < page.length; at += PAGE_RECORDS) {
          yield page.slice(at, at + PAGE_RECORDS);
        }
      }
    },
  };
}

export function eventOf(stream: string): Uint8Array {
  const schemaId = SCHEMA_IDS[stream];
  return schemaId === undefined
    ? Buffer.from('no header')
    : encodeSchemaRegistryHeader(schemaId, Buffer.from('payload'));
}
