import { formatUuid, nextMetadataLocation } from '#app/commit-locations.ts';
import { createFileRewriter } from '#app/commit-staged/rewrite-files.ts';
import { commitTable } from '#app/commit-table.ts';
import type { IngestDeps } from '#app/ingest-stream.ts';
import { loadTable } from '#app/load-table.ts';
import { updateTable } from '#app/update-table.ts';
import { liveFiles } from '#core/iceberg/scan/live-files.ts';
import { loadManifestList, loadManifests } from '#core/iceberg/scan/load-manifests.ts';
import { encodeManifest } from '#core/iceberg/spec/manifest.ts';
import { addedEntry } from '#core/iceberg/spec/manifest-entry.ts';
import { describeManifest } from '#core/iceberg/spec/staged-manifest.ts';
import {
  currentSchema,
  currentSnapshot,
  encodeTableMetadata,
  partitionSpecById,
  type TableMetadata,
} from '#core/iceberg/spec/table-metadata.ts';
import { planSnapshot } from '#core/iceberg/transaction/plan-snapshot.ts';
import { bindPartitionSpec } from '#core/iceberg/transform/bind-partition-spec.ts';
import { writeParquet } from '#core/parquet/write-parquet.ts';
import type { TableIdent } from '#ports/table-catalog.ts';
import type { RandomSource } from './random-source.ts';
import { rowPlace } from './workload.ts';

/** Commits a snapshot without files and without a word about positions. */
export async function appendNothing(deps: IngestDeps, table: TableIdent): Promise<void> {
  await commitTable(deps, table, { build: async () => ({ addFiles: [], summary: {} }) });
}

/** Keeps the current snapshot and what references name: the summaries of our commits are gone. */
export async function expireHistory(deps: IngestDeps, table: TableIdent): Promise<void> {
  await updateTable(deps, table, (metadata) => {
    const named = new Set(Object.values(metadata.refs).map((ref) => ref['snapshot-id']));
    const kept = metadata.snapshots.filter(
      (snapshot) =>
        snapshot['snapshot-id'] === metadata['current-snapshot-id'] ||
        named.has(snapshot['snapshot-id']),
    );
    if (kept.length === metadata.snapshots.length) return null;
    const ids = new Set(kept.map((snapshot) => snapshot['snapshot-id']));
    const log = metadata['snapshot-log'].filter((entry) => ids.has(entry['snapshot-id']));
    return { ...metadata, snapshots: kept, 'snapshot-log': log };
  });
}

/** Rewrites a data file, as copy-on-write does: without one of its rows, or with all of them. False: nothing was done. */
export async function rewriteOne(
  deps: IngestDeps,
  table: TableIdent,
  options: {
    readonly random: RandomSource;
    /** Told the place of the row before it is gone; null: all stay. */
    readonly onRemoved: ((place: string) => void) | null;
  },
): Promise<boolean> {
  const { metadata } = await loadTable(deps, table);
  const live = await plainFiles(deps, metadata);
  if (live.length === 0) return false;
  const { entry, specId } = options.random.pick(live);
  const staged = stagedAs(metadata, specId);
  const rewriter = createFileRewriter(deps);
  const of = { part: staged, file: entry.file };
  const rows = await rewriter.readRows(of, metadata);
  const gone = new Set<number>();
  if (options.onRemoved !== null) {
    const row = options.random.below(rows.length);
    gone.add(row);
    options.onRemoved(rowPlace(rows[row] ?? {}));
  }
  const { file } = await rewriter.without(of, gone, metadata);
  if (file?.filePath === entry.file.filePath) return false;
  const { kind } = await commitTable(deps, table, {
    build: async (base) => {
      if ((await plainFiles(deps, base)).length === 0) return null;
      return {
        operation: 'overwrite',
        addFiles: file === null ? [] : [file],
        removeFiles: [{ ...entry.file, specId }],
        dataSequenceNumber: entry.sequenceNumber,
        partitionSpecId: specId,
        summary: {},
      };
    },
  });
  return kind === 'committed';
}

async function plainFiles(deps: IngestDeps, metadata: TableMetadata) {
  const read = (uri: string) => deps.store.get(uri);
  const listed = await loadManifestList(read, currentSnapshot(metadata));
  // Rows that are deleted already would come back: leave tables with delete files alone.
  if (listed.some(({ content }) => content === 'deletes')) return [];
  return (await loadManifests(read, listed)).flatMap(liveFiles);
}

