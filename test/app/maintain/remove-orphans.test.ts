import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { commitTable } from '#app/commit-table.ts';
import { compactTable } from '#app/maintain/compact-table.ts';
import { type OrphanOptions, removeOrphans } from '#app/maintain/remove-orphans.ts';
import { stageRows } from '#app/stage-rows.ts';
import type { SourceChain } from '#core/delivery/source-chain.ts';
import { encodeStagedBatch } from '#core/delivery/staged-batch.ts';
import type { DataFile } from '#core/iceberg/spec/data-file.ts';
import { serializeTableMetadata } from '#core/iceberg/spec/table-metadata.ts';
import {
  COMPACT,
  DAY_MS,
  HOUR_MS,
  type MaintainWorld,
  maintainWorld,
  range,
  SOURCE,
  TICKS,
  TICKS_LOCATION,
  tick,
} from './maintain-world.ts';

const OPTIONS: OrphanOptions = {
  domain: 'market',
  minAgeMs: 9 * DAY_MS,
  dryRun: false,
  deadlineMs: Number.POSITIVE_INFINITY,
};

function depsOf(world: MaintainWorld, chains: () => readonly SourceChain[] = () => []) {
  return { ...world.deps, stagingLog: { list: async () => chains() } };
}

/** A batch that is staged, with the chain that names it. */
async function stage(
  world: MaintainWorld,
  ids: readonly number[],
  arrivalMs = world.clock.nowMs(),
) {
  const last = { sequence: '9'.padStart(56, '0'), subSequence: 0 };
  const metadata = await world.load();
  const rows = ids.map((id) => tick(id, arrivalMs));
  const files = await stageRows(world.store, metadata, {
    rows,
    range: { source: SOURCE, first: last, last },
    nowMs: world.clock.nowMs(),
  });
  const body = Buffer.from(
    encodeStagedBatch({
      domain: 'market',
      source: SOURCE,
      last,
      tables: new Map([
        [
          'local_market_bronze.ticks',
          {
            tableUuid: metadata['table-uuid'],
            schemaId: 0,
            specId: 0,
            dedupeHorizonMs: 0,
            first: last,
            files,
            streams: new Map(),
            duplicates: [],
            maxEventTimeMicros: null,
          },
        ],
      ]),
    }),
  );
  const sha256 = createHash('sha256').update(body).digest('hex');
  const uri = `${TICKS_LOCATION}/staged/${sha256}.json`;
  await world.store.put(uri, body);
  const chain: SourceChain = {
    source: SOURCE,
    version: 1,
    position: last,
    tables: new Map(),
    links: [
      {
        prev: null,
        last,
        tables: new Map([['local_market_bronze.ticks', null]]),
        descriptor: { uri, sha256 },
        stagedAtMs: world.clock.nowMs(),
      },
    ],
  };
  return { files, chain, uri };
}

const commit = (world: MaintainWorld, files: readonly DataFile[]) =>
  commitTable(world.deps, TICKS, { build: async () => ({ addFiles: files, summary: {} }) });

async function exists(world: MaintainWorld, uri: string): Promise<boolean> {
  return (await world.store.head(uri)) !== null;
}

