import { SluiceError } from '../../errors.ts';
import type { InheritedEntry } from '../spec/manifest-entry.ts';
import type { PartitionTuple } from '../spec/partition.ts';
import type { Schema } from '../spec/schema.ts';
import type { Snapshot } from '../spec/snapshot.ts';
import {
  currentSchema,
  currentSnapshot,
  partitionSpecById,
  schemaById,
  snapshotAsOf,
  snapshotById,
  type TableMetadata,
} from '../spec/table-metadata.ts';
import { type DeleteLookup, indexDeletes, type PositionDeleteFile } from './delete-index.ts';
import { type LiveFile, liveFiles } from './live-files.ts';
import { loadManifestList, loadManifests, type ReadObject } from './load-manifests.ts';
import { manifestMayMatch, metricsMayMatch, partitionMayMatch } from './prune.ts';
import { type BoundPredicate, bindPredicate, type ScanPredicate } from './scan-predicate.ts';

/** A data file to read, with what has to be taken out of it. */
export interface ScanFile {
  readonly filePath: string;
  readonly recordCount: bigint;
  readonly fileSizeBytes: bigint;
  readonly partition: PartitionTuple;
  readonly specId: number;
  readonly dataSequenceNumber: bigint;
  readonly deletes: readonly PositionDeleteFile[];
}

export interface ScanPlan {
  /** Null: the table has no rows yet. */
  readonly snapshot: Snapshot | null;
  /** The schema to read with: the table's current one, or for time travel the snapshot's. */
  readonly schema: Schema;
  readonly files: readonly ScanFile[];
  /** Live data files that the filter ruled out, in manifests read and not read. */
  readonly skippedFiles: number;
  readonly skippedManifests: number;
}

export interface ScanOptions {
  /** Reads this snapshot. */
  readonly snapshotId?: bigint;
  /** Reads the snapshot that was current at this time; ignored beside `snapshotId`. */
  readonly asOfMs?: number;
  readonly filter?: ScanPredicate;
}

/**
 * Plans a scan: the live data files of a snapshot that may hold rows passing the filter.
 * Throws QUERY_FAILED when there is no such snapshot, FEATURE_UNSUPPORTED for equality deletes,
 * deletion vectors, encrypted and non-Parquet files, TABLE_INVALID when a file is listed twice,
 * and FORMAT_CORRUPT. Source: Iceberg v2 §Scan Planning.
 */
export async function planScan(
  deps: { readonly read: ReadObject },
  metadata: TableMetadata,
  options: ScanOptions = {},
): Promise<ScanPlan> {
  const { snapshot, schema } = chooseSnapshot(metadata, options);
  const filter: BoundPredicate =
    options.filter === undefined ? { kind: 'always' } : bindPredicate(options.filter, schema);
  const listed = await loadManifestList(deps.read, snapshot);
  // Deletes are not pruned: a file that the filter rules out may hold an unsupported delete for one that stays.
  const deletes = indexDeletes(
    await loadManifests(
      deps.read,
      listed.filter((manifest) => manifest.content === 'deletes'),
    ),
  );
  const data = listed.filter((manifest) => manifest.content === 'data');
  const [wanted, skipped] = partition(data, (manifest) =>
    manifestMayMatch(filter, manifest, partitionSpecById(metadata, manifest.partitionSpecId)),
  );
  const manifests = await loadManifests(deps.read, wanted);
  const live = manifests.flatMap(liveFiles);
  const files = scanFiles(live, { metadata, filter, deletes });
  const unread = skipped.reduce((n, m) => n + m.addedFilesCount + m.existingFilesCount, 0);
  return {
    snapshot,
    schema,
    files,
    skippedFiles: live.length - files.length + unread,
    skippedManifests: skipped.length,
  };
}

function chooseSnapshot(
  metadata: TableMetadata,
  { snapshotId, asOfMs }: ScanOptions,
): { readonly snapshot: Snapshot | null; readonly schema: Schema } {
  if (snapshotId === undefined && asOfMs === undefined) {
    return { snapshot: currentSnapshot(metadata), schema: currentSchema(metadata) };
  }
  const snapshot =
    snapshotId === undefined
      ? snapshotAsOf(metadata, asOfMs ?? 0)
      : snapshotById(metadata, snapshotId);
  if (snapshot === null) {
    const wanted = snapshotId === undefined ? `before ${asOfMs} ms` : `${snapshotId}`;
    throw new SluiceError(
      'QUERY_FAILED',
      `table ${metadata.location}: no snapshot ${wanted}; it never was or has expired`,
    );
  }
  const schemaId = snapshot['schema-id'] ?? metadata['current-schema-id'];
  return { snapshot, schema: schemaById(metadata, schemaId) };
}

function scanFiles(
  live: readonly LiveFile[],
  context: {
    readonly metadata: TableMetadata;
    readonly filter: BoundPredicate;
    readonly deletes: DeleteLookup;
  },
): readonly ScanFile[] {
  const { metadata, filter, deletes } = context;
  const seen = new Set<string>();
  const files: ScanFile[] = [];
  for (const { entry, specId } of live) {
    requireReadable(entry, seen);
    const { file } = entry;
    const spec = partitionSpecById(metadata, specId);
    if (!partitionMayMatch(filter, file.partition, spec)) continue;
    if (!metricsMayMatch(filter, file)) continue;
    files.push({
      filePath: file.filePath,
      recordCount: file.recordCount,
      fileSizeBytes: file.fileSizeBytes,
      partition: file.partition,
      specId,
      dataSequenceNumber: entry.sequenceNumber,
      deletes: deletes(entry, specId),
    });
  }
  return files;
}

function requireReadable(entry: InheritedEntry, seen: Set<string>): void {
  const { filePath } = entry.file;
  if (seen.has(filePath)) {
    throw new SluiceError(
      'TABLE_INVALID',
      `data file ${filePath}: expected once in a snapshot, got twice; its rows would count twice`,
    );
  }
  seen.add(filePath);
  if (entry.content !== 'data') {
    throw new SluiceError('TABLE_INVALID', `${filePath}: ${entry.content} in a data manifest`);
  }
  if (entry.fileFormat.toLowerCase() !== 'parquet') {
    throw new SluiceError(
      'FEATURE_UNSUPPORTED',
      `data file ${filePath}: expected Parquet, got ${entry.fileFormat}`,
    );
  }
  if (entry.keyMetadata !== null) {
    throw new SluiceError('FEATURE_UNSUPPORTED', `data file ${filePath}: is encrypted`);
  }
}

function partition<T>(
  items: readonly T[],
  isWanted: (item: T) => boolean,
): readonly [readonly T[], readonly T[]] {
  const wanted: T[] = [];
  const skipped: T[] = [];
  for (const item of items) (isWanted(item) ? wanted : skipped).push(item);
  return [wanted, skipped];
}