/** A file without a batch, as the rewriter wants it. */
function stagedAs(metadata: TableMetadata, specId: number) {
  const position = { sequence: '0', subSequence: 0 };
  return {
    source: 'foreign',
    part: 'whole' as const,
    after: null,
    link: {
      prev: null,
      last: position,
      tables: new Map(),
      descriptor: { uri: '', sha256: '' },
      stagedAtMs: 0,
    },
    staged: {
      tableUuid: metadata['table-uuid'],
      schemaId: metadata['current-schema-id'],
      specId,
      dedupeHorizonMs: 0,
      first: position,
      files: [],
      streams: new Map(),
      duplicates: [],
      maxEventTimeMicros: null,
    },
  };
}

const DELETE_FIELDS = [
  { id: 2147483546, name: 'file_path', required: true, type: 'string' },
  { id: 2147483545, name: 'pos', required: true, type: 'long' },
] as const;

/**
 * Takes a row out by a position delete file, as merge-on-read does. One attempt: an engine that loses tells its user.
 * Source: Iceberg v2 §Position Delete Files.
 */
export async function deleteByPosition(
  deps: IngestDeps,
  table: TableIdent,
  options: { readonly random: RandomSource; readonly onRemoved: (place: string) => void },
): Promise<boolean> {
  const { random } = options;
  const { pointer, metadata } = await loadTable(deps, table);
  const read = (uri: string) => deps.store.get(uri);
  const kept = await loadManifestList(read, currentSnapshot(metadata));
  const live = await plainFiles(deps, metadata);
  if (live.length === 0) return false;
  const { entry, specId } = random.pick(live);
  const of = { part: stagedAs(metadata, specId), file: entry.file };
  const rows = await createFileRewriter(deps).readRows(of, metadata);
  const row = random.below(rows.length);
  options.onRemoved(rowPlace(rows[row] ?? {}));
  const snapshotId = Buffer.from(random.bytes(8)).readBigUInt64BE() >> 2n;
  const values = [[entry.file.filePath], [BigInt(row)]] as const;
  const { bytes, metrics } = writeParquet(
    DELETE_FIELDS.map((field, index) => ({ field, values: values[index] ?? [] })),
    { icebergSchemaJson: '{}' },
  );
  const name = formatUuid(random.bytes(16));
  const filePath = `${metadata.location}/data/${name}-deletes.parquet`;
  await deps.store.put(filePath, bytes);
  const { partition } = entry.file;
  const deleteEntry = {
    ...addedEntry({ filePath, partition, ...metrics }, { snapshotId, sortOrderId: 0 }),
    content: 'position-deletes' as const,
    sortOrderId: null,
  };
  const [schema, partitionSpec] = [currentSchema(metadata), partitionSpecById(metadata, specId)];
  const syncMarker = random.bytes(16);
  const manifest = encodeManifest({ schema, partitionSpec, content: 'deletes' }, [deleteEntry], {
    syncMarker,
  });
  const manifestPath = `${metadata.location}/metadata/${name}-m0.avro`;
  await deps.store.put(manifestPath, manifest);
  const staged = describeManifest([deleteEntry], {
    manifestPath,
    manifestLength: BigInt(manifest.length),
    snapshotId,
    specId,
    partitionFields: bindPartitionSpec(partitionSpec, schema),
    content: 'deletes',
  });
  const manifestListPath = `${metadata.location}/metadata/snap-${snapshotId}-${name}.avro`;
  const plan = planSnapshot(metadata, {
    snapshotId,
    baseLocation: pointer.metadataLocation,
    manifestListPath,
    operation: 'delete',
    addedFiles: [],
    removedFiles: [],
    staged: [staged],
    kept,
    summary: {},
    nowMs: deps.clock.nowMs(),
    syncMarker,
  });
  await deps.store.put(manifestListPath, plan.manifestList);
  const location = nextMetadataLocation(plan.metadata, pointer.metadataLocation, name);
  await deps.store.put(location, encodeTableMetadata(plan.metadata));
  await deps.catalog.swap(table, pointer, { metadataLocation: location, metadata: plan.metadata });
  return true;
}
