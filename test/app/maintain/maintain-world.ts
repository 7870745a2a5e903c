import { MemoryObjectStore } from '#adapters/memory/memory-object-store.ts';
import { MemoryTableCatalog } from '#adapters/memory/memory-table-catalog.ts';
import { createHyparquetColumnReader } from '#adapters/parquet/hyparquet-column-reader.ts';
import { commitTable } from '#app/commit-table.ts';
import { loadTable } from '#app/load-table.ts';
import type { CompactionDeps } from '#app/maintain/compact-table.ts';
import type { CompactionOptions } from '#app/maintain/plan-table-compaction.ts';
import { stageRows } from '#app/stage-rows.ts';
import { NO_COUNTS } from '#core/delivery/delivery-counts.ts';
import { encodeSourceStates, readSourceStates, SOURCES_KEY } from '#core/delivery/source-state.ts';
import { checkTable } from '#core/iceberg/check/check-table.ts';
import { loadManifestList } from '#core/iceberg/scan/load-manifests.ts';
import { planScan } from '#core/iceberg/scan/plan-scan.ts';
import { encodeManifest } from '#core/iceberg/spec/manifest.ts';
import { addedEntry } from '#core/iceberg/spec/manifest-entry.ts';
import type { PartitionSpec, PartitionTuple } from '#core/iceberg/spec/partition.ts';
import type { Schema } from '#core/iceberg/spec/schema.ts';
import { describeManifest } from '#core/iceberg/spec/staged-manifest.ts';
import {
  currentSchema,
  currentSnapshot,
  partitionSpecById,
  serializeTableMetadata,
  type TableMetadata,
} from '#core/iceberg/spec/table-metadata.ts';
import { createTableMetadata } from '#core/iceberg/transaction/create-table.ts';
import { planSnapshot } from '#core/iceberg/transaction/plan-snapshot.ts';
import { bindPartitionSpec } from '#core/iceberg/transform/bind-partition-spec.ts';
import { writeParquet } from '#core/parquet/write-parquet.ts';
import type { Row } from '#core/schema/field.ts';
import type { Clock } from '#ports/clock.ts';
import { fixedClock, START_MS, seededRandom } from '#test/core/iceberg/fixed-world.ts';

export const TICKS = { database: 'local_market_bronze', table: 'ticks' };
export const TICKS_LOCATION = 's3://lake/local_market_bronze/ticks';
export const SOURCE = 'kinesis:market/shardId-000000000000';
export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;

export const TICKS_SCHEMA: Schema = {
  type: 'struct',
  'schema-id': 0,
  fields: [
    { id: 1, name: 'id', required: true, type: 'long' },
    { id: 2, name: '_ingested_at', required: true, type: 'timestamp' },
    { id: 3, name: 'symbol', required: false, type: 'string' },
    { id: 4, name: 'price', required: false, type: 'double' },
    {
      id: 5,
      name: 'tags',
      required: false,
      type: { type: 'list', 'element-id': 6, element: 'string', 'element-required': true },
    },
  ],
};

const BY_HOUR: PartitionSpec = {
  'spec-id': 0,
  fields: [{ 'source-id': 2, 'field-id': 1000, name: '_ingested_at_hour', transform: 'hour' }],
};

export interface MaintainWorld {
  readonly store: MemoryObjectStore;
  readonly catalog: MemoryTableCatalog;
  readonly clock: Clock;
  readonly deps: CompactionDeps;
  load(): Promise<TableMetadata>;
  /** Appends ticks that arrive now, as the writer does: rows and position in one commit. */
  append(ids: readonly number[]): Promise<void>;
  /** Takes rows out as another engine does: a position delete file per data file. */
  deleteIds(ids: ReadonlySet<number>): Promise<void>;
  /** Ids that a reader of the current snapshot sees, in order. */
  ids(): Promise<readonly number[]>;
  rows(metadata?: TableMetadata, snapshotId?: bigint): Promise<readonly Row[]>;
  problems(): Promise<readonly string[]>;
  /** Every snapshot read whole. */
  readAll(): Promise<void>;
  dataFiles(): Promise<number>;
}

export function tick(id: number, arrivalMs: number): Row {
  return {
    id: BigInt(id),
    _ingested_at: BigInt(arrivalMs) * 1000n + BigInt(id % 1000),
    symbol: id % 7 === 0 ? null : `S${id % 5}`,
    price: id % 11 === 0 ? Number.NaN : id / 4,
    tags: id % 3 === 0 ? null : [`t${id % 2}`],
  };
}

