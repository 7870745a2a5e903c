import type { Snapshot } from '../spec/snapshot.ts';
import { snapshotById, type TableMetadata } from '../spec/table-metadata.ts';

/** A snapshot and its ancestors, newest first, as far as they are kept. */
export function lineOf(metadata: TableMetadata, snapshotId: bigint): readonly Snapshot[] {
  const line: Snapshot[] = [];
  const seen = new Set<bigint>();
  let snapshot = snapshotById(metadata, snapshotId);
  while (snapshot !== null && !seen.has(snapshot['snapshot-id'])) {
    line.push(snapshot);
    seen.add(snapshot['snapshot-id']);
    const parent = snapshot['parent-snapshot-id'];
    snapshot = parent === undefined ? null : snapshotById(metadata, parent);
  }
  return line;
}

/** Whether a snapshot is the other one or one of its ancestors. An expired parent ends the line. */
export function isAncestor(metadata: TableMetadata, ancestorId: bigint, ofId: bigint): boolean {
  return lineOf(metadata, ofId).some(
    (snapshot) =>
      snapshot['snapshot-id'] === ancestorId || snapshot['parent-snapshot-id'] === ancestorId,
  );
}
