import type { DataFile } from '../spec/data-file.ts';
import type { ManifestFile } from '../spec/manifest-list.ts';
import type { Snapshot } from '../spec/snapshot.ts';
import { partitionKey } from '../transform/partition-tuple.ts';

/**
 * Summary of an append: the caller's entries, then the counts, which win where names collide.
 * File and record totals are counted from the manifest list, so a foreign writer's mistake ends with
 * our next commit; sizes and delete rows, which the list does not carry, go on from the parent's.
 * Source: Iceberg v2 §Optional Snapshot Summary Fields.
 */
export function appendSummary(
  added: readonly DataFile[],
  options: {
    readonly parent: Snapshot | null;
    /** Manifests of the new snapshot. */
    readonly manifests: readonly ManifestFile[];
    readonly entries: Readonly<Record<string, string>>;
  },
): Readonly<Record<string, string>> {
  const { parent, manifests, entries } = options;
  const addedBytes = added.reduce((bytes, file) => bytes + file.fileSizeBytes, 0n);
  const addedRecords = added.reduce((records, file) => records + file.recordCount, 0n);
  return {
    ...entries,
    operation: 'append',
    'added-data-files': String(added.length),
    'added-records': String(addedRecords),
    'added-files-size': String(addedBytes),
    'changed-partition-count': String(
      new Set(added.map((file) => partitionKey(file.partition))).size,
    ),
    'total-data-files': String(liveFiles(manifests, 'data')),
    'total-records': String(liveRows(manifests)),
    'total-delete-files': String(liveFiles(manifests, 'deletes')),
    ...carriedTotal(parent, 'total-files-size', addedBytes),
    ...carriedTotal(parent, 'total-position-deletes', 0n),
    ...carriedTotal(parent, 'total-equality-deletes', 0n),
  };
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
  return { [name]: String(BigInt(before) + change) };
}