export async function maintainWorld(
  options: {
    readonly seed?: number;
    readonly properties?: Readonly<Record<string, string>>;
    readonly spec?: PartitionSpec;
    readonly sortOrder?: TableMetadata['sort-orders'][number];
  } = {},
): Promise<MaintainWorld> {
  const clock = fixedClock();
  const store = new MemoryObjectStore({ clock });
  const catalog = new MemoryTableCatalog();
  const created = createTableMetadata({
    location: TICKS_LOCATION,
    tableUuid: '9c12d441-03fe-4693-9a96-a0705ddf69c1',
    schema: TICKS_SCHEMA,
    partitionSpec: options.spec ?? BY_HOUR,
    properties: options.properties ?? {},
    nowMs: START_MS,
  });
  const metadata =
    options.sortOrder === undefined
      ? created
      : {
          ...created,
          'sort-orders': [...created['sort-orders'], options.sortOrder],
          'default-sort-order-id': options.sortOrder['order-id'],
        };
  const first = `${TICKS_LOCATION}/metadata/00000-a0705ddf-69c1-4693-9a96-9c12d44103fe.metadata.json`;
  await store.put(first, Buffer.from(serializeTableMetadata(metadata)));
  catalog.create(TICKS, first);
  const random = seededRandom(options.seed ?? 1);
  const columns = createHyparquetColumnReader(store);
  const deps: CompactionDeps = { store, catalog, clock, random, columns };
  const read = (uri: string) => store.get(uri);
  const load = async () => (await loadTable(deps, TICKS)).metadata;
  let position = 0;

  const rows = async (base?: TableMetadata, snapshotId?: bigint): Promise<readonly Row[]> => {
    const current = base ?? (await load());
    const { files, schema } = await planScan(
      { read },
      current,
      snapshotId === undefined ? {} : { snapshotId },
    );
    const found: Row[] = [];
    for (const file of files) {
      const gone = new Set<number>();
      for (const { filePath, fileSizeBytes } of file.deletes) {
        const source = { uri: filePath, sizeBytes: Number(fileSizeBytes) };
        for await (const block of columns.readBlocks(source, DELETE_FIELDS)) {
          block.columns[0]?.forEach((path, row) => {
            if (path === file.filePath) gone.add(Number(block.columns[1]?.[row]));
          });
        }
      }
      const source = { uri: file.filePath, sizeBytes: Number(file.fileSizeBytes) };
      for await (const block of columns.readBlocks(source, schema.fields)) {
        for (let row = 0; row < block.rowCount; row++) {
          if (gone.has(block.firstRow + row)) continue;
          found.push(
            Object.fromEntries(
              schema.fields.map(({ name }, index) => [name, block.columns[index]?.[row] ?? null]),
            ),
          );
        }
      }
    }
    return found.toSorted((a, b) => Number(a['id']) - Number(b['id']));
  };

  return {
    store,
    catalog,
    clock,
    deps,
    load,
    rows,
    append: async (ids) => {
      const at = { sequence: String(++position).padStart(56, '0'), subSequence: 0 };
      const own = ids.map((id) => tick(id, clock.nowMs()));
      await commitTable({ ...deps, random: seededRandom(position * 7919) }, TICKS, {
        build: async (base) => {
          const before = readSourceStates(base).get(SOURCE)?.counts ?? NO_COUNTS;
          const sources = encodeSourceStates(
            new Map([
              [
                SOURCE,
                {
                  position: at,
                  maxEventTimeMicros: BigInt(clock.nowMs()) * 1000n,
                  counts: {
                    ...before,
                    received: before.received + ids.length,
                    committed: before.committed + ids.length,
                  },
                },
              ],
            ]),
          );
          const range = { source: SOURCE, first: at, last: at };
          return {
            addFiles: await stageRows(store, base, { rows: own, range }),
            summary: { [SOURCES_KEY]: sources },
            properties: { [SOURCES_KEY]: sources },
          };
        },
      });
    },
    deleteIds: async (ids) => await deleteRows({ deps, rowsOf: columns, read }, ids),
    ids: async () => (await rows()).map(({ id }) => Number(id)),
    problems: async () => {
      const problems = await checkTable({ read, readData: read }, await load());
      return problems.map(({ where, message }) => `${where}: ${message}`);
    },
    readAll: async () => {
      const current = await load();
      for (const snapshot of current.snapshots) await rows(current, snapshot['snapshot-id']);
    },
    dataFiles: async () => (await planScan({ read }, await load())).files.length,
  };
}

const DELETE_FIELDS = [
  { id: 2147483546, name: 'file_path', required: true, type: 'string' },
  { id: 2147483545, name: 'pos', required: true, type: 'long' },
] as const;

