import { describe, expect, it } from 'vitest';
import { readFileRuns } from '#app/ledger/read-file-runs.ts';
import { readSourceStates } from '#core/delivery/source-state.ts';
import { judgeBalance } from '#core/ledger/balance.ts';
import { type BookedTable, bookTable } from '#core/ledger/book-table.ts';
import { countedTo } from '#core/ledger/counted-to.ts';
import type { FileCursor } from '#core/ledger/ledger-cursor.ts';
import { applyEntries } from '#core/ledger/open-hours.ts';
import { FileWorld, tradeFile, tradeLine } from '../ingest-file/file-world.ts';
import { REJECTED, START_MS, TABLE } from '../ingest-world.ts';

const KEY = 'market/trades/a.csv';
const CONTENT = tradeFile([
  tradeLine('t1'),
  'bad',
  ...Array.from({ length: 12 }, (_, i) => tradeLine(`u${i}`)),
]);
const NONE: FileCursor = { booked: [], open: [] };
const BRONZE: BookedTable = { kind: 'commit', table: 'trade', stream: 'trade' };

async function booksOf(world: FileWorld) {
  const files = await readFileRuns({ fileRuns: world.runs }, { domain: 'market' }, NONE);
  const bronze = bookTable(await world.lake.metadata(TABLE), BRONZE, null);
  const rejected = bookTable(
    await world.lake.metadata(REJECTED),
    { kind: 'rejected', table: 'rejected' },
    null,
  );
  const entries = [...bronze.entries, ...rejected.entries, ...files.entries];
  const balance = judgeBalance({
    domain: 'market',
    totals: new Map(),
    open: applyEntries([], entries),
    nowMs: START_MS + 86_400_000,
    graceMs: 0,
    standstill: false,
    readToEnd: true,
    readToMs: countedTo({ shards: new Map(), files: files.next }),
  });
  return { files, balance, unexplained: [...bronze.unexplained, ...rejected.unexplained] };
}

describe('the ledger and files', () => {
  it('balances a finished file from its own counts, though the tables have forgotten it', async () => {
    const world = await FileWorld.create();
    await world.upload(KEY, CONTENT);
    await world.ingest(KEY);
    expect(readSourceStates(await world.lake.metadata(TABLE)).size).toBe(0);
    const { files, balance, unexplained } = await booksOf(world);
    expect(files.entries).toMatchObject([
      { kind: 'read', stream: 'trade', counts: { received: 14 } },
    ]);
    expect([balance.unbalanced, balance.problems, unexplained]).toEqual([0, [], []]);
  });

  it('waits for a file that is under way', async () => {
    const world = await FileWorld.create();
    await world.upload(KEY, CONTENT);
    await world.ingest(KEY, { deadlineMs: world.nowMs });
    const { files, balance } = await booksOf(world);
    expect([files.entries, files.next.booked, files.next.open.length]).toEqual([[], [], 1]);
    expect(balance.problems).toEqual([]);
  });

  it('sees rows that were read and are nowhere', async () => {
    const world = await FileWorld.create();
    await world.upload(KEY, CONTENT);
    const before = await world.lake.metadata(TABLE);
    await world.ingest(KEY);
    const files = await readFileRuns({ fileRuns: world.runs }, { domain: 'market' }, NONE);
    const bronze = bookTable(before, BRONZE, null);
    expect(applyEntries([], [...bronze.entries, ...files.entries])).toMatchObject([
      { difference: 14 },
    ]);
  });

  it('books a file once, whatever happens between booking and marking', async () => {
    const world = await FileWorld.create();
    await world.upload(KEY, CONTENT);
    await world.ingest(KEY);
    const deps = { fileRuns: world.runs };
    const config = { domain: 'market' };
    const first = await readFileRuns(deps, config, NONE);
    // Its commit was lost: the next run books it.
    expect(await readFileRuns(deps, config, NONE)).toEqual(first);
    // Its commit is there: it is marked, and then forgotten.
    const second = await readFileRuns(deps, config, first.next);
    expect([second.entries, second.next]).toEqual([[], NONE]);
    expect(await readFileRuns(deps, config, NONE)).toEqual({ entries: [], next: NONE });
    // An announcement that comes late changes nothing.
    await world.runs.announce({
      domain: 'market',
      entry: 'trades',
      file: first.next.booked[0]!.slice('file:trades/'.length),
    });
    expect(await readFileRuns(deps, config, NONE)).toEqual({ entries: [], next: NONE });
  });
});
