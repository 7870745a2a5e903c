import { describe, expect, it } from 'vitest';
import { type CommitStagedConfig, commitConfigOf, commitStaged } from '#app/commit-staged.ts';
import { ingestBatch, type SourceRecord } from '#app/ingest-batch.ts';
import type { IngestConfig, IngestDeps } from '#app/ingest-stream.ts';
import { resetChains } from '#app/stage/reset-chains.ts';
import { readBatchSummaries } from '#core/delivery/batch-summary.ts';
import { padSequence } from '#core/delivery/position.ts';
import { SluiceError } from '#core/errors.ts';
import { currentSnapshot } from '#core/iceberg/spec/table-metadata.ts';
import { encodeAggregatedRecord } from '#core/kinesis/aggregated-record.ts';
import { bookTable } from '#core/ledger/book-table.ts';
import { expectBooks } from './ingest-books.ts';
import {
  IngestWorld,
  QUOTES,
  REJECTED,
  recordOf,
  SOURCE,
  START_MS,
  TABLE,
  trade,
} from './ingest-world.ts';

const shard = (number: number) => `${SOURCE.slice(0, -1)}${number}`;
const at = (sequence: number) => ({ sequence: padSequence(String(sequence + 1)), subSequence: 0 });

async function stage(
  world: IngestWorld,
  records: readonly SourceRecord[],
  options: {
    readonly source?: string;
    readonly deps?: IngestDeps;
    readonly config?: IngestConfig;
  } = {},
) {
  const { source = SOURCE, deps = world.instance(), config = world.config } = options;
  return await ingestBatch(deps, { ...config, commit: 'group' }, { source, records });
}

async function commit(
  world: IngestWorld,
  options: { readonly deps?: IngestDeps; readonly limits?: CommitStagedConfig['limits'] } = {},
) {
  const { deps = world.instance(), limits } = options;
  const report = await commitStaged(deps, { ...commitConfigOf(world.config), limits });
  for (const { error } of report.failures) throw error;
  return report;
}

async function reset(world: IngestWorld) {
  return await resetChains(world.instance(), { domain: 'market' });
}

/** One record with one event that arrived at a time, of which the place says nothing. */
function arrived(world: IngestWorld, sequence: number, id: string, arrivalMs: number, price = 5) {
  const data = encodeAggregatedRecord([world.encode(trade(id, { price }))]);
  return { sequenceNumber: String(sequence + 1), partitionKey: 'x', arrivalMs, data };
}