/** One snapshot with a position delete file per partition that has one of the ids. */
async function deleteRows(
  world: {
    readonly deps: CompactionDeps;
    readonly rowsOf: CompactionDeps['columns'];
    readonly read: (uri: string) => Promise<Uint8Array>;
  },
  ids: ReadonlySet<number>,
): Promise<void> {
  const { deps, read } = world;
  const { pointer, metadata } = await loadTable(deps, TICKS);
  const { files } = await planScan({ read }, metadata);
  const byPartition = new Map<
    string,
    { readonly tuple: PartitionTuple; readonly specId: number; readonly at: [string, bigint][] }
  >();
  for (const file of files) {
    const source = { uri: file.filePath, sizeBytes: Number(file.fileSizeBytes) };
    for await (const block of world.rowsOf.readBlocks(source, TICKS_SCHEMA.fields.slice(0, 1))) {
      block.columns[0]?.forEach((id, row) => {
        if (!ids.has(Number(id))) return;
        const key = `${file.specId} ${file.partition.join()}`;
        const known = byPartition.get(key) ?? {
          tuple: file.partition,
          specId: file.specId,
          at: [],
        };
        byPartition.set(key, known);
        known.at.push([file.filePath, BigInt(block.firstRow + row)]);
      });
    }
  }
  if (byPartition.size === 0) return;
  const snapshotId = deps.random.bytes(8).reduce((id, byte) => (id << 8n) | BigInt(byte), 0n) >> 1n;
  const staged = [];
  let bytesAdded = 0n;
  let rowsDeleted = 0n;
  for (const { tuple, specId, at } of byPartition.values()) {
    at.sort(([a, x], [b, y]) => (a < b ? -1 : a > b ? 1 : Number(x - y)));
    const { bytes, metrics } = writeParquet(
      DELETE_FIELDS.map((field, index) => ({
        field,
        values: at.map((pair) => pair[index] ?? null),
      })),
      { icebergSchemaJson: '{}' },
    );
    const name = deps.random.bytes(8).join('');
    const filePath = `${TICKS_LOCATION}/data/${name}-deletes.parquet`;
    await deps.store.put(filePath, bytes);
    const entry = {
      ...addedEntry({ filePath, partition: tuple, ...metrics }, { snapshotId, sortOrderId: 0 }),
      content: 'position-deletes' as const,
      sortOrderId: null,
    };
    const partitionSpec = partitionSpecById(metadata, specId);
    const schema = currentSchema(metadata);
    const manifest = encodeManifest({ schema, partitionSpec, content: 'deletes' }, [entry], {
      syncMarker: new Uint8Array(16),
    });
    const manifestPath = `${TICKS_LOCATION}/metadata/${name}-deletes.avro`;
    await deps.store.put(manifestPath, manifest);
    staged.push(
      describeManifest([entry], {
        manifestPath,
        manifestLength: BigInt(manifest.length),
        snapshotId,
        specId,
        partitionFields: bindPartitionSpec(partitionSpec, schema),
        content: 'deletes',
      }),
    );
    bytesAdded += metrics.fileSizeBytes;
    rowsDeleted += metrics.recordCount;
  }
  const manifestListPath = `${TICKS_LOCATION}/metadata/snap-${snapshotId}.avro`;
  const parent = currentSnapshot(metadata);
  const plan = planSnapshot(metadata, {
    snapshotId,
    baseLocation: pointer.metadataLocation,
    manifestListPath,
    operation: 'delete',
    addedFiles: [],
    removedFiles: [],
    staged,
    kept: await loadManifestList(read, parent),
    summary: {},
    nowMs: deps.clock.nowMs(),
    syncMarker: new Uint8Array(16),
  });
  const total = (key: string, more: bigint) => String(BigInt(parent?.summary[key] ?? '0') + more);
  const snapshots = plan.metadata.snapshots.map((snapshot) =>
    snapshot['snapshot-id'] === snapshotId
      ? {
          ...snapshot,
          summary: {
            operation: 'delete',
            'total-records': snapshot.summary['total-records'] ?? '',
            'total-data-files': snapshot.summary['total-data-files'] ?? '',
            'total-delete-files': snapshot.summary['total-delete-files'] ?? '',
            'total-files-size': total('total-files-size', bytesAdded),
            'total-position-deletes': total('total-position-deletes', rowsDeleted),
            'total-equality-deletes': '0',
          },
        }
      : snapshot,
  );
  const next = { ...plan.metadata, snapshots };
  await deps.store.put(manifestListPath, plan.manifestList);
  const location = `${TICKS_LOCATION}/metadata/${String(Number(/\/(\d+)-/.exec(pointer.metadataLocation)?.[1]) + 1).padStart(5, '0')}-${snapshotId}.metadata.json`;
  await deps.store.put(location, Buffer.from(serializeTableMetadata(next)));
  await deps.catalog.swap(TICKS, pointer, { metadataLocation: location, metadata: next });
}

/** Compacts whatever is closed, two files or more. */
export const COMPACT: CompactionOptions = {
  targetFileBytes: 1_000_000,
  minInputFiles: 2,
  maxRewriteBytes: 1_000_000_000,
  maxFileRows: 100_000,
  sortBy: null,
  eventTime: null,
  deadlineMs: Number.POSITIVE_INFINITY,
};

export function range(from: number, to: number): readonly number[] {
  return Array.from({ length: to - from }, (_, index) => from + index);
}
