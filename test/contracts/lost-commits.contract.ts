import { beforeEach, describe, expect, it } from 'vitest';
import { MemoryObjectStore } from '#adapters/memory/memory-object-store.ts';
import { type CommitDeps, commitTable } from '#app/commit-table.ts';
import { loadTable } from '#app/load-table.ts';
import { planScan } from '#core/iceberg/scan/plan-scan.ts';
import { serializeTableMetadata, snapshotById } from '#core/iceberg/spec/table-metadata.ts';
import { fixedClock, seededRandom } from '#test/core/iceberg/fixed-world.ts';
import { dataFileOf, LOCATION, trade, tradesMetadata } from '#test/core/iceberg/trades-table.ts';
import type { Loss } from './losing-proxy.ts';
import type { TableCatalogUnderTest } from './table-catalog.contract.ts';
import { appended, metadataFile, type TableState } from './table-states.ts';

/** A catalog whose swaps are lost as the test says, by their number from 1. */
export interface LosingCatalog extends TableCatalogUnderTest {
  readonly loseSwaps: (lose: (swap: number) => Loss | null) => void;
}

const TRADES = { database: 'market', table: 'trades' };

/** What holds when the answer of a swap, or the swap itself, is lost on the way. */
export function describeLostCommits(
  name: string,
  setup: (store: MemoryObjectStore) => Promise<LosingCatalog>,
): void {
  describe(`lost commits: ${name}`, () => {
    let store: MemoryObjectStore;
    let tested: LosingCatalog;
    beforeEach(async () => {
      store = new MemoryObjectStore({ clock: fixedClock() });
      tested = await setup(store);
      const first = { metadataLocation: metadataFile('00000-a'), metadata: tradesMetadata() };
      await store.put(first.metadataLocation, Buffer.from(serializeTableMetadata(first.metadata)));
      await tested.createTable(TRADES, first);
    });

    const load = (): Promise<TableState> => loadTable({ store, catalog: tested.catalog }, TRADES);
    const swap = async (base: TableState) => {
      const next = appended(base, '00001-b', 1n);
      await store.put(next.metadataLocation, Buffer.from(serializeTableMetadata(next.metadata)));
      return tested.catalog.swap(TRADES, base.pointer, next);
    };
    const unknown = { code: 'COMMIT_STATE_UNKNOWN', retryable: false };
    const writer = (seed: number): CommitDeps => ({
      store,
      catalog: tested.catalog,
      clock: fixedClock(),
      random: seededRandom(seed),
    });
    const append = (deps: CommitDeps, file: string) =>
      commitTable(deps, TRADES, {
        build: async () => ({ addFiles: [dataFileOf([trade(1)], { name: file })], summary: {} }),
      });

    it('does not know the outcome of a swap that never arrived; the base stays', async () => {
      const base = await load();
      tested.loseSwaps((number) => (number === 1 ? 'request' : null));
      await expect(swap(base)).rejects.toMatchObject(unknown);
      expect((await load()).pointer).toEqual(base.pointer);
      await swap(base);
      expect((await load()).metadata['current-snapshot-id']).toBe(1n);
    });

    it('does not know the outcome of a swap whose answer is lost; a look at the table tells', async () => {
      const base = await load();
      tested.loseSwaps((number) => (number === 1 ? 'answer' : null));
      await expect(swap(base)).rejects.toMatchObject(unknown);
      const { metadata, pointer } = await load();
      expect(snapshotById(metadata, 1n)).not.toBeNull();
      expect(pointer.token).not.toBe(base.pointer.token);
      await expect(swap(base)).rejects.toMatchObject({ code: 'COMMIT_CONFLICT' });
      expect((await load()).metadata.snapshots).toHaveLength(1);
    });

    it.each<Loss>(['request', 'answer'])('commits once when the %s is lost', async (loss) => {
      tested.loseSwaps((number) => (number <= 2 ? loss : null));
      const outcome = await append(writer(1), 'a');
      const { metadata } = await load();
      expect(outcome.kind).toBe('committed');
      expect(metadata.snapshots).toHaveLength(1);
    });

    it('loses nothing and doubles nothing of writers that race over a bad line', async () => {
      const random = seededRandom(7);
      tested.loseSwaps(() => {
        const drawn = random.next();
        if (drawn < 0.2) return 'request';
        return drawn < 0.4 ? 'answer' : null;
      });
      const commit = async (seed: number): Promise<void> => {
        for (let number = 0; number < 4; number++) {
          await append(writer(seed * 10 + number), `${seed}-${number}`);
        }
      };
      await Promise.all([1, 2, 3].map(commit));
      const { metadata } = await load();
      const { files } = await planScan({ read: (uri) => store.get(uri) }, metadata);
      const names = files.map(({ filePath }) => filePath.replace(`${LOCATION}/data/`, ''));
      expect(names.toSorted()).toEqual(
        [1, 2, 3].flatMap((seed) => [0, 1, 2, 3].map((number) => `${seed}-${number}.parquet`)),
      );
      expect(metadata.snapshots).toHaveLength(12);
    });
  });
}
