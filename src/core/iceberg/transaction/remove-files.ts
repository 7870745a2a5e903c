import { decodeBound } from '../scan/value-range.ts';
import { encodeManifest, type Manifest } from '../spec/manifest.ts';
import { existingEntry, type InheritedEntry } from '../spec/manifest-entry.ts';
import type { ManifestFile } from '../spec/manifest-list.ts';
import type { PartitionTuple } from '../spec/partition.ts';
import { describeManifest, type StagedManifest } from '../spec/staged-manifest.ts';
import { compareValues, conformValue } from '../spec/value-order.ts';
import { type BoundPartitionField, bindPartitionSpec } from '../transform/bind-partition-spec.ts';

/** A live data or delete file that a commit takes out; spec and partition tell which manifests may hold it. */
export interface RemovedFile {
  readonly filePath: string;
  readonly specId: number;
  readonly partition: PartitionTuple;
}

/** A manifest that replaces one whose files are in part taken out. */
export interface RewrittenManifest {
  readonly bytes: Uint8Array;
  readonly staged: StagedManifest;
  /** What was taken out, as it stands in the new manifest. */
  readonly removed: readonly InheritedEntry[];
}

/**
 * The manifest without the files in `paths`: they stay for one snapshot as `deleted`, the others become `existing`
 * with the numbers they have, what earlier commits deleted is left out. Null when it holds none of them.
 * `entries` have inherited what their list says. Source: Iceberg v2 §Manifests, `status`.
 */
export function removeFromManifest(
  manifest: Manifest,
  entries: readonly InheritedEntry[],
  options: {
    readonly paths: ReadonlySet<string>;
    readonly manifestPath: string;
    readonly snapshotId: bigint;
    readonly syncMarker: Uint8Array;
  },
): RewrittenManifest | null {
  const { paths, snapshotId } = options;
  const live = entries.filter((entry) => entry.status !== 'deleted');
  const removed: InheritedEntry[] = live
    .filter((entry) => paths.has(entry.file.filePath))
    .map((entry) => ({ ...entry, status: 'deleted', snapshotId }));
  if (removed.length === 0) return null;
  const kept = live.filter((entry) => !paths.has(entry.file.filePath)).map(existingEntry);
  const all = [...removed, ...kept];
  const bytes = encodeManifest(manifest, all, { syncMarker: options.syncMarker });
  const staged = describeManifest(all, {
    manifestPath: options.manifestPath,
    manifestLength: BigInt(bytes.length),
    snapshotId,
    specId: manifest.partitionSpec['spec-id'],
    partitionFields: bindPartitionSpec(manifest.partitionSpec, manifest.schema),
    content: manifest.content,
  });
  return { bytes, staged, removed };
}

/** Whether a manifest can hold one of the files, by its spec and the range of its partitions. */
export function mayHoldFile(
  manifest: Pick<ManifestFile, 'partitionSpecId' | 'partitions'>,
  files: readonly RemovedFile[],
  fields: readonly BoundPartitionField[],
): boolean {
  return files.some(
    ({ specId, partition }) =>
      specId === manifest.partitionSpecId && mayHoldTuple(manifest, partition, fields),
  );
}

function mayHoldTuple(
  { partitions }: Pick<ManifestFile, 'partitions'>,
  tuple: PartitionTuple,
  fields: readonly BoundPartitionField[],
): boolean {
  if (partitions === null || partitions.length !== fields.length) return true;
  return fields.every(({ resultType }, index) => {
    const summary = partitions[index];
    const raw = tuple[index] ?? null;
    if (summary === undefined) return true;
    if (raw === null) return summary.containsNull;
    const value = conformValue(raw, resultType);
    if (value === null || Number.isNaN(value)) return true;
    const lower = decodeBound(resultType, summary.lowerBound);
    const upper = decodeBound(resultType, summary.upperBound);
    return (
      (lower === null || compareValues(lower, value) <= 0) &&
      (upper === null || compareValues(value, upper) <= 0)
    );
  });
}

/** Manifests that a new snapshot lists again: one with deleted files only has told what it had to tell. */
export function hasLiveFiles(
  manifest: Pick<ManifestFile, 'addedFilesCount' | 'existingFilesCount'>,
): boolean {
  return manifest.addedFilesCount + manifest.existingFilesCount > 0;
}
