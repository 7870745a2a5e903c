import type { Snapshot } from '../spec/snapshot.ts';
import { MAIN_BRANCH } from '../spec/snapshot.ts';
import { currentSnapshot, snapshotById, type TableMetadata } from '../spec/table-metadata.ts';
import { requireBelow } from './check-location.ts';
import type { ProblemReport } from './problem.ts';
import { requireUnique } from './require-unique.ts';

const OPERATIONS: ReadonlySet<string> = new Set(['append', 'replace', 'overwrite', 'delete']);
/** Of version 3, and of version 1. Source: Iceberg §Snapshots. */
const FOREIGN_SNAPSHOT_KEYS = ['manifests', 'first-row-id', 'added-rows', 'key-id'];

/** Snapshots, references and logs of table metadata. Source: Iceberg v2 §Snapshots, §Snapshot References, §Table Metadata Fields. */
export function checkHistory(metadata: TableMetadata, report: ProblemReport): void {
  checkSnapshots(metadata, report);
  checkRefs(metadata, report);
  checkSnapshotLog(metadata, report);
  checkMetadataLog(metadata, report);
}

function checkSnapshots(metadata: TableMetadata, report: ProblemReport): void {
  const { snapshots } = metadata;
  requireUnique(
    snapshots.map((snapshot) => snapshot['snapshot-id']),
    'snapshots',
    report,
  );
  requireUnique(
    snapshots.map((snapshot) => snapshot['sequence-number']),
    'snapshots',
    report,
  );
  requireUnique(
    snapshots.map((snapshot) => snapshot['manifest-list']),
    'snapshots',
    report,
  );
  report.require(
    metadata['last-sequence-number'] >= 0n,
    'last-sequence-number',
    `expected 0 or more, got ${metadata['last-sequence-number']}`,
  );
  for (const snapshot of snapshots) checkSnapshot(snapshot, metadata, report);
}

function checkSnapshot(snapshot: Snapshot, metadata: TableMetadata, report: ProblemReport): void {
  const where = `snapshots[${snapshot['snapshot-id']}]`;
  const sequence = snapshot['sequence-number'];
  report.require(snapshot['snapshot-id'] > 0n, where, 'expected a positive snapshot id');
  report.require(
    sequence > 0n && sequence <= metadata['last-sequence-number'],
    where,
    `expected a sequence number from 1 to ${metadata['last-sequence-number']}, got ${sequence}`,
  );
  report.require(
    snapshot['timestamp-ms'] <= metadata['last-updated-ms'],
    where,
    `expected a time up to last-updated-ms ${metadata['last-updated-ms']}, got ${snapshot['timestamp-ms']}`,
  );
  report.require(
    OPERATIONS.has(snapshot.summary['operation'] ?? ''),
    where,
    `expected an operation, got "${snapshot.summary['operation']}"`,
  );
  const schemaId = snapshot['schema-id'];
  report.require(
    schemaId !== undefined && metadata.schemas.some((schema) => schema['schema-id'] === schemaId),
    where,
    `expected the schema-id of a schema, got ${schemaId}`,
  );
  for (const key of FOREIGN_SNAPSHOT_KEYS) {
    report.require(!(key in snapshot), where, `expected no "${key}" in version 2`);
  }
  requireBelow(metadata, 'metadata', snapshot['manifest-list'], { where, report });
  checkParent(snapshot, metadata, report);
}

function checkParent(snapshot: Snapshot, metadata: TableMetadata, report: ProblemReport): void {
  const where = `snapshots[${snapshot['snapshot-id']}]`;
  const parentId = snapshot['parent-snapshot-id'];
  // An expired parent is gone, and can no longer be compared with.
  const parent = parentId === undefined ? null : snapshotById(metadata, parentId);
  if (parent === null) return;
  const [sequence, timeMs] = [snapshot['sequence-number'], snapshot['timestamp-ms']];
  report.require(
    parent['sequence-number'] < sequence,
    where,
    `expected a parent with a lower sequence number than ${sequence}, got ${parent['sequence-number']}`,
  );
  report.require(
    parent['timestamp-ms'] < timeMs,
    where,
    `expected a time after the parent's ${parent['timestamp-ms']}, got ${timeMs}`,
  );
}

