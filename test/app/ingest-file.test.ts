import { gzipSync } from 'node:zlib';
import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import { LEASE_MS } from '#app/ingest-file/file-lease.ts';
import { readSourceStates } from '#core/delivery/source-state.ts';
import type { TableIdent } from '#ports/table-catalog.ts';
import {
  crashingFileDeps,
  FileWorld,
  HEADER,
  thief,
  tradeFile,
  tradeLine,
} from './ingest-file/file-world.ts';
import { REJECTED, TABLE } from './ingest-world.ts';

const KEY = 'market/trades/day 1.csv';
const ids = (count: number, from = 1) =>
  Array.from({ length: count }, (_, index) => `t${String(from + index).padStart(3, '0')}`);

async function ingested(content: string | Uint8Array, key = KEY) {
  const world = await FileWorld.create();
  await world.upload(key, content);
  const outcome = await world.ingest(key);
  return { world, outcome, run: await world.settledRun(outcome) };
}

describe('an uploaded file', () => {
  it('has its valid rows in bronze and its invalid ones in the rejected table', async () => {
    const lines = [
      tradeLine('t1'),
      tradeLine('t2', { price: 'abc' }),
      'too,few',
      tradeLine('t3', { price: '-1' }),
      tradeLine('t4'),
    ];
    const { world, run } = await ingested(tradeFile(lines));
    expect(await world.committedIds()).toEqual(['t1', 't4']);
    expect(run.report).toMatchObject({
      status: 'finished',
      file: 'day 1.csv',
      rows: { read: 5, committed: 2, rejected: 3, deduplicated: 0, deadLettered: 0 },
    });
    const rejected = await world.lake.rows(REJECTED);
    expect(rejected.map((row) => [Number(row['_sequence']), row['reason']])).toEqual([
      [2, 'field price: the text is no double, or loses digits as one'],
      [3, 'expected 6 columns, got 2'],
      [4, 'quality rule "price_above_0" does not hold'],
    ]);
    expect(Buffer.from(rejected[1]!['payload'] as Uint8Array).toString()).toBe('too,few');
  });

  it('gives an error file with row, column, reason and text, and a report', async () => {
    const lines = [tradeLine('t2', { price: 'abc' }), '=HYPERLINK("x"),few'];
    const { world, run } = await ingested(tradeFile(lines));
    const errors = parse(await world.text(run.report!.errorFile), { columns: true });
    expect(errors).toEqual([
      {
        row: '1',
        column: 'price',
        reason: expect.stringMatching(/^the text is no double/),
        raw: lines[0],
      },
      {
        row: '2',
        column: '',
        reason: 'a quote inside a value that does not begin with one',
        raw: `'${lines[1]}`,
      },
    ]);
    const uri = run.report!.errorFile!.replace(/csv$/, 'json');
    expect(JSON.parse(await world.text(uri))).toEqual(run.report);
    expect(run.report?.reasons).toHaveLength(2);
    expect(run.report?.firstErrors[0]).toMatchObject({ row: 1, column: 'price' });
  });

  it('leaves nothing in the state of the tables once it is finished', async () => {
    const { world } = await ingested(tradeFile([tradeLine('t1'), 'bad']));
    expect([...readSourceStates(await world.lake.metadata(TABLE)).keys()]).toEqual([]);
    expect([...readSourceStates(await world.lake.metadata(REJECTED)).keys()]).toEqual([]);
  });

  it('counts once, however often the notice comes', async () => {
    const { world, run } = await ingested(tradeFile(ids(30).map((id) => tradeLine(id))));
    for (const versionId of ['v1', 'v1']) {
      const again = await world.ingest(KEY, { versionId });
      expect(again).toEqual({ kind: 'settled', run, isNew: false });
    }
    expect(await world.committedIds()).toEqual(ids(30));
  });

  it('counts once when it is uploaded again, and another content under its key counts too', async () => {
    const { world } = await ingested(tradeFile([tradeLine('t1')]));
    await world.upload(KEY, tradeFile([tradeLine('t1')]), 'v2');
    expect(await world.ingest(KEY, { versionId: 'v2' })).toMatchObject({ isNew: false });
    await world.upload(KEY, tradeFile([tradeLine('t2')]), 'v3');
    expect(await world.ingest(KEY, { versionId: 'v3' })).toMatchObject({ isNew: true });
    expect(await world.committedIds()).toEqual(['t1', 't2']);
    expect(await world.runsOf()).toHaveLength(2);
  });

  it('is read in the version of its notice', async () => {
    const world = await FileWorld.create();
    await world.upload(KEY, tradeFile([tradeLine('t1')]), 'v1');
    await world.upload(KEY, tradeFile([tradeLine('t2')]), 'v2');
    await world.ingest(KEY, { versionId: 'v1' });
    expect(await world.committedIds()).toEqual(['t1']);
  });

  it('goes on in further invocations from where one ended', async () => {
    const world = await FileWorld.create();
    await world.upload(KEY, tradeFile(ids(40).map((id) => tradeLine(id))));
    let outcome = await world.ingest(KEY, { deadlineMs: world.nowMs });
    let invocations = 1;
    while (outcome.kind === 'unfinished') {
      const { checksum } = outcome;
      outcome = await world.ingest(KEY, { checksum, deadlineMs: world.nowMs });
      invocations++;
    }
    expect(invocations).toBeGreaterThan(5);
    expect(outcome).toMatchObject({
      kind: 'settled',
      run: { report: { rows: { committed: 40 } } },
    });
    expect(await world.committedIds()).toEqual(ids(40));
  });

  it('is worked on by one invocation at a time', async () => {
    const world = await FileWorld.create();
    await world.upload(KEY, tradeFile([tradeLine('t1')]));
    const outcomes = await Promise.all([world.ingest(KEY), world.ingest(KEY)]);
    expect(outcomes.map(({ kind }) => kind).sort()).toEqual(['busy', 'settled']);
  });

  it.each([1, 2, 3, 4, 5, 6])(
    'is committed by nobody from whom it was taken over before load %i of a table',
    async (nth) => {
      const world = await FileWorld.create();
      const lines = ids(40).flatMap((id) => [tradeLine(id), tradeLine(id, { price: 'x' })]);
      await world.upload(KEY, tradeFile(lines));
      const deps = world.instance();
      let loads = 0;
      const held = {
        ...deps,
        catalog: {
          load: async (ident: TableIdent) => {
            // Held up until another invocation has done it all; by its own clock no time has passed.
            if (++loads === nth) await world.ingest(KEY, { deps: thief(world.instance()) });
            return await deps.catalog.load(ident);
          },
          swap: (...args: Parameters<typeof deps.catalog.swap>) => deps.catalog.swap(...args),
          list: (database: string) => deps.catalog.list(database),
        },
      };
      await expect(world.ingest(KEY, { deps: held })).rejects.toThrow(
        /is held by another invocation/,
      );
      expect(await world.committedIds()).toEqual(ids(40));
      expect(await world.lake.rows(REJECTED)).toHaveLength(40);
    },
  );

  it('goes on as soon as the lease of an invocation that was killed has run out', async () => {
    const world = await FileWorld.create();
    await world.upload(KEY, tradeFile(ids(40).map((id) => tradeLine(id))));
    const { deps } = crashingFileDeps(world.instance(), { write: 12, after: true });
    await expect(world.ingest(KEY, { deps })).rejects.toThrow();
    const beforeMs = world.nowMs;
    const sleep = async (ms: number) => {
      world.nowMs += ms;
    };
    const waiting = { ...world.instance(), clock: { nowMs: () => world.nowMs, sleep } };
    expect(await world.ingest(KEY, { deps: waiting })).toMatchObject({ kind: 'settled' });
    expect(world.nowMs - beforeMs).toBeLessThanOrEqual(LEASE_MS + 1);
    expect(await world.committedIds()).toEqual(ids(40));
  });

  it('stays with an invocation that takes long and shows signs of life', async () => {
    const world = await FileWorld.create();
    await world.upload(KEY, tradeFile(ids(40).map((id) => tradeLine(id))));
    const deps = world.instance();
    const outcomes: string[] = [];
    const slow = {
      ...deps,
      store: {
        ...deps.store,
        put: async (...args: Parameters<typeof deps.store.put>) => {
          world.nowMs += LEASE_MS / 5;
          if (outcomes.length < 3) outcomes.push((await world.ingest(KEY)).kind);
          await deps.store.put(...args);
        },
      },
    };
    expect(await world.ingest(KEY, { deps: slow })).toMatchObject({ kind: 'settled' });
    expect(new Set(outcomes)).toEqual(new Set(['busy']));
  });

  it('may be compressed', async () => {
    const { world } = await ingested(
      gzipSync(tradeFile([tradeLine('t1')])),
      'market/trades/a.csv.gz',
    );
    expect(await world.committedIds()).toEqual(['t1']);
  });

  it('is refused when it is empty, since its header is missing', async () => {
    for (const key of [KEY, `${KEY}.gz`]) {
      const { run } = await ingested('', key);
      expect(run.report).toMatchObject({
        status: 'refused',
        problem: expect.stringContaining('no header'),
        rows: { read: 0 },
      });
    }
  });

  it('may have a header alone', async () => {
    const { run } = await ingested(tradeFile([]));
    expect(run.report).toMatchObject({ status: 'finished', rows: { read: 0 }, errorFile: null });
  });

  it('arrives when it was uploaded, and is never late', async () => {
    const { world } = await ingested(
      tradeFile([tradeLine('t1'), tradeLine('t2').replace('2026-11', '2020-11')]),
    );
    const rows = await world.lake.rows(TABLE);
    expect(rows.map((row) => row['_late'])).toEqual([false, false]);
    expect(new Set(rows.map((row) => Number(row['_ingested_at'])))).toHaveLength(1);
    expect(rows.map((row) => Number(row['_sequence']))).toEqual([1, 2]);
  });

  it('keeps duplicates out by their identity, and counts them', async () => {
    const { run } = await ingested(tradeFile([tradeLine('t1'), tradeLine('t1'), tradeLine('t2')]));
    expect(run.report?.rows).toMatchObject({ read: 3, committed: 2, deduplicated: 1 });
  });

  it('is not called finished when a table was rolled back while it was under way', async () => {
    const world = await FileWorld.create();
    await world.upload(KEY, tradeFile(ids(40).map((id) => tradeLine(id))));
    const outcome = await world.ingest(KEY, { deadlineMs: world.nowMs });
    if (outcome.kind !== 'unfinished') throw new Error('expected more to do');
    const { checksum } = outcome;
    const before = await world.lake.metadata(TABLE);
    await world.ingest(KEY, { checksum, deadlineMs: world.nowMs });
    await world.lake.rollBack(before);
    await expect(world.ingest(KEY, { checksum })).rejects.toThrow(
      /trade has position 0+4, but what is staged follows position 0+8; was the table rolled back/,
    );
    expect((await world.runsOf()).map(({ status }) => status)).toEqual(['running']);
  });
});

