import { describe, expect, it } from 'vitest';
import { commitTable, type StagedChange } from '#app/commit-table.ts';
import {
  currentSchema,
  currentSnapshot,
  serializeTableMetadata,
  type TableMetadata,
} from '#core/iceberg/spec/table-metadata.ts';
import { evolveSchema } from '#core/iceberg/transaction/evolve-schema.ts';
import { dataFileOf, LOCATION, trade, tradesMetadata } from '#test/core/iceberg/trades-table.ts';
import { change, commitWorld, fileNamed, IDENT } from './commit-world.ts';

const always = (staged: StagedChange) => ({ build: async () => staged });

describe('commitTable', () => {
  it('adds files in one snapshot', async () => {
    const world = await commitWorld();
    const outcome = await commitTable(
      world.deps,
      IDENT,
      always(change([fileNamed('a'), fileNamed('b')])),
    );
    expect(outcome).toMatchObject({ kind: 'committed', attempts: 1 });
    expect(await world.liveFiles()).toEqual(['a', 'b']);
    const metadata = await world.load();
    expect(outcome.metadata).toEqual(metadata);
    expect(currentSnapshot(metadata)?.['snapshot-id']).toBe(
      outcome.kind === 'committed' ? outcome.snapshotId : null,
    );
    expect(await world.problems()).toEqual([]);
  });

  it('builds on what earlier commits left', async () => {
    const world = await commitWorld();
    for (const name of ['a', 'b', 'c']) {
      await commitTable(world.deps, IDENT, always(change([fileNamed(name)])));
    }
    expect((await world.liveFiles()).sort()).toEqual(['a', 'b', 'c']);
    const metadata = await world.load();
    expect(metadata.snapshots.map((snapshot) => snapshot['sequence-number'])).toEqual([1n, 2n, 3n]);
    expect(currentSnapshot(metadata)?.summary).toMatchObject({
      'total-data-files': '3',
      'total-records': '3',
    });
    expect(await world.problems()).toEqual([]);
  });

  it('shows build the newest metadata and the number of the attempt', async () => {
    const world = await commitWorld();
    world.catalog.swapFault = (swap) => (swap <= 2 ? 'conflict' : null);
    const seen: [bigint, number][] = [];
    await commitTable(world.deps, IDENT, {
      build: async (base, attempt) => {
        seen.push([base['last-sequence-number'], attempt]);
        if (attempt === 1)
          await commitTable(world.writer(2), IDENT, always(change([fileNamed('other')])));
        return change([fileNamed('mine')]);
      },
    });
    // The writer inside meets the second fault; its own retry commits before ours.
    expect(seen).toEqual([
      [0n, 1],
      [1n, 2],
    ]);
  });

  it('does nothing when build has nothing', async () => {
    const world = await commitWorld();
    const before = { ...world.store.traffic };
    const outcome = await commitTable(world.deps, IDENT, { build: async () => null });
    expect(outcome.kind).toBe('nothing-to-do');
    expect(world.store.traffic.puts).toBe(before.puts);
    expect(world.catalog.commits).toBe(0);
  });

  it('commits without files: summary and properties alone', async () => {
    const world = await commitWorld();
    await commitTable(world.deps, IDENT, always(change([fileNamed('a')])));
    await commitTable(
      world.deps,
      IDENT,
      always({ addFiles: [], summary: { position: '42' }, properties: { position: '42' } }),
    );
    const metadata = await world.load();
    expect(currentSnapshot(metadata)?.summary).toMatchObject({
      position: '42',
      'total-records': '1',
    });
    expect(metadata.properties).toEqual({ position: '42' });
    expect(await world.liveFiles()).toEqual(['a']);
    expect(await world.problems()).toEqual([]);
  });

  it('makes the first commit without files too', async () => {
    const world = await commitWorld();
    await commitTable(world.deps, IDENT, always(change([], { position: '1' })));
    expect(currentSnapshot(await world.load())?.summary).toMatchObject({ 'total-records': '0' });
    expect(await world.problems()).toEqual([]);
  });

  it('evolves the schema and adds files in one commit', async () => {
    const world = await commitWorld();
    await commitTable(world.deps, IDENT, always(change([fileNamed('old')])));
    const addVenue = (metadata: TableMetadata) =>
      evolveSchema(metadata, [{ kind: 'add-column', path: ['venue'], type: 'string' }]);
    const schema = currentSchema(addVenue(tradesMetadata()));
    const file = dataFileOf([trade(1, { venue: 'XNYS' })], { name: 'new', schema });
    await commitTable(world.deps, IDENT, always({ ...change([file]), evolveSchema: addVenue }));
    const metadata = await world.load();
    expect(world.catalog.commits).toBe(2);
    expect(metadata.snapshots.map((snapshot) => snapshot['schema-id'])).toEqual([0, 1]);
    expect(currentSchema(metadata).fields.at(-1)?.name).toBe('venue');
    expect(await world.problems()).toEqual([]);
  });

  it('writes files for an older partition spec when asked to', async () => {
    const base = tradesMetadata();
    const daily = {
      'spec-id': 1,
      fields: [{ 'source-id': 2, 'field-id': 1002, name: 'ts_day', transform: 'day' }],
    };
    const metadata = {
      ...base,
      'partition-specs': [...base['partition-specs'], daily],
      'default-spec-id': 1,
      'last-partition-id': 1002,
    };
    const world = await commitWorld({ metadata });
    await commitTable(
      world.deps,
      IDENT,
      always({ ...change([fileNamed('hourly')]), partitionSpecId: 0 }),
    );
    const file = dataFileOf([trade(1)], { name: 'daily', spec: daily });
    await commitTable(world.deps, IDENT, always(change([file])));
    expect((await world.liveFiles()).sort()).toEqual(['daily', 'hourly']);
    expect(await world.problems()).toEqual([]);
  });

  it('refuses files whose partition tuple is for another spec', async () => {
    const world = await commitWorld();
    const wrong = { ...fileNamed('a'), partition: [1] };
    await expect(commitTable(world.deps, IDENT, always(change([wrong])))).rejects.toMatchObject({
      code: 'TABLE_INVALID',
    });
    expect(world.catalog.commits).toBe(0);
  });

  it('refuses the same file twice in a commit', async () => {
    const world = await commitWorld();
    const twice = always(change([fileNamed('a'), fileNamed('a')]));
    await expect(commitTable(world.deps, IDENT, twice)).rejects.toMatchObject({
      code: 'TABLE_INVALID',
    });
  });

  it('lets an error of build through and commits nothing', async () => {
    const world = await commitWorld();
    const build = async () => {
      throw new Error('guard says no');
    };
    await expect(commitTable(world.deps, IDENT, { build })).rejects.toThrow('guard says no');
    expect(world.catalog.commits).toBe(0);
  });

  it('gives every file a name of its own, never overwriting', async () => {
    const world = await commitWorld();
    const puts: unknown[] = [];
    const put = world.store.put.bind(world.store);
    world.store.put = (uri, body, options) => {
      puts.push(options?.ifNoneMatch);
      return put(uri, body, options);
    };
    await commitTable(world.deps, IDENT, always(change([fileNamed('a')])));
    expect(puts).toEqual(['*', '*', '*']);
    const names: string[] = [];
    for await (const { uri } of world.store.list(`${LOCATION}/metadata/`)) {
      names.push(uri.replace(`${LOCATION}/metadata/`, ''));
    }
    const uuid = '[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}';
    const patterns = [
      `^00000-`,
      `^00001-${uuid}\\.metadata\\.json$`,
      `^${uuid}-m0\\.avro$`,
      `^snap-\\d+-1-${uuid}\\.avro$`,
    ];
    for (const pattern of patterns) {
      expect(names.filter((name) => new RegExp(pattern).test(name))).toHaveLength(1);
    }
  });

  it('puts metadata where the table property says', async () => {
    const metadata = tradesMetadata({ properties: { 'write.metadata.path': 's3://meta/here/' } });
    const world = await commitWorld({ metadata });
    await commitTable(world.deps, IDENT, always(change([fileNamed('a')])));
    const pointer = await world.catalog.load(IDENT);
    expect(pointer.metadataLocation).toMatch(/^s3:\/\/meta\/here\/00001-/);
    expect(await world.problems()).toEqual([]);
  });

  it('reads the base from a gzip file', async () => {
    const { gzipSync } = await import('node:zlib');
    const world = await commitWorld();
    const location = `${LOCATION}/metadata/00007-x.gz.metadata.json`;
    await world.store.put(location, gzipSync(serializeTableMetadata(tradesMetadata())));
    world.catalog.create({ database: 'market', table: 'zipped' }, location);
    const ident = { database: 'market', table: 'zipped' };
    await commitTable(world.deps, ident, always(change([fileNamed('a')])));
    expect((await world.catalog.load(ident)).metadataLocation).toContain('/00008-');
  });

  it('says TABLE_NOT_FOUND for a table that is not there', async () => {
    const world = await commitWorld();
    const ident = { database: 'market', table: 'nothing' };
    await expect(commitTable(world.deps, ident, { build: async () => null })).rejects.toMatchObject(
      {
        code: 'TABLE_NOT_FOUND',
      },
    );
  });

  it('writes the same bytes in the same world', async () => {
    const bytesOf = async () => {
      const world = await commitWorld({ seed: 7 });
      await commitTable(world.deps, IDENT, always(change([fileNamed('a')])));
      const { metadataLocation } = await world.catalog.load(IDENT);
      const snapshot = currentSnapshot(await world.load());
      return [
        await world.store.get(metadataLocation),
        await world.store.get(snapshot?.['manifest-list'] ?? ''),
      ];
    };
    expect(await bytesOf()).toEqual(await bytesOf());
  });
});
