import { describe, expect, it } from 'vitest';
import { ingestBatch, type SourceRecord } from '#app/ingest-batch.ts';
import type { IngestConfig, IngestDeps } from '#app/ingest-stream.ts';
import { padSequence } from '#core/delivery/position.ts';
import { SluiceError } from '#core/errors.ts';
import { encodeAggregatedRecord } from '#core/kinesis/aggregated-record.ts';
import { expectBooks, readBooks } from './ingest-books.ts';
import {
  IngestWorld,
  plainRecord,
  QUOTES,
  REJECTED,
  recordOf,
  SOURCE,
  START_MS,
  TABLE,
  trade,
} from './ingest-world.ts';

const EMPTY = new Uint8Array();

async function ingest(
  world: IngestWorld,
  records: readonly SourceRecord[],
  options: { readonly deps?: IngestDeps; readonly config?: IngestConfig } = {},
) {
  const { deps = world.deps, config = world.config } = options;
  return await ingestBatch(deps, config, { source: SOURCE, records });
}

/** An instance that ends before its first commit to a table. */
function endingBefore(world: IngestWorld, table: typeof TABLE): IngestDeps {
  const { catalog } = world;
  return {
    ...world.instance(),
    catalog: {
      load: (ident) => catalog.load(ident),
      list: (database) => catalog.list(database),
      swap: async (ident, base, next) => {
        if (ident.table === table.table) throw new SluiceError('TABLE_NOT_FOUND', 'planted');
        await catalog.swap(ident, base, next);
      },
    },
  };
}

async function deliverHalf(
  world: IngestWorld,
  records: readonly SourceRecord[],
  config: IngestConfig = world.config,
): Promise<void> {
  const deps = endingBefore(world, TABLE);
  await expect(ingest(world, records, { deps, config })).rejects.toThrow('planted');
}

/** Takes away what was decided: the next delivery begins where the tables are, and these have parted. */
function loseChain(world: IngestWorld): void {
  world.stagingLog.lose(world.config.domain);
}

/** Code that rejects trades below a price; the repository's rule is above 0. */
function rejectingBelow(world: IngestWorld, price: number): IngestConfig {
  return world.deploy((stream) => ({
    ...stream,
    quality: [{ name: 'cheap', rule: `price >= ${price}`, onFail: 'reject' }],
  }));
}

