import { describe, expect, it } from 'vitest';
import { commitConfigOf, commitStaged } from '#app/commit-staged.ts';
import { ingestBatch, type SourceRecord } from '#app/ingest-batch.ts';
import type { IngestConfig } from '#app/ingest-stream.ts';
import { type FaultyDeps, faultyDeps, STEP_FAULTS, type StepFault } from './faulty-deps.ts';
import { type Books, expectBooks } from './ingest-books.ts';
import { IngestWorld, plainRecord, recordOf, SOURCE, trade } from './ingest-world.ts';

const OTHER = `${SOURCE.slice(0, -1)}1`;
const EVENTS = 21;
const OTHER_EVENTS = 9;
/** Thousands of deliveries: some seconds of a processor that is not busy with others. */
const TIMEOUT_MS = 180_000;
const NEVER = { step: 0, fault: 'crash' } as const;

/**
 * Two shards: good, rejected, undecodable and repeated events of two streams, among them repeats within a batch, in a later
 * batch and on the other shard.
 */
function recordsOf(world: IngestWorld): ReadonlyMap<string, readonly SourceRecord[]> {
  const quote = (id: string, price = 1) => world.encodeQuote(trade(id, { price }));
  const own = [
    recordOf(world, 0, [trade('1'), trade('2', { price: 0 }), quote('1'), trade('1')]),
    recordOf(world, 1, [trade('3'), quote('2', 0), quote('1'), trade('4')]),
    plainRecord(2, new Uint8Array()),
    recordOf(world, 3, [trade('5'), trade('3', { price: 9 }), trade('6', { price: -1 })]),
  ];
  const others = [
    recordOf(world, 4, [trade('8'), trade('4', { price: 7 }), quote('9')]),
    recordOf(world, 5, [trade('9', { price: 0 }), trade('10'), quote('2'), trade('8')]),
    recordOf(world, 6, [trade('11'), trade('12', { price: 0 })]),
  ];
  return new Map([
    [SOURCE, own],
    [OTHER, others],
  ]);
}

type Point = { readonly step: number; readonly fault: StepFault };

/** Delivers both shards in batches of a size, shard by shard; a batch that fails ends the delivery of its shard. */
async function deliver(
  world: IngestWorld,
  config: IngestConfig,
  options: { readonly size: number; readonly point: Point; readonly source?: string },
): Promise<FaultyDeps> {
  const faulty = faultyDeps(world.instance(), options.point);
  for (const [source, records] of recordsOf(world)) {
    if (options.source !== undefined && options.source !== source) continue;
    for (let start = 0; start < records.length; start += options.size) {
      const part = records.slice(start, start + options.size);
      const failure = await ingestBatch(faulty.deps, config, { source, records: part }).catch(
        (error: unknown) => requirePlanted(error),
      );
      if (failure === PLANTED) break;
    }
  }
  return faulty;
}

async function commit(world: IngestWorld, config: IngestConfig, point: Point): Promise<FaultyDeps> {
  const faulty = faultyDeps(world.instance(), point);
  try {
    const { failures } = await commitStaged(faulty.deps, commitConfigOf(config));
    for (const { error } of failures) requirePlanted(error);
  } catch (error) {
    requirePlanted(error);
  }
  return faulty;
}

const PLANTED = Symbol('planted');

/** Nothing else may go wrong, whatever step fails. */
function requirePlanted(error: unknown): typeof PLANTED {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause.message === 'planted') return PLANTED;
  }
  throw error;
}

function places({ committed, rejected, undecodable }: Books) {
  return { rejected, undecodable, committed: committed.length };
}

async function newWorld() {
  const world = await IngestWorld.create({ withQuotes: true });
  const group: IngestConfig = { ...world.config, commit: 'group' };
  return { world, group };
}

/** All points of a run that makes these steps. A read changes nothing: whether its answer is lost or it is refused is the same. */
function pointsOf({ steps }: FaultyDeps): readonly Point[] {
  return steps.flatMap((name, index) => {
    const faults = isWrite(name) ? STEP_FAULTS : (['refused', 'crash'] as const);
    return faults.map((fault) => ({ step: index + 1, fault }));
  });
}