function checkRefs(metadata: TableMetadata, report: ProblemReport): void {
  for (const [name, ref] of Object.entries(metadata.refs)) {
    const where = `refs.${name}`;
    report.require(name !== '', where, 'expected a name');
    report.require(
      snapshotById(metadata, ref['snapshot-id']) !== null,
      where,
      `expected a snapshot of the table, got ${ref['snapshot-id']}`,
    );
    const branchOnly = ['min-snapshots-to-keep', 'max-snapshot-age-ms'] as const;
    for (const key of branchOnly) {
      report.require(
        ref.type === 'branch' || ref[key] === undefined,
        where,
        `expected no ${key} of a tag`,
      );
    }
    for (const key of [...branchOnly, 'max-ref-age-ms'] as const) {
      const value = ref[key];
      report.require(
        value === undefined || (Number.isSafeInteger(value) && value > 0),
        where,
        `expected ${key} above 0, got ${value}`,
      );
    }
  }
  const main = metadata.refs[MAIN_BRANCH];
  report.require(
    (main?.['snapshot-id'] ?? null) === metadata['current-snapshot-id'],
    'refs.main',
    `expected the current snapshot ${metadata['current-snapshot-id']}, got ${main?.['snapshot-id']}`,
  );
  report.require(
    main === undefined || (main.type === 'branch' && main['max-ref-age-ms'] === undefined),
    'refs.main',
    'expected a branch that never ends',
  );
}

function checkSnapshotLog(metadata: TableMetadata, report: ProblemReport): void {
  const where = 'snapshot-log';
  const log = metadata['snapshot-log'];
  const current = currentSnapshot(metadata);
  report.require(
    (log.at(-1)?.['snapshot-id'] ?? null) === (current?.['snapshot-id'] ?? null),
    where,
    `expected the current snapshot last, got ${log.at(-1)?.['snapshot-id']}`,
  );
  requireAscending(
    log.map((entry) => entry['timestamp-ms']),
    where,
    report,
  );
  for (const [index, entry] of log.entries()) {
    const { 'snapshot-id': id, 'timestamp-ms': timeMs } = entry;
    const snapshot = snapshotById(metadata, id);
    // Entries up to an expired snapshot are dropped with it.
    report.require(snapshot !== null, where, `expected snapshots of the table only, got ${id}`);
    report.require(
      snapshot === null || snapshot['timestamp-ms'] <= timeMs,
      where,
      `expected snapshot ${id} to be current from its own time ${snapshot?.['timestamp-ms']} on, got ${timeMs}`,
    );
    report.require(
      log[index - 1]?.['snapshot-id'] !== id,
      where,
      `expected each change once, got ${id} twice in a row`,
    );
    requireUpToLastUpdate(entry, metadata, report);
  }
}

function checkMetadataLog(metadata: TableMetadata, report: ProblemReport): void {
  const where = 'metadata-log';
  const files = metadata['metadata-log'];
  requireAscending(
    files.map((entry) => entry['timestamp-ms']),
    where,
    report,
  );
  requireUnique(
    files.map((entry) => entry['metadata-file']),
    where,
    report,
  );
  for (const entry of files) {
    requireBelow(metadata, 'metadata', entry['metadata-file'], { where, report });
    requireUpToLastUpdate(entry, metadata, report);
  }
}

function requireUpToLastUpdate(
  entry: { readonly 'timestamp-ms': number },
  metadata: TableMetadata,
  report: ProblemReport,
): void {
  report.require(
    entry['timestamp-ms'] <= metadata['last-updated-ms'],
    'last-updated-ms',
    `expected no log entry after ${metadata['last-updated-ms']}, got ${entry['timestamp-ms']}`,
  );
}

function requireAscending(times: readonly number[], where: string, report: ProblemReport): void {
  const index = times.findIndex((time, at) => at > 0 && time < (times[at - 1] ?? 0));
  report.require(index === -1, where, `expected times in order, got ${times[index]} out of order`);
}
