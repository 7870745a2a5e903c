import { SluiceError } from '#core/errors.ts';
import { createPathFilter } from '#core/iceberg/maintenance/path-filter.ts';
import { REMOVED_FILES_GRACE_MS } from '#core/iceberg/transaction/expire-snapshots.ts';
import type { Clock, Random } from '#ports/clock.ts';
import type { ObjectStore } from '#ports/object-store.ts';
import type { StagingLog } from '#ports/staging-log.ts';
import type { TableCatalog, TableIdent } from '#ports/table-catalog.ts';
import { loadTable } from '../load-table.ts';
import { deleteObjects } from './delete-objects.ts';
import { readStagedFiles } from './protected-files.ts';
import { createReachableFiles } from './reachable-files.ts';
import { requireOwnPlace, tablePrefix } from './table-place.ts';

export interface OrphanDeps {
  readonly store: ObjectStore;
  readonly catalog: TableCatalog;
  readonly stagingLog: Pick<StagingLog, 'list'>;
  readonly clock: Clock;
  readonly random: Random;
}

export interface OrphanOptions {
  readonly domain: string;
  /** Younger files stay; at least what minOrphanAge proves. */
  readonly minAgeMs: number;
  /** Only tells what would be deleted. */
  readonly dryRun: boolean;
  /** Nothing is deleted after this time. */
  readonly deadlineMs: number;
  /** Tables that must lie elsewhere. @default all of the database */
  readonly neighbours?: readonly TableIdent[];
  /** Objects held at a time. @default 20,000 */
  readonly chunkObjects?: number;
  readonly onProgress?: (listed: number) => void;
}

export interface OrphanRun {
  readonly listed: number;
  /** Files nobody names that are too young to be judged, and all others of that age. */
  readonly young: number;
  readonly orphans: number;
  readonly orphanBytes: number;
  readonly deleted: number;
  /** Some of the orphans. */
  readonly examples: readonly string[];
  /** Objects from this time on were left alone. */
  readonly beforeMs: number;
  /** False when time was up. */
  readonly isComplete: boolean;
}

/** A committed batch's clock and the store's may differ by so much; and a batch is written for a while before it is linked. */
export const STAGING_MARGIN_MS = 3_600_000;

const CHUNK_OBJECTS = 20_000;
const EXAMPLES = 20;
/** Room for about seven million files at one mistake in 5,000; more files make more mistakes, all of them in favour of keeping. */
const FILTER_BYTES = 16 * 1024 * 1024;

/**
 * Deletes what lies in a table's location and is named by nothing: not by any snapshot, reference, statistics or logged metadata
 * file, and not by a staged batch that waits for its commit.
 *
 * Why no file is taken that somebody may still commit. Let F be an object older than `minAgeMs` (A) at the time T0 when the
 * chains are read.
 * 1. Staged data files and descriptors are named by content, so the same content staged again (a retry, a replay, a file that is
 *    uploaded once more) meets F instead of writing anew. But the name holds the day too (stagedName): whoever takes F up does so
 *    within a day of its first write, by clocks that differ by less than the margin, and links or commits it within one
 *    invocation; A is more than all of these together (minOrphanAgeMs). Later the same content gets another name and a young
 *    object. So every link that will ever name F was in a chain before T0. Manifests, manifest lists, metadata files and
 *    compacted files have a random UUID in their names: only the commit that wrote one ever meets it again.
 * 2. If it was still there at T0, F is protected by name. If a committer rewrote the link's rows into F (re-cut, duplicates), F
 *    is younger than the link, and nothing younger than the oldest pending link, less an hour, is taken.
 * 3. If it was gone from the chain by T0, every table had committed it before T0. The table is read after T0, and after the
 *    listing: F is named by it, unless it has left the table for good since.
 * Hence the order: chains, listing, table. The other way round, a batch committed in between would be in neither. Files of commits under
 * way are minutes old, and A is weeks.
 *
 * Memory is bounded: a filter of fixed size for what is named, and one chunk of the listing.
 * Throws TABLE_INVALID for a location that is not the table's own, and what reading throws: nothing is deleted on a guess.
 */
