import { comparePositions, type Position } from '#core/delivery/position.ts';
import type { SourceChain } from '#core/delivery/source-chain.ts';
import type { PositionRange } from '#core/ledger/evidence.ts';
import type { ObjectStore } from '#ports/object-store.ts';
import { readDescriptor } from '../stage/read-descriptor.ts';

/**
 * Events that a staged batch has decided about and that wait for its commit, by source. A batch is one stretch of its source,
 * from the first event that any table's part stands for to the link's last; what lies between two batches was given up, and is
 * in none. Throws when a descriptor cannot be read: then nobody knows what will be committed.
 */
export async function readStagedRanges(
  store: Pick<ObjectStore, 'get'>,
  chains: readonly SourceChain[],
): Promise<ReadonlyMap<string, readonly PositionRange[]>> {
  const ranges = new Map<string, readonly PositionRange[]>();
  for (const { source, links } of chains) {
    const own: PositionRange[] = [];
    for (const link of links) {
      const { tables } = await readDescriptor(store, link);
      const first = earliest([...tables.values()].map((table) => table.first));
      if (first !== null) own.push({ first, last: link.last });
    }
    ranges.set(source, own);
  }
  return ranges;
}

function earliest(positions: readonly Position[]): Position | null {
  return positions.toSorted(comparePositions)[0] ?? null;
}