describe('commitStaged', () => {
  it('commits what all sources have staged in one snapshot per table', async () => {
    const world = await IngestWorld.create({ withQuotes: true });
    for (const number of [0, 1, 2]) {
      const events = [trade(`${number}`), trade(`bad-${number}`, { price: 0 })];
      await stage(world, [recordOf(world, 0, events)], { source: shard(number) });
      await stage(world, [recordOf(world, 1, [world.encodeQuote(trade(`${number}`))])], {
        source: shard(number),
      });
    }
    expect(world.catalog.commits).toBe(0);
    const report = await commit(world);
    expect(world.catalog.commits).toBe(3);
    expect(report.pending).toEqual([]);
    expect(report.tables.map(({ ident, sources }) => [ident.table, sources.length])).toEqual([
      ['rejected', 3],
      ['quote', 3],
      ['trade', 3],
    ]);
    const summary = currentSnapshot(await world.metadata())?.summary ?? {};
    expect(readBatchSummaries(summary).map(({ source }) => source)).toEqual([0, 1, 2].map(shard));
    const table = { kind: 'commit', table: 'trade', stream: 'trade' } as const;
    const { entries, unexplained } = bookTable(await world.metadata(), table, null);
    expect(entries.map(({ source, counts }) => [source, counts.committed])).toEqual(
      [0, 1, 2].map((number) => [shard(number), 1]),
    );
    expect(unexplained).toEqual([]);
    await expectBooks(world, 9);
  });

  it('says by source what was committed, and is done at once when it is called again', async () => {
    const world = await IngestWorld.create();
    await stage(world, [recordOf(world, 0, [trade('1'), trade('2')])]);
    const log = world.stagingLog;
    const chain = log.chains('market');
    const [table] = (await commit(world)).tables;
    expect(table?.sources).toMatchObject([
      { source: SOURCE, kind: 'committed', counts: { committed: 2 }, missing: null },
    ]);
    expect((await commit(world)).tables).toEqual([]);
    // A committer that read the chain before the other one was done.
    const stale = { ...world.instance(), stagingLog: { ...bound(world), list: async () => chain } };
    const [again] = (await commit(world, { deps: stale })).tables;
    expect(again).toMatchObject({ snapshotIds: [], sources: [{ kind: 'already-in' }] });
    await expectBooks(world, 2);
  });

  it('lets a source wait whose predecessor is missing, names it, and commits the others', async () => {
    const world = await IngestWorld.create();
    await stage(world, [recordOf(world, 0, [trade('0')])]);
    await commit(world);
    const before = await world.metadata();
    await stage(world, [recordOf(world, 1, [trade('1')])]);
    await commit(world);
    await world.rollBack(before);
    await stage(world, [recordOf(world, 2, [trade('2')])]);
    await stage(world, [recordOf(world, 0, [trade('3')])], { source: shard(1) });
    const report = await commit(world);
    expect(report.tables[0]?.sources).toMatchObject([
      { source: SOURCE, kind: 'waiting', missing: { after: at(0), before: at(1) } },
      { source: shard(1), kind: 'committed', missing: null },
    ]);
    expect(report.pending).toEqual([{ source: SOURCE, links: 1, oldestStagedAtMs: START_MS }]);
    const ids = (await world.rows()).map((row) => row['trade_id']);
    expect(ids.toSorted()).toEqual(['0', '3']);
  });

  it('does not let one table that fails hold up the others', async () => {
    const world = await IngestWorld.create({ withQuotes: true });
    await stage(world, [recordOf(world, 0, [trade('1'), world.encodeQuote(trade('1'))])]);
    const { catalog } = world;
    const deps: IngestDeps = {
      ...world.instance(),
      catalog: {
        load: async (ident) => {
          if (ident.table === 'quote') throw new SluiceError('TABLE_NOT_FOUND', 'planted');
          return await catalog.load(ident);
        },
        swap: (...request) => catalog.swap(...request),
        list: (database) => catalog.list(database),
      },
    };
    const report = await commitStaged(deps, commitConfigOf(world.config));
    expect(report.failures).toMatchObject([{ table: 'local_market_bronze.quote' }]);
    expect(report.pending).toMatchObject([{ source: SOURCE, links: 1 }]);
    expect(await world.rows()).toHaveLength(1);
    await commit(world);
    expect(await world.rows(QUOTES)).toHaveLength(1);
    await expectBooks(world, 2);
  });

  it('leaves files to those who hold their lease', async () => {
    const world = await IngestWorld.create();
    await stage(world, [recordOf(world, 0, [trade('1')])]);
    const [chain] = world.stagingLog.chains('market');
    await world.stagingLog.put('market', { ...chain!, source: 'file:e/a.csv@1' });
    const report = await commit(world);
    expect(report.tables[0]?.sources.map(({ source }) => source)).toEqual([SOURCE]);
    expect(world.stagingLog.chains('market').map(({ links }) => links.length)).toEqual([1, 0]);
  });

  it('goes on in further commits where one would be too large', async () => {
    const world = await IngestWorld.create();
    for (const number of [0, 1]) {
      for (const sequence of [0, 1, 2]) {
        const events = [trade(`${number}-${sequence}`), trade('same')];
        await stage(world, [recordOf(world, sequence, events)], { source: shard(number) });
      }
    }
    for (const limits of [{ maxLinks: 2 }, { maxFiles: 2 }, { maxRows: 4 }]) {
      const other = await IngestWorld.create();
      for (const chain of world.stagingLog.chains('market')) {
        await copyStaged(world, other, chain.source);
      }
      const report = await commit(other, { limits });
      expect(report.tables[0]?.snapshotIds.length).toBeGreaterThanOrEqual(3);
      expect(report.pending).toEqual([]);
      const { committed, deduplicated } = await expectBooks(other, 12);
      expect([committed.length, deduplicated]).toEqual([7, 5]);
    }
  });
});

/** Stages in one world what was staged in another. */
async function copyStaged(from: IngestWorld, to: IngestWorld, source: string): Promise<void> {
  for await (const { uri } of from.store.list('s3://lake/')) {
    if (uri.endsWith('.parquet') || uri.includes('/staged/')) {
      await to.store.put(uri, await from.store.get(uri));
    }
  }
  const chain = await from.stagingLog.read('market', source);
  if (chain !== null) await to.stagingLog.put('market', { ...chain, version: 1 });
}