function isWrite(step: string): boolean {
  return /^(put|swap|remove|delete)/.test(step);
}

async function undisturbed() {
  const { world, group } = await newWorld();
  const staging = await deliver(world, group, { size: 2, point: NEVER });
  const committing = await commit(world, group, NEVER);
  const books = await expectBooks(world, EVENTS);
  return { books, staging, committing };
}

/** No link is left, and no snapshot has what another one has: expectBooks looks at the rows, this at the log. */
function expectSettled(world: IngestWorld): void {
  const chains = world.stagingLog.chains(world.config.domain);
  expect(chains.flatMap(({ links }) => links)).toEqual([]);
}

describe('a fault at any step', () => {
  it(
    'of staging leaves nothing out and nothing twice',
    async () => {
      const { books, staging } = await undisturbed();
      expect(places(books)).toMatchObject({ committed: 10 });
      expect(books.deduplicated).toBe(5);
      expect(new Set(staging.steps)).toContain('put chain');
      for (const point of pointsOf(staging)) {
        const { world, group } = await newWorld();
        await deliver(world, group, { size: 2, point });
        await deliver(world, group, { size: 3, point: NEVER });
        await commit(world, group, NEVER);
        expect({ point, ...places(await expectBooks(world, EVENTS)) }).toEqual({
          point,
          ...places(books),
        });
        expectSettled(world);
      }
    },
    TIMEOUT_MS,
  );

  it(
    'of committing leaves nothing out and nothing twice',
    async () => {
      const { books, committing } = await undisturbed();
      expect(new Set(committing.steps)).toContain('swap');
      for (const point of pointsOf(committing)) {
        const { world, group } = await newWorld();
        await deliver(world, group, { size: 2, point: NEVER });
        await commit(world, group, point);
        await commit(world, group, NEVER);
        expect({ point, ...(await expectBooks(world, EVENTS)) }).toEqual({ point, ...books });
        expectSettled(world);
      }
    },
    TIMEOUT_MS,
  );

  it(
    'of a writer that commits itself leaves nothing out and nothing twice',
    async () => {
      const { world } = await newWorld();
      const whole = await deliver(world, world.config, { size: 2, point: NEVER, source: OTHER });
      const books = await expectBooks(world, OTHER_EVENTS);
      expect(books).toMatchObject({ deduplicated: 1 });
      for (const point of pointsOf(whole)) {
        const { world: other } = await newWorld();
        await deliver(other, other.config, { size: 2, point, source: OTHER });
        await deliver(other, other.config, { size: 3, point: NEVER, source: OTHER });
        expect({ point, ...(await expectBooks(other, OTHER_EVENTS)) }).toEqual({ point, ...books });
        expectSettled(other);
      }
    },
    TIMEOUT_MS,
  );

  it(
    'of one committer changes nothing for another one at work with it',
    async () => {
      const { books, committing } = await undisturbed();
      for (let step = 1; step <= committing.steps.length; step += 2) {
        const { world, group } = await newWorld();
        await deliver(world, group, { size: 1, point: NEVER });
        const point = { step, fault: STEP_FAULTS[step % STEP_FAULTS.length] ?? 'crash' };
        await Promise.all([commit(world, group, point), commit(world, group, NEVER)]);
        await commit(world, group, NEVER);
        expect({ step, ...places(await expectBooks(world, EVENTS)) }).toEqual({
          step,
          ...places(books),
        });
        expectSettled(world);
      }
    },
    TIMEOUT_MS,
  );

  it(
    'may be met by a change of who commits',
    async () => {
      const { books, staging } = await undisturbed();
      for (let step = 1; step <= staging.steps.length; step += 3) {
        const { world, group } = await newWorld();
        await deliver(world, group, { size: 2, point: { step, fault: 'crash' } });
        await deliver(world, world.config, { size: 1, point: NEVER });
        expect({ step, ...places(await expectBooks(world, EVENTS)) }).toEqual({
          step,
          ...places(books),
        });
        expectSettled(world);
      }
    },
    TIMEOUT_MS,
  );
});
