import { describe, expect, it } from 'vitest';
import { ingestBatch, type SourceRecord } from '#app/ingest-batch.ts';
import type { IngestConfig, IngestDeps } from '#app/ingest-stream.ts';
import { expectBooks } from './ingest-books.ts';
import {
  IngestWorld,
  REJECTED,
  recordOf,
  SOURCE,
  TABLE,
  trade,
  tradeRecords,
} from './ingest-world.ts';

async function ingest(
  world: IngestWorld,
  records: readonly SourceRecord[],
  deps: IngestDeps = world.deps,
) {
  return await ingestBatch(deps, world.config, { source: SOURCE, records });
}

/** The world's catalogue; `before` runs just before each swap of the table. */
function interrupted(
  world: IngestWorld,
  before: (swap: number) => Promise<void>,
  table = TABLE,
): IngestDeps {
  const { catalog } = world;
  let swaps = 0;
  return {
    ...world.instance(),
    catalog: {
      load: (ident) => catalog.load(ident),
      list: (database) => catalog.list(database),
      swap: async (ident, base, next) => {
        if (ident.table === table.table) await before(++swaps);
        await catalog.swap(ident, base, next);
      },
    },
  };
}

/** Another instance that knows nothing of the chain, as after the staging log was lost, takes in records. */
async function ingestWithoutChain(world: IngestWorld, records: readonly SourceRecord[]) {
  world.stagingLog.lose(world.config.domain);
  await ingest(world, records, world.instance());
}

describe.each([
  ['bronze table', TABLE],
  ['rejected table', REJECTED],
])('a batch whose source another writer commits under way to the %s', (_, table) => {
  it('is cut when the other one took its beginning, staged with other boundaries', async () => {
    const world = await IngestWorld.create();
    const records = tradeRecords(world, 6, 10);
    const deps = interrupted(
      world,
      async (swap) => {
        if (swap === 1) await ingestWithoutChain(world, records.slice(0, 3));
      },
      table,
    );
    const results = await ingest(world, records, deps);
    expect(results.find((result) => result.table === table.table)).toMatchObject({
      outcome: 'committed',
      attempts: 2,
    });
    await expectBooks(world, 60);
  });

  it('is cut again at every attempt', async () => {
    const world = await IngestWorld.create();
    const records = tradeRecords(world, 5, 13);
    const deps = interrupted(
      world,
      async (swap) => {
        if (swap <= 3) await ingestWithoutChain(world, records.slice(0, swap));
      },
      table,
    );
    await ingest(world, records, deps);
    await expectBooks(world, 65);
  });

  it.each([
    ['which knows the chain', ingest],
    ['which does not', ingestWithoutChain],
  ])('adds nothing when it was all taken by the other one, %s', async (_of, other) => {
    const world = await IngestWorld.create();
    const records = tradeRecords(world, 3, 13);
    const deps = interrupted(
      world,
      async (swap) => {
        if (swap === 1) await other(world, records);
      },
      table,
    );
    const results = await ingest(world, records, deps);
    expect(results.find((result) => result.table === table.table)?.outcome).not.toBe('committed');
    await expectBooks(world, 39);
  });
});

describe('a batch beside one of another source', () => {
  const OTHER = `${SOURCE.slice(0, -1)}1`;

  it('keeps what was staged when the other one brought other events', async () => {
    const world = await IngestWorld.create();
    const deps = interrupted(world, async (swap) => {
      const records = [recordOf(world, 1, [trade('x-1')])];
      if (swap === 1) await ingestBatch(world.deps, world.config, { source: OTHER, records });
    });
    const written: string[] = [];
    const put: IngestDeps['store']['put'] = async (uri, body, options) => {
      if (uri.endsWith('.parquet')) written.push(uri);
      await world.store.put(uri, body, options);
    };
    const store = { ...storeOf(world), put };
    const records = [recordOf(world, 0, [trade('1'), trade('2')])];
    const [result] = await ingest(world, records, { ...deps, store });
    expect(result).toMatchObject({ attempts: 2, counts: { committed: 2 } });
    expect(written).toHaveLength(1);
    await expectBooks(world, 3);
  });

  it('is staged again without an event that the other one committed meanwhile', async () => {
    const world = await IngestWorld.create();
    const records = [recordOf(world, 0, [trade('1'), trade('2'), trade('3')])];
    const deps = interrupted(world, async (swap) => {
      const others = [recordOf(world, 0, [trade('2', { price: 7 })])];
      if (swap === 1) {
        await ingestBatch(world.deps, world.config, { source: OTHER, records: others });
      }
    });
    const [result] = await ingest(world, records, deps);
    expect(result).toMatchObject({ attempts: 2, counts: { committed: 2, deduplicated: 1 } });
    const { committed } = await expectBooks(world, 4);
    expect(committed).toHaveLength(3);
    const second = (await world.rows()).filter((row) => row['trade_id'] === '2');
    expect(second).toMatchObject([{ price: 7, _source: OTHER }]);
  });
});