/** The log's methods as an object of its own. */
function bound({ stagingLog }: IngestWorld): IngestDeps['stagingLog'] {
  return {
    read: (...request) => stagingLog.read(...request),
    list: (...request) => stagingLog.list(...request),
    put: (...request) => stagingLog.put(...request),
    remove: (...request) => stagingLog.remove(...request),
  };
}

describe('events that were sent more than once', () => {
  it('are one row, the one that arrived first, whatever the order of shards and batches', async () => {
    const world = await IngestWorld.create();
    await stage(world, [
      arrived(world, 0, 'a', START_MS + 30, 1),
      arrived(world, 1, 'b', START_MS + 40),
    ]);
    await stage(world, [arrived(world, 2, 'a', START_MS + 20, 2)]);
    await stage(
      world,
      [arrived(world, 0, 'a', START_MS + 10, 3), arrived(world, 1, 'b', START_MS + 40)],
      {
        source: shard(1),
      },
    );
    const [table] = (await commit(world)).tables;
    expect(table?.sources).toMatchObject([
      { source: SOURCE, counts: { received: 3, committed: 1, deduplicated: 2 } },
      { source: shard(1), counts: { received: 2, committed: 1, deduplicated: 1 } },
    ]);
    const rows = (await world.rows()).map((row) => [row['trade_id'], row['_source'], row['price']]);
    expect(rows.toSorted()).toEqual([
      ['a', shard(1), 3],
      ['b', SOURCE, 5],
    ]);
    await expectBooks(world, 5);
  });

  it('stay two rows when they arrived more than the horizon apart', async () => {
    const world = await IngestWorld.create();
    const horizonMs = world.config.streams[0]!.plan.stream.dedupe.horizonMs;
    await stage(world, [arrived(world, 0, 'a', START_MS)]);
    await stage(world, [arrived(world, 1, 'a', START_MS + horizonMs + 1)]);
    await stage(world, [arrived(world, 2, 'a', START_MS + horizonMs)]);
    await commit(world);
    expect((await expectBooks(world, 3)).committed).toHaveLength(2);
  });

  it('are found in what was committed before, by a committer that knows nothing yet', async () => {
    const world = await IngestWorld.create();
    await stage(world, [recordOf(world, 0, [trade('1'), trade('2')])]);
    await commit(world);
    await stage(world, [recordOf(world, 1, [trade('2'), trade('3')])]);
    await stage(world, [recordOf(world, 2, [trade('1')])]);
    const [table] = (await commit(world)).tables;
    expect(table?.sources[0]?.counts).toMatchObject({ committed: 1, deduplicated: 2 });
    await expectBooks(world, 5);
  });

  it('are late no more when they are no rows', async () => {
    const world = await IngestWorld.create();
    const old = { timestamp: BigInt(START_MS - 60_000) * 1000n };
    await stage(world, [recordOf(world, 0, [trade('1'), trade('2')])]);
    await stage(world, [recordOf(world, 1, [trade('2', old), trade('3', old)])]);
    await commit(world);
    expect(await expectBooks(world, 4)).toMatchObject({ deduplicated: 1, late: 1 });
  });

  it('come in files of their own where the writer suspects them, so that little is written anew', async () => {
    const world = await IngestWorld.create();
    const deps = world.instance();
    const many = Array.from({ length: 50 }, (_, index) => trade(`n-${index}`));
    await stage(world, [recordOf(world, 0, [trade('1'), trade('2')])], { deps });
    await stage(world, [recordOf(world, 1, [...many, trade('1'), trade('2')])], { deps });
    const staged: string[] = [];
    for await (const { uri } of world.store.list('s3://lake/')) {
      if (uri.endsWith('.parquet')) staged.push(uri);
    }
    expect(staged).toHaveLength(3);
    await commit(world);
    const files: string[] = [];
    for await (const { uri } of world.store.list('s3://lake/')) {
      if (uri.endsWith('.parquet')) files.push(uri);
    }
    // The suspects were all repeats: nothing is left of their file, and the others stay as they are.
    expect(files).toEqual(staged);
    expect(await expectBooks(world, 54)).toMatchObject({ deduplicated: 2 });
  });

  it('lead to the same rewritten files, whoever commits', async () => {
    const pathsOf = async () => {
      const world = await IngestWorld.create();
      await stage(world, [recordOf(world, 0, [trade('1'), trade('2')])]);
      await stage(world, [recordOf(world, 1, [trade('2'), trade('3')])]);
      world.catalog.swapFault = (swap) => (swap <= 2 ? 'conflict' : null);
      await commit(world);
      const paths: string[] = [];
      for await (const { uri } of world.store.list(`s3://lake/${TABLE.database}/trade/data`)) {
        paths.push(uri);
      }
      return paths;
    };
    const paths = await pathsOf();
    expect(paths).toHaveLength(3);
    expect(await pathsOf()).toEqual(paths);
  });
});

