import { createPathFilter } from '#core/iceberg/maintenance/path-filter.ts';
import type { ManifestFile } from '#core/iceberg/spec/manifest-list.ts';
import { encodeTableMetadata, type TableMetadata } from '#core/iceberg/spec/table-metadata.ts';
import {
  expireSnapshots,
  REMOVED_FILES_GRACE_MS,
} from '#core/iceberg/transaction/expire-snapshots.ts';
import { extendMetadataLog } from '#core/iceberg/transaction/plan-snapshot.ts';
import type { TableIdent } from '#ports/table-catalog.ts';
import { formatUuid, nextMetadataLocation } from '../commit-locations.ts';
import type { CommitDeps } from '../commit-table.ts';
import { type LoadedTable, loadTable } from '../load-table.ts';
import { putImmutable } from '../put-immutable.ts';
import { backOff, swapTable } from '../swap-table.ts';
import { deleteObjects } from './delete-objects.ts';
import { createReachableFiles, readList } from './reachable-files.ts';
import { tablePrefix } from './table-place.ts';
import { takenOutOnMain } from './taken-out-files.ts';

export interface ExpiryOptions {
  /** Only tells what would be dropped. */
  readonly dryRun: boolean;
  /** Nothing is deleted after this time. */
  readonly deadlineMs: number;
}

export interface ExpiryRun {
  readonly snapshots: number;
  readonly refs: readonly string[];
  /** Files that nothing names any more: metadata, lists, manifests, data. */
  readonly files: number;
  readonly deleted: number;
  /** False when others won every swap, or time was up: the next run goes on, files that stay are orphans. */
  readonly isComplete: boolean;
}

const MAX_ATTEMPTS = 10;
/** Files named by snapshots that go, at a time. */
const FILTER_BYTES = 16 * 1024 * 1024;

/**
 * Drops snapshots and references that have had their time (expireSnapshots has the rule), then deletes the files that only they
 * named. Metadata first: a crash leaves files that nobody names, never a name without its file. Every reference that stays keeps
 * all its files.
 *
 * Of data files only those go that a commit on the table's line of snapshots took out (compaction, retention), a day
 * later at least: the positions of their rows are committed for good, and no query of an older state
 * runs any more. What a rolled back commit added may be staged again under the same name any moment, and is left
 * to orphan removal, which knows what writers hold.
 */
export async function expireTable(
  deps: CommitDeps,
  ident: TableIdent,
  options: ExpiryOptions,
): Promise<ExpiryRun> {
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
    const base = await loadTable(deps, ident);
    const after = expireSnapshots(base.metadata, deps.clock.nowMs(), {
      removalAgeMs: REMOVED_FILES_GRACE_MS,
    });
    const dropped = droppedBetween(base.metadata, after);
    if (dropped.snapshots === 0 && dropped.refs.length === 0) return { ...dropped, ...NO_FILES };
    if (options.dryRun) {
      const files = await filesBetween(deps, ident, { before: base, after, isCommitted: false });
      return { ...dropped, files: files.length, deleted: 0, isComplete: true };
    }
    const swapped = await swapMetadata(deps, ident, { base, after });
    if (swapped === null) {
      await backOff(deps, attempt);
      continue;
    }
    const files = await filesBetween(deps, ident, {
      before: base,
      after: swapped,
      isCommitted: true,
    });
    const deleted = await deleteObjects(deps, files, options);
    return { ...dropped, files: files.length, deleted, isComplete: deleted === files.length };
  }
  return { snapshots: 0, refs: [], ...NO_FILES, isComplete: false };
}

const NO_FILES = { files: 0, deleted: 0, isComplete: true };

function droppedBetween(
  before: TableMetadata,
  after: TableMetadata,
): { readonly snapshots: number; readonly refs: readonly string[] } {
  return {
    snapshots: before.snapshots.length - after.snapshots.length,
    refs: Object.keys(before.refs).filter((name) => !Object.hasOwn(after.refs, name)),
  };
}

/** The committed metadata; null when another commit was first. Throws COMMIT_STATE_UNKNOWN. */
async function swapMetadata(
  deps: CommitDeps,
  ident: TableIdent,
  work: { readonly base: LoadedTable; readonly after: TableMetadata },
): Promise<TableMetadata | null> {
  const { base, after } = work;
  const baseLocation = base.pointer.metadataLocation;
  const metadata: TableMetadata = {
    ...after,
    'last-updated-ms': Math.max(deps.clock.nowMs(), base.metadata['last-updated-ms'] + 1),
    'metadata-log': extendMetadataLog(base.metadata, baseLocation),
  };
  const uuid = formatUuid(deps.random.bytes(16));
  const metadataLocation = nextMetadataLocation(metadata, baseLocation, uuid);
  if (deps.catalog.writesMetadata !== true) {
    await putImmutable(deps.store, metadataLocation, encodeTableMetadata(metadata));
  }
  const swap = { base: base.pointer, next: { metadataLocation, metadata } };
  if ((await swapTable(deps, ident, swap)) === 'committed') return metadata;
  const { pointer, metadata: now } = await loadTable(deps, ident);
  const isOurs =
    pointer.metadataLocation === metadataLocation ||
    now['metadata-log'].some((entry) => entry['metadata-file'] === metadataLocation);
  return isOurs ? metadata : null;
}

/** Files that `before` names and neither `after` nor, once that is committed, the table as it is then. */
async function filesBetween(
  deps: CommitDeps,
  ident: TableIdent,
  work: {
    readonly before: LoadedTable;
    readonly after: TableMetadata;
    readonly isCommitted: boolean;
  },
): Promise<readonly string[]> {
  const { before, after, isCommitted } = work;
  const now = isCommitted ? await loadTable(deps, ident) : null;
  const seed = Buffer.from(deps.random.bytes(4)).readInt32LE();
  const filter = createPathFilter({ sizeBytes: FILTER_BYTES, seed });
  const reachable = createReachableFiles(deps.store, filter, {
    takenOutFromMs: deps.clock.nowMs() - REMOVED_FILES_GRACE_MS,
  });
  reachable.addPath(before.pointer.metadataLocation);
  await reachable.add(after);
  if (now !== null) {
    reachable.addPath(now.pointer.metadataLocation);
    await reachable.add(now.metadata);
  }
  const candidates = await namedBySnapshots(deps, before.metadata, after);
  // A catalog that writes metadata files owns them.
  const log = deps.catalog.writesMetadata === true ? [] : before.metadata['metadata-log'];
  const logged = log.map((entry) => entry['metadata-file']);
  const prefix = tablePrefix(before.metadata);
  return [...candidates, ...logged].filter(
    (path) => path.startsWith(prefix) && !reachable.mayHave(path),
  );
}

/** What the snapshots that go name: data files that were taken out on the main line, manifests, lists. */
async function namedBySnapshots(
  { store }: CommitDeps,
  before: TableMetadata,
  after: TableMetadata,
): Promise<readonly string[]> {
  const kept = new Set(after.snapshots.map((snapshot) => snapshot['manifest-list']));
  const manifests = new Map<string, ManifestFile>();
  const lists: string[] = [];
  for (const snapshot of before.snapshots) {
    const list = snapshot['manifest-list'];
    if (!kept.has(list)) lists.push(list);
    for (const listed of await readList(store, snapshot))
      manifests.set(listed.manifestPath, listed);
  }
  const takenOut = await takenOutOnMain(store, before, [...manifests.values()]);
  return [...takenOut, ...manifests.keys(), ...lists];
}
