import { describe, expect, it } from 'vitest';
import { ingestBatch } from '#app/ingest-batch.ts';
import type { IngestDeps } from '#app/ingest-stream.ts';
import { kinesisSource } from '#core/delivery/position.ts';
import { SluiceError } from '#core/errors.ts';
import type { StagingLog } from '#ports/staging-log.ts';
import { expectBooks } from './ingest-books.ts';
import { IngestWorld, recordOf, TABLE, trade } from './ingest-world.ts';

const sourceOf = (shard: number) =>
  kinesisSource('local-market', `shardId-${String(shard).padStart(12, '0')}`);

/** Takes in events of a shard with an instance of its own. */
async function write(
  world: IngestWorld,
  shard: number,
  options: {
    readonly ids: readonly string[];
    readonly record?: number;
    readonly deps?: IngestDeps;
  },
) {
  const { ids, record = 0, deps = world.instance() } = options;
  const records = [
    recordOf(
      world,
      record,
      ids.map((id) => trade(id)),
    ),
  ];
  return await ingestBatch(deps, world.config, { source: sourceOf(shard), records });
}

/** An instance before whose first swap of the table something happens. */
function overtaken(world: IngestWorld, before: () => Promise<unknown>): IngestDeps {
  const { catalog } = world;
  let swaps = 0;
  return {
    ...world.instance(),
    catalog: {
      load: (ident) => catalog.load(ident),
      list: (database) => catalog.list(database),
      swap: async (ident, base, next) => {
        if (ident.table === TABLE.table && ++swaps === 1) await before();
        await catalog.swap(ident, base, next);
      },
    },
  };
}

/** Stages a batch whose writer dies before it commits. */
async function stageOnly(world: IngestWorld, shard: number, ids: readonly string[]) {
  const deps = {
    ...world.instance(),
    catalog: {
      load: world.catalog.load.bind(world.catalog),
      list: world.catalog.list.bind(world.catalog),
      swap: async () => {
        throw new SluiceError('TABLE_INVALID', 'the writer dies');
      },
    },
  };
  await expect(write(world, shard, { ids, deps })).rejects.toThrow('the writer dies');
}

/** Loses once to another shard, so that the next attempt looks who else waits. */
function losing(world: IngestWorld, shard: number): IngestDeps {
  return overtaken(world, () => write(world, shard, { ids: [`w${shard}`] }));
}

describe('writers that commit to one table', () => {
  it('take along what others have staged, once they have lost', async () => {
    const world = await IngestWorld.create();
    await stageOnly(world, 2, ['c', 'd']);
    const [result] = await write(world, 0, { ids: ['a'], deps: losing(world, 1) });
    expect(result).toMatchObject({ attempts: 2, counts: { received: 3, committed: 3 } });
    await expectBooks(world, 4);
  });

  it('find what was taken along in, say nothing of it and prune their chain', async () => {
    const world = await IngestWorld.create();
    await stageOnly(world, 2, ['c', 'd']);
    await write(world, 0, { ids: ['a'], deps: losing(world, 1) });
    const metadata = await world.metadata();
    const [again] = await write(world, 2, { ids: ['c', 'd'] });
    expect(again).toMatchObject({ outcome: 'already-committed', counts: { received: 0 } });
    expect(await world.metadata()).toEqual(metadata);
    expect((await world.stagingLog.read('market', sourceOf(2)))?.links).toEqual([]);
    await expectBooks(world, 4);
  });

  it('ask for nobody else while nobody is in the way', async () => {
    const world = await IngestWorld.create();
    await stageOnly(world, 2, ['c']);
    let lists = 0;
    const deps = world.instance();
    const stagingLog = watched(deps.stagingLog, () => void lists++);
    await write(world, 0, { ids: ['a'], deps: { ...deps, stagingLog } });
    expect(lists).toBe(0);
    expect((await world.stagingLog.read('market', sourceOf(2)))?.links).toHaveLength(1);
  });

  it.each([
    ['may not list the chains', async () => denied()],
    ['cannot read a staged batch of another', null],
  ])('commit their own when they %s', async (_, list) => {
    const world = await IngestWorld.create();
    await stageOnly(world, 2, ['c']);
    const deps = losing(world, 1);
    const stagingLog = list === null ? deps.stagingLog : watched(deps.stagingLog, list);
    const broken = (await world.stagingLog.read('market', sourceOf(2)))?.links[0]?.descriptor.uri;
    const store = unreadable(world, list === null ? broken : undefined);
    const [result] = await write(world, 0, { ids: ['a'], deps: { ...deps, stagingLog, store } });
    expect(result).toMatchObject({ attempts: 2, counts: { committed: 1 } });
    expect((await world.stagingLog.read('market', sourceOf(2)))?.links).toHaveLength(1);
    await expectBooks(world, 2);
  });

  it('drop an event that two of them bring, whoever commits it', async () => {
    const world = await IngestWorld.create();
    await stageOnly(world, 2, ['same', 'd']);
    const [result] = await write(world, 0, { ids: ['same'], deps: losing(world, 1) });
    expect(result).toMatchObject({ counts: { received: 3, committed: 2, deduplicated: 1 } });
    await write(world, 2, { ids: ['same', 'd'] });
    await expectBooks(world, 4);
  });

  it.each([2, 8, 32])(
    'lose, double and fail nothing when there are %i',
    async (writers) => {
      const world = await IngestWorld.create();
      const batches = 3;
      await Promise.all(
        Array.from({ length: writers }, async (_, shard) => {
          const deps = slow(world);
          for (let batch = 0; batch < batches; batch++) {
            await write(world, shard, { ids: [`${shard}-${batch}`], record: batch, deps });
          }
        }),
      );
      await expectBooks(world, writers * batches);
      const { snapshots } = await world.metadata();
      expect(snapshots.length).toBeLessThanOrEqual(writers * batches);
      const chains = await world.stagingLog.list('market');
      expect(chains.flatMap(({ links }) => links)).toEqual([]);
    },
    30_000,
  );
});

function unreadable({ store }: IngestWorld, uri: string | undefined): IngestDeps['store'] {
  return {
    get: async (each) => (each === uri ? denied() : await store.get(each)),
    put: (each, body, options) => store.put(each, body, options),
    head: (each) => store.head(each),
    list: (prefix) => store.list(prefix),
    delete: (each) => store.delete(each),
  };
}

function denied(): never {
  throw new SluiceError('SOURCE_UNAVAILABLE', 'not allowed');
}

function watched(log: StagingLog, onList: () => unknown): StagingLog {
  return {
    read: (domain, source) => log.read(domain, source),
    list: async (domain) => {
      await onList();
      return await log.list(domain);
    },
    put: (domain, chain) => log.put(domain, chain),
    remove: (domain, chain) => log.remove(domain, chain),
  };
}

/** An instance whose swaps and waits let the others run. */
function slow(world: IngestWorld): IngestDeps {
  const deps = world.instance();
  const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
  return {
    ...deps,
    clock: { nowMs: deps.clock.nowMs, sleep: turn },
    catalog: {
      load: deps.catalog.load.bind(deps.catalog),
      list: deps.catalog.list.bind(deps.catalog),
      swap: async (ident, base, next) => {
        await turn();
        await deps.catalog.swap(ident, base, next);
      },
    },
  };
}
