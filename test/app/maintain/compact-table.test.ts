import { describe, expect, it } from 'vitest';
import { compactTable } from '#app/maintain/compact-table.ts';
import { readSourceStates, SOURCES_KEY } from '#core/delivery/source-state.ts';
import { planScan } from '#core/iceberg/scan/plan-scan.ts';
import { currentSnapshot } from '#core/iceberg/spec/table-metadata.ts';
import {
  COMPACT,
  DAY_MS,
  HOUR_MS,
  type MaintainWorld,
  maintainWorld,
  range,
  SOURCE,
  TICKS,
} from './maintain-world.ts';

/** Four commits in one hour, and one three hours later. */
async function fourAndOne(options = {}): Promise<MaintainWorld> {
  const world = await maintainWorld(options);
  for (let commit = 0; commit < 4; commit++)
    await world.append(range(commit * 10, commit * 10 + 10));
  await world.clock.sleep(3 * HOUR_MS);
  await world.append(range(40, 50));
  return world;
}

describe('compactTable', () => {
  it('makes one file of a closed partition and leaves the open one alone', async () => {
    const world = await fourAndOne();
    const before = await world.rows();
    const run = await compactTable(world.deps, TICKS, COMPACT);
    expect(run).toMatchObject({
      commits: 1,
      filesBefore: 4,
      filesAfter: 1,
      rows: 40,
      waitingFiles: 1,
    });
    expect(await world.dataFiles()).toBe(2);
    expect(await world.rows()).toEqual(before);
    expect(await world.problems()).toEqual([]);
  });

  it('commits a replace that carries the sources along', async () => {
    const world = await fourAndOne();
    const before = readSourceStates(await world.load());
    await compactTable(world.deps, TICKS, COMPACT);
    const metadata = await world.load();
    expect(currentSnapshot(metadata)?.summary).toMatchObject({
      operation: 'replace',
      'deleted-data-files': '4',
      'added-data-files': '1',
      'total-records': '50',
      'sluice.maintenance': 'compaction',
      [SOURCES_KEY]: metadata.properties[SOURCES_KEY],
    });
    expect(readSourceStates(metadata)).toEqual(before);
    expect(readSourceStates(metadata).get(SOURCE)?.counts.committed).toBe(50);
  });

  it('keeps earlier snapshots readable', async () => {
    const world = await fourAndOne();
    const old = await world.load();
    const rows = await world.rows(old);
    await compactTable(world.deps, TICKS, COMPACT);
    expect(await world.rows(await world.load(), old['current-snapshot-id'] ?? 0n)).toEqual(rows);
    await world.readAll();
  });

  it('does nothing the second time', async () => {
    const world = await fourAndOne();
    await compactTable(world.deps, TICKS, COMPACT);
    const commits = world.catalog.commits;
    expect(await compactTable(world.deps, TICKS, COMPACT)).toMatchObject({ commits: 0 });
    expect(world.catalog.commits).toBe(commits);
  });

  it('drops rows that position deletes took out, and the delete files with them', async () => {
    const world = await fourAndOne();
    await world.deleteIds(new Set([3, 17, 45]));
    const before = await world.rows();
    const run = await compactTable(world.deps, TICKS, COMPACT);
    expect(run).toMatchObject({ deletedRows: 2, rows: 38 });
    expect(await world.rows()).toEqual(before);
    const { files } = await planScan({ read: (uri) => world.store.get(uri) }, await world.load());
    // The open partition keeps its delete file.
    expect(files.map(({ deletes }) => deletes.length).sort()).toEqual([0, 1]);
    expect(currentSnapshot(await world.load())?.summary).toMatchObject({
      'removed-delete-files': '1',
      'removed-position-deletes': '2',
      'total-delete-files': '1',
    });
    expect(await world.problems()).toEqual([]);
  });

  it('rewrites a single file that has deleted rows, also into nothing', async () => {
    const world = await maintainWorld();
    await world.append(range(0, 5));
    await world.clock.sleep(3 * HOUR_MS);
    await world.append(range(5, 10));
    await world.deleteIds(new Set(range(0, 5)));
    const run = await compactTable(world.deps, TICKS, COMPACT);
    expect(run).toMatchObject({ filesBefore: 1, filesAfter: 0, rows: 0, deletedRows: 5 });
    expect(await world.ids()).toEqual(range(5, 10));
    expect(await world.problems()).toEqual([]);
  });

  it('gives rows the age of the snapshot they were read from', async () => {
    const world = await fourAndOne();
    const sequence = currentSnapshot(await world.load())?.['sequence-number'];
    await compactTable(world.deps, TICKS, COMPACT);
    const metadata = await world.load();
    const { files } = await planScan({ read: (uri) => world.store.get(uri) }, metadata);
    const compacted = files.find(({ filePath }) => filePath.includes('compacted-'));
    expect(compacted?.dataSequenceNumber).toBe(sequence);
    expect(metadata['last-sequence-number']).toBe((sequence ?? 0n) + 1n);
  });

  it('sorts by the table order and says so', async () => {
    const world = await fourAndOne({
      sortOrder: {
        'order-id': 1,
        fields: [
          { transform: 'identity', 'source-id': 3, direction: 'desc', 'null-order': 'nulls-first' },
          { transform: 'identity', 'source-id': 1, direction: 'asc', 'null-order': 'nulls-last' },
        ],
      },
    });
    const before = await world.rows();
    await compactTable(world.deps, TICKS, COMPACT);
    expect(await world.rows()).toEqual(before);
    const { files } = await planScan({ read: (uri) => world.store.get(uri) }, await world.load());
    const file = files.find(({ filePath }) => filePath.includes('compacted-'));
    const symbols: unknown[] = [];
    for await (const { columns } of world.deps.columns.readBlocks(
      { uri: file?.filePath ?? '', sizeBytes: 1 },
      [{ id: 3, name: 'symbol', required: false, type: 'string' }],
    )) {
      symbols.push(...(columns[0] ?? []));
    }
    const values = symbols.filter((symbol) => symbol !== null);
    expect(
      symbols.slice(0, symbols.length - values.length).every((symbol) => symbol === null),
    ).toBe(true);
    expect(values).toEqual(values.toSorted().reverse());
    expect(await world.problems()).toEqual([]);
  });

  it('splits by rows that fit into memory', async () => {
    const world = await fourAndOne();
    const before = await world.rows();
    const run = await compactTable(world.deps, TICKS, { ...COMPACT, maxFileRows: 25 });
    expect(run).toMatchObject({ filesBefore: 4, filesAfter: 2 });
    expect(await world.rows()).toEqual(before);
  });

  it('stops at the deadline and at the most bytes, and goes on in the next run', async () => {
    const world = await maintainWorld();
    for (let hour = 0; hour < 4; hour++) {
      await world.append(range(hour * 10, hour * 10 + 5));
      await world.append(range(hour * 10 + 5, hour * 10 + 10));
      await world.clock.sleep(HOUR_MS);
    }
    await world.clock.sleep(DAY_MS);
    await world.append([99]);
    const before = await world.ids();
    expect(await compactTable(world.deps, TICKS, { ...COMPACT, deadlineMs: 0 })).toMatchObject({
      commits: 0,
      postponedFiles: 8,
    });
    const first = await compactTable(world.deps, TICKS, { ...COMPACT, maxRewriteBytes: 1 });
    expect(first).toMatchObject({ filesBefore: 2, postponedFiles: 6 });
    expect(await compactTable(world.deps, TICKS, COMPACT)).toMatchObject({ filesBefore: 6 });
    expect(await world.ids()).toEqual(before);
  });
});

