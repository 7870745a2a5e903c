import { MAIN_BRANCH, type Snapshot, type SnapshotRef } from '../spec/snapshot.ts';
import type { TableMetadata } from '../spec/table-metadata.ts';
import { integerProperty } from './set-properties.ts';

/**
 * Every commit reads and writes the whole metadata file, so it must not grow with the age of a table: one that commits
 * every 30 seconds has 2,880 snapshots (8 MB with eight shards) a day. What shall be kept for longer gets a tag.
 * Iceberg's own default is five days.
 */
export const DEFAULT_MAX_SNAPSHOT_AGE_MS = 3_600_000;
export const DEFAULT_MIN_SNAPSHOTS_TO_KEEP = 100;
/**
 * What a snapshot took out (compaction, retention, another engine's DELETE) is not deleted for a day, so that a query which reads an
 * older state finds its files to its end. The snapshot says which files these are and stays, whatever the ages above say.
 */
export const REMOVED_FILES_GRACE_MS = 86_400_000;
/** Commits leave it to maintenance, which runs once a day at least and deletes the files with it. There are few of them. */
const REMOVAL_SNAPSHOT_AGE_MS = 7 * REMOVED_FILES_GRACE_MS;

/**
 * Metadata without the references and snapshots that have had their time. What stays: references younger than their
 * `max-ref-age-ms`, else `history.expire.max-ref-age-ms`, else for ever; main for ever; what a tag names; on the main
 * branch the newest `min-snapshots-to-keep` and all younger than `max-snapshot-age-ms`, each of the reference or else
 * of the table (`history.expire.*`); for a while what took files out; on another branch the same if it says so itself, else its whole line; and
 * snapshots of no branch while they are young.
 * Files are not touched: the rows are in the younger snapshots, and lists that no snapshot names are orphans.
 * Source: Iceberg v2 §Snapshot Retention Policy; table properties `history.expire.*`.
 */
export function expireSnapshots(
  metadata: TableMetadata,
  nowMs: number,
  options: {
    /** Time that snapshots which took files out are kept. @default a week */
    readonly removalAgeMs?: number;
  } = {},
): TableMetadata {
  const limits = limitsOf(metadata);
  const byId = new Map(metadata.snapshots.map((snapshot) => [snapshot['snapshot-id'], snapshot]));
  const expired = expiredRefs(metadata, byId, nowMs);
  if (expired.length === 0 && metadata.snapshots.length <= limits.minKept) return metadata;
  const refs =
    expired.length === 0
      ? metadata.refs
      : Object.fromEntries(
          Object.entries(metadata.refs).filter(([name]) => !expired.includes(name)),
        );
  const needed = neededSnapshots(refs, byId, { ...limits, nowMs });
  const oldestMs = nowMs - limits.maxAgeMs;
  const removalsFromMs = nowMs - (options.removalAgeMs ?? REMOVAL_SNAPSHOT_AGE_MS);
  const snapshots = metadata.snapshots.filter(
    (snapshot) =>
      needed.has(snapshot) ||
      snapshot['timestamp-ms'] >= oldestMs ||
      (snapshot['timestamp-ms'] >= removalsFromMs && takesOutFiles(snapshot)),
  );
  if (snapshots.length === metadata.snapshots.length) {
    return expired.length === 0 ? metadata : { ...metadata, refs };
  }
  return {
    ...withoutStatistics(metadata, snapshots),
    refs,
    snapshots,
    'snapshot-log': logAfterExpired(metadata, snapshots),
  };
}

/** Source: Iceberg v2 §Optional Snapshot Summary Fields: the counts are left out where they are zero. */
export function takesOutFiles({ summary }: Snapshot): boolean {
  return ['deleted-data-files', 'removed-delete-files'].some(
    (key) => Number(summary[key] ?? 0) > 0,
  );
}

interface Limits {
  readonly minKept: number;
  readonly maxAgeMs: number;
}

