import { loadManifestList, loadManifests } from '#core/iceberg/scan/load-manifests.ts';
import type { DataFile } from '#core/iceberg/spec/data-file.ts';
import { encodeManifest } from '#core/iceberg/spec/manifest.ts';
import { addedEntry, type InheritedEntry } from '#core/iceberg/spec/manifest-entry.ts';
import type { ManifestFile } from '#core/iceberg/spec/manifest-list.ts';
import { describeManifest, type StagedManifest } from '#core/iceberg/spec/staged-manifest.ts';
import {
  currentSchema,
  currentSnapshot,
  partitionSpecById,
  type TableMetadata,
} from '#core/iceberg/spec/table-metadata.ts';
import {
  mergedHeader,
  mergeManifests,
  planManifestMerge,
} from '#core/iceberg/transaction/merge-manifests.ts';
import { hasLiveFiles, type RemovedFile } from '#core/iceberg/transaction/remove-files.ts';
import { bindPartitionSpec } from '#core/iceberg/transform/bind-partition-spec.ts';
import { putImmutable } from './put-immutable.ts';
import {
  newRemovalStage,
  type RemovalContext,
  type RemovalStage,
  stageRemovals,
} from './stage-removals.ts';

/** Manifests of one commit, over all its attempts: what an attempt wrote, the next one lists again. */
export interface ManifestStage {
  /** The manifest of the added files, with what it was made from; null before there are any. */
  added: AddedManifest | null;
  readonly removal: RemovalStage;
  readonly merged: MergedManifest[];
  written: number;
}

interface MergedManifest {
  /** Paths of the manifests it replaces. */
  readonly parts: readonly string[];
  readonly staged: StagedManifest;
}

interface AddedManifest extends AddedFiles {
  readonly schemaId: number;
  readonly staged: StagedManifest;
}

export interface StageContext extends RemovalContext {
  readonly stage: ManifestStage;
}

/** Files a commit adds, and what their entries say. */
export interface AddedFiles {
  readonly addFiles: readonly DataFile[];
  readonly specId: number;
  /** Age of their content; null: that of the commit. */
  readonly dataSequenceNumber: bigint | null;
  readonly sortOrderId: number;
}

export interface AttemptManifests {
  readonly staged: readonly StagedManifest[];
  readonly kept: readonly ManifestFile[];
  /** Entries of the removed files. */
  readonly removed: readonly InheritedEntry[];
}

export function newManifestStage(): ManifestStage {
  return { added: null, removal: newRemovalStage(), merged: [], written: 0 };
}

/**
 * Writes what an attempt on this metadata needs besides the parent's manifests: one manifest for the added files, one in
 * the place of each that holds a removed file, and merged ones when small manifests have piled up. Written once: a retry
 * with the same files (same array), schema and spec lists the same manifest, whose sequence numbers are open.
 * Throws COMMIT_CONFLICT when a removed file is not live in the parent.
 */
export async function stageManifests(
  context: StageContext,
  metadata: TableMetadata,
  request: AddedFiles & { readonly removeFiles: readonly RemovedFile[] },
): Promise<AttemptManifests> {
  const [added, parent] = await Promise.all([
    stageAdded(context, metadata, request),
    loadManifestList((uri) => context.store.get(uri), currentSnapshot(metadata)),
  ]);
  const removal = await stageRemovals(context, metadata, {
    parent: parent.filter(hasLiveFiles),
    removeFiles: request.removeFiles,
  });
  const merged = await stageMerges(context, metadata, removal.kept);
  const replaced = new Set(merged.flatMap(({ parts }) => parts));
  return {
    staged: [...added, ...removal.staged, ...merged.map(({ staged }) => staged)],
    kept: removal.kept.filter((manifest) => !replaced.has(manifest.manifestPath)),
    removed: removal.removed,
  };
}

async function stageAdded(
  context: StageContext,
  metadata: TableMetadata,
  request: AddedFiles,
): Promise<readonly StagedManifest[]> {
  const { addFiles, specId, dataSequenceNumber, sortOrderId } = request;
  if (addFiles.length === 0) return [];
  const schema = currentSchema(metadata);
  const schemaId = schema['schema-id'];
  const before = context.stage.added;
  if (before !== null && before.schemaId === schemaId && isSameRequest(before, request)) {
    return [before.staged];
  }
  const partitionSpec = partitionSpecById(metadata, specId);
  const { snapshotId } = context;
  const entries = addFiles.map((file) => ({
    ...addedEntry(file, { snapshotId, sortOrderId }),
    sequenceNumber: dataSequenceNumber,
  }));
  const bytes = encodeManifest({ schema, partitionSpec, content: 'data' }, entries, {
    syncMarker: context.random.bytes(16),
  });
  const manifestPath = context.manifestPath(context.stage.written++);
  const staged = describeManifest(entries, {
    manifestPath,
    manifestLength: BigInt(bytes.length),
    snapshotId,
    specId,
    partitionFields: bindPartitionSpec(partitionSpec, schema),
  });
  await putImmutable(context.store, manifestPath, bytes);
  context.stage.added = {
    addFiles,
    specId,
    dataSequenceNumber,
    sortOrderId,
    schemaId,
    staged,
  };
  return [staged];
}

function isSameRequest(a: AddedFiles, b: AddedFiles): boolean {
  return (
    a.addFiles === b.addFiles &&
    a.specId === b.specId &&
    a.dataSequenceNumber === b.dataSequenceNumber &&
    a.sortOrderId === b.sortOrderId
  );
}

/** Merged manifests of earlier attempts hold while all their parts are listed; the rest is merged anew. */
async function stageMerges(
  context: StageContext,
  metadata: TableMetadata,
  parent: readonly ManifestFile[],
): Promise<readonly MergedManifest[]> {
  const remaining = new Map(parent.map((manifest) => [manifest.manifestPath, manifest]));
  const merges: MergedManifest[] = [];
  for (const merged of context.stage.merged) {
    if (!merged.parts.every((path) => remaining.has(path))) continue;
    for (const path of merged.parts) remaining.delete(path);
    merges.push(merged);
  }
  for (const group of planManifestMerge(metadata, [...remaining.values()])) {
    const merged = await writeMerged(context, group);
    context.stage.merged.push(merged);
    merges.push(merged);
  }
  return merges;
}

async function writeMerged(
  context: StageContext,
  group: readonly ManifestFile[],
): Promise<MergedManifest> {
  const loaded = await loadManifests((uri) => context.store.get(uri), group);
  const manifestPath = context.manifestPath(context.stage.written++);
  const { bytes, staged } = mergeManifests(
    mergedHeader(loaded.map(({ manifest }) => manifest)),
    loaded.flatMap(({ entries }) => entries),
    { manifestPath, snapshotId: context.snapshotId, syncMarker: context.random.bytes(16) },
  );
  await putImmutable(context.store, manifestPath, bytes);
  return { parts: group.map((manifest) => manifest.manifestPath), staged };
}