describe('compactTable beside others', () => {
  it('waits for a writer: both are in, nobody fails', async () => {
    const world = await fourAndOne();
    const columns = interrupted(world, async () => {
      await world.append(range(50, 60));
    });
    const run = await compactTable({ ...world.deps, columns }, TICKS, COMPACT);
    expect(run).toMatchObject({ commits: 1, conflicts: 0 });
    expect(await world.ids()).toEqual(range(0, 60));
    expect(await world.problems()).toEqual([]);
  });

  it('plans again when somebody deletes rows of its files meanwhile', async () => {
    const world = await fourAndOne();
    const columns = interrupted(world, async () => {
      await world.deleteIds(new Set([5]));
    });
    const run = await compactTable({ ...world.deps, columns }, TICKS, COMPACT);
    expect(run).toMatchObject({ commits: 1, conflicts: 1, deletedRows: 1 });
    expect(await world.ids()).toEqual([...range(0, 5), ...range(6, 50)]);
    expect(await world.problems()).toEqual([]);
  });

  it('lets another compaction of the same files win', async () => {
    const world = await fourAndOne();
    const before = await world.rows();
    const columns = interrupted(world, async () => {
      await compactTable(world.deps, TICKS, COMPACT);
    });
    const run = await compactTable({ ...world.deps, columns }, TICKS, COMPACT);
    expect(run).toMatchObject({ commits: 0, conflicts: 1 });
    expect(await world.rows()).toEqual(before);
    expect(await world.problems()).toEqual([]);
  });

  it('gives up politely when its files change again and again', async () => {
    const world = await fourAndOne();
    let next = 0;
    const columns = interrupted(world, async () => await world.deleteIds(new Set([next++])), 9);
    const run = await compactTable({ ...world.deps, columns }, TICKS, COMPACT);
    expect(run).toMatchObject({ commits: 0, conflicts: 3 });
    expect(await world.problems()).toEqual([]);
  });
});

/** A reader in whose first reads something else happens. */
function interrupted(
  world: MaintainWorld,
  happen: () => Promise<void>,
  times = 1,
): MaintainWorld['deps']['columns'] {
  let left = times;
  let isBusy = false;
  return {
    readBlocks: async function* (file, fields) {
      const isData = !file.uri.includes('deletes') && file.uri.includes('shardId');
      if (isData && !isBusy && left > 0 && file.uri.includes('_00')) {
        isBusy = true;
        left--;
        await happen();
      }
      yield* world.deps.columns.readBlocks(file, fields);
      isBusy = false;
    },
  };
}
