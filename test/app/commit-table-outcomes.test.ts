import { describe, expect, it } from 'vitest';
import type { SwapFault } from '#adapters/memory/memory-table-catalog.ts';
import { type CommitOutcome, commitTable } from '#app/commit-table.ts';
import { SluiceError } from '#core/errors.ts';
import { serializeTableMetadata } from '#core/iceberg/spec/table-metadata.ts';
import { evolveSchema } from '#core/iceberg/transaction/evolve-schema.ts';
import { tradesMetadata } from '#test/core/iceberg/trades-table.ts';
import { type CommitWorld, change, commitWorld, fileNamed, IDENT } from './commit-world.ts';

const unavailable = () => new SluiceError('SOURCE_UNAVAILABLE', 'throttled');

/** Commits one file under the faults; each fault hits one swap, in order. */
async function commitUnder(
  world: CommitWorld,
  ...faults: (SwapFault | null)[]
): Promise<CommitOutcome> {
  world.catalog.swapFault = (swap) => faults[swap - 1] ?? null;
  const files = [fileNamed('mine')];
  return commitTable(world.deps, IDENT, { build: async () => change(files) });
}

const commitOther = (world: CommitWorld, name: string) =>
  commitTable(world.writer(99 + name.charCodeAt(0)), IDENT, {
    build: async () => change([fileNamed(name)]),
  });

async function expectOnce(world: CommitWorld, ...names: string[]): Promise<void> {
  expect((await world.liveFiles()).sort()).toEqual(names);
  expect(await world.problems()).toEqual([]);
}

describe('a swap that conflicts', () => {
  it('is tried again on the new state', async () => {
    const world = await commitWorld();
    expect(await commitUnder(world, 'conflict', 'conflict')).toMatchObject({ attempts: 3 });
    await expectOnce(world, 'mine');
  });

  it('is recognised as won when the client had repeated its own request', async () => {
    const world = await commitWorld();
    const outcome = await commitUnder(world, 'answered-as-conflict');
    expect(outcome).toMatchObject({ kind: 'committed', attempts: 1 });
    expect(world.catalog.commits).toBe(1);
    await expectOnce(world, 'mine');
  });

  it('is recognised as won in the last attempt, too', async () => {
    const world = await commitWorld();
    world.catalog.swapFault = () => 'answered-as-conflict';
    const outcome = await commitTable(world.deps, IDENT, {
      build: async () => change([fileNamed('mine')]),
      maxAttempts: 1,
    });
    expect(outcome.kind).toBe('committed');
    await expectOnce(world, 'mine');
  });

  it('ends in COMMIT_CONFLICT when every attempt loses', async () => {
    const world = await commitWorld();
    world.catalog.swapFault = () => 'conflict';
    const commit = commitTable(world.deps, IDENT, {
      build: async () => change([fileNamed('mine')]),
      maxAttempts: 4,
    });
    await expect(commit).rejects.toMatchObject({
      code: 'COMMIT_CONFLICT',
      retryable: true,
      context: { attempts: 4 },
    });
    await expectOnce(world);
  });

  it('deletes nothing', async () => {
    const world = await commitWorld();
    await commitUnder(world, 'conflict', 'lost-request', 'lost-answer');
    expect(world.store.traffic.deletes).toBe(0);
  });
});

