import { isFileSource } from '#core/delivery/position.ts';
import type { SourceChain, StagedLink } from '#core/delivery/source-chain.ts';
import type { CommitStagedConfig, CommitStagedDeps } from './commit-staged/commit-deps.ts';
import {
  commitLinks,
  type LinksCommitted,
  type TableCommit,
} from './commit-staged/commit-links.ts';
import type { DescriptorMemory } from './commit-staged/open-parts.ts';
import { pruneChain } from './commit-staged/prune-chains.ts';
import type { IngestConfig } from './ingest-stream.ts';
import { tableKey, tableOfKey } from './stage/writable-table.ts';

export type { CommitStagedConfig, CommitStagedDeps } from './commit-staged/commit-deps.ts';
export type { SourceCommit, TableCommit } from './commit-staged/commit-links.ts';

/** A source with batches that are not in all their tables. */
export interface PendingSource {
  readonly source: string;
  readonly links: number;
  readonly oldestStagedAtMs: number;
}

export interface CommitReport {
  readonly tables: readonly TableCommit[];
  /** What is left after the run. */
  readonly pending: readonly PendingSource[];
  /** Tables (`database.table`) and chains (source) that could not be worked on; the others were. */
  readonly failures: readonly { readonly table: string; readonly error: unknown }[];
}

export interface CommitRequest {
  /** @default all of the domain, without files */
  readonly sources?: readonly string[] | undefined;
  /**
   * After a lost swap the links of all other sources (files excepted) go into the next attempt on the same table; their chains
   * are pruned by those who own them.
   */
  readonly takesAlong?: boolean | undefined;
}

/**
 * Commits what is staged: of the sources named, else of every source of the domain except files, which are committed by who
 * holds their lease. Per table as few snapshots as the limits allow, for all sources together. May run at any time, anywhere
 * and more than once at a time: each row gets in once, because the guard is part of every attempt.
 */
export async function commitStaged(
  deps: CommitStagedDeps,
  config: CommitStagedConfig,
  request: CommitRequest = {},
): Promise<CommitReport> {
  const chains = (await readChains(deps, config, request)).filter(({ links }) => links.length > 0);
  const descriptors: DescriptorMemory = new Map();
  const readCompanions =
    request.takesAlong === true ? companionsOf(deps, config, chains) : undefined;
  const failures: { readonly table: string; readonly error: unknown }[] = [];
  const done = new Map<string, LinksCommitted>();
  for (const table of touchedTables(chains, config)) {
    try {
      const work = { ident: tableOfKey(table), chains, readCompanions, descriptors };
      done.set(table, await commitLinks(deps, config, work));
    } catch (error) {
      failures.push({ table, error });
    }
  }
  const pending: PendingSource[] = [];
  for (const chain of chains) {
    const left = await prune(deps, config, { chain, done }).catch((error: unknown) => {
      failures.push({ table: chain.source, error });
      return chain;
    });
    const [oldest] = left?.links ?? [];
    if (left === null || oldest === undefined) continue;
    const { source, links } = left;
    pending.push({ source, links: links.length, oldestStagedAtMs: oldest.stagedAtMs });
  }
  return { tables: [...done.values()].map(({ commit }) => commit), pending, failures };
}

/** What a writer's configuration says about commits. */
export function commitConfigOf(config: IngestConfig): CommitStagedConfig {
  return {
    domain: config.domain,
    rejectedTable: config.rejectedTable,
    maxCommittedIds: new Map(
      config.streams.map(({ table, maxCommittedIds }) => [tableKey(table), maxCommittedIds]),
    ),
  };
}

async function readChains(
  deps: CommitStagedDeps,
  { domain }: CommitStagedConfig,
  { sources }: CommitRequest,
): Promise<readonly SourceChain[]> {
  if (sources === undefined) {
    const chains = await deps.stagingLog.list(domain);
    return chains.filter(({ source }) => !isFileSource(source));
  }
  const chains = await Promise.all(sources.map((source) => deps.stagingLog.read(domain, source)));
  return chains.filter((chain) => chain !== null);
}

function companionsOf(
  deps: CommitStagedDeps,
  config: CommitStagedConfig,
  chains: readonly SourceChain[],
): () => Promise<readonly SourceChain[]> {
  const own = new Set(chains.map(({ source }) => source));
  return async () => (await readChains(deps, config, {})).filter(({ source }) => !own.has(source));
}

/** The `rejected` table first: what is wrong with events is then seen before what is right. */
function touchedTables(
  chains: readonly SourceChain[],
  { rejectedTable }: CommitStagedConfig,
): readonly string[] {
  const links = chains.flatMap((chain) => chain.links);
  const tables = new Set(links.flatMap((link) => [...link.tables.keys()]));
  const rejected = tableKey(rejectedTable);
  const rank = (table: string) => (table === rejected ? 0 : 1);
  return [...tables].sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
}

async function prune(
  deps: CommitStagedDeps,
  config: CommitStagedConfig,
  work: {
    readonly chain: SourceChain;
    readonly done: ReadonlyMap<string, LinksCommitted>;
  },
): Promise<SourceChain | null> {
  const { chain, done } = work;
  const isIn = (link: StagedLink) =>
    [...link.tables.keys()].every((table) => done.get(table)?.holds(chain.source, link) === true);
  const committed = chain.links.filter(isIn);
  return await pruneChain(deps, config.domain, { chain, committed });
}
