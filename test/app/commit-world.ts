import { MemoryObjectStore } from '#adapters/memory/memory-object-store.ts';
import { MemoryTableCatalog } from '#adapters/memory/memory-table-catalog.ts';
import type { CommitDeps, StagedChange } from '#app/commit-table.ts';
import { loadTable } from '#app/load-table.ts';
import { checkTable } from '#core/iceberg/check/check-table.ts';
import type { Problem } from '#core/iceberg/check/problem.ts';
import { planScan } from '#core/iceberg/scan/plan-scan.ts';
import type { DataFile } from '#core/iceberg/spec/data-file.ts';
import { serializeTableMetadata, type TableMetadata } from '#core/iceberg/spec/table-metadata.ts';
import { fixedClock, seededRandom } from '#test/core/iceberg/fixed-world.ts';
import { dataFileOf, LOCATION, trade, tradesMetadata } from '#test/core/iceberg/trades-table.ts';

export const IDENT = { database: 'market', table: 'trades' };

export interface CommitWorld {
  readonly store: MemoryObjectStore;
  readonly catalog: MemoryTableCatalog;
  readonly deps: CommitDeps;
  /** Dependencies of one more writer: same world, own random numbers. */
  readonly writer: (seed: number) => CommitDeps;
  readonly load: () => Promise<TableMetadata>;
  /** Names of the live data files, without folder and ending. */
  readonly liveFiles: () => Promise<string[]>;
  readonly problems: () => Promise<readonly Problem[]>;
}

/** A table in memory, and everything a commit needs. */
export async function commitWorld(
  options: { readonly metadata?: TableMetadata; readonly seed?: number } = {},
): Promise<CommitWorld> {
  const clock = fixedClock();
  const store = new MemoryObjectStore({ clock });
  const catalog = new MemoryTableCatalog();
  const metadata = options.metadata ?? tradesMetadata();
  const first = `${LOCATION}/metadata/00000-a0705ddf-69c1-4693-9a96-9c12d44103fe.metadata.json`;
  await store.put(first, Buffer.from(serializeTableMetadata(metadata)));
  catalog.create(IDENT, first);
  const read = (uri: string) => store.get(uri);
  const load = async () => (await loadTable({ store, catalog }, IDENT)).metadata;
  const writer = (seed: number): CommitDeps => ({
    store,
    catalog,
    clock,
    random: seededRandom(seed),
  });
  return {
    store,
    catalog,
    deps: writer(options.seed ?? 1),
    writer,
    load,
    liveFiles: async () => {
      const { files } = await planScan({ read }, await load());
      return files.map(({ filePath }) =>
        filePath.replace(`${LOCATION}/data/`, '').replace('.parquet', ''),
      );
    },
    problems: async () => checkTable({ read }, await load()),
  };
}

/** A data file with one row. */
export function fileNamed(name: string, id = 1): DataFile {
  return dataFileOf([trade(id)], { name });
}

export function change(
  addFiles: readonly DataFile[],
  summary: StagedChange['summary'] = {},
): StagedChange {
  return { addFiles, summary };
}
