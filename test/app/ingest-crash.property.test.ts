import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ingestBatch, type SourceRecord } from '#app/ingest-batch.ts';
import type { IngestConfig } from '#app/ingest-stream.ts';
import { Crash, type CrashPoint, crashingDeps } from './crashing-deps.ts';
import { type Books, expectBooks } from './ingest-books.ts';
import { IngestWorld, plainRecord, recordOf, SOURCE, trade } from './ingest-world.ts';

const EVENTS = 18;

/** Four records of two streams: good, rejected, undecodable and repeated events, and one that cannot be encoded. */
function recordsOf(world: IngestWorld): readonly SourceRecord[] {
  const quote = (id: string, price: number) => world.encodeQuote(trade(id, { price }));
  const broken = { partitionKey: 'x', data: new Uint8Array([1]) };
  return [
    recordOf(world, 0, [trade('1'), trade('2', { price: 0 }), quote('1', 1), broken]),
    recordOf(world, 1, [trade('1'), trade('3'), quote('2', 0), quote('1', 1), trade('4')]),
    plainRecord(2, new Uint8Array()),
    recordOf(world, 3, [
      trade('5', { symbol: 'BAD' }),
      trade('3', { price: 9 }),
      trade('6', { price: -1 }),
      quote('3', 3),
      quote('4', -4),
      broken,
      trade('7'),
      quote('2', 2),
    ]),
  ];
}

/** Code that maps one symbol to a value its column cannot hold. */
function withPoison(world: IngestWorld): IngestConfig {
  const streams = world.config.streams.map((stream) => ({
    ...stream,
    plan: {
      ...stream.plan,
      mapping: stream.plan.mapping.map((mapping) => ({
        ...mapping,
        evaluate: (row: Parameters<typeof mapping.evaluate>[0]) =>
          row['symbol'] === 'BAD' ? 7n : mapping.evaluate(row),
      })),
    },
  }));
  return {
    ...world.config,
    streams,
    readerOf: (id) => {
      const reader = world.config.readerOf(id);
      const stream = streams.find(({ table }) => table.table === reader?.stream.table.table);
      return reader === null || stream === undefined ? null : { ...reader, stream };
    },
  };
}

/** Delivers the records in batches of a size until one fails; returns how many writes the instance made. */
async function deliver(
  world: IngestWorld,
  sizes: readonly number[],
  point: CrashPoint,
): Promise<number> {
  const { deps, writes } = crashingDeps(world.instance(), point);
  const records = recordsOf(world);
  const config = withPoison(world);
  try {
    for (let start = 0, batch = 0; start < records.length; batch++) {
      const size = sizes[batch % sizes.length]!;
      const part = records.slice(start, start + size);
      await ingestBatch(deps, config, { source: SOURCE, records: part });
      start += size;
    }
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

const NEVER: CrashPoint = { write: 0, after: false };

async function undisturbed(): Promise<{ readonly books: Books; readonly writes: number }> {
  const world = await IngestWorld.create({ withQuotes: true });
  const writes = await deliver(world, [2], NEVER);
  return { books: await expectBooks(world, EVENTS), writes };
}

describe('an instance that dies', () => {
  it('leaves nothing out and nothing twice, whichever write it dies at', async () => {
    const { books, writes } = await undisturbed();
    expect(books).toMatchObject({ deduplicated: 3 });
    expect([books.committed, books.rejected, books.undecodable].map((p) => p.length)).toEqual([
      7, 4, 4,
    ]);
    expect(writes).toBeGreaterThan(20);
    // Dying before a write is dying after the one before it.
    const points = Array.from({ length: writes }, (_, index) => ({
      write: index + 1,
      after: true,
    }));
    for (const point of [{ write: 1, after: false }, ...points]) {
      const world = await IngestWorld.create({ withQuotes: true });
      await deliver(world, [2], point);
      await deliver(world, [3, 1], NEVER);
      expect({ point, ...(await expectBooks(world, EVENTS)) }).toEqual({ point, ...books });
    }
  });

  it('may die again and again, at any write and with any batches', async () => {
    const { books, writes } = await undisturbed();
    const life = fc.record({
      write: fc.integer({ min: 1, max: writes }),
      after: fc.boolean(),
      sizes: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 3 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(life, { minLength: 1, maxLength: 5 }), async (lives) => {
        const world = await IngestWorld.create({ withQuotes: true });
        for (const { sizes, ...point } of lives) await deliver(world, sizes, point);
        await deliver(world, [4], NEVER);
        expect(await expectBooks(world, EVENTS)).toEqual(books);
      }),
      { numRuns: 20 },
    );
  });

  it('may leave twins alive that go on with the same batches', async () => {
    const { books, writes } = await undisturbed();
    const point = fc.record({
      write: fc.integer({ min: 1, max: writes }),
      after: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(point, async (death) => {
        const world = await IngestWorld.create({ withQuotes: true });
        const twins = [[4], [1, 3]].map((sizes) => deliver(world, sizes, NEVER));
        await Promise.all([deliver(world, [2], death), ...twins]);
        await deliver(world, [4], NEVER);
        expect(await expectBooks(world, EVENTS)).toEqual(books);
      }),
      { numRuns: 20 },
    );
  });
});
