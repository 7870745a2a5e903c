import { hasCode, SluiceError } from '#core/errors.ts';
import { type LoadedManifest, loadManifests } from '#core/iceberg/scan/load-manifests.ts';
import type { InheritedEntry } from '#core/iceberg/spec/manifest-entry.ts';
import type { ManifestFile } from '#core/iceberg/spec/manifest-list.ts';
import type { PartitionSpec } from '#core/iceberg/spec/partition.ts';
import type { Schema } from '#core/iceberg/spec/schema.ts';
import type { StagedManifest } from '#core/iceberg/spec/staged-manifest.ts';
import {
  currentSchema,
  partitionSpecById,
  type TableMetadata,
} from '#core/iceberg/spec/table-metadata.ts';
import {
  mayHoldFile,
  type RemovedFile,
  removeFromManifest,
} from '#core/iceberg/transaction/remove-files.ts';
import {
  type BoundPartitionField,
  bindPartitionSpec,
} from '#core/iceberg/transform/bind-partition-spec.ts';
import type { Random } from '#ports/clock.ts';
import type { ObjectStore } from '#ports/object-store.ts';
import { putImmutable } from './put-immutable.ts';

/** Manifests are read in groups of this size, so that a large table's are never in memory together. */
const MANIFESTS_AT_A_TIME = 8;

/** What earlier attempts of a commit found in manifests; it holds while the same files are to be removed. */
export interface RemovalStage {
  removeFiles: readonly RemovedFile[] | null;
  /** By the path of a manifest: what takes its place, or null when it holds none of the files. */
  readonly outcomes: Map<string, Replacement | null>;
}

interface Replacement {
  readonly staged: StagedManifest;
  readonly removed: readonly InheritedEntry[];
}

/** Where manifests of a commit go, and what its attempts share. */
export interface RemovalContext {
  readonly store: ObjectStore;
  readonly random: Random;
  readonly stage: { readonly removal: RemovalStage; written: number };
  readonly snapshotId: bigint;
  /** Location of the n-th manifest of the commit. */
  readonly manifestPath: (index: number) => string;
}

export function newRemovalStage(): RemovalStage {
  return { removeFiles: null, outcomes: new Map() };
}

/**
 * Writes manifests in the place of those of the parent that hold a file to remove; an attempt reads only what earlier
 * ones have not. Throws COMMIT_CONFLICT when a file is not live in the parent: somebody else has removed it.
 */
export async function stageRemovals(
  context: RemovalContext,
  metadata: TableMetadata,
  request: {
    readonly parent: readonly ManifestFile[];
    readonly removeFiles: readonly RemovedFile[];
  },
): Promise<{
  readonly staged: readonly StagedManifest[];
  readonly kept: readonly ManifestFile[];
  readonly removed: readonly InheritedEntry[];
}> {
  const { parent, removeFiles } = request;
  if (removeFiles.length === 0) return { staged: [], kept: parent, removed: [] };
  const { removal } = context.stage;
  if (removal.removeFiles !== removeFiles) {
    removal.removeFiles = removeFiles;
    removal.outcomes.clear();
  }
  const candidates = manifestsThatMayHold(metadata, parent, removeFiles);
  const paths = new Set(removeFiles.map(({ filePath }) => filePath));
  const unknown = candidates.filter(({ manifestPath }) => !removal.outcomes.has(manifestPath));
  for (let start = 0; start < unknown.length; start += MANIFESTS_AT_A_TIME) {
    const group = unknown.slice(start, start + MANIFESTS_AT_A_TIME);
    for (const loaded of await loadManifests((uri) => context.store.get(uri), group)) {
      const replacement = await writeReplacement(context, loaded, paths);
      removal.outcomes.set(loaded.listed.manifestPath, replacement);
    }
  }
  const replacements = parent.flatMap(
    ({ manifestPath }) => removal.outcomes.get(manifestPath) ?? [],
  );
  const removed = replacements.flatMap((replacement) => replacement.removed);
  requireAllFound(removed, paths);
  return {
    staged: replacements.map(({ staged }) => staged),
    kept: parent.filter(
      ({ manifestPath }) => (removal.outcomes.get(manifestPath) ?? null) === null,
    ),
    removed,
  };
}

function manifestsThatMayHold(
  metadata: TableMetadata,
  parent: readonly ManifestFile[],
  removeFiles: readonly RemovedFile[],
): readonly ManifestFile[] {
  const schema = currentSchema(metadata);
  const specIds = [...new Set(removeFiles.map(({ specId }) => specId))];
  const fields = new Map(
    specIds.map((specId) => [specId, boundFields(partitionSpecById(metadata, specId), schema)]),
  );
  return parent.filter((manifest) =>
    mayHoldFile(manifest, removeFiles, fields.get(manifest.partitionSpecId) ?? []),
  );
}

/** None for an old spec whose columns are gone: then every manifest of it may hold the files. */
function boundFields(spec: PartitionSpec, schema: Schema): readonly BoundPartitionField[] {
  try {
    return bindPartitionSpec(spec, schema);
  } catch (error) {
    if (hasCode(error, 'SCHEMA_INCOMPATIBLE')) return [];
    throw error;
  }
}

async function writeReplacement(
  context: RemovalContext,
  { manifest, entries }: LoadedManifest,
  paths: ReadonlySet<string>,
): Promise<Replacement | null> {
  const manifestPath = context.manifestPath(context.stage.written);
  const rewritten = removeFromManifest(manifest, entries, {
    paths,
    manifestPath,
    snapshotId: context.snapshotId,
    syncMarker: context.random.bytes(16),
  });
  if (rewritten === null) return null;
  context.stage.written++;
  await putImmutable(context.store, manifestPath, rewritten.bytes);
  return { staged: rewritten.staged, removed: rewritten.removed };
}

function requireAllFound(removed: readonly InheritedEntry[], paths: ReadonlySet<string>): void {
  if (removed.length === paths.size) return;
  const found = new Set(removed.map(({ file }) => file.filePath));
  const missing = [...paths].filter((path) => !found.has(path));
  if (missing.length === 0) {
    throw new SluiceError(
      'TABLE_INVALID',
      'commit: a file to remove is listed twice in the snapshot; check the table',
    );
  }
  throw new SluiceError(
    'COMMIT_CONFLICT',
    `commit: expected ${missing[0]} and ${missing.length - 1} more files to be live, somebody has removed them; plan again`,
    { context: { missingFiles: missing.length, firstMissing: missing[0] ?? null } },
  );
}
