import { type CommittedStates, seedChain } from '#core/delivery/chain-changes.ts';
import type { SourceChain, StagedState } from '#core/delivery/source-chain.ts';
import { readSourceStates, type SourceState } from '#core/delivery/source-state.ts';
import { hasCode } from '#core/errors.ts';
import type { TableIdent } from '#ports/table-catalog.ts';
import type { CommitDeps } from '../commit-table.ts';
import type { IngestConfig, IngestDeps } from '../ingest-stream.ts';
import { loadTable } from '../load-table.ts';
import { tableKey } from './writable-table.ts';

/**
 * The chain that the next batch of a source continues. A source without one, new or from before its chain was lost, begins
 * where the tables are; so does, in a chain that is there, a table that it has not touched yet.
 */
export async function readChain(
  deps: IngestDeps,
  config: IngestConfig,
  batch: { readonly source: string; readonly streams: ReadonlySet<string> },
): Promise<SourceChain> {
  const { source, streams } = batch;
  const chain = await deps.stagingLog.read(config.domain, source);
  const bronze = config.streams.map(({ table }) => table);
  if (chain === null) {
    const tables = [config.rejectedTable, ...bronze];
    return seedChain(source, await committedStates(deps, tables, source));
  }
  const untouched = config.streams.filter(
    ({ plan, table }) => streams.has(plan.stream.name) && !chain.tables.has(tableKey(table)),
  );
  if (untouched.length === 0) return chain;
  const tables = untouched.map(({ table }) => table);
  const seeds = seedChain(source, await committedStates(deps, tables, source)).tables;
  return { ...chain, tables: new Map<string, StagedState>([...chain.tables, ...seeds]) };
}

/**
 * What the tables say of a source, by `database.table`; those that do not know it are left out, and those that do not exist: a
 * table that is gone must not keep the events of others out. Its own are refused when they are written.
 */
export async function committedStates(
  deps: Pick<CommitDeps, 'store' | 'catalog'>,
  tables: readonly TableIdent[],
  source: string,
): Promise<CommittedStates> {
  const states = await Promise.all(
    tables.map(async (table) => [tableKey(table), await stateIn(deps, table, source)] as const),
  );
  return new Map(states.flatMap(([key, state]) => (state === null ? [] : [[key, state]])));
}

async function stateIn(
  deps: Pick<CommitDeps, 'store' | 'catalog'>,
  table: TableIdent,
  source: string,
): Promise<SourceState | null> {
  try {
    const { metadata } = await loadTable(deps, table);
    return readSourceStates(metadata).get(source) ?? null;
  } catch (error) {
    if (hasCode(error, 'TABLE_NOT_FOUND')) return null;
    throw error;
  }
}
