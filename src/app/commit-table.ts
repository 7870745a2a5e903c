import { SluiceError } from '#core/errors.ts';
import type { DataFile } from '#core/iceberg/spec/data-file.ts';
import { UNSORTED } from '#core/iceberg/spec/sort-order.ts';
import {
  encodeTableMetadata,
  snapshotById,
  type TableMetadata,
} from '#core/iceberg/spec/table-metadata.ts';
import { planSnapshot } from '#core/iceberg/transaction/plan-snapshot.ts';
import type { RemovedFile } from '#core/iceberg/transaction/remove-files.ts';
import { setProperties } from '#core/iceberg/transaction/set-properties.ts';
import type { SnapshotOperation } from '#core/iceberg/transaction/snapshot-summary.ts';
import type { Clock, Random } from '#ports/clock.ts';
import type { ObjectStore } from '#ports/object-store.ts';
import type { TableCatalog, TableIdent } from '#ports/table-catalog.ts';
import {
  formatUuid,
  manifestListLocation,
  manifestLocation,
  nextMetadataLocation,
} from './commit-locations.ts';
import { type LoadedTable, loadTable } from './load-table.ts';
import { putImmutable } from './put-immutable.ts';
import { type ManifestStage, newManifestStage, stageManifests } from './stage-manifests.ts';
import { backOff, swapTable } from './swap-table.ts';

/**
 * Attempts before a commit gives up. One wins per round, so this is about the number of writers that
 * may commit to one table at the same moment.
 */
export const DEFAULT_MAX_ATTEMPTS = 30;
const MAX_SNAPSHOT_ID = 0x7fff_ffff_ffff_ffffn;
/** One array, so that attempts without removals are alike. */
const NO_FILES: readonly RemovedFile[] = [];

/** What one commit changes in a table: data files, summary entries, properties and schema, all or nothing. */
export interface StagedChange {
  /** @default append; required when files are removed */
  readonly operation?: SnapshotOperation;
  /** Pass the same array in a later attempt to reuse the manifest written for it. */
  readonly addFiles: readonly DataFile[];
  /** Data and delete files, live in the attempt's base. Pass the same array to reuse the manifests written for it. */
  readonly removeFiles?: readonly RemovedFile[];
  /**
   * Age of the added files' rows, which decides on the delete files that reach them: rows that are written anew keep the
   * one of the snapshot they were read from. @default that of the commit
   */
  readonly dataSequenceNumber?: bigint;
  /** Of the added files. @default unsorted: rows come in the order of their positions, and a declared order nobody keeps would mislead readers */
  readonly sortOrderId?: number;
  /** Further entries of the snapshot summary. */
  readonly summary: Readonly<Record<string, string>>;
  /** Table properties to set. */
  readonly properties?: Readonly<Record<string, string>>;
  /** Applied to the attempt's base before the files are added; must give the schema they were written with. */
  readonly evolveSchema?: (metadata: TableMetadata) => TableMetadata;
  /** Partition spec the files were written for. @default the table's default spec */
  readonly partitionSpecId?: number;
}

export type CommitOutcome =
  | {
      readonly kind: 'committed';
      readonly snapshotId: bigint;
      /** Rounds of load, build and swap. */
      readonly attempts: number;
      /** The table with the snapshot; later commits of others may be in it already. */
      readonly metadata: TableMetadata;
    }
  | { readonly kind: 'nothing-to-do'; readonly metadata: TableMetadata };

export interface CommitDeps {
  readonly store: ObjectStore;
  readonly catalog: TableCatalog;
  readonly clock: Clock;
  readonly random: Random;
}

/**
 * Commits a change by compare-and-swap. `build` runs on the newest metadata in every attempt: the
 * exactly-once guard and the re-cutting of batches live there; null means nothing is left to commit.
 * It is called again only when no earlier attempt can succeed any more.
 *
 * Every file gets a name of its own and is written before the swap, so a reader never meets a missing
 * one. Nothing of a lost attempt is deleted: its metadata file, manifest list and manifests stay
 * behind for orphan removal, because a lost attempt cannot always be told from one in flight.
 *
 * Throws COMMIT_CONFLICT when every attempt lost or a file to remove is not live, COMMIT_STATE_UNKNOWN when the outcome could not be
 * learned, TABLE_INVALID when the table was replaced by another during the commit, and what `build` throws.
 */
