import { mayRepeat } from '#core/delivery/chain-changes.ts';
import { comparePositions, type Position } from '#core/delivery/position.ts';
import type { SourceChain, StagedLink } from '#core/delivery/source-chain.ts';
import type { SourceStates } from '#core/delivery/source-state.ts';

/** A link whose rows, or some of them, are new to a table. */
export interface SelectedLink {
  readonly source: string;
  readonly link: StagedLink;
  /**
   * - `whole`: it continues where the table is
   * - `cut`: rows up to `after` are in the table; they were staged with other boundaries before the chain was lost
   * - `compared`: rows may stand in the table whatever its position is (see mayRepeat)
   */
  readonly part: 'whole' | 'cut' | 'compared';
  /** Position of the table before it. */
  readonly after: Position | null;
}

/** A batch between two positions that nobody has staged, or that was taken out of the table again. */
export interface MissingBatch {
  /** Where the table is. */
  readonly after: Position | null;
  /** Where the next staged batch of the table begins. */
  readonly before: Position;
}

export interface LinkSelection {
  /** Oldest first of each source; sources take turns. */
  readonly links: readonly SelectedLink[];
  /** There are more than were asked for. */
  readonly isCut: boolean;
  /** Sources that cannot go on before something is repaired. */
  readonly waiting: ReadonlyMap<string, MissingBatch>;
}

/**
 * Compares staged batches with one state of a table: the guard that lets each in once. Per source, in order, with
 * `committed` what the table has:
 *
 * | the link                    |                                                    |
 * |-----------------------------|----------------------------------------------------|
 * | ends at or before it        | is in                                              |
 * | begins at it                | is taken whole                                     |
 * | begins before, ends after   | is cut                                             |
 * | begins after it             | misses its predecessor: the source waits           |
 */
export function selectLinks(
  chains: readonly SourceChain[],
  states: SourceStates,
  options: {
    readonly table: string;
    /** Its links may hold rows that are in: see mayRepeat. */
    readonly isRejectedTable: boolean;
    readonly maxLinks: number;
    /** Links that were compared already; their rows are in. */
    readonly compared: ReadonlySet<StagedLink>;
  },
): LinkSelection {
  const waiting = new Map<string, MissingBatch>();
  const bySource = chains.map(({ source, links }) => {
    const committed = states.get(source)?.position ?? null;
    const selected = selectOf(source, links, { ...options, committed });
    if (selected.missing !== null) waiting.set(source, selected.missing);
    return selected.links;
  });
  const links = takeTurns(bySource);
  const { maxLinks } = options;
  return { links: links.slice(0, maxLinks), isCut: links.length > maxLinks, waiting };
}

function selectOf(
  source: string,
  links: readonly StagedLink[],
  options: {
    readonly table: string;
    readonly isRejectedTable: boolean;
    readonly compared: ReadonlySet<StagedLink>;
    readonly committed: Position | null;
  },
): { readonly links: readonly SelectedLink[]; readonly missing: MissingBatch | null } {
  const { table, isRejectedTable, compared } = options;
  const selected: SelectedLink[] = [];
  let committed = options.committed;
  for (const link of links) {
    const begin = link.tables.get(table);
    if (begin === undefined) continue;
    if (begin !== null && isBefore(committed, begin)) {
      return { links: selected, missing: { after: committed, before: begin } };
    }
    const isCompared = isRejectedTable && mayRepeat(link, table) && !compared.has(link);
    const isIn = !isBefore(committed, link.last);
    if (isIn && !isCompared) continue;
    const part = isCompared ? 'compared' : isBefore(begin, committed) ? 'cut' : 'whole';
    selected.push({ source, link, part, after: committed });
    if (!isIn) committed = link.last;
  }
  return { links: selected, missing: null };
}

/** Null is before every position. */
function isBefore(a: Position | null, b: Position | null): boolean {
  if (b === null) return false;
  return a === null || comparePositions(a, b) < 0;
}

/** The first of each, then the second of each: no source keeps the others out of a commit. */
function takeTurns<T>(lists: readonly (readonly T[])[]): readonly T[] {
  const longest = lists.reduce((length, list) => Math.max(length, list.length), 0);
  return Array.from({ length: longest }, (_, turn) =>
    lists.flatMap((list) => list.slice(turn, turn + 1)),
  ).flat();
}