describe('the rejected table', () => {
  it('has a rejected row readable and whole', async () => {
    const world = await IngestWorld.create();
    const event = world.encode(trade('1', { price: -1, symbol: 'aapl' }));
    await ingest(world, [plainRecord(0, event.data)]);
    expect(await world.rows(REJECTED)).toEqual([
      {
        stream: 'trade',
        kind: 'rejected',
        reason: 'quality rule "price_above_0" does not hold',
        row: `{"source_system":"NYSE","trade_id":"1","symbol":"aapl","timestamp":"2026-11-20T12:00:00.000000Z","price":-1,"size":10,"fee_cents":125}`,
        payload: new Uint8Array(event.data),
        payload_uri: null,
        partition_key: 'x',
        _schema_version: 1,
        _ingested_at: new Date(START_MS),
        _source: SOURCE,
        _sequence: padSequence('1'),
        _sub_sequence: 0,
      },
    ]);
  });

  it('gets one commit for all streams of a batch, and none when nothing is discarded', async () => {
    const world = await IngestWorld.create({ withQuotes: true });
    const bad = { price: -1 };
    await ingest(world, [
      recordOf(world, 0, [trade('1'), trade('2', bad), world.encodeQuote(trade('1', bad))]),
      plainRecord(1, EMPTY),
    ]);
    await ingest(world, [recordOf(world, 2, [trade('3'), world.encodeQuote(trade('3'))])]);
    expect((await world.metadata(REJECTED)).snapshots).toHaveLength(1);
    const streams = (await world.rows(REJECTED)).map((row) => row['stream']);
    expect(streams.toSorted()).toEqual(['_unknown', 'quote', 'trade']);
    await expectBooks(world, 6);
  });

  it('does not keep the others out of their tables: the batch fails until it can be committed to', async () => {
    const world = await IngestWorld.create();
    const records = [recordOf(world, 0, [trade('1'), trade('2', { price: 0 })])];
    const deps = endingBefore(world, REJECTED);
    await expect(ingest(world, records, { deps })).rejects.toThrow('planted');
    expect(await world.state(SOURCE, REJECTED)).toBeNull();
    expect(await world.rows()).toHaveLength(1);
    await ingest(world, records);
    await expectBooks(world, 2);
  });

  it('gets no row before the object of its event is stored', async () => {
    const world = await IngestWorld.create();
    world.store.fault = (operation, uri) =>
      operation === 'put' && uri.startsWith('s3://dead-letters')
        ? new SluiceError('SOURCE_UNAVAILABLE', 'planted: no dead letters today')
        : null;
    const records = [recordOf(world, 0, [trade('1'), { partitionKey: 'x', data: EMPTY }])];
    await expect(ingest(world, records)).rejects.toMatchObject({ code: 'SOURCE_UNAVAILABLE' });
    expect(world.catalog.commits).toBe(0);
    world.store.fault = () => null;
    await ingest(world, records);
    await expectBooks(world, 2);
  });

  it.each([
    ['', false],
    [', nor when the chain is lost', true],
  ])('is not touched by a redelivery, whole or cut otherwise%s', async (_, isLost) => {
    const world = await IngestWorld.create();
    const records = [0, 1, 2, 3].map((record) =>
      recordOf(world, record, [trade(`${record}`), trade(`bad-${record}`, { price: 0 })]),
    );
    await deliverHalf(world, records);
    const filed = await world.metadata(REJECTED);
    if (isLost) loseChain(world);
    for (const [from, to] of [
      [0, 1],
      [0, 3],
      [1, 4],
      [0, 4],
    ]) {
      await ingest(world, records.slice(from, to), { deps: world.instance() });
    }
    expect(await world.metadata(REJECTED)).toEqual(filed);
    await expectBooks(world, 8);
  });
});

describe('other code between two deliveries of a batch', () => {
  const prices = [1, 10, 100, 1000];

  function records(world: IngestWorld): readonly SourceRecord[] {
    return prices.map((price, index) =>
      recordOf(world, index, [trade(`${index}`, { price }), trade(`bad-${index}`, { price: 0 })]),
    );
  }

  it.each([
    ['', false],
    [', also when the chain is lost', true],
  ])(
    'leaves what was rejected before rejected, although it would accept it%s',
    async (_, isLost) => {
      const world = await IngestWorld.create();
      await deliverHalf(world, records(world), rejectingBelow(world, 50));
      if (isLost) loseChain(world);
      await ingest(world, records(world));
      const books = await expectBooks(world, 8);
      expect([books.committed.length, books.rejected.length]).toEqual([2, 6]);
    },
  );

  it('leaves what was staged for a table for it, although it would reject it', async () => {
    const world = await IngestWorld.create();
    await deliverHalf(world, records(world));
    await ingest(world, records(world), { config: rejectingBelow(world, 50) });
    const books = await expectBooks(world, 8);
    expect([books.committed.length, books.rejected.length]).toEqual([4, 4]);
  });

  it('files what it rejects itself when the chain is lost, although the table is past it', async () => {
    const world = await IngestWorld.create();
    await deliverHalf(world, records(world));
    loseChain(world);
    await ingest(world, records(world), { config: rejectingBelow(world, 50) });
    const books = await expectBooks(world, 8);
    expect([books.committed.length, books.rejected.length]).toEqual([2, 6]);
  });

  it('changes nothing of what is committed', async () => {
    const world = await IngestWorld.create();
    await ingest(world, records(world));
    const books = await readBooks(world);
    await ingest(world, records(world), { config: rejectingBelow(world, 50) });
    expect(await readBooks(world)).toEqual(books);
  });

  it('changes nothing of a batch in which nothing was rejected', async () => {
    const world = await IngestWorld.create();
    const good = [recordOf(world, 0, [trade('1', { price: 1 })])];
    await ingest(world, good);
    await ingest(world, good, { config: rejectingBelow(world, 50) });
    expect((await expectBooks(world, 1)).committed).toHaveLength(1);
  });

  it('may be changed back and forth at every delivery, while the chain is lost again and again', async () => {
    const world = await IngestWorld.create();
    const configs = [5, 500, 0.5, 50].map((price) => rejectingBelow(world, price));
    for (const config of configs) {
      await deliverHalf(world, records(world), config);
      loseChain(world);
    }
    await ingest(world, records(world), { config: rejectingBelow(world, 5000) });
    await expectBooks(world, 8);
    await ingest(world, records(world), { deps: world.instance() });
    await expectBooks(world, 8);
  });
});

