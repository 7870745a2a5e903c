import type { DataFile } from '../spec/data-file.ts';
import type { FileContent, InheritedEntry } from '../spec/manifest-entry.ts';
import type { ManifestFile } from '../spec/manifest-list.ts';
import type { Snapshot } from '../spec/snapshot.ts';
import { partitionKey } from '../transform/partition-tuple.ts';

/** What a commit does to the rows: `replace` changes files only. Source: Iceberg v2 §Snapshots, `operation`. */
export type SnapshotOperation = 'append' | 'replace' | 'overwrite' | 'delete';

interface ChangedFiles {
  readonly operation: SnapshotOperation;
  readonly addedFiles: readonly DataFile[];
  readonly removedFiles: readonly InheritedEntry[];
  /** The caller's entries; counts win where names collide. */
  readonly summary: Readonly<Record<string, string>>;
}

/**
 * Summary of a snapshot: the caller's entries, then the counts, which win where names collide.
 * File and record totals are counted from the manifest list, so a foreign writer's mistake ends with
 * our next commit; sizes and delete rows, which the list does not carry, go on from the parent's.
 * Source: Iceberg v2 §Optional Snapshot Summary Fields.
 */
export function summarizeChange(
  change: ChangedFiles,
  options: {
    readonly parent: Snapshot | null;
    /** Manifests of the new snapshot. */
    readonly manifests: readonly ManifestFile[];
  },
): Readonly<Record<string, string>> {
  const { parent, manifests } = options;
  const { addedFiles: added, removedFiles: removed } = change;
  const addedBytes = sumOf(added, (file) => file.fileSizeBytes);
  const removedBytes = sumOf(removed, ({ file }) => file.fileSizeBytes);
  const changed = [...added, ...removed.map(({ file }) => file)];
  return {
    ...change.summary,
    operation: change.operation,
    'added-data-files': String(added.length),
    'added-records': String(sumOf(added, (file) => file.recordCount)),
    'added-files-size': String(addedBytes),
    ...removedCounts(removed, removedBytes),
    'changed-partition-count': String(
      new Set(changed.map((file) => partitionKey(file.partition))).size,
    ),
    'total-data-files': String(liveFiles(manifests, 'data')),
    'total-records': String(liveRows(manifests)),
    'total-delete-files': String(liveFiles(manifests, 'deletes')),
    ...carriedTotal(parent, 'total-files-size', addedBytes - removedBytes),
    ...carriedTotal(parent, 'total-position-deletes', -removedRows(removed, 'position-deletes')),
    ...carriedTotal(parent, 'total-equality-deletes', -removedRows(removed, 'equality-deletes')),
  };
}

/** What was taken out; an append says nothing of it. */
function removedCounts(
  removed: readonly InheritedEntry[],
  removedBytes: bigint,
): Readonly<Record<string, string>> {
  if (removed.length === 0) return {};
  const data = removed.filter((entry) => entry.content === 'data');
  return {
    'deleted-data-files': String(data.length),
    'deleted-records': String(removedRows(removed, 'data')),
    'removed-delete-files': String(removed.length - data.length),
    'removed-position-deletes': String(removedRows(removed, 'position-deletes')),
    'removed-equality-deletes': String(removedRows(removed, 'equality-deletes')),
    'removed-files-size': String(removedBytes),
  };
}

function removedRows(removed: readonly InheritedEntry[], content: FileContent): bigint {
  return sumOf(removed, (entry) => (entry.content === content ? entry.file.recordCount : 0n));
}

function sumOf<T>(items: readonly T[], value: (item: T) => bigint): bigint {
  return items.reduce((sum, item) => sum + value(item), 0n);
}

function liveFiles(manifests: readonly ManifestFile[], content: ManifestFile['content']): number {
  return manifests
    .filter((manifest) => manifest.content === content)
    .reduce((files, m) => files + m.addedFilesCount + m.existingFilesCount, 0);
}

function liveRows(manifests: readonly ManifestFile[]): bigint {
  return manifests
    .filter((manifest) => manifest.content === 'data')
    .reduce((rows, m) => rows + m.addedRowsCount + m.existingRowsCount, 0n);
}

/** A total the parent does not state stays unstated: a wrong one is worse than none. */
function carriedTotal(
  parent: Snapshot | null,
  name: string,
  change: bigint,
): Readonly<Record<string, string>> {
  const before = parent === null ? '0' : parent.summary[name];
  if (before === undefined || !/^\d+$/.test(before)) return {};
  const total = BigInt(before) + change;
  return total < 0n ? {} : { [name]: String(total) };
}
