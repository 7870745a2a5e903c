import { SluiceError } from '../../errors.ts';
import { tableInvalid } from '../spec/json-field.ts';
import { MAIN_BRANCH, type Snapshot, type SnapshotRef } from '../spec/snapshot.ts';
import { snapshotById, type TableMetadata } from '../spec/table-metadata.ts';
import { type MetadataDraft, sameJson } from './metadata-draft.ts';
import type { StatisticsFile } from './table-update.ts';

/** Clocks of engines differ; beyond this the snapshot was made on another state. Source: Apache Iceberg, TableMetadata. */
const MAX_CLOCK_DIFFERENCE_MS = 60_000;

/**
 * The sequence number is what keeps a repeated commit from being carried out twice: it must be above every one
 * the table ever had, also when the snapshot has expired since. Source: Iceberg v2 §Sequence Numbers.
 */
export function addSnapshot(draft: MetadataDraft, snapshot: Snapshot): void {
  const { metadata } = draft;
  const id = snapshot['snapshot-id'];
  const where = `add-snapshot ${id}`;
  if (snapshotById(metadata, id) !== null) throw tableInvalid(where, 'a new snapshot id', id);
  const sequence = snapshot['sequence-number'];
  if (sequence <= metadata['last-sequence-number']) {
    // Another branch may have moved on, which no requirement of this one sees: made anew, the commit fits.
    throw new SluiceError(
      'COMMIT_CONFLICT',
      `${where}: expected a sequence number above ${metadata['last-sequence-number']}, got ${sequence}; load the table and commit again`,
    );
  }
  const timeMs = snapshot['timestamp-ms'];
  if (timeMs < metadata['last-updated-ms'] - MAX_CLOCK_DIFFERENCE_MS) {
    throw tableInvalid(
      `${where}.timestamp-ms`,
      `a time about ${metadata['last-updated-ms']} or later`,
      timeMs,
    );
  }
  metadata.snapshots = [...metadata.snapshots, snapshot];
  metadata['last-sequence-number'] = sequence;
  metadata['last-updated-ms'] = Math.max(metadata['last-updated-ms'], timeMs);
  draft.addedSnapshots.set(id, snapshot);
}

export function setRef(draft: MetadataDraft, name: string, ref: SnapshotRef): void {
  const { metadata } = draft;
  const where = `set-snapshot-ref ${name}`;
  const id = ref['snapshot-id'];
  if (name === '') throw tableInvalid(where, 'a name', name);
  if (snapshotById(metadata, id) === null) throw tableInvalid(where, 'a snapshot of the table', id);
  if (name === MAIN_BRANCH && ref.type !== 'branch')
    throw tableInvalid(where, 'a branch', ref.type);
  const before = Object.hasOwn(metadata.refs, name) ? metadata.refs[name] : undefined;
  if (before !== undefined && sameJson(before, ref)) return;
  metadata.refs = { ...metadata.refs, [name]: ref };
  if (name !== MAIN_BRANCH || before?.['snapshot-id'] === id) return;
  const timeMs = draft.addedSnapshots.get(id)?.['timestamp-ms'] ?? draft.nowMs;
  metadata['current-snapshot-id'] = id;
  metadata['last-updated-ms'] = Math.max(metadata['last-updated-ms'], timeMs);
  // A clock behind the last one must not put the log out of order.
  const logMs = metadata['last-updated-ms'];
  metadata['snapshot-log'] = [
    ...metadata['snapshot-log'],
    { 'snapshot-id': id, 'timestamp-ms': logMs },
  ];
}

export function removeRef(draft: MetadataDraft, name: string): void {
  const { metadata } = draft;
  metadata.refs = Object.fromEntries(Object.entries(metadata.refs).filter(([key]) => key !== name));
  if (name === MAIN_BRANCH) metadata['current-snapshot-id'] = null;
}

/** Branches, tags and statistics of a removed snapshot go with it. */
export function removeSnapshots(draft: MetadataDraft, ids: readonly bigint[]): void {
  const { metadata } = draft;
  const removed = new Set(ids);
  metadata.snapshots = metadata.snapshots.filter((each) => !removed.has(each['snapshot-id']));
  for (const [name, ref] of Object.entries(metadata.refs)) {
    if (removed.has(ref['snapshot-id'])) removeRef(draft, name);
  }
  for (const key of ['statistics', 'partition-statistics'] as const) {
    const kept = statisticsOf(metadata, key).filter((file) => !removed.has(file['snapshot-id']));
    if (kept.length < statisticsOf(metadata, key).length) putStatistics(draft, key, kept);
  }
}

export type StatisticsKey = 'statistics' | 'partition-statistics';

/** Statistics files, which metadata keeps as they came. Source: Iceberg v2 §Table Metadata Fields. */
export function statisticsOf(
  metadata: TableMetadata,
  key: StatisticsKey,
): readonly StatisticsFile[] {
  const value: unknown = { ...metadata }[key as keyof TableMetadata];
  return Array.isArray(value) ? (value as readonly StatisticsFile[]) : [];
}

/** One file per snapshot: a new one takes the place of the old. */
export function setStatistics(
  draft: MetadataDraft,
  key: StatisticsKey,
  file: StatisticsFile,
): void {
  const id = file['snapshot-id'];
  if (snapshotById(draft.metadata, id) === null) {
    throw tableInvalid(`set-${key}`, 'a snapshot of the table', id);
  }
  const others = statisticsOf(draft.metadata, key).filter((each) => each['snapshot-id'] !== id);
  putStatistics(draft, key, [...others, file]);
}

export function removeStatistics(draft: MetadataDraft, key: StatisticsKey, id: bigint): void {
  const kept = statisticsOf(draft.metadata, key).filter((each) => each['snapshot-id'] !== id);
  putStatistics(draft, key, kept);
}

function putStatistics(
  draft: MetadataDraft,
  key: StatisticsKey,
  files: readonly StatisticsFile[],
): void {
  Object.assign(draft.metadata, { [key]: files });
}

/**
 * The log as readers need it: without snapshots that were only steps of this commit, and without everything up to an
 * expired one, since a gap would tell a wrong state. Source: Iceberg v2 §Table Metadata, `snapshot-log`.
 */
export function finishSnapshotLog(draft: MetadataDraft): void {
  const { metadata, addedSnapshots } = draft;
  const current = metadata['current-snapshot-id'];
  const ids = new Set(metadata.snapshots.map((snapshot) => snapshot['snapshot-id']));
  const log = metadata['snapshot-log'].filter(
    ({ 'snapshot-id': id }) => !addedSnapshots.has(id) || id === current,
  );
  const lastExpired = log.findLastIndex((entry) => !ids.has(entry['snapshot-id']));
  metadata['snapshot-log'] = log.slice(lastExpired + 1);
}