describe('staging', () => {
  it('decides about every event at once: other code changes nothing of it', async () => {
    const world = await IngestWorld.create();
    const records = [recordOf(world, 0, [trade('1', { price: 3 }), trade('2', { price: 0 })])];
    const stricter = world.deploy((stream) => ({
      ...stream,
      quality: [{ name: 'cheap', rule: 'price >= 50', onFail: 'reject' }],
    }));
    expect(await stage(world, records)).toMatchObject([
      { table: 'trade', outcome: 'staged', counts: { received: 1, committed: 1 } },
      { table: 'rejected', outcome: 'staged', counts: { received: 1, rejected: 1 } },
    ]);
    const [again] = await stage(world, records, { config: stricter });
    expect(again).toMatchObject({ table: 'trade', outcome: 'already-committed' });
    await commit(world);
    const { committed, rejected } = await expectBooks(world, 2);
    expect([committed.length, rejected.length]).toEqual([1, 1]);
  });

  it.each(['overtaken', 'lost-request', 'lost-answer', 'late'] as const)(
    'is done once when its note ends with %s',
    async (fault) => {
      const world = await IngestWorld.create();
      world.stagingLog.putFault = (put) => (put % 2 === 1 ? fault : null);
      for (const sequence of [0, 1, 2]) {
        await stage(world, [recordOf(world, sequence, [trade(`${sequence}`), trade('x')])]);
      }
      world.stagingLog.putFault = () => null;
      await commit(world);
      expect(await expectBooks(world, 6)).toMatchObject({ deduplicated: 2 });
    },
  );

  it('is refused while too much waits for its commit, but not by a writer that commits', async () => {
    const world = await IngestWorld.create();
    const config = { ...world.config, maxLinks: 2 };
    const records = [0, 1, 2].map((sequence) => recordOf(world, sequence, [trade(`${sequence}`)]));
    await stage(world, records.slice(0, 1), { config });
    await stage(world, records.slice(0, 2), { config });
    await expect(stage(world, records, { config })).rejects.toMatchObject({
      code: 'CHAIN_TOO_LONG',
      message: expect.stringMatching(/2 staged batches wait .* at most 2/),
    });
    await ingestBatch(world.instance(), config, { source: SOURCE, records });
    expect((await expectBooks(world, 3)).committed).toHaveLength(3);
  });

  it('wakes the committer, also when there was nothing new, and survives when that fails', async () => {
    const world = await IngestWorld.create();
    const rung: string[] = [];
    const deps: IngestDeps = {
      ...world.instance(),
      doorbell: {
        send: async (body) => {
          rung.push(body);
          if (rung.length === 2) throw new SluiceError('SOURCE_UNAVAILABLE', 'planted');
        },
      },
    };
    const records = [recordOf(world, 0, [trade('1')])];
    await stage(world, records, { deps });
    await stage(world, records, { deps });
    expect(rung).toEqual(['{"domain":"market"}', '{"domain":"market"}']);
    await commit(world);
    await stage(world, records, { deps });
    expect(rung).toHaveLength(2);
  });

  it('of one stream does not need the tables of others', async () => {
    const world = await IngestWorld.create({ withQuotes: true });
    const { catalog } = world;
    const deps: IngestDeps = {
      ...world.instance(),
      catalog: {
        load: async (ident) => {
          if (ident.table === 'quote') throw new SluiceError('TABLE_NOT_FOUND', 'planted');
          return await catalog.load(ident);
        },
        swap: (...request) => catalog.swap(...request),
        list: (database) => catalog.list(database),
      },
    };
    await stage(world, [recordOf(world, 0, [trade('1')])], { deps });
    const quote = [recordOf(world, 1, [world.encodeQuote(trade('1'))])];
    await expect(stage(world, quote, { deps })).rejects.toMatchObject({ code: 'TABLE_NOT_FOUND' });
    await commit(world);
    expect(await world.rows()).toHaveLength(1);
  });

  it('begins where the tables are when the log was lost', async () => {
    const world = await IngestWorld.create({ withQuotes: true });
    const records = [0, 1, 2, 3].map((sequence) =>
      recordOf(world, sequence, [
        trade(`${sequence}`),
        world.encodeQuote(trade(`${sequence}`)),
        trade(`bad-${sequence}`, { price: 0 }),
      ]),
    );
    await stage(world, records.slice(0, 2));
    await commit(world);
    await stage(world, records.slice(2, 3));
    world.stagingLog.lose('market');
    await stage(world, records.slice(1));
    await stage(world, records);
    await commit(world);
    const { committed, rejected } = await expectBooks(world, 12);
    expect([committed.length, rejected.length]).toEqual([8, 4]);
  });

  it('files what a table ahead of the others does not have yet, and nothing twice', async () => {
    const world = await IngestWorld.create();
    const records = [0, 1, 2].map((sequence) =>
      recordOf(world, sequence, [
        trade(`${sequence}`, { price: 10 }),
        trade(`b-${sequence}`, { price: 0 }),
      ]),
    );
    await stage(world, [recordOf(world, 0, [trade('x')])], { source: shard(1) });
    await commit(world);
    const before = await world.metadata();
    await stage(world, records);
    await commit(world);
    // The trades are taken back; `rejected` stays ahead of them, and other code rejects them all.
    await world.rollBack(before);
    expect(await reset(world)).toEqual([{ source: SOURCE, readAfter: null, droppedLinks: 0 }]);
    const config = world.deploy((stream) => ({
      ...stream,
      quality: [{ name: 'cheap', rule: 'price >= 50', onFail: 'reject' }],
    }));
    for (const record of records) await stage(world, [record], { config });
    const chains = world.stagingLog.chains('market');
    await commit(world);
    const stale = {
      ...world.instance(),
      stagingLog: { ...bound(world), list: async () => chains },
    };
    await commit(world, { deps: stale });
    expect((await world.rows()).map((row) => row['trade_id'])).toEqual(['x']);
    const places = (await world.rows(REJECTED)).map(
      (row) => `${row['_sequence']}/${row['_sub_sequence']}`,
    );
    expect(new Set(places).size).toBe(6);
    expect(places).toHaveLength(6);
    expect(world.stagingLog.chains('market').flatMap(({ links }) => links)).toEqual([]);
  });
});