describe('removeOrphans', () => {
  it('deletes old files that nothing names and keeps every other', async () => {
    const world = await maintainWorld();
    await world.append(range(0, 10));
    const orphans = ['data/x/lost.parquet', 'metadata/lost.avro', 'staged/lost.json'].map(
      (name) => `${TICKS_LOCATION}/${name}`,
    );
    for (const uri of orphans) await world.store.put(uri, Buffer.from('lost'));
    await world.clock.sleep(10 * DAY_MS);
    await world.append(range(10, 20));
    const run = await removeOrphans(depsOf(world), TICKS, OPTIONS);
    expect(run).toMatchObject({ orphans: 3, deleted: 3, orphanBytes: 12, isComplete: true });
    expect(run.examples.toSorted()).toEqual(orphans.toSorted());
    await world.readAll();
    expect(await world.problems()).toEqual([]);
    expect(await removeOrphans(depsOf(world), TICKS, OPTIONS)).toMatchObject({ orphans: 0 });
  });

  it('takes nothing that is younger than the age', async () => {
    const world = await maintainWorld();
    const uri = `${TICKS_LOCATION}/data/lost.parquet`;
    await world.store.put(uri, Buffer.from('lost'));
    await world.clock.sleep(9 * DAY_MS);
    expect(await removeOrphans(depsOf(world), TICKS, OPTIONS)).toMatchObject({ orphans: 0 });
    await world.clock.sleep(1);
    expect(await removeOrphans(depsOf(world), TICKS, OPTIONS)).toMatchObject({ deleted: 1 });
  });

  it('keeps a staged file and its descriptor however old, until they are committed', async () => {
    const world = await maintainWorld();
    const { files, chain, uri } = await stage(world, range(0, 10));
    await world.clock.sleep(100 * DAY_MS);
    await removeOrphans(
      depsOf(world, () => [chain]),
      TICKS,
      OPTIONS,
    );
    expect(await exists(world, uri)).toBe(true);
    await commit(world, files);
    expect(await world.ids()).toEqual(range(0, 10));
    await removeOrphans(depsOf(world), TICKS, OPTIONS);
    expect(await exists(world, uri)).toBe(false);
    expect(await world.ids()).toEqual(range(0, 10));
  });

  it('takes no file from a batch that is staged once more, long after, while it runs', async () => {
    const world = await maintainWorld();
    const arrivalMs = world.clock.nowMs();
    await stage(world, range(0, 10), arrivalMs);
    await world.clock.sleep(10 * DAY_MS);
    let again: readonly DataFile[] = [];
    const list = async () => {
      // The chains are read; only now a writer brings the same rows, and is not in what was read.
      again = (await stage(world, range(0, 10), arrivalMs)).files;
      return [];
    };
    const deps = { ...world.deps, stagingLog: { list } };
    expect(await removeOrphans(deps, TICKS, OPTIONS)).toMatchObject({ isComplete: true });
    await commit(world, again);
    expect(await world.ids()).toEqual(range(0, 10));
    expect(await world.problems()).toEqual([]);
  });

  it('keeps what is younger than the oldest pending batch: a committer may have written it', async () => {
    const world = await maintainWorld();
    const older = `${TICKS_LOCATION}/data/older.parquet`;
    await world.store.put(older, Buffer.from('lost'));
    await world.clock.sleep(2 * HOUR_MS);
    const { chain } = await stage(world, range(0, 10));
    const recut = `${TICKS_LOCATION}/data/recut.parquet`;
    await world.store.put(recut, Buffer.from('rows of the batch'));
    await world.clock.sleep(100 * DAY_MS);
    await removeOrphans(
      depsOf(world, () => [chain]),
      TICKS,
      OPTIONS,
    );
    expect(await exists(world, older)).toBe(false);
    expect(await exists(world, recut)).toBe(true);
  });

  it('keeps a batch that is committed while it lists', async () => {
    const world = await maintainWorld();
    const { files, chain } = await stage(world, range(0, 10));
    await world.clock.sleep(100 * DAY_MS);
    const chains = [[chain], []];
    const store = {
      ...bound(world),
      list: async function* (prefix: string) {
        for await (const object of world.store.list(prefix)) {
          yield object;
          if (object.uri === files[0]?.filePath) await commit(world, files);
        }
      },
    };
    const deps = { ...depsOf(world, () => chains.shift() ?? []), store };
    await removeOrphans(deps, TICKS, OPTIONS);
    expect(await world.ids()).toEqual(range(0, 10));
  });

  it('keeps a batch that left its chain just before the chains are read', async () => {
    const world = await maintainWorld();
    const { files } = await stage(world, range(0, 10));
    await world.clock.sleep(100 * DAY_MS);
    const stagingLog = {
      list: async () => {
        await commit(world, files);
        return [];
      },
    };
    await removeOrphans({ ...world.deps, stagingLog }, TICKS, OPTIONS);
    expect(await world.ids()).toEqual(range(0, 10));
  });

  it('deletes nothing when a pending batch cannot be read', async () => {
    const world = await maintainWorld();
    const { chain, uri } = await stage(world, range(0, 10));
    await world.store.put(uri, Buffer.from('damaged'));
    const lost = `${TICKS_LOCATION}/data/lost.parquet`;
    await world.store.put(lost, Buffer.from('lost'));
    await world.clock.sleep(100 * DAY_MS);
    await expect(
      removeOrphans(
        depsOf(world, () => [chain]),
        TICKS,
        OPTIONS,
      ),
    ).rejects.toMatchObject({ code: 'FORMAT_CORRUPT' });
    expect(await exists(world, lost)).toBe(true);
  });

  it('only tells in a dry run', async () => {
    const world = await maintainWorld();
    const uri = `${TICKS_LOCATION}/data/lost.parquet`;
    await world.store.put(uri, Buffer.from('lost'));
    await world.clock.sleep(10 * DAY_MS);
    const run = await removeOrphans(depsOf(world), TICKS, { ...OPTIONS, dryRun: true });
    expect(run).toMatchObject({ orphans: 1, deleted: 0, examples: [uri] });
    expect(await exists(world, uri)).toBe(true);
  });

  it('keeps statistics files and whatever else the metadata names', async () => {
    const world = await maintainWorld();
    const uri = `${TICKS_LOCATION}/metadata/stats.puffin`;
    await world.store.put(uri, Buffer.from('statistics'));
    const pointer = await world.catalog.load(TICKS);
    const text = serializeTableMetadata(await world.load());
    const next = text.replace(
      /}$/,
      `,"statistics":[{"snapshot-id":1,"statistics-path":"${uri}"}]}`,
    );
    const metadataLocation = `${TICKS_LOCATION}/metadata/00001-b.metadata.json`;
    await world.store.put(metadataLocation, Buffer.from(next));
    await world.catalog.swap(TICKS, pointer, { metadataLocation, metadata: await world.load() });
    await world.clock.sleep(10 * DAY_MS);
    await removeOrphans(depsOf(world), TICKS, OPTIONS);
    expect(await exists(world, uri)).toBe(true);
  });

  it('knows files by any name of the same place', async () => {
    const world = await maintainWorld();
    await world.append(range(0, 10));
    const { files } = await stage(world, range(10, 20));
    const named = files.map((file) => ({
      ...file,
      filePath: file.filePath.replace('s3:', 's3a:'),
    }));
    await commit(world, named);
    await world.clock.sleep(10 * DAY_MS);
    await removeOrphans(depsOf(world), TICKS, OPTIONS);
    for (const { filePath } of files) expect(await exists(world, filePath)).toBe(true);
  });

  it('refuses a location that another table shares', async () => {
    const world = await maintainWorld();
    const other = { ...TICKS, table: 'other' };
    const metadata = { ...(await world.load()), location: `${TICKS_LOCATION}/other` };
    const location = `${TICKS_LOCATION}/other/metadata/00000-a.metadata.json`;
    await world.store.put(location, Buffer.from(serializeTableMetadata(metadata)));
    world.catalog.create(other, location);
    await expect(removeOrphans(depsOf(world), TICKS, OPTIONS)).rejects.toThrow(/lie in each other/);
  });

  it('works through many objects in chunks, and stops at the deadline', async () => {
    const world = await maintainWorld();
    await world.append(range(0, 10));
    for (let n = 0; n < 50; n++) {
      await world.store.put(`${TICKS_LOCATION}/data/lost-${n}.parquet`, Buffer.from('lost'));
    }
    await world.clock.sleep(10 * DAY_MS);
    const stopped = await removeOrphans(depsOf(world), TICKS, { ...OPTIONS, deadlineMs: 0 });
    expect(stopped).toMatchObject({ deleted: 0, isComplete: false });
    const run = await removeOrphans(depsOf(world), TICKS, { ...OPTIONS, chunkObjects: 7 });
    expect(run).toMatchObject({ deleted: 50, isComplete: true });
    expect(await world.ids()).toEqual(range(0, 10));
  });

  it('finds what a crashed compaction left', async () => {
    const world = await maintainWorld();
    await world.append(range(0, 10));
    await world.append(range(10, 20));
    await world.clock.sleep(3 * HOUR_MS);
    await world.append(range(20, 30));
    const catalog = {
      load: world.catalog.load.bind(world.catalog),
      list: world.catalog.list.bind(world.catalog),
      swap: async () => {
        throw new Error('the process dies');
      },
    };
    const crashed = compactTable({ ...world.deps, catalog }, TICKS, COMPACT);
    await expect(crashed).rejects.toMatchObject({ code: 'COMMIT_STATE_UNKNOWN' });
    await world.clock.sleep(10 * DAY_MS);
    // Rewritten file, its manifest, the rewritten manifests of its inputs, a list and a metadata file.
    expect((await removeOrphans(depsOf(world), TICKS, OPTIONS)).deleted).toBeGreaterThanOrEqual(5);
    expect(await world.ids()).toEqual(range(0, 30));
    expect(await world.problems()).toEqual([]);
  });
});

function bound({ store }: MaintainWorld) {
  return {
    get: store.get.bind(store),
    head: store.head.bind(store),
    put: store.put.bind(store),
    list: store.list.bind(store),
    delete: store.delete.bind(store),
  };
}
