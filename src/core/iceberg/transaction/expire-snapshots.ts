import { MAIN_BRANCH, type Snapshot } from '../spec/snapshot.ts';
import type { TableMetadata } from '../spec/table-metadata.ts';
import { integerProperty } from './set-properties.ts';

/**
 * Every commit writes the whole metadata file, so it must not grow for ever: a table that commits every 30
 * seconds has 2,880 snapshots (3.6 MB) a day. Iceberg's own default is five days.
 */
export const DEFAULT_MAX_SNAPSHOT_AGE_MS = 86_400_000;
export const DEFAULT_MIN_SNAPSHOTS_TO_KEEP = 100;

/**
 * Metadata without the snapshots that nothing needs any more. What stays: on the main branch the newest
 * `history.expire.min-snapshots-to-keep` and all younger than `history.expire.max-snapshot-age-ms`; whatever a
 * tag or another branch refers to, with the branch's whole line; and snapshots of no branch while they are young.
 * Files are not touched: the rows are in the younger snapshots, and lists that no snapshot names are orphans.
 * Source: Iceberg v2 §Snapshot Retention Policy; table properties `history.expire.*`.
 */
export function expireSnapshots(metadata: TableMetadata, nowMs: number): TableMetadata {
  const minKept = integerProperty(metadata, 'history.expire.min-snapshots-to-keep', {
    default: DEFAULT_MIN_SNAPSHOTS_TO_KEEP,
    min: 1,
  });
  if (metadata.snapshots.length <= minKept) return metadata;
  const maxAgeMs = integerProperty(metadata, 'history.expire.max-snapshot-age-ms', {
    default: DEFAULT_MAX_SNAPSHOT_AGE_MS,
    min: 1,
  });
  const isYoung = (snapshot: Snapshot) => snapshot['timestamp-ms'] >= nowMs - maxAgeMs;
  const needed = neededSnapshots(
    metadata,
    (snapshot, place) => place < minKept || isYoung(snapshot),
  );
  const snapshots = metadata.snapshots.filter(
    (snapshot) => needed.has(snapshot['snapshot-id']) || isYoung(snapshot),
  );
  if (snapshots.length === metadata.snapshots.length) return metadata;
  return { ...metadata, snapshots, 'snapshot-log': logAfterExpired(metadata, snapshots) };
}

/** `keepOnMain` judges a snapshot of the main branch by its place behind the head. */
function neededSnapshots(
  metadata: TableMetadata,
  keepOnMain: (snapshot: Snapshot, place: number) => boolean,
): ReadonlySet<bigint> {
  const byId = new Map(metadata.snapshots.map((snapshot) => [snapshot['snapshot-id'], snapshot]));
  const needed = new Set<bigint>();
  for (const [name, ref] of Object.entries(metadata.refs)) {
    let snapshot = byId.get(ref['snapshot-id']);
    for (let place = 0; snapshot !== undefined; place++) {
      if (name === MAIN_BRANCH && !keepOnMain(snapshot, place)) break;
      needed.add(snapshot['snapshot-id']);
      if (ref.type === 'tag') break;
      snapshot = byId.get(snapshot['parent-snapshot-id'] ?? -1n);
    }
  }
  return needed;
}

/** A log with a gap would tell a wrong state for the time of the gap. Source: Iceberg v2 §Table Metadata, `snapshot-log`. */
function logAfterExpired(
  metadata: TableMetadata,
  kept: readonly Snapshot[],
): TableMetadata['snapshot-log'] {
  const ids = new Set(kept.map((snapshot) => snapshot['snapshot-id']));
  const log = metadata['snapshot-log'];
  const lastExpired = log.findLastIndex((entry) => !ids.has(entry['snapshot-id']));
  return log.slice(lastExpired + 1);
}
