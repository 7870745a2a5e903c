import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { accountedFor, LEDGER_COUNT_NAMES } from '#core/ledger/ledger-entry.ts';
import { type Fate, HistoryWriter } from './ledger/history-writer.ts';
import { killedDeps } from './ledger/killed-deps.ts';
import {
  bronzeTable,
  LedgerWorld,
  MINUTE_MS,
  STREAM_NAME,
  STREAMS,
} from './ledger/ledger-world.ts';

const SHARDS = 2;

const fate = fc.constantFrom<Fate>(
  'committed',
  'committed',
  'deduplicated',
  'rejected',
  'undecodable',
);
const event = fc.record({ stream: fc.constantFrom('trade', 'quote', '_unknown'), fate });
const produce = fc.record({
  kind: fc.constant('produce' as const),
  events: fc.array(event, { minLength: 1, maxLength: 4 }),
  key: fc.constantFrom('a', 'b', 'c', 'd'),
});
const shard = fc.integer({ min: 0, max: SHARDS + 1 });
const deliver = fc.record({
  kind: fc.constant('deliver' as const),
  shard,
  records: fc.integer({ min: 1, max: 3 }),
  /** Fewer steps than there are is a writer that ends in between. */
  steps: fc.constantFrom(3, 3, 3, 0, 1, 2),
});
const giveUp = fc.record({
  kind: fc.constant('give-up' as const),
  shard,
  records: fc.integer({ min: 1, max: 3 }),
  steps: fc.integer({ min: 0, max: 2 }),
});
const advance = fc.record({
  kind: fc.constant('advance' as const),
  minutes: fc.integer({ min: 1, max: 40 }),
});
const split = fc.record({ kind: fc.constant('split' as const), shard });
const rollBack = fc.record({
  kind: fc.constant('roll-back' as const),
  stream: fc.constantFrom(...STREAMS),
});
const expire = fc.record({
  kind: fc.constant('expire' as const),
  stream: fc.constantFrom(...STREAMS),
  keep: fc.integer({ min: 1, max: 3 }),
});
const run = fc.record({
  kind: fc.constant('run' as const),
  /** Events after which the shards are left to the next run. */
  maxEvents: fc.constantFrom(1, 3, 1000),
  maxFailures: fc.constantFrom(1, 1000),
});
const killedRun = fc.record({
  kind: fc.constant('killed-run' as const),
  call: fc.integer({ min: 1, max: 40 }),
  after: fc.boolean(),
});
const meetingRuns = fc.record({
  kind: fc.constant('meeting-runs' as const),
  swapFault: fc.constantFrom(null, 'lost-answer', 'lost-request', 'late', 'answered-as-conflict'),
});

const late = fc.record({ kind: fc.constantFrom('commit-late' as const, 'give-up-twice' as const) });

const runs = [run, killedRun, meetingRuns];
const withFailures = fc.oneof(produce, produce, deliver, giveUp, late, advance, split, ...runs);
const withRollbacks = fc.oneof(
  produce,
  produce,
  deliver,
  deliver,
  advance,
  rollBack,
  expire,
  ...runs,
);
type Step =
  typeof withFailures extends fc.Arbitrary<infer A>
    ? A | (typeof withRollbacks extends fc.Arbitrary<infer B> ? B : never)
    : never;

function histories<T>(step: fc.Arbitrary<T>): fc.Arbitrary<readonly T[]> {
  return fc.array(step, { minLength: 5, maxLength: 40, size: 'max' });
}

class History {
  readonly world: LedgerWorld;
  readonly writer: HistoryWriter;
  #splits = 0;

  private constructor(world: LedgerWorld) {
    this.world = world;
    this.writer = new HistoryWriter(world);
  }

  static async create(): Promise<History> {
    return new History(await LedgerWorld.create({ shards: SHARDS }));
  }

