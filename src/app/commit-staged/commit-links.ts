import { mayRepeat } from '#core/delivery/chain-changes.ts';
import { addCounts, type DeliveryCounts, NO_COUNTS } from '#core/delivery/delivery-counts.ts';
import { comparePositions } from '#core/delivery/position.ts';
import type { SourceChain, StagedLink } from '#core/delivery/source-chain.ts';
import { readSourceStates, type SourceStates } from '#core/delivery/source-state.ts';
import type { DataFile } from '#core/iceberg/spec/data-file.ts';
import type { TableMetadata } from '#core/iceberg/spec/table-metadata.ts';
import type { TableIdent } from '#ports/table-catalog.ts';
import { type CommitOutcome, commitTable } from '../commit-table.ts';
import { tableKey } from '../stage/writable-table.ts';
import type { CommitStagedConfig, CommitStagedDeps } from './commit-deps.ts';
import { committedIds, findDuplicates } from './find-duplicates.ts';
import { openFiles, readAhead } from './open-files.ts';
import {
  type CommitLimits,
  DEFAULT_COMMIT_LIMITS,
  type DescriptorMemory,
  limitParts,
  openParts,
  requireSameTable,
} from './open-parts.ts';
import { type PlannedGroup, planGroup } from './plan-group.ts';
import { createFileRewriter } from './rewrite-files.ts';
import { type LinkSelection, type MissingBatch, selectLinks } from './select-links.ts';

/** What a run did to one table. */
export interface TableCommit {
  /** `database.table` */
  readonly table: string;
  readonly ident: TableIdent;
  /** Of its commits, oldest first. */
  readonly snapshotIds: readonly bigint[];
  /** Rounds of load, build and swap, over all commits. */
  readonly attempts: number;
  /** Duplicates were looked for in less than the configured horizon: memory did not suffice. */
  readonly isHorizonCut: boolean;
  readonly sources: readonly SourceCommit[];
}

export interface SourceCommit {
  readonly source: string;
  /** `waiting`: a batch is missing before what is staged, whatever was committed up to it. */
  readonly kind: 'committed' | 'already-in' | 'waiting';
  /** Of what this run committed. */
  readonly counts: DeliveryCounts;
  readonly missing: MissingBatch | null;
}

export interface LinksCommitted {
  readonly commit: TableCommit;
  /** Whether the table has everything of a link that touches it. */
  readonly holds: (source: string, link: StagedLink) => boolean;
}

export interface LinksWork {
  readonly ident: TableIdent;
  /** Whose links have to get in. */
  readonly chains: readonly SourceChain[];
  /**
   * Chains of others whose links are taken along once a swap is lost: the winner then commits for everybody who waits, and the
   * others find theirs in. Nothing they hold or lack makes the commit fail.
   */
  readonly readCompanions?: (() => Promise<readonly SourceChain[]>) | undefined;
  readonly descriptors: DescriptorMemory;
}

/** Links of others that a writer reads and takes along: its own batch must not wait for their backlog. */
const MAX_COMPANION_LINKS = 32;
/** Identities a table without a configured share of memory has room for. */
const DEFAULT_MAX_IDS = 1_000_000;

/** One attempt: what it found and what it would commit. */
interface Attempt {
  readonly selection: LinkSelection;
  readonly isCut: boolean;
  readonly compared: readonly StagedLink[];
  readonly group: PlannedGroup | null;
  readonly isHorizonCut: boolean;
}

/**
 * Commits the links of chains that touch one table, as many snapshots as the limits ask for. The guard, the search for
 * duplicates and the cutting of files happen inside every attempt, on the metadata that it is based on.
 */
export async function commitLinks(
  deps: CommitStagedDeps,
  config: CommitStagedConfig,
  work: LinksWork,
): Promise<LinksCommitted> {
  const run = openRun(deps, config, work);
  const counts = new Map<string, DeliveryCounts>();
  const snapshotIds: bigint[] = [];
  let attempts = 0;
  let isHorizonCut = false;
  for (;;) {
    const { outcome, attempt } = await run.commitOnce();
    if (outcome.kind === 'committed') {
      attempts += outcome.attempts;
      snapshotIds.push(outcome.snapshotId);
      for (const [source, added] of attempt.group?.counts ?? []) {
        counts.set(source, addCounts(counts.get(source) ?? NO_COUNTS, added));
      }
    }
    isHorizonCut ||= attempt.isHorizonCut;
    if (attempt.isCut) continue;
    const { ident } = work;
    const table = tableKey(ident);
    const sources = describeSources(work, counts, attempt.selection);
    return {
      commit: { table, ident, snapshotIds, attempts: Math.max(1, attempts), isHorizonCut, sources },
      holds: run.holds(readSourceStates(outcome.metadata)),
    };
  }
}

/** The sources asked for, then those taken along. */
function describeSources(
  { ident, chains }: LinksWork,
  counts: ReadonlyMap<string, DeliveryCounts>,
  { waiting }: LinkSelection,
): readonly SourceCommit[] {
  const table = tableKey(ident);
  const touching = chains.filter(({ links }) => links.some((link) => link.tables.has(table)));
  const asked = new Set(touching.map(({ source }) => source));
  const along = [...counts.keys()].filter((source) => !asked.has(source));
  return [
    ...[...asked].map((source) => describeSource(source, counts.get(source), waiting.get(source))),
    ...along.map((source) => describeSource(source, counts.get(source), undefined)),
  ];
}