export async function commitTable(
  deps: CommitDeps,
  ident: TableIdent,
  options: {
    readonly build: (base: TableMetadata, attempt: number) => Promise<StagedChange | null>;
    /** Called when an attempt has lost, beside the wait before the next one, which begins when both are over. */
    readonly onLost?: () => Promise<void>;
    readonly maxAttempts?: number;
  },
): Promise<CommitOutcome> {
  const maxAttempts = options.maxAttempts ?? DEFAULT_MAX_ATTEMPTS;
  let base = await loadTable(deps, ident);
  const commit = newCommit(deps.random, base.metadata);
  for (let attempt = 1; attempt <= maxAttempts; attempt++) {
    const change = await options.build(base.metadata, attempt);
    if (change === null) return { kind: 'nothing-to-do', metadata: base.metadata };
    const next = await writeAttempt(deps, { commit, base, change, attempt });
    const outcome = await swapTable(deps, ident, { base: base.pointer, next });
    if (outcome === 'committed') return committed(commit, attempt, next.metadata);
    await Promise.all([backOff(deps, attempt), options.onLost?.()]);
    base = await reloadTable(deps, ident, commit);
    if (holdsCommit(base, commit)) return committed(commit, attempt, base.metadata);
  }
  throw new SluiceError(
    'COMMIT_CONFLICT',
    `${ident.database}.${ident.table}: other writers won ${maxAttempts} attempts; commit again, with fewer writers at a time`,
    { context: { attempts: maxAttempts } },
  );
}

/** One commit over all its attempts. */
interface Commit {
  readonly tableUuid: string;
  readonly uuid: string;
  readonly snapshotId: bigint;
  readonly stage: ManifestStage;
  /** Metadata files of its attempts. */
  readonly metadataLocations: Set<string>;
}

function newCommit(random: Random, metadata: TableMetadata): Commit {
  return {
    tableUuid: metadata['table-uuid'],
    uuid: formatUuid(random.bytes(16)),
    snapshotId: newSnapshotId(random, metadata),
    stage: newManifestStage(),
    metadataLocations: new Set(),
  };
}

/** Random, positive, not in use. Source: Iceberg v2 §Assignment of Snapshot IDs. */
function newSnapshotId(random: Random, metadata: TableMetadata): bigint {
  for (;;) {
    const bytes = Buffer.from(random.bytes(8));
    const id = bytes.readBigUInt64BE() & MAX_SNAPSHOT_ID;
    if (id !== 0n && snapshotById(metadata, id) === null) return id;
  }
}

/** The newest state after a swap that did not say it won. Throws COMMIT_STATE_UNKNOWN when it cannot be read. */
async function reloadTable(
  deps: CommitDeps,
  ident: TableIdent,
  commit: Commit,
): Promise<LoadedTable> {
  const table = await loadTable(deps, ident).catch((cause: unknown) => {
    if (cause instanceof SluiceError && !cause.retryable) throw cause;
    throw new SluiceError(
      'COMMIT_STATE_UNKNOWN',
      `${ident.database}.${ident.table}: cannot be read after a lost swap; look for snapshot ${commit.snapshotId} before trying again`,
      { context: { snapshotId: commit.snapshotId }, cause },
    );
  });
  const uuid = table.metadata['table-uuid'];
  if (uuid === commit.tableUuid) return table;
  throw new SluiceError(
    'TABLE_INVALID',
    `${ident.database}.${ident.table}: expected table-uuid ${commit.tableUuid}, got ${uuid}; the table was replaced during the commit`,
  );
}

