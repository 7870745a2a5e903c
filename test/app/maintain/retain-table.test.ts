import { describe, expect, it } from 'vitest';
import { compactTable } from '#app/maintain/compact-table.ts';
import { HORIZON_KEY, planTableRetention, retainTable } from '#app/maintain/retain-table.ts';
import { readSourceStates } from '#core/delivery/source-state.ts';
import { currentSnapshot } from '#core/iceberg/spec/table-metadata.ts';
import { COMPACT, DAY_MS, HOUR_MS, maintainWorld, range, TICKS } from './maintain-world.ts';

const NO_DEADLINE = { deadlineMs: Number.POSITIVE_INFINITY };

async function threeDays() {
  const world = await maintainWorld();
  const days: number[] = [];
  for (let day = 0; day < 3; day++) {
    days.push(world.clock.nowMs());
    await world.append(range(day * 10, day * 10 + 10));
    await world.clock.sleep(DAY_MS);
  }
  return { world, days };
}

describe('retainTable', () => {
  it('removes files whose rows all arrived before the horizon, and says so', async () => {
    const { world, days } = await threeDays();
    const horizonMs = (days[1] ?? 0) + HOUR_MS;
    const run = await retainTable(world.deps, TICKS, { horizonMs, ...NO_DEADLINE });
    expect(run).toMatchObject({ commits: 1, removedFiles: 2, removedRows: 20, postponedFiles: 0 });
    expect(await world.ids()).toEqual(range(20, 30));
    expect(currentSnapshot(await world.load())?.summary).toMatchObject({
      operation: 'delete',
      'deleted-data-files': '2',
      'deleted-records': '20',
      [HORIZON_KEY]: new Date(horizonMs).toISOString(),
    });
    expect(await world.problems()).toEqual([]);
  });

  it('changes neither positions nor counts', async () => {
    const { world, days } = await threeDays();
    const before = readSourceStates(await world.load());
    await retainTable(world.deps, TICKS, { horizonMs: (days[2] ?? 0) + DAY_MS, ...NO_DEADLINE });
    expect(await world.ids()).toEqual([]);
    expect(readSourceStates(await world.load())).toEqual(before);
  });

  it('leaves a file that straddles the horizon, to the microsecond', async () => {
    const world = await maintainWorld();
    const startMs = world.clock.nowMs();
    await world.append(range(0, 10));
    const plan = (horizonMs: number) =>
      planTableRetention(world.deps, TICKS, { horizonMs, ...NO_DEADLINE });
    // Row n arrives n microseconds after the start.
    expect(await plan(startMs)).toMatchObject({ expired: [], straddlingFiles: 0 });
    expect(await plan(startMs + 1)).toMatchObject({ expiredRows: 10, straddlingFiles: 0 });
    await world.clock.sleep(1);
    await world.append(range(10, 20));
    await world.clock.sleep(3 * HOUR_MS);
    await world.append(range(20, 30));
    await compactTable(world.deps, TICKS, COMPACT);
    expect(await plan(startMs + 1)).toMatchObject({ expired: [], straddlingFiles: 1 });
    const run = await retainTable(world.deps, TICKS, { horizonMs: startMs + 1, ...NO_DEADLINE });
    expect(run).toMatchObject({ commits: 0, straddlingFiles: 1 });
  });

  it('takes delete files that reach nothing any more with them', async () => {
    const { world, days } = await threeDays();
    await world.deleteIds(new Set([1, 25]));
    await retainTable(world.deps, TICKS, { horizonMs: days[1] ?? 0, ...NO_DEADLINE });
    expect(currentSnapshot(await world.load())?.summary).toMatchObject({
      'removed-delete-files': '1',
      'total-delete-files': '1',
    });
    expect(await world.ids()).toEqual(range(10, 30).filter((id) => id !== 25));
    expect(await world.problems()).toEqual([]);
  });

  it('plans again when a compaction takes its files', async () => {
    const world = await maintainWorld();
    await world.append(range(0, 10));
    await world.append(range(10, 20));
    await world.clock.sleep(DAY_MS);
    await world.append(range(20, 30));
    let isFirst = true;
    const catalog = {
      load: world.catalog.load.bind(world.catalog),
      list: world.catalog.list.bind(world.catalog),
      swap: async (...args: Parameters<typeof world.catalog.swap>) => {
        if (isFirst) {
          isFirst = false;
          await compactTable(world.deps, TICKS, COMPACT);
        }
        await world.catalog.swap(...args);
      },
    };
    const horizonMs = world.clock.nowMs() - HOUR_MS;
    const run = await retainTable({ ...world.deps, catalog }, TICKS, { horizonMs, ...NO_DEADLINE });
    expect(run).toMatchObject({ conflicts: 1, commits: 1, removedFiles: 1, removedRows: 20 });
    expect(await world.ids()).toEqual(range(20, 30));
  });
});