function describeSource(
  source: string,
  counts: DeliveryCounts | undefined,
  missing: MissingBatch | undefined,
): SourceCommit {
  const kind =
    missing !== undefined ? 'waiting' : counts === undefined ? 'already-in' : 'committed';
  return { source, kind, counts: counts ?? NO_COUNTS, missing: missing ?? null };
}

/** What is remembered from attempt to attempt and from commit to commit. */
function openRun(deps: CommitStagedDeps, config: CommitStagedConfig, work: LinksWork) {
  const { ident, chains, descriptors } = work;
  const table = tableKey(ident);
  const limits: CommitLimits = { ...DEFAULT_COMMIT_LIMITS, ...config.limits };
  const isRejectedTable = table === tableKey(config.rejectedTable);
  const maxIds = config.maxCommittedIds.get(table) ?? DEFAULT_MAX_IDS;
  const rewriter = createFileRewriter(deps);
  const compared = new Set<StagedLink>();
  let files: readonly DataFile[] = [];
  let states: SourceStates = new Map();
  let companions: readonly SourceChain[] = [];

  const select = (from: readonly SourceChain[], at: SourceStates, maxLinks = limits.maxLinks) =>
    selectLinks(from, at, { table, isRejectedTable, maxLinks, compared });

  const attemptWith = async (
    base: TableMetadata,
    from: readonly SourceChain[],
  ): Promise<Attempt> => {
    const selection = select(from, states);
    const found = await openParts(deps.store, selection.links, { table, memory: descriptors });
    const { taken: parts, isCut } = limitParts(found, limits);
    requireSameTable(base, parts);
    const opened = await openFiles(deps, parts, { base, rewriter });
    const horizonMs = parts[0]?.staged.dedupeHorizonMs ?? 0;
    const duplicates = await findDuplicates(deps, opened, { base, table, horizonMs, maxIds });
    const group = await planGroup(
      { parts, files: opened, duplicates },
      { base, states, isRejectedTable, rewriter },
    );
    if (group !== null && horizonMs > 0) {
      committedIds(deps, { table, horizonMs, maxIds }).remember(group.ids);
    }
    return {
      selection,
      isCut: isCut || selection.isCut,
      compared: parts.filter(({ part }) => part === 'compared').map(({ link }) => link),
      group,
      isHorizonCut: duplicates.isCut,
    };
  };

  const attemptOn = async (base: TableMetadata): Promise<Attempt> => {
    states = readSourceStates(base);
    if (companions.length === 0 || select(chains, states).links.length === 0) {
      return await attemptWith(base, chains);
    }
    try {
      return await attemptWith(base, [...chains, ...companions]);
    } catch {
      // Whoever holds what is broken learns of it from its own commit.
      return await attemptWith(base, chains);
    }
  };

  /** Reads who else waits, and their files, before the next attempt: it is the shorter for it, and meets fewer rivals. */
  const lookAround = async (): Promise<void> => {
    const { readCompanions } = work;
    if (readCompanions === undefined) return;
    companions = [];
    try {
      const found = await readCompanions();
      const { links } = select(found, states, MAX_COMPANION_LINKS);
      const parts = await openParts(deps.store, links, { table, memory: descriptors });
      const { taken } = limitParts(parts, limits);
      await readAhead(deps, taken);
      const chosen = new Set(taken.map(({ link }) => link));
      companions = found
        .map((chain) => ({ ...chain, links: chain.links.filter((link) => chosen.has(link)) }))
        .filter((chain) => chain.links.length > 0);
    } catch {
      // The next attempt commits its own.
    }
  };

  /** The same array for the same files: then the manifest of the attempt before serves again. */
  const sameFiles = (next: readonly DataFile[]): readonly DataFile[] => {
    const isSame =
      next.length === files.length &&
      next.every(({ filePath }, index) => filePath === files[index]?.filePath);
    if (!isSame) files = next;
    return files;
  };

  return {
    commitOnce: async (): Promise<{
      readonly outcome: CommitOutcome;
      readonly attempt: Attempt;
    }> => {
      let attempt: Attempt | null = null;
      companions = [];
      const outcome = await commitTable(deps, ident, {
        onLost: lookAround,
        build: async (base) => {
          attempt = await attemptOn(base);
          const { group } = attempt;
          if (group === null) return null;
          return { ...group.change, addFiles: sameFiles(group.change.addFiles) };
        },
      });
      const last = attempt as Attempt | null;
      if (last === null) throw new TypeError('expected an attempt to be built, got none');
      for (const link of last.compared) compared.add(link);
      return { outcome, attempt: last };
    },
    holds:
      (states: SourceStates) =>
      (source: string, link: StagedLink): boolean => {
        const committed = states.get(source)?.position;
        if (committed === undefined || comparePositions(committed, link.last) < 0) return false;
        return !(isRejectedTable && mayRepeat(link, table)) || compared.has(link);
      },
  };
}