describe('a table that is rolled back under way', () => {
  it('takes in what was a duplicate of a row that is gone', async () => {
    const world = await IngestWorld.create();
    const source = `${SOURCE.slice(0, -1)}1`;
    const others = (sequence: number, id: string) => ({
      source,
      records: [recordOf(world, sequence, [trade(id)])],
    });
    await ingestBatch(world.deps, world.config, others(0, '1'));
    const before = await world.metadata();
    await ingestBatch(world.deps, world.config, others(1, '2'));
    const deps = interrupted(world, async (swap) => {
      if (swap === 1) await world.rollBack(before);
    });
    const [result] = await ingest(world, [recordOf(world, 0, [trade('1'), trade('2')])], deps);
    expect(result).toMatchObject({ attempts: 2, counts: { committed: 1, deduplicated: 1 } });
    const ids = (await world.rows()).map((row) => row['trade_id']);
    expect(ids.toSorted()).toEqual(['1', '2']);
  });
});

describe('a row that cannot be encoded', () => {
  /** Code with a bug: one symbol is mapped to a value that its column cannot hold. */
  function buggy(world: IngestWorld, symbol: string): IngestConfig {
    const [stream, ...others] = world.config.streams;
    const plan = {
      ...stream!.plan,
      mapping: stream!.plan.mapping.map((mapping) => ({
        ...mapping,
        evaluate: (row: Parameters<typeof mapping.evaluate>[0]) =>
          row['symbol'] === symbol ? 7n : mapping.evaluate(row),
      })),
    };
    const planted = { ...stream!, plan };
    return {
      ...world.config,
      streams: [planted, ...others],
      readerOf: (id) => {
        const reader = world.config.readerOf(id);
        return reader === null ? null : { ...reader, stream: planted };
      },
    };
  }

  const rows = Array.from({ length: 9 }, (_, index) =>
    trade(String(index), { symbol: index % 4 === 1 ? 'BAD' : 'AAPL', price: index === 8 ? -1 : 5 }),
  );

  it('is filed as undecodable, and the others are committed', async () => {
    const world = await IngestWorld.create();
    const records = [recordOf(world, 0, rows)];
    const results = await ingestBatch(world.deps, buggy(world, 'BAD'), { source: SOURCE, records });
    expect(results).toMatchObject([
      { table: 'trade', counts: { committed: 6 } },
      { table: 'rejected', counts: { rejected: 1, deadLettered: 2 } },
    ]);
    await expectBooks(world, 9);
    const filed = await world.rows(REJECTED);
    expect(filed.filter((row) => row['kind'] === 'undecodable')).toMatchObject([
      { _sub_sequence: 1, reason: expect.stringMatching(/^processing failed: .*"symbol"/) },
      { _sub_sequence: 5, reason: expect.stringMatching(/^processing failed: .*"symbol"/) },
    ]);
  });

  it('stays filed when the batch comes again, with the bug or without', async () => {
    const world = await IngestWorld.create();
    const records = [recordOf(world, 0, rows)];
    const deps = interrupted(world, async () => {
      throw new Error('planted: the instance ends before the commit');
    });
    const batch = { source: SOURCE, records };
    await expect(ingestBatch(deps, buggy(world, 'BAD'), batch)).rejects.toThrow();
    await ingestBatch(world.deps, buggy(world, 'BAD'), batch);
    await ingestBatch(world.deps, world.config, batch);
    const { undecodable } = await expectBooks(world, 9);
    expect(undecodable).toHaveLength(2);
    const again = await IngestWorld.create();
    await expect(
      ingestBatch(
        interrupted(again, async () => {
          throw new Error('planted');
        }),
        buggy(again, 'BAD'),
        batch,
      ),
    ).rejects.toThrow();
    await ingestBatch(again.deps, again.config, batch);
    expect((await expectBooks(again, 9)).undecodable).toHaveLength(2);
  });

  it('fails the batch where the table itself cannot be written', async () => {
    const world = await IngestWorld.create();
    const [stream] = world.config.streams;
    const broken: IngestConfig = {
      ...world.config,
      streams: [
        {
          ...stream!,
          evolveSchema: (metadata) => ({
            ...metadata,
            schemas: metadata.schemas.map((schema) => ({
              ...schema,
              fields: [...schema.fields, schema.fields[0]!],
            })),
          }),
        },
      ],
    };
    const records = [recordOf(world, 0, [trade('1')])];
    const batch = { source: SOURCE, records };
    await expect(ingestBatch(world.deps, broken, batch)).rejects.toMatchObject({
      code: expect.stringMatching(/CONFIG_INVALID|TABLE_INVALID/),
    });
    await ingest(world, records);
    expect((await expectBooks(world, 1)).committed).toHaveLength(1);
  });
});

function storeOf({ store }: IngestWorld): IngestDeps['store'] {
  return {
    get: (uri) => store.get(uri),
    head: (uri) => store.head(uri),
    put: (uri, body, options) => store.put(uri, body, options),
    list: (prefix) => store.list(prefix),
    delete: (uri) => store.delete(uri),
  };
}