function limitsOf(metadata: TableMetadata): Limits {
  return {
    minKept: integerProperty(metadata, 'history.expire.min-snapshots-to-keep', {
      default: DEFAULT_MIN_SNAPSHOTS_TO_KEEP,
      min: 1,
    }),
    maxAgeMs: integerProperty(metadata, 'history.expire.max-snapshot-age-ms', {
      default: DEFAULT_MAX_SNAPSHOT_AGE_MS,
      min: 1,
    }),
  };
}

/** The age of a reference is that of the snapshot it names. Source: Iceberg v2 §Snapshot Retention Policy. */
function expiredRefs(
  metadata: TableMetadata,
  byId: ReadonlyMap<bigint, Snapshot>,
  nowMs: number,
): readonly string[] {
  const defaultAgeMs = integerProperty(metadata, 'history.expire.max-ref-age-ms', {
    default: Number.MAX_SAFE_INTEGER,
    min: 1,
  });
  const expired: string[] = [];
  for (const name in metadata.refs) {
    const ref = metadata.refs[name];
    if (ref === undefined || name === MAIN_BRANCH) continue;
    const maxAgeMs = ref['max-ref-age-ms'] ?? defaultAgeMs;
    if (maxAgeMs === Number.MAX_SAFE_INTEGER) continue;
    const snapshot = byId.get(ref['snapshot-id']);
    if (snapshot !== undefined && snapshot['timestamp-ms'] < nowMs - maxAgeMs) expired.push(name);
  }
  return expired;
}

function neededSnapshots(
  refs: TableMetadata['refs'],
  byId: ReadonlyMap<bigint, Snapshot>,
  limits: Limits & { readonly nowMs: number },
): ReadonlySet<Snapshot> {
  const needed = new Set<Snapshot>();
  for (const name in refs) {
    const ref = refs[name];
    if (ref === undefined) continue;
    let snapshot = byId.get(ref['snapshot-id']);
    const keeps = name === MAIN_BRANCH ? onMain(ref, limits) : onRef(ref, limits);
    for (let place = 0; snapshot !== undefined && keeps(snapshot, place); place++) {
      needed.add(snapshot);
      snapshot = byId.get(snapshot['parent-snapshot-id'] ?? -1n);
    }
  }
  return needed;
}

/** Judges a snapshot by its place behind the head. */
type Keeps = (snapshot: Snapshot, place: number) => boolean;

function onMain(
  ref: SnapshotRef,
  { nowMs, ...limits }: Limits & { readonly nowMs: number },
): Keeps {
  const minKept = ref['min-snapshots-to-keep'] ?? limits.minKept;
  const oldestMs = nowMs - (ref['max-snapshot-age-ms'] ?? limits.maxAgeMs);
  return (snapshot, place) => place < minKept || snapshot['timestamp-ms'] >= oldestMs;
}

/** A branch that somebody works on keeps its whole line unless it says what it can do without. */
function onRef(ref: SnapshotRef, limits: Limits & { readonly nowMs: number }): Keeps {
  if (ref.type === 'tag') return (_snapshot, place) => place === 0;
  const isLimited =
    ref['min-snapshots-to-keep'] !== undefined || ref['max-snapshot-age-ms'] !== undefined;
  // The head of a branch is never taken away from it.
  const keeps = isLimited ? onMain(ref, limits) : () => true;
  return (snapshot, place) => place === 0 || keeps(snapshot, place);
}

/** Statistics of a snapshot go with it. Source: Iceberg v2 §Table Statistics. */
function withoutStatistics(metadata: TableMetadata, kept: readonly Snapshot[]): TableMetadata {
  const present = new Map<string, unknown>(Object.entries(metadata));
  const keys = ['statistics', 'partition-statistics'].filter((key) =>
    Array.isArray(present.get(key)),
  );
  if (keys.length === 0) return metadata;
  const ids = new Set(kept.map((snapshot) => snapshot['snapshot-id']));
  const isKept = (file: { readonly 'snapshot-id'?: unknown }) =>
    typeof file['snapshot-id'] !== 'bigint' || ids.has(file['snapshot-id']);
  const pruned = keys.map((key) => [key, (present.get(key) as readonly object[]).filter(isKept)]);
  return { ...metadata, ...Object.fromEntries(pruned) };
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
