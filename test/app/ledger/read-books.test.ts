import { describe, expect, it } from 'vitest';
import { readBooks } from '#app/ledger/read-books.ts';
import type { QueryEngine } from '#ports/query-engine.ts';
import { HistoryWriter } from './history-writer.ts';
import { LEDGER, LedgerWorld, MINUTE_MS } from './ledger-world.ts';

const SHARD_ID = 'shardId-000000000000';
const TRADE = { stream: 'trade', fate: 'committed' } as const;

/** Answers the two statements of readBooks from the journal, and keeps what was asked. */
function engineOf(world: LedgerWorld): QueryEngine & { readonly asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    query: async (sql) => {
      asked.push(sql);
      const lines = await world.journal();
      const isHoles = sql.includes("entry = 'hole'");
      const rows = lines
        .filter(({ kind }) => !isHoles || kind === 'hole')
        .map(({ stream, source, hour, counts: c, evidence }) => {
          const time = `${hour.replace('T', ' ')}:00:00.000000`;
          return isHoles
            ? [stream, time, String(c.deadLettered), evidence]
            : [
                stream,
                source,
                time,
                ...[c.received, c.acknowledged, c.committed, c.rejected, c.deduplicated].map(
                  String,
                ),
                ...[c.deadLettered, c.late].map(String),
              ];
        });
      return { columns: [], rows: isHoles ? rows : summed(rows), scannedBytes: 0, milliseconds: 0 };
    },
  };
}

/** GROUP BY the first three columns, sum of the others. */
function summed(rows: readonly (readonly string[])[]): string[][] {
  const groups = Map.groupBy(rows, (row) => row.slice(0, 3).join('|'));
  return [...groups.values()].map((group) => [
    ...(group[0] ?? []).slice(0, 3),
    ...[3, 4, 5, 6, 7, 8, 9].map((column) =>
      String(group.reduce((sum, row) => sum + Number(row[column]), 0)),
    ),
  ]);
}

async function booksOf(world: LedgerWorld, sinceMs: number | null = null) {
  const queries = engineOf(world);
  const books = await readBooks(
    { store: world.store, catalog: world.catalog, queries },
    {
      domain: 'market',
      ledgerTable: LEDGER,
      graceMs: 15 * MINUTE_MS,
      nowMs: world.nowMs,
      sinceMs,
    },
  );
  return { books, asked: queries.asked };
}

describe('readBooks', () => {
  it('comes to the same as the ledger itself', async () => {
    const world = await LedgerWorld.create();
    const writer = new HistoryWriter(world);
    await writer.produce([TRADE, TRADE, { stream: 'quote', fate: 'rejected' }], 'k');
    await writer.deliver(SHARD_ID, { records: 1 });
    world.nowMs += 90 * MINUTE_MS;
    await writer.produce([TRADE], 'k');
    const run = await world.rollUp();
    const { books } = await booksOf(world);
    expect(books.lines).toEqual(run.streams);
    expect(books).toMatchObject({
      domain: 'market',
      problems: [],
      unbalanced: 0,
      rolledUpMs: world.nowMs,
      countedToMs: world.nowMs,
      holes: [],
    });
  });

  it('finds the same problems', async () => {
    const world = await LedgerWorld.create();
    const writer = new HistoryWriter(world);
    await writer.produce([TRADE, TRADE], 'k');
    await world.receipts.record({ domain: 'market', stream: 'trade', producer: 'p', events: 3 });
    world.nowMs += 90 * MINUTE_MS;
    const run = await world.rollUp();
    expect(run.problems).toHaveLength(2);
    expect((await booksOf(world)).books.problems).toEqual(run.problems);
  });

  it('shows holes with their evidence', async () => {
    const world = await LedgerWorld.create();
    const writer = new HistoryWriter(world);
    await writer.produce([TRADE, TRADE], 'k');
    await writer.deliver(SHARD_ID, { records: 1, steps: 0, givesUp: true });
    await world.rollUp();
    expect((await booksOf(world)).books.holes).toEqual([
      {
        stream: 'trade',
        hour: '2026-11-20T10',
        events: 2,
        evidence: expect.stringMatching(/^s3:\/\/dead\/aws\/lambda\/.*, events .* to .*\/1$/),
      },
    ]);
  });

  it('leaves out earlier hours when asked to, and then compares no receipts', async () => {
    const world = await LedgerWorld.create();
    await world.receipts.record({ domain: 'market', stream: 'trade', producer: 'p', events: 3 });
    await world.rollUp();
    const { books, asked } = await booksOf(world, Date.parse('2026-11-20T09:00:00Z'));
    expect(books.problems).toEqual([]);
    expect(asked.every((sql) => sql.includes("hour >= TIMESTAMP '2026-11-20 09:00:00.000'"))).toBe(
      true,
    );
  });

  it('says when nothing was ever booked', async () => {
    const { books } = await booksOf(await LedgerWorld.create());
    expect(books).toMatchObject({ rolledUpMs: null, countedToMs: null, lines: [], problems: [] });
  });
});
