import { SluiceError } from '../../errors.ts';
import { MAIN_BRANCH, type Snapshot } from '../spec/snapshot.ts';
import { snapshotAsOf, snapshotById, type TableMetadata } from '../spec/table-metadata.ts';
import { isAncestor } from './snapshot-line.ts';

/**
 * Makes any snapshot of the table the current one of the main branch. Schema, specs and properties stay as they are:
 * old files are read with the current schema. The snapshot log tells when; sequence numbers never go back.
 * Throws TABLE_INVALID for a snapshot the table does not have. Source: Iceberg v2 §Table Metadata, `snapshot-log`.
 */
export function setCurrentSnapshot(
  metadata: TableMetadata,
  snapshotId: bigint,
  options: { readonly nowMs: number },
): TableMetadata {
  if (snapshotById(metadata, snapshotId) === null) throw unknownSnapshot(snapshotId);
  if (metadata['current-snapshot-id'] === snapshotId) return metadata;
  // Strictly increasing even when clocks differ, so that time travel has one answer.
  const timestampMs = Math.max(options.nowMs, metadata['last-updated-ms'] + 1);
  return {
    ...metadata,
    'last-updated-ms': timestampMs,
    'current-snapshot-id': snapshotId,
    'snapshot-log': [
      ...metadata['snapshot-log'],
      { 'snapshot-id': snapshotId, 'timestamp-ms': timestampMs },
    ],
    refs: {
      ...metadata.refs,
      [MAIN_BRANCH]: { ...metadata.refs[MAIN_BRANCH], 'snapshot-id': snapshotId, type: 'branch' },
    },
  };
}

/**
 * Takes the main branch back to one of its own earlier snapshots. What came after stays in the table until it
 * expires, so that the way forward is open (setCurrentSnapshot). Throws TABLE_INVALID for a snapshot the table does
 * not have, and for one that is no ancestor of the current one.
 */
export function rollBackTo(
  metadata: TableMetadata,
  snapshotId: bigint,
  options: { readonly nowMs: number },
): TableMetadata {
  const current = metadata['current-snapshot-id'];
  if (snapshotById(metadata, snapshotId) === null) throw unknownSnapshot(snapshotId);
  if (current !== null && !isAncestor(metadata, snapshotId, current)) {
    throw new SluiceError(
      'TABLE_INVALID',
      `snapshot ${snapshotId} is no ancestor of the current snapshot ${current}: it is on another line, or what lies between has expired`,
      { context: { snapshotId } },
    );
  }
  return setCurrentSnapshot(metadata, snapshotId, options);
}

/** The snapshot that was current at a time. Throws TABLE_INVALID when the snapshot log does not reach back. */
export function snapshotAtTime(metadata: TableMetadata, timeMs: number): Snapshot {
  const snapshot = snapshotAsOf(metadata, timeMs);
  if (snapshot !== null) return snapshot;
  const [first] = metadata['snapshot-log'];
  const reach =
    first === undefined
      ? 'the table has no snapshot'
      : `the table remembers from ${new Date(first['timestamp-ms']).toISOString()} on`;
  throw new SluiceError(
    'TABLE_INVALID',
    `no snapshot is known for ${new Date(timeMs).toISOString()}: ${reach}; name a snapshot or a tag`,
  );
}

function unknownSnapshot(snapshotId: bigint): SluiceError {
  return new SluiceError(
    'TABLE_INVALID',
    `snapshot ${snapshotId}: expected a snapshot of the table; it never was or has expired`,
    { context: { snapshotId } },
  );
}
