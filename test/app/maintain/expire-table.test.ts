import { describe, expect, it } from 'vitest';
import { compactTable } from '#app/maintain/compact-table.ts';
import { expireTable } from '#app/maintain/expire-table.ts';
import { planScan } from '#core/iceberg/scan/plan-scan.ts';
import { currentSnapshot, serializeTableMetadata } from '#core/iceberg/spec/table-metadata.ts';
import {
  COMPACT,
  DAY_MS,
  HOUR_MS,
  type MaintainWorld,
  maintainWorld,
  range,
  TICKS,
  TICKS_LOCATION,
} from './maintain-world.ts';

const RUN = { dryRun: false, deadlineMs: Number.POSITIVE_INFINITY };

/** Two commits, compacted, and a day gone by: all but the newest snapshot have had their time. */
async function agedTable(): Promise<MaintainWorld> {
  const world = await maintainWorld({
    properties: {
      'history.expire.min-snapshots-to-keep': '1',
      'history.expire.max-snapshot-age-ms': String(DAY_MS),
    },
  });
  await world.append(range(0, 10));
  await world.append(range(10, 20));
  await world.clock.sleep(3 * HOUR_MS);
  await world.append(range(20, 30));
  return world;
}

/** What orphan removal finds there is: objects nobody names. */
async function objects(world: MaintainWorld, folder: string): Promise<readonly string[]> {
  const uris: string[] = [];
  for await (const { uri } of world.store.list(`${TICKS_LOCATION}/${folder}/`)) uris.push(uri);
  return uris;
}

/** Changes references as the tag command does. */
async function setRefs(
  world: MaintainWorld,
  refs: Readonly<Record<string, object>>,
): Promise<void> {
  const pointer = await world.catalog.load(TICKS);
  const metadata = await world.load();
  const next = { ...metadata, refs: { ...metadata.refs, ...refs } } as typeof metadata;
  const metadataLocation = `${TICKS_LOCATION}/metadata/90000-${world.catalog.commits}.metadata.json`;
  await world.store.put(metadataLocation, Buffer.from(serializeTableMetadata(next)));
  await world.catalog.swap(TICKS, pointer, { metadataLocation, metadata: next });
}

