import { hasGap, resetChain } from '#core/delivery/chain-changes.ts';
import { comparePositions, isFileSource, type Position } from '#core/delivery/position.ts';
import type { SourceChain } from '#core/delivery/source-chain.ts';
import { SluiceError } from '#core/errors.ts';
import type { StagingLog } from '#ports/staging-log.ts';
import type { TableIdent } from '#ports/table-catalog.ts';
import type { CommitDeps } from '../commit-table.ts';
import { committedStates } from './read-chain.ts';
import { tableKey, tableOfKey } from './writable-table.ts';

/** A source whose chain was begun anew. */
export interface ResetSource {
  readonly source: string;
  /** The source has to be read again from the event after this one; null: from its beginning. */
  readonly readAfter: Position | null;
  /** Staged batches that were dropped; their events come again with the others. */
  readonly droppedLinks: number;
}

const MAX_ATTEMPTS = 20;

/**
 * Begins chains anew that do not continue where the tables are: after a table was rolled back on purpose. Chains that fit are
 * left alone. The order is part of the argument: commit what is staged (commitStaged), roll the table back, reset the chains,
 * read the sources again from `readAfter`. Rows that other tables have are left out then by their positions; so are those in
 * `rejected`, which are looked up. Files are not reset: a run whose rows were taken back ends with an error.
 */
export async function resetChains(
  deps: Pick<CommitDeps, 'store' | 'catalog'> & { readonly stagingLog: StagingLog },
  options: {
    readonly domain: string;
    /** Tables to begin at besides those that a chain names. */
    readonly tables?: readonly TableIdent[];
  },
): Promise<readonly ResetSource[]> {
  const reset: ResetSource[] = [];
  for (const { source } of await deps.stagingLog.list(options.domain)) {
    if (isFileSource(source)) continue;
    const found = await resetSource(deps, source, options);
    if (found !== null) reset.push(found);
  }
  return reset;
}

async function resetSource(
  deps: Pick<CommitDeps, 'store' | 'catalog'> & { readonly stagingLog: StagingLog },
  source: string,
  options: { readonly domain: string; readonly tables?: readonly TableIdent[] },
): Promise<ResetSource | null> {
  const { domain } = options;
  const others = (options.tables ?? []).map(tableKey);
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
    const chain = await deps.stagingLog.read(domain, source);
    if (chain === null) return null;
    const tables = [...new Set([...chain.tables.keys(), ...others])].map(tableOfKey);
    const states = await committedStates(deps, tables, source);
    if (!hasGap(chain, states)) return null;
    if (!(await deps.stagingLog.put(domain, resetChain(chain, states)))) continue;
    return { source, readAfter: lowest(chain, states), droppedLinks: chain.links.length };
  }
  throw new SluiceError(
    'COMMIT_CONFLICT',
    `${source}: its chain changed ${MAX_ATTEMPTS} times while it was to be reset; stop its writer first`,
  );
}

/**
 * Where the table is that is farthest behind, of those that lack something. A table that has all that was staged for it may stand far
 * back because nothing came for it since; to read from there would be to read for nothing, or more than the source still keeps.
 */
function lowest(
  chain: SourceChain,
  states: ReadonlyMap<string, { readonly position: Position }>,
): Position | null {
  let least: Position | null = null;
  for (const [table, { position: staged }] of chain.tables) {
    const committed = states.get(table)?.position;
    if (committed === undefined) return null;
    const isBehind = comparePositions(committed, staged) < 0;
    if (isBehind && (least === null || comparePositions(committed, least) < 0)) least = committed;
  }
  return least;
}
