import { loadManifestList, loadManifests } from '#core/iceberg/scan/load-manifests.ts';
import type { DataFile } from '#core/iceberg/spec/data-file.ts';
import { encodeManifest } from '#core/iceberg/spec/manifest.ts';
import { addedEntry } from '#core/iceberg/spec/manifest-entry.ts';
import type { ManifestFile } from '#core/iceberg/spec/manifest-list.ts';
import { UNSORTED } from '#core/iceberg/spec/sort-order.ts';
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
import { bindPartitionSpec } from '#core/iceberg/transform/bind-partition-spec.ts';
import type { Random } from '#ports/clock.ts';
import type { ObjectStore } from '#ports/object-store.ts';
import { putImmutable } from './put-immutable.ts';

/** Manifests of one commit, over all its attempts: what an attempt wrote, the next one lists again. */
export interface ManifestStage {
  /** The manifest of the added files, with what it was made from; null before there are any. */
  added: AddedManifest | null;
  readonly merged: MergedManifest[];
  written: number;
}

interface MergedManifest {
  /** Paths of the manifests it replaces. */
  readonly parts: readonly string[];
  readonly staged: StagedManifest;
}

interface AddedManifest {
  readonly files: readonly DataFile[];
  readonly schemaId: number;
  readonly specId: number;
  readonly staged: StagedManifest;
}

export interface StageContext {
  readonly store: ObjectStore;
  readonly random: Random;
  readonly stage: ManifestStage;
  readonly snapshotId: bigint;
  /** Location of the n-th manifest of the commit. */
  readonly manifestPath: (index: number) => string;
}

export interface AttemptManifests {
  readonly staged: readonly StagedManifest[];
  readonly kept: readonly ManifestFile[];
}

export function newManifestStage(): ManifestStage {
  return { added: null, merged: [], written: 0 };
}

/**
 * Writes what an attempt on this metadata needs besides the parent's manifests: one manifest for the
 * added files, and merged ones when small manifests have piled up. Written once: a retry with the
 * same files (same array), schema and spec lists the same manifest, whose sequence numbers are open.
 */
export async function stageManifests(
  context: StageContext,
  metadata: TableMetadata,
  request: { readonly addFiles: readonly DataFile[]; readonly specId: number },
): Promise<AttemptManifests> {
  const [added, parent] = await Promise.all([
    stageAdded(context, metadata, request),
    loadManifestList((uri) => context.store.get(uri), currentSnapshot(metadata)),
  ]);
  const merged = await stageMerges(context, metadata, parent);
  const replaced = new Set(merged.flatMap(({ parts }) => parts));
  return {
    staged: [...added, ...merged.map(({ staged }) => staged)],
    kept: parent.filter((manifest) => !replaced.has(manifest.manifestPath)),
  };
}

async function stageAdded(
  context: StageContext,
  metadata: TableMetadata,
  request: { readonly addFiles: readonly DataFile[]; readonly specId: number },
): Promise<readonly StagedManifest[]> {
  const { addFiles, specId } = request;
  if (addFiles.length === 0) return [];
  const schema = currentSchema(metadata);
  const schemaId = schema['schema-id'];
  const before = context.stage.added;
  if (before?.files === addFiles && before.schemaId === schemaId && before.specId === specId) {
    return [before.staged];
  }
  const partitionSpec = partitionSpecById(metadata, specId);
  const entries = addFiles.map((file) =>
    addedEntry(file, {
      snapshotId: context.snapshotId,
      // Rows come in the order of their positions; a declared order nobody keeps would mislead readers.
      sortOrderId: UNSORTED['order-id'],
    }),
  );
  const bytes = encodeManifest({ schema, partitionSpec, content: 'data' }, entries, {
    syncMarker: context.random.bytes(16),
  });
  const manifestPath = context.manifestPath(context.stage.written++);
  const staged = describeManifest(entries, {
    manifestPath,
    manifestLength: BigInt(bytes.length),
    snapshotId: context.snapshotId,
    specId,
    partitionFields: bindPartitionSpec(partitionSpec, schema),
  });
  await putImmutable(context.store, manifestPath, bytes);
  context.stage.added = { files: addFiles, schemaId, specId, staged };
  return [staged];
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
