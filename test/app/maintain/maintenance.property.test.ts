import { describe, expect, it } from 'vitest';
import { compactTable } from '#app/maintain/compact-table.ts';
import { expireTable } from '#app/maintain/expire-table.ts';
import { removeOrphans } from '#app/maintain/remove-orphans.ts';
import { retainTable } from '#app/maintain/retain-table.ts';
import { readSourceStates } from '#core/delivery/source-state.ts';
import { seededRandom } from '#test/core/iceberg/fixed-world.ts';
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

const SEEDS = range(1, 9);
const STEPS = 20;
const NO_DEADLINE = { deadlineMs: Number.POSITIVE_INFINITY };

/** What the table should hold: ids with their arrival. */
type Model = Map<number, number>;

async function step(world: MaintainWorld, model: Model, random: () => number): Promise<string> {
  const roll = random();
  if (roll < 0.4) {
    const from = model.size + Math.floor(random() * 1e6) * 100;
    const ids = range(from, from + 1 + Math.floor(random() * 20));
    for (const id of ids) model.set(id, world.clock.nowMs());
    await world.append(ids);
    return 'append';
  }
  if (roll < 0.5) {
    const gone = [...model.keys()].filter(() => random() < 0.1);
    for (const id of gone) model.delete(id);
    await world.deleteIds(new Set(gone));
    return 'delete';
  }
  if (roll < 0.65) {
    await world.clock.sleep(Math.floor(random() * 12 * HOUR_MS));
    return 'time';
  }
  if (roll < 0.8) {
    await compactTable(world.deps, TICKS, {
      ...COMPACT,
      maxFileRows: 5 + Math.floor(random() * 100),
    });
    return 'compact';
  }
  if (roll < 0.9) {
    await expireTable(world.deps, TICKS, { dryRun: false, ...NO_DEADLINE });
    return 'expire';
  }
  if (roll < 0.95) {
    const deps = { ...world.deps, stagingLog: { list: async () => [] } };
    await removeOrphans(deps, TICKS, {
      domain: 'market',
      minAgeMs: DAY_MS,
      dryRun: false,
      ...NO_DEADLINE,
    });
    return 'orphans';
  }
  const horizonMs = world.clock.nowMs() - 2 * DAY_MS;
  await retainTable(world.deps, TICKS, { horizonMs, ...NO_DEADLINE });
  // Whole files only: of an hour that straddles the horizon rows may stay.
  const left = new Set(await world.ids());
  for (const [id, arrivalMs] of model) {
    if (left.has(id)) continue;
    expect(arrivalMs).toBeLessThan(horizonMs);
    model.delete(id);
  }
  return 'retain';
}

describe('any order of appends, deletes and maintenance', () => {
  it.each(SEEDS)(
    'leaves the rows, every kept snapshot readable, and a sound table: seed %i',
    async (seed) => {
      const random = seededRandom(seed);
      const world = await maintainWorld({
        seed,
        properties: {
          'history.expire.min-snapshots-to-keep': '3',
          'history.expire.max-snapshot-age-ms': String(6 * HOUR_MS),
          'commit.manifest.min-count-to-merge': '4',
        },
      });
      const model: Model = new Map();
      const steps: string[] = [];
      let counted = 0;
      for (let count = 0; count < STEPS; count++) {
        const sizeBefore = model.size;
        steps.push(await step(world, model, random.next));
        if (steps.at(-1) === 'append') counted += model.size - sizeBefore;
        expect(await world.ids(), steps.join(' ')).toEqual([...model.keys()].sort((a, b) => a - b));
      }
      await world.readAll();
      expect(await world.problems(), steps.join(' ')).toEqual([]);
      const committed = readSourceStates(await world.load()).get(SOURCE)?.counts.committed ?? 0;
      expect(committed).toBe(counted);
    },
  );
});
