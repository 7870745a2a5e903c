import { describe, expect, it } from 'vitest';
import { commitTable } from '#app/commit-table.ts';
import { decodeManifestList } from '#core/iceberg/spec/manifest-list.ts';
import { currentSnapshot } from '#core/iceberg/spec/table-metadata.ts';
import { change, commitWorld, fileNamed, IDENT } from './commit-world.ts';

const COMMITS = 330;
const WINDOW = 110;

describe('a table of many commits', () => {
  it('costs the same per commit: manifests are merged, lists stay short', async () => {
    const world = await commitWorld();
    const metadataBytes: number[] = [];
    const otherBytes: number[] = [];
    let longestList = 0;
    for (let commit = 0; commit < COMMITS; commit++) {
      const before = { ...world.store.traffic };
      const sizeBefore = await sizeOfMetadata(world);
      await commitTable(world.deps, IDENT, {
        build: async () => change([fileNamed(`f${commit}`)]),
      });
      const { getBytes, putBytes } = world.store.traffic;
      const size = await sizeOfMetadata(world);
      metadataBytes.push(size - sizeBefore);
      otherBytes.push(getBytes - before.getBytes + putBytes - before.putBytes - size - sizeBefore);
      const snapshot = currentSnapshot(await world.load());
      const list = await world.store.get(snapshot?.['manifest-list'] ?? '');
      longestList = Math.max(longestList, decodeManifestList(list).length);
    }
    expect(longestList).toBeLessThanOrEqual(101);
    // Manifests and lists: the third hundred commits move about as many bytes as the first.
    const windows = [0, 1, 2].map((index) =>
      sum(otherBytes.slice(index * WINDOW, (index + 1) * WINDOW)),
    );
    expect((windows[2] ?? 0) / (windows[1] ?? 1)).toBeLessThan(1.25);
    // The metadata file grows by one snapshot per commit, never by more, until snapshots are expired.
    expect(
      Math.max(...metadataBytes.slice(-100)) / Math.max(...metadataBytes.slice(0, 100)),
    ).toBeLessThan(1.1);
    expect(await world.liveFiles()).toHaveLength(COMMITS);
    expect(await world.problems()).toEqual([]);
  }, 60_000);
});

async function sizeOfMetadata(world: Awaited<ReturnType<typeof commitWorld>>): Promise<number> {
  const { metadataLocation } = await world.catalog.load(IDENT);
  return (await world.store.head(metadataLocation))?.sizeBytes ?? 0;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
