import { describe, expect, it } from 'vitest';
import { compactTable } from '#app/maintain/compact-table.ts';
import { expireTable } from '#app/maintain/expire-table.ts';
import { removeOrphans } from '#app/maintain/remove-orphans.ts';
import { retainTable } from '#app/maintain/retain-table.ts';
import {
  COMPACT,
  DAY_MS,
  HOUR_MS,
  type MaintainWorld,
  maintainWorld,
  range,
  TICKS,
} from './maintain-world.ts';

const NO_DEADLINE = { deadlineMs: Number.POSITIVE_INFINITY };

class Crash extends Error {
  override readonly name = 'Crash';
}

/** The world as a process sees it that dies at its n-th write, before or after it took effect; from then on every call fails. */
function dying(world: MaintainWorld, point: { readonly write: number; readonly after: boolean }) {
  const { store, catalog } = world;
  let writes = 0;
  let dead = false;
  const die = (): never => {
    dead = true;
    throw new Crash('planted');
  };
  const read = <T>(call: () => T): T => (dead ? die() : call());
  const write = async (call: () => Promise<void>) => {
    const mine = ++writes;
    if (dead || (mine === point.write && !point.after)) die();
    await call();
    if (mine === point.write) die();
  };
  const deps = {
    ...world.deps,
    store: {
      get: async (uri: string) => await read(() => store.get(uri)),
      head: async (uri: string) => await read(() => store.head(uri)),
      put: (...args: Parameters<typeof store.put>) => write(() => store.put(...args)),
      list: (prefix: string) => read(() => store.list(prefix)),
      delete: (uri: string) => write(() => store.delete(uri)),
    },
    catalog: {
      load: async (ident: typeof TICKS) => await read(() => catalog.load(ident)),
      list: async (database: string) => await read(() => catalog.list(database)),
      swap: (...args: Parameters<typeof catalog.swap>) => write(() => catalog.swap(...args)),
    },
    stagingLog: { list: async () => [] },
  };
  return { deps, writes: () => writes };
}

async function busyTable(): Promise<MaintainWorld> {
  const world = await maintainWorld({
    properties: {
      'history.expire.min-snapshots-to-keep': '1',
      'history.expire.max-snapshot-age-ms': String(DAY_MS),
    },
  });
  for (let commit = 0; commit < 3; commit++) await world.append(range(commit * 5, commit * 5 + 5));
  await world.clock.sleep(3 * HOUR_MS);
  await world.append(range(15, 20));
  await world.deleteIds(new Set([2, 16]));
  await world.store.put('s3://lake/local_market_bronze/ticks/data/lost.parquet', Buffer.from('x'));
  return world;
}

type Deps = ReturnType<typeof dying>['deps'];
interface Job {
  readonly name: string;
  readonly prepare: (world: MaintainWorld) => Promise<unknown>;
  readonly run: (deps: Deps, world: MaintainWorld) => Promise<unknown>;
  readonly left: readonly number[];
}

const ALL = range(0, 20).filter((id) => id !== 2 && id !== 16);
const JOBS: readonly Job[] = [
  {
    name: 'compaction',
    prepare: async () => {},
    run: (deps) => compactTable(deps, TICKS, COMPACT),
    left: ALL,
  },
  {
    name: 'expiry',
    prepare: async (world) => {
      await compactTable(world.deps, TICKS, COMPACT);
      await world.clock.sleep(2 * DAY_MS);
    },
    run: (deps) => expireTable(deps, TICKS, { dryRun: false, ...NO_DEADLINE }),
    left: ALL,
  },
  {
    name: 'orphan removal',
    prepare: async (world) => {
      await compactTable(world.deps, TICKS, COMPACT);
      await world.clock.sleep(2 * DAY_MS);
      await world.append([20]);
      await world.deleteIds(new Set([20]));
    },
    run: (deps) =>
      removeOrphans(deps, TICKS, {
        domain: 'market',
        minAgeMs: DAY_MS,
        dryRun: false,
        ...NO_DEADLINE,
      }),
    left: ALL,
  },
  {
    name: 'retention',
    prepare: async () => {},
    run: (deps, world) =>
      retainTable(deps, TICKS, { horizonMs: world.clock.nowMs() - HOUR_MS, ...NO_DEADLINE }),
    left: ALL.filter((id) => id >= 15),
  },
];

describe.each(JOBS)('a $name that dies', ({ prepare, run, left }) => {
  it('at any write leaves a sound table, and the next run ends as if nothing had been', async () => {
    const calm = await busyTable();
    await prepare(calm);
    const counting = dying(calm, { write: Number.POSITIVE_INFINITY, after: false });
    await run(counting.deps, calm);
    expect(counting.writes()).toBeGreaterThan(1);
    // Dying before a write leaves what dying after the one before it leaves.
    const points = [
      { write: 1, after: false },
      ...range(1, counting.writes() + 1).map((write) => ({ write, after: true })),
    ];
    for (const point of points) {
      const world = await busyTable();
      await prepare(world);
      const before = await world.ids();
      const { deps } = dying(world, point);
      await expect(run(deps, world)).rejects.toThrow();
      expect([before, left]).toContainEqual(await world.ids());
      await world.readAll();
      expect(await world.problems()).toEqual([]);
      await run({ ...world.deps, stagingLog: deps.stagingLog }, world);
      expect(await world.ids()).toEqual(left);
      expect(await world.problems()).toEqual([]);
    }
  });
});
