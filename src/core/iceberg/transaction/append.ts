import type { DataFile } from '../spec/data-file.ts';
import { encodeManifestList, type ManifestFile } from '../spec/manifest-list.ts';
import { MAIN_BRANCH, type MetadataLogEntry, type Snapshot } from '../spec/snapshot.ts';
import { listStagedManifest, type StagedManifest } from '../spec/staged-manifest.ts';
import { currentSnapshot, type TableMetadata } from '../spec/table-metadata.ts';
import { expireSnapshots } from './expire-snapshots.ts';
import { integerProperty } from './set-properties.ts';
import { appendSummary } from './snapshot-summary.ts';

/** Earlier metadata files a table remembers. Source: Iceberg, table property `write.metadata.previous-versions-max`. */
export const DEFAULT_PREVIOUS_VERSIONS = 100;

export interface AppendPlan {
  readonly manifestList: Uint8Array;
  readonly metadata: TableMetadata;
}

/**
 * Plans one attempt of an append on one state of the table: pure, so that a lost race costs nothing
 * but the plan. Without files it is an append all the same: it carries summary entries.
 * Snapshots that have had their time are left out (see expireSnapshots).
 * `base` may already hold an evolved schema or changed properties; they are committed with the rows.
 */
export function planAppend(
  base: TableMetadata,
  request: {
    readonly snapshotId: bigint;
    /** Location of the metadata file that `base` was read from. */
    readonly baseLocation: string;
    readonly manifestListPath: string;
    readonly addedFiles: readonly DataFile[];
    /** Manifests this commit wrote: the added files, and merged ones that replace `parentManifests`. */
    readonly staged: readonly StagedManifest[];
    /** Manifests of the parent snapshot that stay. */
    readonly kept: readonly ManifestFile[];
    readonly summary: Readonly<Record<string, string>>;
    readonly nowMs: number;
    readonly syncMarker: Uint8Array;
  },
): AppendPlan {
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
    summary: appendSummary(request.addedFiles, { parent, manifests, entries: request.summary }),
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
    'metadata-log': extendedMetadataLog(base, baseLocation),
    refs: {
      ...base.refs,
      [MAIN_BRANCH]: { ...base.refs[MAIN_BRANCH], 'snapshot-id': id, type: 'branch' },
    },
  };
}

/** The log without its oldest entries; the files behind those are orphans for the cleaner. */
function extendedMetadataLog(
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
