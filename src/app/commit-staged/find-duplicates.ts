import { idCount } from '#core/delivery/hashed-id-buckets.ts';
import { createHashedIdSet } from '#core/delivery/hashed-id-set.ts';
import { HASH_WORDS, type Hashes } from '#core/delivery/id-hash.ts';
import type { IsHashCommitted } from '#core/delivery/process-block.ts';
import type { TableMetadata } from '#core/iceberg/spec/table-metadata.ts';
import type { ArrivalWindow } from '../arrived-files.ts';
import { type CommittedIds, createCommittedIds } from '../committed-ids.ts';
import type { CommitStagedDeps } from './commit-deps.ts';
import type { OpenFile } from './open-files.ts';

export interface Duplicates {
  /** Numbers of rows that are duplicates, by file. */
  readonly rows: ReadonlyMap<OpenFile, ReadonlySet<number>>;
  /** See CommittedView. */
  readonly isCut: boolean;
}

/** A row that may go into the table. */
interface Candidate {
  readonly file: OpenFile;
  readonly row: number;
  readonly arrivalMs: number;
  /** Place of its link among those of the commit. */
  readonly turn: number;
}

const NO_DUPLICATES: Duplicates = { rows: new Map(), isCut: false };

/**
 * Finds rows whose event the table has, or another row of this commit is, having arrived within the horizon of it. The row
 * committed first stays; of those committed together the one with the smallest (arrival, source, place in the source).
 */
export async function findDuplicates(
  deps: CommitStagedDeps,
  files: readonly OpenFile[],
  options: {
    readonly base: TableMetadata;
    readonly table: string;
    readonly horizonMs: number;
    readonly maxIds: number;
  },
): Promise<Duplicates> {
  const { horizonMs } = options;
  const window = windowOf(files);
  if (horizonMs === 0 || window === null) return NO_DUPLICATES;
  const ids = committedIds(deps, options);
  return await ids.lookUp(options.base, window, ({ isCommitted, isCut }) => ({
    rows: duplicatesAmong(files, { isCommitted, horizonMs }),
    isCut,
  }));
}

/** The index of the table's identities, made when it is asked for first. */
export function committedIds(
  deps: CommitStagedDeps,
  options: { readonly table: string; readonly horizonMs: number; readonly maxIds: number },
): CommittedIds {
  const { table, horizonMs, maxIds } = options;
  const key = `${table} ${horizonMs}`;
  const known =
    deps.memory.committedIds.get(key) ??
    createCommittedIds(deps, { horizonMs, maxIds, staged: deps.memory.staged });
  deps.memory.committedIds.set(key, known);
  return known;
}

function windowOf(files: readonly OpenFile[]): ArrivalWindow | null {
  let fromMs = Number.POSITIVE_INFINITY;
  let toMs = Number.NEGATIVE_INFINITY;
  for (const { ids } of files) {
    if (ids === null) continue;
    for (let row = 0; row < idCount(ids); row++) {
      const arrivalMs = ids.arrivalsMs[row]!;
      if (arrivalMs < fromMs) fromMs = arrivalMs;
      if (arrivalMs > toMs) toMs = arrivalMs;
    }
  }
  return fromMs > toMs ? null : { fromMs, toMs };
}

function duplicatesAmong(
  files: readonly OpenFile[],
  options: { readonly isCommitted: IsHashCommitted; readonly horizonMs: number },
): ReadonlyMap<OpenFile, ReadonlySet<number>> {
  const { isCommitted, horizonMs } = options;
  const found = new Map<OpenFile, Set<number>>();
  const drop = ({ file, row }: Pick<Candidate, 'file' | 'row'>): void => {
    const rows = found.get(file) ?? new Set();
    rows.add(row);
    found.set(file, rows);
  };
  const repeated = repeatedIds(files);
  const rivals = new Map<string, Candidate[]>();
  const compete = (candidate: Candidate, hashes: Hashes): void => {
    const id = keyOf(hashes, candidate.row);
    if (!repeated.has(id)) return;
    const group = rivals.get(id) ?? [];
    group.push(candidate);
    rivals.set(id, group);
  };
  for (const [turn, file] of files.entries()) {
    const { ids } = file;
    if (ids === null) continue;
    for (let row = 0; row < idCount(ids); row++) {
      if (file.present.has(row)) continue;
      const arrivalMs = ids.arrivalsMs[row]!;
      if (isCommitted(ids.hashes, row, arrivalMs)) drop({ file, row });
      else if (repeated.size > 0) compete({ file, row, arrivalMs, turn }, ids.hashes);
    }
  }
  for (const group of rivals.values()) losersOf(group, horizonMs).forEach(drop);
  return found;
}

/** Hashes that rows of more than one file may have: a set of marks, not of their places. */
function repeatedIds(files: readonly OpenFile[]): ReadonlySet<string> {
  const repeated = new Set<string>();
  if (files.length < 2) return repeated;
  const seen = createHashedIdSet(1);
  for (const { ids } of files) {
    if (ids === null) continue;
    const { hashes } = ids;
    for (let row = 0; row < idCount(ids); row++) {
      if (seen.hasBetween(hashes, row, 0, 0)) repeated.add(keyOf(hashes, row));
      else seen.add(hashes, row, 0);
    }
  }
  return repeated;
}

function keyOf(hashes: Hashes, row: number): string {
  return hashes.subarray(HASH_WORDS * row, HASH_WORDS * (row + 1)).join();
}

function losersOf(group: readonly Candidate[], horizonMs: number): readonly Candidate[] {
  const kept: Candidate[] = [];
  const losers: Candidate[] = [];
  for (const candidate of group.toSorted(compareCandidates)) {
    const isNear = ({ arrivalMs }: Candidate) =>
      Math.abs(arrivalMs - candidate.arrivalMs) <= horizonMs;
    // Rows of one batch were compared when it was staged, each with those kept before it.
    if (kept.some(isNear)) losers.push(candidate);
    else kept.push(candidate);
  }
  return losers;
}

function compareCandidates(a: Candidate, b: Candidate): number {
  if (a.arrivalMs !== b.arrivalMs) return a.arrivalMs - b.arrivalMs;
  const [from, to] = [a.file.part.source, b.file.part.source];
  if (from !== to) return from < to ? -1 : 1;
  return a.turn - b.turn || a.row - b.row;
}
