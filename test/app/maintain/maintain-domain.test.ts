import { describe, expect, it } from 'vitest';
import { maintainDomain } from '#app/maintain/maintain-domain.ts';
import type { MaintenanceFunctionConfig } from '#core/config/maintenance-function-config.ts';
import {
  DAY_MS,
  HOUR_MS,
  type MaintainWorld,
  maintainWorld,
  range,
  TICKS,
} from './maintain-world.ts';

const NO_DEADLINE = { deadlineMs: Number.POSITIVE_INFINITY };

function configOf(
  changes: Partial<MaintenanceFunctionConfig['tables'][number]> = {},
): MaintenanceFunctionConfig {
  return {
    domain: 'market',
    everyMinutes: 60,
    orphanAgeMs: 30 * DAY_MS,
    maxRewriteBytes: 1_000_000_000,
    maxFileRows: 100_000,
    tables: [
      {
        ...TICKS,
        engine: 'own',
        targetFileBytes: 1_000_000,
        minFiles: 2,
        sortBy: null,
        eventTime: null,
        retentionDays: 2,
        ...changes,
      },
    ],
  };
}

const depsOf = (world: MaintainWorld) => ({
  ...world.deps,
  stagingLog: { list: async () => [] },
  queries: null,
});

async function agedWorld(): Promise<MaintainWorld> {
  const world = await maintainWorld();
  await world.append(range(0, 10));
  await world.clock.sleep(2 * DAY_MS);
  await world.append(range(10, 20));
  await world.append(range(20, 30));
  await world.clock.sleep(3 * HOUR_MS);
  await world.append(range(30, 40));
  return world;
}

describe('maintainDomain', () => {
  it('removes old rows, makes small files one, and tells what the table is like', async () => {
    const world = await agedWorld();
    const { tables, skipped } = await maintainDomain(depsOf(world), configOf(), NO_DEADLINE);
    expect(skipped).toEqual([]);
    expect(tables[0]).toMatchObject({
      table: 'ticks',
      retention: { removedRows: 10 },
      compaction: { filesBefore: 2, filesAfter: 1 },
      problem: null,
    });
    expect(tables[0]?.metadataBytes).toBeGreaterThan(1_000);
    expect(await world.ids()).toEqual(range(10, 40));
    expect(await world.problems()).toEqual([]);
  });

  it('looks for orphans later in the day when the first run did not come to its end', async () => {
    const world = await agedWorld();
    const deps = depsOf(world);
    const list = () => {
      throw new Error('the store does not answer');
    };
    const failing = { ...deps, stagingLog: { list } };
    const [failed] = (await maintainDomain(failing, configOf(), NO_DEADLINE)).tables;
    expect(failed?.problem).toMatch(/does not answer/);
    const runs: unknown[] = [];
    for (let run = 0; run < 2; run++) {
      await world.clock.sleep(60_000);
      const { tables } = await maintainDomain(deps, configOf(), NO_DEADLINE);
      runs.push(tables[0]?.orphans?.isComplete ?? null);
    }
    expect(runs).toEqual([true, null]);
    expect(await world.problems()).toEqual([]);
  });

  it('looks for orphans in the first run of a day only', async () => {
    const world = await agedWorld();
    const day = Math.ceil(world.clock.nowMs() / DAY_MS) * DAY_MS;
    await world.clock.sleep(day - world.clock.nowMs() + 1_000);
    const first = await maintainDomain(depsOf(world), configOf(), NO_DEADLINE);
    expect(first.tables[0]?.orphans).toMatchObject({ isComplete: true });
    await world.clock.sleep(HOUR_MS);
    const second = await maintainDomain(depsOf(world), configOf(), NO_DEADLINE);
    expect(second.tables[0]?.orphans).toBeNull();
  });

  it('leaves files alone that another engine looks after', async () => {
    const world = await agedWorld();
    const { tables } = await maintainDomain(
      depsOf(world),
      configOf({ engine: 'glue' }),
      NO_DEADLINE,
    );
    expect(tables[0]).toMatchObject({
      compaction: null,
      expiry: null,
      orphans: null,
      problem: null,
    });
    expect(await world.ids()).toEqual(range(10, 40));
  });

  it('goes on with the next table when one cannot be maintained', async () => {
    const world = await agedWorld();
    const config = configOf();
    const missing = { ...config.tables[0]!, table: 'missing' };
    const both = { ...config, tables: [missing, ...config.tables] };
    const { tables } = await maintainDomain(depsOf(world), both, NO_DEADLINE);
    const byName = new Map(tables.map((run) => [run.table, run]));
    expect(byName.get('missing')?.problem).toMatch(/missing/);
    expect(byName.get('ticks')?.problem).toBeNull();
  });

  it('skips what there is no time for', async () => {
    const world = await agedWorld();
    const run = await maintainDomain(depsOf(world), configOf(), { deadlineMs: 0 });
    expect(run).toMatchObject({ tables: [], skipped: ['ticks'] });
  });
});