describe('a table that was rolled back on purpose', () => {
  it('takes its rows in again once the chains are reset and the stream is read again', async () => {
    const world = await IngestWorld.create({ withQuotes: true });
    const records = [0, 1, 2, 3, 4].map((sequence) =>
      recordOf(world, sequence, [
        trade(`${sequence}`),
        world.encodeQuote(trade(`${sequence}`)),
        trade(`bad-${sequence}`, { price: 0 }),
      ]),
    );
    await stage(world, records.slice(0, 2));
    await commit(world);
    const before = await world.metadata();
    await stage(world, records.slice(2, 4));
    await commit(world);
    await world.rollBack(before);
    // A writer that goes on does not know yet.
    await stage(world, records.slice(4));
    const [waiting] = (await commit(world)).tables.filter(({ ident }) => ident.table === 'trade');
    expect(waiting?.sources[0]?.kind).toBe('waiting');
    expect(await reset(world)).toEqual([
      { source: SOURCE, readAfter: { ...at(1), subSequence: 2 }, droppedLinks: 1 },
    ]);
    expect(await reset(world)).toEqual([]);
    for (const batch of [records.slice(2, 3), records.slice(3)]) await stage(world, batch);
    await commit(world);
    const ids = (await world.rows()).map((row) => row['trade_id']);
    expect(ids.toSorted()).toEqual(['0', '1', '2', '3', '4']);
    expect(await world.rows(QUOTES)).toHaveLength(5);
    expect(await world.rows(REJECTED)).toHaveLength(5);
  });
});
