import type { DataFile } from '../spec/data-file.ts';
import type { InheritedEntry } from '../spec/manifest-entry.ts';
import { encodeManifestList, type ManifestFile } from '../spec/manifest-list.ts';
import { MAIN_BRANCH, type MetadataLogEntry, type Snapshot } from '../spec/snapshot.ts';
import { listStagedManifest, type StagedManifest } from '../spec/staged-manifest.ts';
import { currentSnapshot, type TableMetadata } from '../spec/table-metadata.ts';
import { expireSnapshots } from './expire-snapshots.ts';
import { integerProperty } from './set-properties.ts';
import { type SnapshotOperation, summarizeChange } from './snapshot-summary.ts';

/** Earlier metadata files a table remembers. Source: Iceberg, table property `write.metadata.previous-versions-max`. */
export const DEFAULT_PREVIOUS_VERSIONS = 100;

export interface SnapshotPlan {
  readonly manifestList: Uint8Array;
  readonly metadata: TableMetadata;
}

export interface SnapshotRequest {
  readonly snapshotId: bigint;
  /** Location of the metadata file that the base was read from. */
  readonly baseLocation: string;
  readonly manifestListPath: string;
  readonly operation: SnapshotOperation;
  readonly addedFiles: readonly DataFile[];
  /** Files that the manifests in `staged` mark deleted. */
  readonly removedFiles: readonly InheritedEntry[];
  /** Manifests this commit wrote: the added files, and those that replace manifests of the parent. */
  readonly staged: readonly StagedManifest[];
  /** Manifests of the parent snapshot that stay. */
  readonly kept: readonly ManifestFile[];
  readonly summary: Readonly<Record<string, string>>;
  readonly nowMs: number;
  readonly syncMarker: Uint8Array;
}

/**
 * Plans one attempt of a commit on one state of the table: pure, so that a lost race costs nothing but the plan.
 * Without files it is a snapshot all the same: it carries summary entries. Snapshots that have had their time are
 * left out (see expireSnapshots). `base` may already hold an evolved schema or changed properties; they are
 * committed with the rows.
 */
export function planSnapshot(base: TableMetadata, request: SnapshotRequest): SnapshotPlan {
  const parent = currentSnapshot(base);
  const sequenceNumber = base['last-sequence-number'] + 1n;
  const manifests = [
    ...request.staged.map((manifest) => listStagedManifest(manifest, sequenceNumber)),
    ...request.kept,
  ];
  const snapshot: Snapshot = {
    'snapshot-id': request.snapshotId,
    ...(parent === null ? {} : { 'parent-snapshot-id': parent['snapshot-id'] }),
    'sequence-number': sequenceNumber,
    // Strictly increasing even when clocks differ, so that time travel has one answer.
    'timestamp-ms': Math.max(request.nowMs, base['last-updated-ms'] + 1),
    summary: summarizeChange(request, { parent, manifests }),
    'manifest-list': request.manifestListPath,
    'schema-id': base['current-schema-id'],
  };
  const manifestList = encodeManifestList(manifests, {
    snapshotId: request.snapshotId,
    parentSnapshotId: parent?.['snapshot-id'] ?? null,
    sequenceNumber,
    syncMarker: request.syncMarker,
  });
  const metadata = withSnapshot(base, snapshot, request.baseLocation);
  return { manifestList, metadata: expireSnapshots(metadata, snapshot['timestamp-ms']) };
}

/** Adds a snapshot and makes it current on the main branch. */
function withSnapshot(
  base: TableMetadata,
  snapshot: Snapshot,
  baseLocation: string,
): TableMetadata {
  const id = snapshot['snapshot-id'];
  const timestampMs = snapshot['timestamp-ms'];
  return {
    ...base,
    'last-sequence-number': snapshot['sequence-number'],
    'last-updated-ms': timestampMs,
    'current-snapshot-id': id,
    snapshots: [...base.snapshots, snapshot],
    'snapshot-log': [...base['snapshot-log'], { 'snapshot-id': id, 'timestamp-ms': timestampMs }],
    'metadata-log': extendMetadataLog(base, baseLocation),
    refs: {
      ...base.refs,
      [MAIN_BRANCH]: { ...base.refs[MAIN_BRANCH], 'snapshot-id': id, type: 'branch' },
    },
  };
}

/** The log with the file a commit is based on, without its oldest entries; the files behind those are orphans for the cleaner. */
export function extendMetadataLog(
  base: TableMetadata,
  baseLocation: string,
): readonly MetadataLogEntry[] {
  const keep = integerProperty(base, 'write.metadata.previous-versions-max', {
    default: DEFAULT_PREVIOUS_VERSIONS,
    min: 1,
  });
  const entry = { 'metadata-file': baseLocation, 'timestamp-ms': base['last-updated-ms'] };
  return [...base['metadata-log'], entry].slice(-keep);
}
