import { describe, expect, it } from 'vitest';
import { checkStoredTable } from '#app/check-stored-table.ts';
import { commitTable } from '#app/commit-table.ts';
import { stageRows } from '#app/stage-rows.ts';
import { SluiceError } from '#core/errors.ts';
import { serializeTableMetadata } from '#core/iceberg/spec/table-metadata.ts';
import { LOCATION, trade } from '#test/core/iceberg/trades-table.ts';
import { type CommitWorld, commitWorld, IDENT } from './commit-world.ts';

/** A table with two commits of real files. */
async function committedWorld(): Promise<CommitWorld> {
  const world = await commitWorld();
  for (const id of [1, 2]) {
    const position = { sequence: String(id), subSequence: 0 };
    await commitTable(world.deps, IDENT, {
      build: async (base) => ({
        addFiles: await stageRows(world.store, base, {
          rows: [trade(id)],
          range: { source: 'shard', first: position, last: position },
        }),
        summary: {},
      }),
    });
  }
  return world;
}

const swapMetadata = async (world: CommitWorld, location: string, text: string): Promise<void> => {
  await world.store.put(location, Buffer.from(text));
  const base = await world.catalog.load(IDENT);
  await world.catalog.swap(IDENT, base, {
    metadataLocation: location,
    metadata: await world.load(),
  });
};

describe('checkStoredTable', () => {
  it('reads every file of a sound table and finds nothing', async () => {
    const world = await committedWorld();
    const progress: [number, number][] = [];
    const checked = await checkStoredTable(world, IDENT, {
      onProgress: (done, estimate) => progress.push([done, estimate]),
    });
    // Two lists, two manifests, two data files.
    expect(checked).toEqual({ ...IDENT, snapshots: 2, filesRead: 6, problems: [] });
    expect(progress.map(([done]) => done)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(progress.at(-1)).toEqual([6, 6]);
  });

  it('names a data file that is gone', async () => {
    const world = await committedWorld();
    const uris: string[] = [];
    for await (const { uri } of world.store.list(`${LOCATION}/data/`)) uris.push(uri);
    await world.store.delete(uris[0] ?? '');
    const { problems } = await checkStoredTable(world, IDENT);
    expect(problems).toEqual([{ where: uris[0], message: 'expected the file to exist' }]);
  });

  it('names metadata that cannot be read', async () => {
    const world = await committedWorld();
    const location = `${LOCATION}/metadata/00003-x.metadata.json`;
    await swapMetadata(world, location, '{"format-version":2}');
    const { problems, filesRead } = await checkStoredTable(world, IDENT);
    expect(problems).toEqual([{ where: location, message: expect.stringContaining('table-uuid') }]);
    expect(filesRead).toBe(0);
    await world.store.delete(location);
    expect((await checkStoredTable(world, IDENT)).problems).toHaveLength(1);
  });

  it('finds metadata that goes back, or that counts itself among its past', async () => {
    const world = await committedWorld();
    const metadata = await world.load();
    const first = metadata['metadata-log'][0]?.['metadata-file'] ?? '';
    await swapMetadata(world, first, serializeTableMetadata(metadata));
    const { problems } = await checkStoredTable(world, IDENT);
    expect(problems.map(({ message }) => message)).toEqual([
      expect.stringContaining('expected earlier files only'),
      expect.stringContaining('expected a version above 1, got 0'),
    ]);
  });

  it('does not take a store that fails for a broken table', async () => {
    const world = await committedWorld();
    world.store.fault = () => new SluiceError('SOURCE_UNAVAILABLE', 'throttled');
    await expect(checkStoredTable(world, IDENT)).rejects.toThrow('throttled');
  });
});
