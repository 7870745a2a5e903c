import { comparePositions, laterPosition, type Position } from './position.ts';
import type { SourceChain, StagedLink, StagedState } from './source-chain.ts';
import type { SourceState } from './source-state.ts';

/** States of one source in the tables, by `database.table`; tables that do not know it are left out. */
export type CommittedStates = ReadonlyMap<string, SourceState>;

/**
 * The chain of a source that has none: it begins where the tables are. Its position is null, since every table
 * may stand elsewhere; what they have of a batch is left out table by table.
 */
export function seedChain(source: string, committed: CommittedStates): SourceChain {
  return { source, version: 0, position: null, tables: stagedStates(committed), links: [] };
}

/**
 * The chain as if nothing had been staged beyond what the tables have: after a table was rolled back on purpose. The source
 * has to be read again from the lowest of their positions on.
 */
export function resetChain(chain: SourceChain, committed: CommittedStates): SourceChain {
  return { ...seedChain(chain.source, committed), version: chain.version + 1 };
}

function stagedStates(committed: CommittedStates): ReadonlyMap<string, StagedState> {
  return new Map([...committed].map(([table, state]) => [table, stagedState(state)]));
}

/** Nothing but the state of what has more. */
function stagedState({ position, maxEventTimeMicros, maxArrivalMicros }: StagedState): StagedState {
  const arrival = maxArrivalMicros === undefined ? {} : { maxArrivalMicros };
  return { position, maxEventTimeMicros, ...arrival };
}

/** What a batch adds: the states of the tables it touches, with the batch in them. */
export interface NewLink {
  readonly last: Position;
  readonly tables: ReadonlyMap<string, Omit<StagedState, 'position'>>;
  readonly descriptor: StagedLink['descriptor'];
  readonly stagedAtMs: number;
}

/** The chain with one link more, in its next version. */
export function appendLink(chain: SourceChain, link: NewLink): SourceChain {
  const tables = new Map(chain.tables);
  const before = new Map<string, Position | null>();
  for (const [table, state] of link.tables) {
    const known = chain.tables.get(table)?.position ?? null;
    before.set(table, known);
    tables.set(table, stagedState({ ...state, position: laterPosition(known, link.last) }));
  }
  const { last, descriptor, stagedAtMs } = link;
  return {
    ...chain,
    version: chain.version + 1,
    position: last,
    tables,
    links: [...chain.links, { prev: chain.position, last, tables: before, descriptor, stagedAtMs }],
  };
}

/** The chain without some of its links, in its next version; null when there is none of them. */
export function dropLinks(
  chain: SourceChain,
  isCommitted: (link: StagedLink) => boolean,
): SourceChain | null {
  const links = chain.links.filter((link) => !isCommitted(link));
  if (links.length === chain.links.length) return null;
  return { ...chain, version: chain.version + 1, links };
}

/**
 * Whether a link may hold rows at or before the position that the table had before it. That can be only after a chain has begun
 * anew, in the `rejected` table, which may be ahead of the others; its rows are then compared with the table's.
 */
export function mayRepeat(link: StagedLink, table: string): boolean {
  const before = link.tables.get(table) ?? null;
  return before !== null && (link.prev === null || comparePositions(before, link.prev) > 0);
}

/**
 * Whether a table lacks something that is neither in it nor on its way: its links do not continue where it is, or end before
 * what is staged. So it is after it was rolled back.
 */
export function hasGap(chain: SourceChain, committed: CommittedStates): boolean {
  return [...chain.tables].some(([table, staged]) => {
    let end = committed.get(table)?.position ?? null;
    for (const link of chain.links) {
      const begin = link.tables.get(table);
      if (begin === undefined) continue;
      if (begin !== null && (end === null || comparePositions(end, begin) < 0)) return true;
      end = laterPosition(end, link.last);
    }
    return end === null || comparePositions(end, staged.position) < 0;
  });
}

/** Whether the chain has decided about the event, which belongs to the table; null for an event of no table. */
export function isStaged(
  chain: SourceChain,
  event: { readonly position: Position },
  table: string | null,
): boolean {
  const isBehind = (position: Position | null | undefined): boolean =>
    position !== null && position !== undefined && comparePositions(event.position, position) <= 0;
  return (
    isBehind(chain.position) || (table !== null && isBehind(chain.tables.get(table)?.position))
  );
}
