import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { IngestFileDeps } from '#app/ingest-file/file-deps.ts';
import type { FileRun } from '#core/file/file-run.ts';
import { Crash, type CrashPoint } from './crashing-deps.ts';
import { type Books, readBooks } from './file-books.ts';
import {
  crashingFileDeps,
  FileWorld,
  thief,
  tradeFile,
  tradeLine,
} from './ingest-file/file-world.ts';

const KEY = 'market/trades/a.csv';
const NEVER: CrashPoint = { write: 0, after: false };

/** Good, invalid, rejected and repeated rows in two chunks. */
const CONTENT = tradeFile([
  tradeLine('t1'),
  tradeLine('t2', { price: 'x' }),
  tradeLine('t1'),
  tradeLine('t3', { price: '-1' }),
  'bad',
  tradeLine('t4'),
  tradeLine('t1'),
]);

async function begin(): Promise<FileWorld> {
  const world = await FileWorld.create();
  await world.upload(KEY, CONTENT);
  return world;
}

/** One invocation that may die, and end early; its notice stays. */
async function live(
  world: FileWorld,
  life: CrashPoint & { readonly isShort?: boolean },
  instanceOf: (deps: IngestFileDeps) => IngestFileDeps = (deps) => deps,
): Promise<number> {
  const { deps, writes } = crashingFileDeps(instanceOf(world.instance()), life);
  try {
    const deadlineMs = life.isShort === true ? world.nowMs : world.nowMs + 1_000_000;
    await world.ingest(KEY, { deps, deadlineMs });
  } catch (error) {
    if (!isCrash(error)) throw error;
  }
  return writes();
}

function isCrash(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof Crash) return true;
  }
  return false;
}

async function settle(world: FileWorld): Promise<{ readonly run: FileRun; readonly books: Books }> {
  for (;;) {
    const outcome = await world.ingestLater(KEY);
    if (outcome.kind !== 'settled') continue;
    return { run: outcome.run, books: await readBooks(world) };
  }
}

async function undisturbed() {
  const world = await begin();
  const writes = await live(world, NEVER);
  return { ...(await settle(world)), writes };
}

function reportOf({ report }: FileRun) {
  return { ...report, startedAt: '', finishedAt: '' };
}

describe('an invocation that dies', () => {
  it('leaves nothing out and nothing twice, whichever write it dies at', async () => {
    const { run, books, writes } = await undisturbed();
    expect(run.report?.rows).toEqual({
      read: 7,
      committed: 2,
      rejected: 3,
      deduplicated: 2,
      deadLettered: 0,
    });
    expect(writes).toBeGreaterThan(20);
    for (let write = 1; write <= writes; write++) {
      const world = await begin();
      await live(world, { write, after: true });
      const end = await settle(world);
      expect({ write, report: reportOf(end.run), books: end.books }).toEqual({
        write,
        report: reportOf(run),
        books,
      });
    }
  });

  it('may be taken over at any moment by others, who are taken over too', async () => {
    const { run, books, writes } = await undisturbed();
    for (let moment = 1; moment <= writes; moment += 3) {
      const world = await begin();
      // Before the write it is held up, and another takes the lease, however long it would still last.
      const { deps } = crashingFileDeps(thief(world.instance()), NEVER, async (write) => {
        if (write === moment) await live(world, NEVER, thief);
      });
      await world.ingest(KEY, { deps }).catch(() => undefined);
      const end = await settle(world);
      expect({ moment, report: reportOf(end.run), books: end.books }).toEqual({
        moment,
        report: reportOf(run),
        books,
      });
    }
  });

  it('may die again and again, end early, and be met by others', async () => {
    const { run, books, writes } = await undisturbed();
    const life = fc.record({
      write: fc.integer({ min: 1, max: writes }),
      after: fc.boolean(),
      isShort: fc.boolean(),
      pauseMs: fc.constantFrom(0, 500_000, 1_000_000),
      twin: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(life, { minLength: 1, maxLength: 5 }), async (lives) => {
        const world = await begin();
        for (const { pauseMs, twin, ...point } of lives) {
          await Promise.all([live(world, point), ...(twin ? [live(world, NEVER)] : [])]);
          world.nowMs += pauseMs;
        }
        const end = await settle(world);
        expect(reportOf(end.run)).toEqual(reportOf(run));
        expect(end.books).toEqual(books);
      }),
      { numRuns: 12 },
    );
  });
});
