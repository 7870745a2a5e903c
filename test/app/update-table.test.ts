import { describe, expect, it } from 'vitest';
import { commitTable } from '#app/commit-table.ts';
import { updateTable } from '#app/update-table.ts';
import { SluiceError } from '#core/errors.ts';
import { encodeTableMetadata, type TableMetadata } from '#core/iceberg/spec/table-metadata.ts';
import { setProperties } from '#core/iceberg/transaction/set-properties.ts';
import { LOCATION } from '#test/core/iceberg/trades-table.ts';
import { change, commitWorld, fileNamed, IDENT } from './commit-world.ts';

const setOwner = (metadata: TableMetadata): TableMetadata | null =>
  metadata.properties['owner'] === 'desk' ? null : setProperties(metadata, { owner: 'desk' });

async function tableWithCommit() {
  const world = await commitWorld();
  await commitTable(world.deps, IDENT, { build: async () => change([fileNamed('a')]) });
  return world;
}

describe('updateTable', () => {
  it('commits metadata alone: the snapshot stays, the base is logged', async () => {
    const world = await tableWithCommit();
    const before = await world.load();
    const outcome = await updateTable(world.deps, IDENT, setOwner);
    expect(outcome).toMatchObject({ kind: 'updated', attempts: 1 });
    const after = await world.load();
    expect(after.properties['owner']).toBe('desk');
    expect(after.snapshots).toEqual(before.snapshots);
    expect(after['metadata-log']).toHaveLength(before['metadata-log'].length + 1);
    expect(after['last-updated-ms']).toBeGreaterThan(before['last-updated-ms']);
    expect(await world.problems()).toEqual([]);
  });

  it('writes nothing when there is nothing to do', async () => {
    const world = await tableWithCommit();
    await updateTable(world.deps, IDENT, setOwner);
    const { commits } = world.catalog;
    const { puts } = world.store.traffic;
    expect((await updateTable(world.deps, IDENT, setOwner)).kind).toBe('nothing-to-do');
    expect((await updateTable(world.deps, IDENT, (metadata) => metadata)).kind).toBe(
      'nothing-to-do',
    );
    expect([world.catalog.commits, world.store.traffic.puts]).toEqual([commits, puts]);
  });

  it('takes part in a race: every change arrives', async () => {
    const world = await tableWithCommit();
    const writers = Array.from({ length: 8 }, (_, index) =>
      updateTable(world.writer(index + 10), IDENT, (metadata) =>
        setProperties(metadata, { [`owner-${index}`]: 'desk' }),
      ),
    );
    await Promise.all(writers);
    const names = Object.keys((await world.load()).properties);
    expect(names.filter((name) => name.startsWith('owner-'))).toHaveLength(8);
    expect(await world.problems()).toEqual([]);
  });

  it.each(['conflict', 'lost-request', 'lost-answer', 'late', 'answered-as-conflict'] as const)(
    'happens once when the swap meets %s',
    async (fault) => {
      const world = await tableWithCommit();
      world.catalog.swapFault = (swap) => (swap === 2 ? fault : null);
      const before = world.catalog.commits;
      const count = (metadata: TableMetadata) =>
        setProperties(metadata, { n: String(Number(metadata.properties['n'] ?? 0) + 1) });
      await updateTable(world.deps, IDENT, count);
      expect((await world.load()).properties['n']).toBe('1');
      expect(world.catalog.commits).toBe(before + 1);
      expect(await world.problems()).toEqual([]);
    },
  );

  it('leaves the metadata file to a catalog that writes it itself', async () => {
    const world = await tableWithCommit();
    const { catalog, store } = world;
    const writing = {
      writesMetadata: true,
      load: (ident: typeof IDENT) => catalog.load(ident),
      list: (database: string) => catalog.list(database),
      swap: async (...[ident, base, next]: Parameters<typeof catalog.swap>) => {
        expect(await store.head(next.metadataLocation)).toBeNull();
        const metadataLocation = `${LOCATION}/metadata/00077-its-own.metadata.json`;
        await store.put(metadataLocation, encodeTableMetadata(next.metadata));
        await catalog.swap(ident, base, { ...next, metadataLocation });
        throw new SluiceError('COMMIT_STATE_UNKNOWN', 'the answer was lost');
      },
    };
    const outcome = await updateTable({ ...world.deps, catalog: writing }, IDENT, setOwner);
    expect(outcome.kind).toBe('nothing-to-do');
    expect((await world.load()).properties['owner']).toBe('desk');
  });

  it('gives up when others always win', async () => {
    const world = await tableWithCommit();
    world.catalog.swapFault = () => 'conflict';
    await expect(updateTable(world.deps, IDENT, setOwner)).rejects.toThrow(
      expect.objectContaining({ code: 'COMMIT_CONFLICT' }),
    );
  });

  it('says that it does not know when the table cannot be read after a lost swap', async () => {
    const world = await tableWithCommit();
    world.catalog.swapFault = () => 'conflict';
    world.catalog.loadFault = (load) =>
      load > 2 ? new SluiceError('SOURCE_UNAVAILABLE', 'throttled') : null;
    await expect(updateTable(world.deps, IDENT, setOwner)).rejects.toThrow(
      expect.objectContaining({ code: 'COMMIT_STATE_UNKNOWN' }),
    );
  });

  it('passes on what the change throws', async () => {
    const world = await tableWithCommit();
    const fail = () => {
      throw new SluiceError('USAGE', 'no');
    };
    await expect(updateTable(world.deps, IDENT, fail)).rejects.toThrow('no');
  });
});