  async take(step: Step): Promise<void> {
    const { world, writer } = this;
    switch (step.kind) {
      case 'produce':
        return await writer.produce(step.events, step.key);
      case 'deliver':
        return await writer.deliver(await this.#shardId(step.shard), step);
      case 'give-up':
        return await writer.deliver(await this.#shardId(step.shard), { ...step, givesUp: true });
      case 'commit-late':
        return await writer.commitLate();
      case 'give-up-twice':
        return await writer.giveUpTwice();
      case 'advance':
        world.nowMs += step.minutes * MINUTE_MS;
        return;
      case 'split':
        return await this.#split(step.shard);
      case 'roll-back':
        return await writer.rollBack(bronzeTable(step.stream));
      case 'expire':
        return await writer.expire(bronzeTable(step.stream), step.keep);
      case 'run':
        await world.rollUp({ limits: step });
        return;
      case 'killed-run': {
        const deps = killedDeps(world.newDeps(), step);
        await world.rollUp({ deps }).catch(() => undefined);
        return;
      }
      case 'meeting-runs': {
        let swaps = 0;
        world.catalog.swapFault = () => (++swaps === 1 ? step.swapFault : null);
        await Promise.all([0, 1].map(() => world.rollUp({ deps: world.newDeps() })));
        world.catalog.swapFault = () => null;
        return;
      }
    }
  }

  /** Rolls up until nothing is left; the writer has taken in everything by then. */
  async end(): Promise<void> {
    const { world, writer } = this;
    for (const { shardId } of await world.stream.listShards(STREAM_NAME)) {
      await writer.deliver(shardId, { records: 1000 });
    }
    while (!(await world.rollUp()).complete);
  }

  async #shardId(index: number): Promise<string> {
    const shards = await this.world.stream.listShards(STREAM_NAME);
    return shards[index % shards.length]?.shardId ?? '';
  }

  async #split(index: number): Promise<void> {
    const open = (await this.world.stream.listShards(STREAM_NAME)).filter((each) => each.open);
    const chosen = open[index % open.length];
    if (chosen === undefined || ++this.#splits > 2) return;
    this.world.stream.split(chosen.shardId);
  }
}

/** Non-zero sums of the journal, in the form of the truth. */
async function journalSums(world: LedgerWorld) {
  const sums = new Map<string, Record<string, number>>();
  for (const { stream, source, hour, counts, kind } of await world.journal()) {
    if (kind === 'receipt') continue;
    const key = `${stream} ${source} ${hour}`;
    const sum = sums.get(key) ?? {};
    sums.set(key, sum);
    for (const name of LEDGER_COUNT_NAMES) {
      const total = (sum[name] ?? 0) + counts[name];
      if (total === 0) delete sum[name];
      else sum[name] = total;
    }
  }
  return new Map([...sums].filter(([, sum]) => Object.keys(sum).length > 0));
}

/** Received minus accounted for, where it is not zero. */
function differences(sums: ReadonlyMap<string, Readonly<Record<string, number>>>) {
  return new Map(
    [...sums].flatMap(([key, { received = 0, ...sum }]) => {
      const { committed = 0, rejected = 0, deduplicated = 0, deadLettered = 0 } = sum;
      const accounted = committed + rejected + deduplicated + deadLettered;
      return received === accounted ? [] : [[key, received - accounted] as const];
    }),
  );
}

describe('rollUpLedger', () => {
  it('books every event once through failed batches, resharding, kills and runs that meet', async () => {
    await fc.assert(
      fc.asyncProperty(histories(withFailures), async (steps) => {
        const history = await History.create();
        for (const step of steps) await history.take(step);
        await history.end();
        expect(await journalSums(history.world)).toEqual(await history.writer.truth());
      }),
      { numRuns: 60 },
    );
  });

  it('balances every hour through rollbacks and snapshots that expire before they are booked', async () => {
    await fc.assert(
      fc.asyncProperty(histories(withRollbacks), async (steps) => {
        const history = await History.create();
        for (const step of steps) await history.take(step);
        while (!(await history.world.rollUp()).complete);
        expect(differences(await journalSums(history.world))).toEqual(
          differences(await history.writer.truth()),
        );
      }),
      { numRuns: 60 },
    );
  });

  it('keeps a cursor that says what its journal adds up to', async () => {
    await fc.assert(
      fc.asyncProperty(histories(withFailures), async (steps) => {
        const { world, ...history } = await History.create().then(async (created) => {
          for (const step of steps) await created.take(step);
          await created.end();
          return created;
        });
        expect(history.writer.failed.size).toBeLessThanOrEqual(history.writer.events.length);
        const cursor = await world.cursor();
        const sums = differences(await journalSums(world));
        const open = cursor.open.map(({ stream, source, hour, difference }) => [
          `${stream} ${source} ${hour}`,
          difference,
        ]);
        expect(new Map(open as [string, number][])).toEqual(sums);
        const lines = await world.journal();
        for (const [stream, totals] of cursor.totals) {
          const accounted = lines
            .filter((line) => line.stream === stream)
            .reduce((sum, { counts }) => sum + accountedFor(counts), 0);
          expect(accountedFor(totals)).toBe(accounted);
        }
      }),
      { numRuns: 20 },
    );
  });
});
