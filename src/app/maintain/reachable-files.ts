import type { PathFilter } from '#core/iceberg/maintenance/path-filter.ts';
import { loadManifestList, loadManifests } from '#core/iceberg/scan/load-manifests.ts';
import type { InheritedEntry } from '#core/iceberg/spec/manifest-entry.ts';
import type { ManifestFile } from '#core/iceberg/spec/manifest-list.ts';
import type { Snapshot } from '#core/iceberg/spec/snapshot.ts';
import type { TableMetadata } from '#core/iceberg/spec/table-metadata.ts';
import type { ObjectStore } from '#ports/object-store.ts';

/** Manifests in memory at once. */
const MANIFESTS_AT_A_TIME = 8;

/** Everything some states of a table name, as far as they have been added. */
export interface ReachableFiles {
  /**
   * Adds what a state names: metadata files, statistics, lists, manifests and live files of every snapshot, and the files that
   * one of its younger snapshots took out. What is known is not read again.
   */
  add(metadata: TableMetadata): Promise<void>;
  addPath(path: string): void;
  mayHave(path: string): boolean;
}

/** @param filter gets every path; files never change, so states can be added one after the other */
export function createReachableFiles(
  store: Pick<ObjectStore, 'get'>,
  filter: PathFilter,
  options: {
    /** What was taken out from this time on is named still: see REMOVED_FILES_GRACE_MS. */
    readonly takenOutFromMs: number;
  },
): ReachableFiles {
  const lists = new Set<string>();
  const manifests = new Set<string>();
  const addPath = (path: string) => filter.add(placeOf(path));
  return {
    add: async (metadata) => {
      for (const path of pathsInMetadata(metadata)) addPath(path);
      const young = metadata.snapshots.filter(
        (snapshot) => snapshot['timestamp-ms'] >= options.takenOutFromMs,
      );
      const ids = new Set(young.map((snapshot) => snapshot['snapshot-id']));
      for (const snapshot of metadata.snapshots) {
        const list = snapshot['manifest-list'];
        if (lists.has(list)) continue;
        const listed = await readList(store, snapshot);
        const unknown = listed.filter(({ manifestPath }) => !manifests.has(manifestPath));
        await forEachEntry(store, unknown, ({ status, snapshotId, file }) => {
          if (status !== 'deleted' || ids.has(snapshotId)) addPath(file.filePath);
        });
        for (const { manifestPath } of unknown) {
          addPath(manifestPath);
          manifests.add(manifestPath);
        }
        lists.add(list);
      }
    },
    addPath,
    mayHave: (path) => filter.mayHave(placeOf(path)),
  };
}

/** Engines write `s3://`, `s3a://` or `s3n://` for one place: what comes after the bucket is compared, which errs towards keeping. */
function placeOf(path: string): string {
  return path.replace(/^[a-z0-9]+:\/\/[^/]*/i, '');
}

const PATH = /^[a-z0-9]+:\/\/\S+$/i;

/** Every text in the metadata that looks like a path: also those of keys that this version does not know. */
export function pathsInMetadata(metadata: TableMetadata): readonly string[] {
  const paths: string[] = [];
  const walk = (value: unknown): void => {
    if (typeof value === 'string') {
      if (PATH.test(value)) paths.push(value);
    } else if (typeof value === 'object' && value !== null) {
      for (const item of Object.values(value)) walk(item);
    }
  };
  walk(metadata);
  return paths;
}

export async function readList(
  store: Pick<ObjectStore, 'get'>,
  snapshot: Snapshot,
): Promise<readonly ManifestFile[]> {
  return await loadManifestList((uri) => store.get(uri), snapshot);
}

/** Calls `visit` with every entry of the manifests, a few manifests in memory at a time. */
export async function forEachEntry(
  store: Pick<ObjectStore, 'get'>,
  manifests: readonly ManifestFile[],
  visit: (entry: InheritedEntry) => void,
): Promise<void> {
  for (let start = 0; start < manifests.length; start += MANIFESTS_AT_A_TIME) {
    const group = manifests.slice(start, start + MANIFESTS_AT_A_TIME);
    for (const { entries } of await loadManifests((uri) => store.get(uri), group)) {
      for (const entry of entries) visit(entry);
    }
  }
}