describe('files of a commit', () => {
  const manifestPuts = (world: CommitWorld): string[] => {
    const puts: string[] = [];
    const put = world.store.put.bind(world.store);
    world.store.put = (uri, body, options) => {
      if (/-m\d+\.avro$/.test(uri)) puts.push(uri);
      return put(uri, body, options);
    };
    return puts;
  };

  it('are listed in one manifest over all attempts', async () => {
    const world = await commitWorld();
    const puts = manifestPuts(world);
    await commitUnder(world, 'conflict', 'conflict', 'conflict');
    expect(puts).toHaveLength(1);
  });

  it('get a new manifest when they change', async () => {
    const world = await commitWorld();
    const puts = manifestPuts(world);
    world.catalog.swapFault = (swap) => (swap === 1 ? 'conflict' : null);
    await commitTable(world.deps, IDENT, {
      build: async (_base, attempt) => change([fileNamed(`cut${attempt}`)]),
    });
    expect(puts).toHaveLength(2);
    await expectOnce(world, 'cut2');
  });

  it('get a new manifest when another writer changed the schema', async () => {
    const world = await commitWorld();
    const puts = manifestPuts(world);
    const files = [fileNamed('mine')];
    world.catalog.swapFault = (swap) => (swap === 1 ? 'conflict' : null);
    await commitTable(world.deps, IDENT, {
      build: async (_base, attempt) => {
        if (attempt === 2) {
          await commitTable(world.writer(5), IDENT, {
            build: async () => ({
              ...change([]),
              evolveSchema: (metadata) =>
                evolveSchema(metadata, [{ kind: 'add-column', path: ['venue'], type: 'string' }]),
            }),
          });
        }
        return change(files);
      },
    });
    expect(puts).toHaveLength(2);
    await expectOnce(world, 'mine');
  });

  it('are merged once: a retry lists the merged manifest again', async () => {
    const metadata = tradesMetadata({ properties: { 'commit.manifest.min-count-to-merge': '3' } });
    const world = await commitWorld({ metadata });
    for (const name of ['a', 'b', 'c']) await commitOther(world, name);
    const puts = manifestPuts(world);
    const swaps = world.catalog.commits;
    world.catalog.swapFault = (swap) => (swap <= swaps + 2 ? 'conflict' : null);
    await commitTable(world.deps, IDENT, { build: async () => change([fileNamed('mine')]) });
    // One merged manifest, and one per attempt for files that are a new array each time.
    expect(puts).toHaveLength(1 + 3);
    await expectOnce(world, 'a', 'b', 'c', 'mine');
  });

  it('are merged anew when a part of the merged manifest is gone', async () => {
    const metadata = tradesMetadata({ properties: { 'commit.manifest.min-count-to-merge': '3' } });
    const world = await commitWorld({ metadata });
    for (const name of ['a', 'b', 'c']) await commitOther(world, name);
    const swap = world.catalog.swap.bind(world.catalog);
    let met = false;
    world.catalog.swap = async (ident, base, next) => {
      if (!met) {
        met = true;
        await commitOther(world, 'other');
      }
      return swap(ident, base, next);
    };
    await commitTable(world.deps, IDENT, { build: async () => change([fileNamed('mine')]) });
    await expectOnce(world, 'a', 'b', 'c', 'mine', 'other');
  });

  it('survive a put whose answer was lost', async () => {
    const world = await commitWorld();
    const put = world.store.put.bind(world.store);
    // The client repeats every request; the second one finds the key taken by the first.
    world.store.put = async (uri, body, options) => {
      await put(uri, body, options);
      return put(uri, body, options);
    };
    await commitUnder(world);
    await expectOnce(world, 'mine');
  });

  it('are never written over a key that holds something else', async () => {
    const world = await commitWorld();
    const put = world.store.put.bind(world.store);
    world.store.put = async (uri, body, options) => {
      await put(uri, Uint8Array.of(1), {});
      return put(uri, body, options);
    };
    await expect(commitUnder(world)).rejects.toMatchObject({ code: 'OBJECT_EXISTS' });
  });

  it('that cannot be written end the commit before any swap', async () => {
    const world = await commitWorld();
    world.store.fault = (operation, uri) =>
      operation === 'put' && uri.endsWith('.metadata.json') ? unavailable() : null;
    await expect(commitUnder(world)).rejects.toMatchObject({ code: 'SOURCE_UNAVAILABLE' });
    await expectOnce(world);
  });
});