export async function removeOrphans(
  deps: OrphanDeps,
  ident: TableIdent,
  options: OrphanOptions,
): Promise<OrphanRun> {
  const startMs = deps.clock.nowMs();
  const chains = await deps.stagingLog.list(options.domain);
  const staged = await readStagedFiles(deps.store, chains);
  const oldestMs = staged.oldestMs ?? Number.POSITIVE_INFINITY;
  const beforeMs = Math.min(startMs - options.minAgeMs, oldestMs - STAGING_MARGIN_MS);
  const { metadata } = await loadTable(deps, ident);
  await requireOwnPlace(deps, ident, metadata, options.neighbours);
  const judge = newJudge(deps, ident, metadata['table-uuid']);
  let run: OrphanRun = { ...NOTHING_FOUND, beforeMs };
  let chunk: Candidate[] = [];
  const settle = async () => {
    run = await settleChunk(deps, run, { orphans: await judge(chunk), options });
    chunk = [];
  };
  for await (const { uri, sizeBytes, modifiedMs } of deps.store.list(tablePrefix(metadata))) {
    if (deps.clock.nowMs() >= options.deadlineMs) return { ...run, isComplete: false };
    run = { ...run, listed: run.listed + 1 };
    options.onProgress?.(run.listed);
    if (modifiedMs >= beforeMs) run = { ...run, young: run.young + 1 };
    else if (!staged.paths.has(uri)) chunk.push({ uri, sizeBytes });
    if (chunk.length >= (options.chunkObjects ?? CHUNK_OBJECTS)) await settle();
  }
  await settle();
  return run;
}

interface Candidate {
  readonly uri: string;
  readonly sizeBytes: number;
}

const NOTHING_FOUND: OrphanRun = {
  listed: 0,
  young: 0,
  orphans: 0,
  orphanBytes: 0,
  deleted: 0,
  examples: [],
  beforeMs: 0,
  isComplete: true,
};

/** Tells which candidates the table does not name, by its state after they were listed. */
function newJudge(
  deps: OrphanDeps,
  ident: TableIdent,
  tableUuid: string,
): (candidates: readonly Candidate[]) => Promise<readonly Candidate[]> {
  const seed = Buffer.from(deps.random.bytes(4)).readInt32LE();
  const filter = createPathFilter({ sizeBytes: FILTER_BYTES, seed });
  const reachable = createReachableFiles(deps.store, filter, {
    takenOutFromMs: deps.clock.nowMs() - REMOVED_FILES_GRACE_MS,
  });
  return async (candidates) => {
    if (candidates.length === 0) return [];
    const { pointer, metadata } = await loadTable(deps, ident);
    if (metadata['table-uuid'] !== tableUuid) {
      throw new SluiceError(
        'TABLE_INVALID',
        `${ident.database}.${ident.table}: expected table-uuid ${tableUuid}, got ${metadata['table-uuid']}; the table was replaced meanwhile`,
      );
    }
    reachable.addPath(pointer.metadataLocation);
    await reachable.add(metadata);
    return candidates.filter(({ uri }) => !reachable.mayHave(uri));
  };
}

async function settleChunk(
  deps: OrphanDeps,
  run: OrphanRun,
  { orphans, options }: { readonly orphans: readonly Candidate[]; readonly options: OrphanOptions },
): Promise<OrphanRun> {
  const uris = orphans.map(({ uri }) => uri);
  const deleted = options.dryRun ? 0 : await deleteObjects(deps, uris, options);
  return {
    ...run,
    orphans: run.orphans + orphans.length,
    orphanBytes: orphans.reduce((bytes, { sizeBytes }) => bytes + sizeBytes, run.orphanBytes),
    deleted: run.deleted + deleted,
    examples: [...run.examples, ...uris].slice(0, EXAMPLES),
    isComplete: run.isComplete && (options.dryRun || deleted === orphans.length),
  };
}
