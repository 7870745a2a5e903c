import type { ManifestFile } from '#core/iceberg/spec/manifest-list.ts';
import type { Snapshot } from '#core/iceberg/spec/snapshot.ts';
import {
  currentSnapshot,
  snapshotById,
  type TableMetadata,
} from '#core/iceberg/spec/table-metadata.ts';
import { takesOutFiles } from '#core/iceberg/transaction/expire-snapshots.ts';
import type { ObjectStore } from '#ports/object-store.ts';
import { forEachEntry, readList } from './reachable-files.ts';

/** What one snapshot did to data files. */
interface FileChanges {
  readonly added: Set<string>;
  readonly removed: Set<string>;
}

/**
 * Data files that a commit on the table's line of snapshots took out. Such a commit is kept for a day while those around it expire
 * after an hour, so the line of parents does not reach it. It is on the line all the same if a file that it added is live in
 * the current snapshot, or was taken out by a commit that is on it: a commit that was rolled back leaves neither.
 * @param manifests of every snapshot the table knows
 */
export async function takenOutOnMain(
  store: Pick<ObjectStore, 'get'>,
  metadata: TableMetadata,
  manifests: readonly ManifestFile[],
): Promise<ReadonlySet<string>> {
  const changes = new Map<bigint, FileChanges>();
  for (const snapshot of metadata.snapshots.filter(takesOutFiles)) {
    changes.set(snapshot['snapshot-id'], { added: new Set(), removed: new Set() });
  }
  const takenOut = new Set<string>();
  if (changes.size === 0) return takenOut;
  await forEachEntry(store, manifests, ({ status, snapshotId, file }) => {
    const change = changes.get(snapshotId);
    if (status === 'deleted') change?.removed.add(file.filePath);
    else change?.added.add(file.filePath);
  });
  const live = await liveAmong(store, metadata, changes);
  const line = mainLine(metadata);
  for (const { 'snapshot-id': id } of newestFirst(metadata)) {
    const change = changes.get(id);
    if (change === undefined) continue;
    const isOnLine =
      line.has(id) || [...change.added].some((path) => live.has(path) || takenOut.has(path));
    if (isOnLine) for (const path of change.removed) takenOut.add(path);
  }
  return takenOut;
}

/** Files of those changes that are live in the current snapshot. */
async function liveAmong(
  store: Pick<ObjectStore, 'get'>,
  metadata: TableMetadata,
  changes: ReadonlyMap<bigint, FileChanges>,
): Promise<ReadonlySet<string>> {
  const live = new Set<string>();
  const current = currentSnapshot(metadata);
  if (current === null) return live;
  await forEachEntry(store, await readList(store, current), ({ status, snapshotId, file }) => {
    if (status !== 'deleted' && changes.has(snapshotId)) live.add(file.filePath);
  });
  return live;
}

function newestFirst({ snapshots }: TableMetadata): readonly Snapshot[] {
  return snapshots.toSorted((a, b) => (a['sequence-number'] > b['sequence-number'] ? -1 : 1));
}

function mainLine(metadata: TableMetadata): ReadonlySet<bigint> {
  const ids = new Set<bigint>();
  let snapshot = currentSnapshot(metadata);
  while (snapshot !== null && !ids.has(snapshot['snapshot-id'])) {
    ids.add(snapshot['snapshot-id']);
    const parent = snapshot['parent-snapshot-id'];
    snapshot = parent === undefined ? null : snapshotById(metadata, parent);
  }
  return ids;
}
