import { SluiceError } from '../../errors.ts';
import { type DeleteLookup, indexDeletes, type PositionDeleteFile } from '../scan/delete-index.ts';
import { liveFiles } from '../scan/live-files.ts';
import { loadManifestList, loadManifests, type ReadObject } from '../scan/load-manifests.ts';
import { decodeBound } from '../scan/value-range.ts';
import type { InheritedEntry } from '../spec/manifest-entry.ts';
import type { ManifestFile } from '../spec/manifest-list.ts';
import type { PartitionTuple } from '../spec/partition.ts';
import type { PrimitiveType } from '../spec/schema.ts';
import type { SingleValue } from '../spec/single-value.ts';
import { currentSnapshot, type TableMetadata } from '../spec/table-metadata.ts';
import type { RemovedFile } from '../transaction/remove-files.ts';
import { partitionKey } from '../transform/partition-tuple.ts';

/** Manifests in memory at once: a large table has more entries than memory. */
const MANIFESTS_AT_A_TIME = 8;

/** What maintenance has to know of a live data file. */
export interface LiveDataFile extends RemovedFile {
  /** Equal for files of one spec and partition. */
  readonly partitionKey: string;
  readonly sizeBytes: number;
  readonly rowCount: number;
  readonly sequenceNumber: bigint;
  readonly sortOrderId: number | null;
  /** Position delete files that reach it, by path. */
  readonly deletes: readonly PositionDeleteFile[];
  /** Bounds of the column asked for; null where the file does not say. */
  readonly lower: SingleValue | null;
  readonly upper: SingleValue | null;
}

export interface LiveInventory {
  readonly files: readonly LiveDataFile[];
  /** Live position delete files. */
  readonly deleteFiles: readonly RemovedFile[];
}

/**
 * The live files of the current snapshot, as little of each as is needed: about 500 bytes a file. Throws
 * FEATURE_UNSUPPORTED for equality deletes and deletion vectors, and for files that are not plain Parquet.
 */
export async function listLiveFiles(
  read: ReadObject,
  metadata: TableMetadata,
  options: {
    readonly boundsOf?: { readonly id: number; readonly type: PrimitiveType } | null;
  } = {},
): Promise<LiveInventory> {
  const listed = await loadManifestList(read, currentSnapshot(metadata));
  const { lookUp, deleteFiles } = await loadDeletes(read, listed);
  const data = listed.filter(({ content }) => content === 'data');
  const files: LiveDataFile[] = [];
  const keys = new Map<string, { readonly key: string; readonly tuple: PartitionTuple }>();
  for (let start = 0; start < data.length; start += MANIFESTS_AT_A_TIME) {
    const group = await loadManifests(read, data.slice(start, start + MANIFESTS_AT_A_TIME));
    for (const { entry, specId } of group.flatMap(liveFiles)) {
      requirePlainParquet(entry);
      const key = `${specId} ${partitionKey(entry.file.partition)}`;
      // One copy of key and tuple for all files of a partition.
      const shared = keys.get(key) ?? { key, tuple: entry.file.partition };
      keys.set(key, shared);
      files.push(
        inventoryOf(entry, { ...shared, specId, lookUp, boundsOf: options.boundsOf ?? null }),
      );
    }
  }
  return { files, deleteFiles };
}

/** The live position deletes of the listed manifests, and what they reach. */
export async function loadDeletes(
  read: ReadObject,
  listed: readonly ManifestFile[],
): Promise<{ readonly lookUp: DeleteLookup; readonly deleteFiles: readonly RemovedFile[] }> {
  const manifests = await loadManifests(
    read,
    listed.filter(({ content }) => content === 'deletes'),
  );
  const deleteFiles = manifests.flatMap(liveFiles).map(({ entry, specId }) => ({
    filePath: entry.file.filePath,
    specId,
    partition: entry.file.partition,
  }));
  return { lookUp: indexDeletes(manifests), deleteFiles };
}

function inventoryOf(
  entry: InheritedEntry,
  context: {
    readonly key: string;
    readonly tuple: PartitionTuple;
    readonly specId: number;
    readonly lookUp: DeleteLookup;
    readonly boundsOf: { readonly id: number; readonly type: PrimitiveType } | null;
  },
): LiveDataFile {
  const { file } = entry;
  const { boundsOf, specId } = context;
  const bound = (bounds: ReadonlyMap<number, Uint8Array>) =>
    boundsOf === null ? null : decodeBound(boundsOf.type, bounds.get(boundsOf.id));
  return {
    filePath: file.filePath,
    specId,
    partition: context.tuple,
    partitionKey: context.key,
    sizeBytes: Number(file.fileSizeBytes),
    rowCount: Number(file.recordCount),
    sequenceNumber: entry.sequenceNumber,
    sortOrderId: entry.sortOrderId,
    deletes: context.lookUp(entry, specId),
    lower: bound(file.lowerBounds),
    upper: bound(file.upperBounds),
  };
}

function requirePlainParquet(entry: InheritedEntry): void {
  if (entry.fileFormat.toLowerCase() === 'parquet' && entry.keyMetadata === null) return;
  throw new SluiceError(
    'FEATURE_UNSUPPORTED',
    `data file ${entry.file.filePath}: expected Parquet without encryption, got ${entry.fileFormat}; let the engine that wrote it maintain the table`,
  );
}