describe('a swap whose outcome is unknown', () => {
  it('is found committed', async () => {
    const world = await commitWorld();
    expect(await commitUnder(world, 'lost-answer')).toMatchObject({
      kind: 'committed',
      attempts: 1,
    });
    expect(world.catalog.commits).toBe(1);
    await expectOnce(world, 'mine');
  });

  it('is presented again, unchanged, while the base is current', async () => {
    const world = await commitWorld();
    const locations: string[] = [];
    const swap = world.catalog.swap.bind(world.catalog);
    world.catalog.swap = (ident, base, next) => {
      locations.push(`${base.token} ${next.metadataLocation}`);
      return swap(ident, base, next);
    };
    expect(await commitUnder(world, 'lost-request', 'lost-request')).toMatchObject({ attempts: 1 });
    expect(new Set(locations).size).toBe(1);
    expect(locations).toHaveLength(3);
    await expectOnce(world, 'mine');
  });

  it('that arrives late commits once, whichever request wins', async () => {
    const world = await commitWorld();
    expect(await commitUnder(world, 'late')).toMatchObject({ kind: 'committed' });
    expect(world.catalog.commits).toBe(1);
    await expectOnce(world, 'mine');
  });

  it('is found below the commit of another writer', async () => {
    const world = await commitWorld();
    const load = world.catalog.load.bind(world.catalog);
    let loads = 0;
    world.catalog.load = async (ident) => {
      loads++;
      if (loads === 2) await commitOther(world, 'other');
      return load(ident);
    };
    expect(await commitUnder(world, 'lost-answer')).toMatchObject({
      kind: 'committed',
      attempts: 1,
    });
    await expectOnce(world, 'mine', 'other');
  });

  it('is built again, once, when another writer came first', async () => {
    const world = await commitWorld();
    const load = world.catalog.load.bind(world.catalog);
    let loads = 0;
    world.catalog.load = async (ident) => {
      loads++;
      if (loads === 2) await commitOther(world, 'other');
      return load(ident);
    };
    expect(await commitUnder(world, 'lost-request')).toMatchObject({
      kind: 'committed',
      attempts: 2,
    });
    await expectOnce(world, 'mine', 'other');
  });

  it('is found by its metadata file when its snapshot is gone again', async () => {
    const world = await commitWorld();
    const swap = world.catalog.swap.bind(world.catalog);
    world.catalog.swap = async (ident, base, next) => {
      await swap(ident, base, next);
      // Another engine expires the snapshot at once; its metadata log names our file.
      const location = `${next.metadataLocation}.next`;
      const metadata = {
        ...tradesMetadata(),
        'metadata-log': [{ 'metadata-file': next.metadataLocation, 'timestamp-ms': 1 }],
      };
      await world.store.put(location, Buffer.from(serializeTableMetadata(metadata)));
      await swap(ident, await world.catalog.load(ident), { metadataLocation: location, metadata });
      throw new SluiceError('COMMIT_STATE_UNKNOWN', 'answer lost');
    };
    expect(await commitUnder(world)).toMatchObject({ kind: 'committed', attempts: 1 });
  });

  it('is found by its snapshot when the metadata log was cut', async () => {
    const world = await commitWorld();
    const swap = world.catalog.swap.bind(world.catalog);
    world.catalog.swap = async (ident, base, next) => {
      await swap(ident, base, next);
      const location = `${next.metadataLocation}.next`;
      const metadata = { ...next.metadata, 'metadata-log': [] };
      await world.store.put(location, Buffer.from(serializeTableMetadata(metadata)));
      await swap(ident, await world.catalog.load(ident), { metadataLocation: location, metadata });
      throw new SluiceError('COMMIT_STATE_UNKNOWN', 'answer lost');
    };
    expect(await commitUnder(world)).toMatchObject({ kind: 'committed', attempts: 1 });
    await expectOnce(world, 'mine');
  });

  it('stays unknown when the base stays current for good', async () => {
    const world = await commitWorld();
    world.catalog.swapFault = () => 'lost-request';
    const commit = commitTable(world.deps, IDENT, {
      build: async () => change([fileNamed('mine')]),
    });
    await expect(commit).rejects.toMatchObject({ code: 'COMMIT_STATE_UNKNOWN', retryable: false });
  });

  it('stays unknown when the table cannot be read any more', async () => {
    const world = await commitWorld();
    world.catalog.loadFault = (load) => (load > 1 ? unavailable() : null);
    await expect(commitUnder(world, 'lost-answer')).rejects.toMatchObject({
      code: 'COMMIT_STATE_UNKNOWN',
    });
  });

  it('is learned in the end when the table cannot be read for a while', async () => {
    const world = await commitWorld();
    world.catalog.loadFault = (load) => (load > 1 && load < 5 ? unavailable() : null);
    expect(await commitUnder(world, 'lost-answer')).toMatchObject({ kind: 'committed' });
    await expectOnce(world, 'mine');
  });

  it('is what an error of no known kind means', async () => {
    const world = await commitWorld();
    const swap = world.catalog.swap.bind(world.catalog);
    let failed = false;
    world.catalog.swap = async (ident, base, next) => {
      await swap(ident, base, next);
      if (failed) return;
      failed = true;
      throw new TypeError('socket hang up');
    };
    expect(await commitUnder(world)).toMatchObject({ kind: 'committed', attempts: 1 });
    await expectOnce(world, 'mine');
  });

  it('also after a conflict, when the table cannot be read', async () => {
    const world = await commitWorld();
    world.catalog.loadFault = (load) => (load > 1 ? unavailable() : null);
    await expect(commitUnder(world, 'conflict')).rejects.toMatchObject({
      code: 'COMMIT_STATE_UNKNOWN',
    });
  });
});

describe('a table that changes under a commit', () => {
  it('fails for good when it is dropped', async () => {
    const world = await commitWorld();
    world.catalog.swap = async () => {
      throw new SluiceError('TABLE_NOT_FOUND', 'gone');
    };
    await expect(commitUnder(world)).rejects.toMatchObject({ code: 'TABLE_NOT_FOUND' });
  });

  it('is refused when it was replaced by another', async () => {
    const world = await commitWorld();
    const location = 's3://lake/other.json';
    const other = { ...tradesMetadata(), 'table-uuid': '00000000-0000-4000-8000-000000000000' };
    await world.store.put(location, Buffer.from(serializeTableMetadata(other)));
    const swap = world.catalog.swap.bind(world.catalog);
    world.catalog.swap = async (ident, base, next) => {
      await swap(ident, base, { metadataLocation: location, metadata: other });
      return swap(ident, base, next);
    };
    await expect(commitUnder(world)).rejects.toMatchObject({
      code: 'TABLE_INVALID',
      message: expect.stringContaining('table-uuid'),
    });
  });
});
