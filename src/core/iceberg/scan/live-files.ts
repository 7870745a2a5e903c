import type { InheritedEntry } from '../spec/manifest-entry.ts';
import type { Snapshot } from '../spec/snapshot.ts';
import {
  type LoadedManifest,
  loadManifestList,
  loadManifests,
  type ReadObject,
} from './load-manifests.ts';

/** A file of a snapshot, with the partition spec its tuple belongs to. */
export interface LiveFile {
  readonly entry: InheritedEntry;
  readonly specId: number;
}

/**
 * The data files of a snapshot in the order of its manifests, none for null. Errors name the file.
 * Source: Iceberg v2 §Scan Planning.
 */
export async function loadLiveDataFiles(
  read: ReadObject,
  snapshot: Snapshot | null,
): Promise<readonly LiveFile[]> {
  const listed = await loadManifestList(read, snapshot);
  const data = listed.filter((manifest) => manifest.content === 'data');
  return (await loadManifests(read, data)).flatMap(liveFiles);
}

/** Entries of a manifest that a reader sees. */
export function liveFiles({ listed, entries }: LoadedManifest): readonly LiveFile[] {
  return entries
    .filter((entry) => entry.status !== 'deleted')
    .map((entry) => ({ entry, specId: listed.partitionSpecId }));
}