describe('what is no file of an entry', () => {
  it('is left alone', async () => {
    const world = await FileWorld.create();
    for (const key of [
      'market/trades/',
      'market/tradesx/a.csv',
      'market/a.csv',
      'errors/market/trades/x.csv',
    ]) {
      await world.upload(key, 'x');
      expect(await world.ingest(key)).toEqual({ kind: 'ignored' });
    }
  });

  it('may be gone', async () => {
    const world = await FileWorld.create();
    expect(await world.ingest('market/trades/none.csv')).toEqual({ kind: 'gone' });
  });
});

describe('a file that cannot be read at all', () => {
  it.each([
    ['no header', '\n\n', /has no header/],
    ['a name twice', `${HEADER},id\n`, /stands twice/],
    ['columns missing', 'id,symbol\n1,2\n', /at.*|unknown/],
  ])('is refused whole, with a report: %s', async (_, content, problem) => {
    const { world, run } = await ingested(content);
    expect(run.report).toMatchObject({ status: 'refused', rows: { read: 0 } });
    expect(run.report?.problem).toMatch(problem);
    expect(await world.committedIds()).toEqual([]);
    expect(await world.lake.rows(REJECTED)).toEqual([]);
  });

  it('is refused before a row is in when its compression is broken in the middle', async () => {
    const whole = gzipSync(tradeFile(ids(2_000).map((id) => tradeLine(id))));
    const { world, run } = await ingested(whole.subarray(0, -20), 'market/trades/a.csv.gz');
    expect(run.report?.problem).toMatch(/no whole gzip file/);
    expect(await world.committedIds()).toEqual([]);
  });

  it('may be uploaded again once the configuration reads it', async () => {
    const { world } = await ingested(tradeFile([tradeLine('t1')]).replaceAll(',', ';'));
    const [entry] = world.config.entries;
    if (entry?.format.kind !== 'csv') throw new Error('expected CSV');
    world.config = {
      ...world.config,
      entries: [{ ...entry, format: { ...entry.format, delimiter: ';' } }],
    };
    expect(await world.ingest(KEY)).toMatchObject({ run: { status: 'refused' }, isNew: false });
    await world.upload(KEY, tradeFile([tradeLine('t1')]).replaceAll(',', ';'), 'v2');
    expect(await world.ingest(KEY, { versionId: 'v2' })).toMatchObject({
      run: { status: 'finished' },
    });
    expect(await world.committedIds()).toEqual(['t1']);
  });
});