/**
 * A swap reported as lost may have won: a client that repeats a request whose answer it lost meets its
 * own commit as a conflict. The snapshot id tells, and the metadata log where the snapshot is gone again.
 */
function holdsCommit(table: LoadedTable, commit: Commit): boolean {
  return (
    snapshotById(table.metadata, commit.snapshotId) !== null ||
    commit.metadataLocations.has(table.pointer.metadataLocation) ||
    table.metadata['metadata-log'].some((entry) =>
      commit.metadataLocations.has(entry['metadata-file']),
    )
  );
}

/** Writes every file of one attempt; after this only the swap is left. */
async function writeAttempt(
  deps: CommitDeps,
  work: {
    readonly commit: Commit;
    readonly base: LoadedTable;
    readonly change: StagedChange;
    readonly attempt: number;
  },
): Promise<{ readonly metadataLocation: string; readonly metadata: TableMetadata }> {
  const { commit, base, change, attempt } = work;
  const { snapshotId, uuid, stage } = commit;
  requireConsistent(change);
  const metadata = changeMetadata(base.metadata, change);
  const manifestPath = (index: number) => manifestLocation(metadata, uuid, index);
  const { removed, ...manifests } = await stageManifests(
    { store: deps.store, random: deps.random, stage, snapshotId, manifestPath },
    metadata,
    {
      addFiles: change.addFiles,
      removeFiles: change.removeFiles ?? NO_FILES,
      specId: change.partitionSpecId ?? metadata['default-spec-id'],
      dataSequenceNumber: change.dataSequenceNumber ?? null,
      sortOrderId: change.sortOrderId ?? UNSORTED['order-id'],
    },
  );
  const manifestListPath = manifestListLocation(metadata, {
    snapshotId,
    attempt,
    commitUuid: uuid,
  });
  const plan = planSnapshot(metadata, {
    snapshotId,
    baseLocation: base.pointer.metadataLocation,
    manifestListPath,
    operation: change.operation ?? 'append',
    addedFiles: change.addFiles,
    removedFiles: removed,
    ...manifests,
    summary: change.summary,
    nowMs: deps.clock.nowMs(),
    syncMarker: deps.random.bytes(16),
  });
  const metadataLocation = nextMetadataLocation(
    metadata,
    base.pointer.metadataLocation,
    formatUuid(deps.random.bytes(16)),
  );
  commit.metadataLocations.add(metadataLocation);
  await Promise.all([
    putImmutable(deps.store, manifestListPath, plan.manifestList),
    // A catalog that writes the metadata itself has no use for a file of ours.
    ...(deps.catalog.writesMetadata === true
      ? []
      : [putImmutable(deps.store, metadataLocation, encodeTableMetadata(plan.metadata))]),
  ]);
  return { metadataLocation, metadata: plan.metadata };
}

/** The base with the change's schema and properties: what the files are added to. */
function changeMetadata(base: TableMetadata, change: StagedChange): TableMetadata {
  const evolved = change.evolveSchema?.(base) ?? base;
  return setProperties(evolved, change.properties ?? {});
}

/** Source: Iceberg v2 §Scan Planning: a live path may appear once only; §Snapshots: an append removes nothing. */
function requireConsistent({ operation = 'append', addFiles, removeFiles }: StagedChange): void {
  if (operation === 'append' && removeFiles !== undefined && removeFiles.length > 0) {
    throw new SluiceError(
      'TABLE_INVALID',
      `commit: expected an append to remove no file, got ${removeFiles.length}; name the operation`,
    );
  }
  const paths = new Set<string>();
  for (const { filePath } of [...addFiles, ...(removeFiles ?? [])]) {
    if (paths.has(filePath)) {
      throw new SluiceError(
        'TABLE_INVALID',
        `data file ${filePath}: expected once in a commit, got twice`,
      );
    }
    paths.add(filePath);
  }
}

function committed(commit: Commit, attempts: number, metadata: TableMetadata): CommitOutcome {
  return { kind: 'committed', snapshotId: commit.snapshotId, attempts, metadata };
}