describe('code that knows another set of schemas between two deliveries', () => {
  /** The same code before the second stream was deployed. */
  function withoutQuotes(world: IngestWorld): IngestConfig {
    const streams = world.config.streams.filter(({ table }) => table.table !== QUOTES.table);
    const readerOf: IngestConfig['readerOf'] = (id) => {
      const reader = world.config.readerOf(id);
      return reader?.stream.table.table === QUOTES.table ? null : reader;
    };
    return { ...world.config, streams, readerOf };
  }

  /** The same code before the newest schema of a stream it has. */
  function withoutSchema(world: IngestWorld): IngestConfig {
    return { ...withoutQuotes(world), streams: world.config.streams };
  }

  function mixed(world: IngestWorld): readonly SourceRecord[] {
    const quotes = [1, 2].map((index) => world.encodeQuote(trade(`q-${index}`)));
    const bad = trade('bad', { price: 0 });
    const events = [trade('1'), quotes[0]!, bad, trade('2'), quotes[1]!];
    return [recordOf(world, 0, events)];
  }

  it.each([
    ['', false],
    [', also when the chain is lost', true],
  ])('leaves events without a stream filed that have one now%s', async (_, isLost) => {
    const world = await IngestWorld.create({ withQuotes: true });
    await deliverHalf(world, mixed(world), withoutQuotes(world));
    if (isLost) loseChain(world);
    await ingest(world, mixed(world));
    const books = await expectBooks(world, 5);
    expect([books.committed.length, books.undecodable.length]).toEqual([2, 2]);
  });

  it('files events that have no stream any more and stand nowhere', async () => {
    const world = await IngestWorld.create({ withQuotes: true });
    const deps = endingBefore(world, QUOTES);
    await expect(ingest(world, mixed(world), { deps })).rejects.toThrow('planted');
    loseChain(world);
    await ingest(world, mixed(world), { config: withoutSchema(world) });
    const books = await expectBooks(world, 5);
    expect([books.committed.length, books.undecodable.length]).toEqual([2, 2]);
  });

  it.each([
    ['', false],
    [', also when the chain is lost', true],
  ])('does not file events that have no stream any more and are committed%s', async (_, isLost) => {
    const world = await IngestWorld.create({ withQuotes: true });
    await ingest(world, mixed(world));
    if (isLost) loseChain(world);
    await ingest(world, mixed(world), { config: withoutSchema(world) });
    const books = await expectBooks(world, 5);
    expect([books.committed.length, books.undecodable.length]).toEqual([4, 0]);
  });

  it('commits what was staged for a table that it knows no stream for', async () => {
    const world = await IngestWorld.create({ withQuotes: true });
    const deps = endingBefore(world, QUOTES);
    await expect(ingest(world, mixed(world), { deps })).rejects.toThrow('planted');
    await ingest(world, mixed(world), { config: withoutQuotes(world) });
    const books = await expectBooks(world, 5);
    expect([books.committed.length, books.undecodable.length]).toEqual([4, 0]);
  });
});

describe('events that a broken record hides', () => {
  it('are one undecodable event, kept whole', async () => {
    const world = await IngestWorld.create();
    const message = Buffer.from(encodeAggregatedRecord([world.encode(trade('1'))]));
    const cut = message.subarray(0, message.length - 5);
    await ingest(world, [plainRecord(0, cut), recordOf(world, 1, [trade('2')])]);
    const books = await expectBooks(world, 2);
    expect(books.undecodable).toHaveLength(1);
  });
});