describe('expireTable', () => {
  it('drops old snapshots, then deletes the files only they named', async () => {
    const world = await agedTable();
    await compactTable(world.deps, TICKS, COMPACT);
    const before = await world.rows();
    expect((await objects(world, 'data')).length).toBe(4);
    await world.clock.sleep(2 * DAY_MS);
    const run = await expireTable(world.deps, TICKS, RUN);
    expect(run.snapshots).toBeGreaterThan(0);
    expect(run).toMatchObject({ isComplete: true, deleted: run.files });
    expect((await world.load()).snapshots.length).toBe(1);
    expect((await objects(world, 'data')).length).toBe(2);
    expect(await world.rows()).toEqual(before);
    expect(await world.problems()).toEqual([]);
  });

  it('has nothing to do the second time', async () => {
    const world = await agedTable();
    await world.clock.sleep(2 * DAY_MS);
    await expireTable(world.deps, TICKS, RUN);
    const commits = world.catalog.commits;
    expect(await expireTable(world.deps, TICKS, RUN)).toMatchObject({ snapshots: 0, files: 0 });
    expect(world.catalog.commits).toBe(commits);
  });

  it('keeps every file of a tag, and takes them when the tag has had its time', async () => {
    const world = await agedTable();
    const tagged = currentSnapshot(await world.load())?.['snapshot-id'] ?? 0n;
    const rows = await world.rows();
    const tag = { type: 'tag', 'snapshot-id': tagged, 'max-ref-age-ms': 30 * DAY_MS };
    await setRefs(world, { 'run-1': tag });
    await compactTable(world.deps, TICKS, COMPACT);
    await world.clock.sleep(10 * DAY_MS);
    await expireTable(world.deps, TICKS, RUN);
    expect(await world.rows(await world.load(), tagged)).toEqual(rows);
    await world.clock.sleep(30 * DAY_MS);
    const run = await expireTable(world.deps, TICKS, RUN);
    expect(run.refs).toEqual(['run-1']);
    expect((await objects(world, 'data')).length).toBe(2);
    expect(await world.rows()).toEqual(rows);
    expect(await world.problems()).toEqual([]);
  });

  it('leaves data files of a rolled back commit to orphan removal', async () => {
    const world = await agedTable();
    const metadata = await world.load();
    const parent = metadata.snapshots.at(-2)?.['snapshot-id'] ?? 0n;
    const pointer = await world.catalog.load(TICKS);
    const rolledBack = {
      ...metadata,
      'current-snapshot-id': parent,
      refs: { main: { type: 'branch' as const, 'snapshot-id': parent } },
    };
    const metadataLocation = `${TICKS_LOCATION}/metadata/90000-rollback.metadata.json`;
    await world.store.put(metadataLocation, Buffer.from(serializeTableMetadata(rolledBack)));
    await world.catalog.swap(TICKS, pointer, { metadataLocation, metadata: rolledBack });
    await world.clock.sleep(2 * DAY_MS);
    await expireTable(world.deps, TICKS, RUN);
    expect((await objects(world, 'data')).length).toBe(3);
    expect(await world.ids()).toEqual(range(0, 20));
  });

  describe('of files that a compaction took out', () => {
    /** Two commits compacted into one; then hours of commits whose snapshots expire after an hour. */
    async function busyTable(hours: number): Promise<MaintainWorld> {
      const world = await maintainWorld({
        properties: {
          'history.expire.min-snapshots-to-keep': '1',
          'history.expire.max-snapshot-age-ms': String(HOUR_MS),
        },
      });
      await world.append(range(0, 10));
      await world.append(range(10, 20));
      await world.clock.sleep(3 * HOUR_MS);
      await world.append(range(20, 30));
      await compactTable(world.deps, TICKS, COMPACT);
      for (let hour = 0; hour < hours; hour++) {
        await world.clock.sleep(HOUR_MS);
        await world.append(range(30 + 10 * hour, 40 + 10 * hour));
        await world.clock.sleep(HOUR_MS / 2);
        await world.append(range(1_000 + 10 * hour, 1_010 + 10 * hour));
      }
      return world;
    }
    const operations = async (world: MaintainWorld) =>
      (await world.load()).snapshots.map(({ summary }) => summary['operation']);

    it('keeps them for a day, for queries of the states before', async () => {
      const world = await busyTable(4);
      const before = await objects(world, 'data');
      await expireTable(world.deps, TICKS, RUN);
      expect(await objects(world, 'data')).toEqual(before);
      expect(await operations(world)).toContain('replace');
    });

    it('deletes them after it, although the commits around have expired', async () => {
      const world = await busyTable(20);
      const rows = await world.rows();
      const before = await objects(world, 'data');
      const run = await expireTable(world.deps, TICKS, RUN);
      expect(run).toMatchObject({ isComplete: true });
      expect(before.length - (await objects(world, 'data')).length).toBe(2);
      expect(await operations(world)).not.toContain('replace');
      expect(await world.rows()).toEqual(rows);
      expect(await world.problems()).toEqual([]);
    });

    it('deletes them when another compaction has taken out what came in their place', async () => {
      const world = await busyTable(4);
      await compactTable(world.deps, TICKS, COMPACT);
      expect((await operations(world)).filter((operation) => operation === 'replace').length).toBe(
        2,
      );
      const ids = await world.ids();
      await world.clock.sleep(30 * HOUR_MS);
      await world.append(range(5_000, 5_010));
      await expireTable(world.deps, TICKS, RUN);
      const plan = await planScan({ read: (uri) => world.store.get(uri) }, await world.load());
      const live = plan.files.map(({ filePath }) => filePath);
      expect((await objects(world, 'data')).toSorted()).toEqual(live.toSorted());
      expect((await world.ids()).length).toBe(ids.length + 10);
    });

    it('leaves them alone when the compaction was rolled back', async () => {
      const world = await busyTable(0);
      const metadata = await world.load();
      const [first] = metadata.snapshots;
      const pointer = await world.catalog.load(TICKS);
      const parent = metadata.snapshots.at(-2)?.['snapshot-id'] ?? first?.['snapshot-id'] ?? 0n;
      const rolledBack = {
        ...metadata,
        'current-snapshot-id': parent,
        refs: { main: { type: 'branch' as const, 'snapshot-id': parent } },
      };
      const metadataLocation = `${TICKS_LOCATION}/metadata/90000-rollback.metadata.json`;
      await world.store.put(metadataLocation, Buffer.from(serializeTableMetadata(rolledBack)));
      await world.catalog.swap(TICKS, pointer, { metadataLocation, metadata: rolledBack });
      await world.clock.sleep(30 * HOUR_MS);
      const before = await objects(world, 'data');
      await expireTable(world.deps, TICKS, RUN);
      expect(await objects(world, 'data')).toEqual(before);
      expect(await world.ids()).toEqual(range(0, 30));
    });
  });

  it('tells what it would do without doing it', async () => {
    const world = await agedTable();
    await compactTable(world.deps, TICKS, COMPACT);
    await world.clock.sleep(2 * DAY_MS);
    const commits = world.catalog.commits;
    const run = await expireTable(world.deps, TICKS, { ...RUN, dryRun: true });
    expect(run.files).toBeGreaterThan(0);
    expect(run.deleted).toBe(0);
    expect(world.catalog.commits).toBe(commits);
    await world.readAll();
  });

  it('lets a commit that comes between win and starts over', async () => {
    const world = await agedTable();
    await compactTable(world.deps, TICKS, COMPACT);
    await world.clock.sleep(2 * DAY_MS);
    let isFirst = true;
    const catalog = {
      load: world.catalog.load.bind(world.catalog),
      list: world.catalog.list.bind(world.catalog),
      swap: async (...args: Parameters<typeof world.catalog.swap>) => {
        if (isFirst) {
          isFirst = false;
          await setRefs(world, {
            keep: {
              type: 'tag',
              'snapshot-id': (await world.load()).snapshots[0]?.['snapshot-id'],
            },
          });
        }
        await world.catalog.swap(...args);
      },
    };
    await expireTable({ ...world.deps, catalog }, TICKS, RUN);
    await world.readAll();
    expect(Object.keys((await world.load()).refs)).toContain('keep');
    expect(await world.ids()).toEqual(range(0, 30));
  });
});
