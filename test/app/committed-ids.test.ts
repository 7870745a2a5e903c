import { describe, expect, it } from 'vitest';
import { commitTable } from '#app/commit-table.ts';
import { createCommittedIds } from '#app/committed-ids.ts';
import { ingestBatch } from '#app/ingest-batch.ts';
import type { IngestConfig, IngestDeps } from '#app/ingest-stream.ts';
import { resetChains } from '#app/stage/reset-chains.ts';
import { stageRows } from '#app/stage-rows.ts';
import { NO_COUNTS } from '#core/delivery/delivery-counts.ts';
import { hashText } from '#core/delivery/id-hash.ts';
import type { Row } from '#core/schema/field.ts';
import { expectBooks } from './ingest-books.ts';
import { IngestWorld, recordOf, SOURCE, START_MS, TABLE, trade } from './ingest-world.ts';

const MINUTE_MS = 60_000;

/** Delivers trades that arrive so many minutes after the start, one record at a time. */
async function ingestAt(
  world: IngestWorld,
  minutes: number,
  ids: readonly string[],
  options: {
    readonly deps?: IngestDeps;
    readonly config?: IngestConfig;
    readonly source?: string;
  } = {},
) {
  const { deps = world.deps, config = world.config, source = SOURCE } = options;
  const arrivalMs = START_MS + minutes * MINUTE_MS;
  const timestamp = BigInt(arrivalMs) * 1000n;
  const rows = ids.map((id) => trade(id, { timestamp }));
  const sequence = Math.round((minutes + 10_000) * 1000);
  const record = { ...recordOf(world, sequence, rows), arrivalMs };
  const results = await ingestBatch(deps, config, { source, records: [record] });
  return results[0]!;
}

function withHorizon(world: IngestWorld, horizonMs: number, maxCommittedIds = 1_000_000) {
  return world.deploy((stream) => ({ ...stream, dedupe: { horizonMs }, maxCommittedIds }));
}

/** Parquet files read so far. */
function countingReads(world: IngestWorld): { readonly deps: IngestDeps; reads(): number } {
  const deps = world.instance();
  let reads = 0;
  const readRows: IngestDeps['reader']['readRows'] = async (uri, columns) => {
    reads++;
    return await deps.reader.readRows(uri, columns);
  };
  return { deps: { ...deps, reader: { readRows } }, reads: () => reads };
}

describe('an event that is sent twice', () => {
  it.each([
    ['a minute later', 1, 1],
    ['at the end of the horizon', 60, 1],
    ['after the horizon', 60.001, 0],
    ['before it, by the clock of another shard', -59, 1],
  ])('is found in another batch that arrives %s', async (_, minutes, deduplicated) => {
    const world = await IngestWorld.create();
    await ingestAt(world, 0, ['1', '2'], { source: `${SOURCE}-first` });
    const { counts } = await ingestAt(world, minutes, ['2', '3'], { deps: world.instance() });
    expect(counts).toMatchObject({ received: 2, deduplicated });
    await expectBooks(world, 4);
  });

  it('is not looked for where the horizon is 0', async () => {
    const world = await IngestWorld.create();
    const { deps, reads } = countingReads(world);
    const options = { deps, config: withHorizon(world, 0) };
    await ingestAt(world, 0, ['1'], options);
    const { counts } = await ingestAt(world, 1, ['1'], options);
    expect(counts).toEqual({ ...NO_COUNTS, received: 1, committed: 1 });
    expect(reads()).toBe(0);
  });

  it('is not what a redelivery brings', async () => {
    const world = await IngestWorld.create();
    await ingestAt(world, 0, ['1', '2']);
    await ingestAt(world, 0, ['1', '2'], { deps: world.instance() });
    expect(await expectBooks(world, 2)).toMatchObject({ deduplicated: 0 });
  });
});

describe('what an instance knows', () => {
  it('it need not read: its own rows are known, those of others are read once', async () => {
    const world = await IngestWorld.create();
    const one = countingReads(world);
    const two = countingReads(world);
    for (let minute = 0; minute < 6; minute++) {
      const { deps } = minute % 2 === 0 ? one : two;
      await ingestAt(world, minute, [`${minute}`, '0'], { deps });
    }
    expect(await expectBooks(world, 12)).toMatchObject({ deduplicated: 6 });
    expect([one.reads(), two.reads()]).toEqual([2, 3]);
  });

  it('is read once however far time moves on', async () => {
    const world = await IngestWorld.create();
    const other = countingReads(world);
    let files = 0;
    for (let minute = 0; minute < 240; minute += 7) {
      await ingestAt(world, minute, [`${minute}`], { source: `${SOURCE}-other` });
      await ingestAt(world, minute + 3, [`${minute}`], other);
      files++;
    }
    expect(other.reads()).toBe(files);
  });

  it('is read anew by a cold instance, as far as the horizon reaches', async () => {
    const world = await IngestWorld.create();
    for (const minute of [0, 100, 130, 190]) await ingestAt(world, minute, [`${minute}`]);
    const cold = countingReads(world);
    const { counts } = await ingestAt(world, 195, ['0', '100', '190'], cold);
    expect(counts).toMatchObject({ committed: 2, deduplicated: 1 });
    expect(cold.reads()).toBe(1);
  });

  it('follows a table that is rolled back on purpose: its rows come in again', async () => {
    const world = await IngestWorld.create();
    await ingestAt(world, 0, ['1']);
    const before = await world.metadata();
    await ingestAt(world, 1, ['2']);
    await world.rollBack(before);
    await resetChains(world.deps, { domain: world.config.domain });
    const { counts } = await ingestAt(world, 1, ['2']);
    expect(counts).toMatchObject({ committed: 1, deduplicated: 0 });
    const ids = (await world.rows()).map((row) => row['trade_id']);
    expect(ids.toSorted()).toEqual(['1', '2']);
  });

  it('follows files that another engine has rewritten', async () => {
    const world = await IngestWorld.create();
    await ingestAt(world, 0, ['1']);
    await ingestAt(world, 1, ['2']);
    await compact(world);
    const { counts } = await ingestAt(world, 2, ['1', '2', '3']);
    expect(counts).toMatchObject({ committed: 1, deduplicated: 2 });
  });

  it('finds rows whose manifests were merged', async () => {
    const world = await IngestWorld.create();
    const metadata = await world.metadata();
    const properties = { ...metadata.properties, 'commit.manifest.min-count-to-merge': '3' };
    await world.replaceMetadata({ ...metadata, properties });
    for (let minute = 0; minute < 10; minute++) {
      const deps = minute % 3 === 0 ? world.instance() : world.deps;
      await ingestAt(world, minute, [`${minute}`, `${Math.max(0, minute - 4)}`], { deps });
    }
    expect(await expectBooks(world, 20)).toMatchObject({ deduplicated: 10 });
  });

  it('is cut to what memory holds, nearest first, and says so', async () => {
    const world = await IngestWorld.create();
    const config = withHorizon(world, 60 * MINUTE_MS, 5);
    for (const minute of [0, 20, 40]) {
      const ids = [`${minute}-a`, `${minute}-b`];
      const { isHorizonCut } = await ingestAt(world, minute, ids, { config });
      expect(isHorizonCut).toBe(false);
    }
    const cold = { config, deps: world.instance() };
    const result = await ingestAt(world, 55, ['0-a', '20-a', '40-a'], cold);
    expect(result).toMatchObject({
      isHorizonCut: true,
      counts: { committed: 1, deduplicated: 2 },
    });
  });

  it('drops what time has passed before it is cut', async () => {
    const world = await IngestWorld.create();
    const config = withHorizon(world, 60 * MINUTE_MS, 5);
    for (let minute = 0; minute < 600; minute += 50) {
      const result = await ingestAt(world, minute, [`${minute}-a`, `${minute}-b`], { config });
      expect(result.isHorizonCut).toBe(false);
    }
  });

  it('serves a shard that lags hours behind another', async () => {
    const world = await IngestWorld.create();
    const slow = { source: `${SOURCE}-slow` };
    for (let step = 0; step < 5; step++) {
      await ingestAt(world, 600 + step, [`fast-${step}`, `fast-${step - 1}`]);
      await ingestAt(world, step, [`slow-${step}`, `slow-${step - 1}`], slow);
    }
    expect(await expectBooks(world, 20)).toMatchObject({ deduplicated: 8 });
  });
});

describe('createCommittedIds', () => {
  it('answers overlapping questions one after the other, each by its own state of the table', async () => {
    const world = await IngestWorld.create();
    const states = [await world.metadata()];
    for (let minute = 0; minute < 4; minute++) {
      await ingestAt(world, minute, [`${minute}`]);
      states.push(await world.metadata());
    }
    const ids = createCommittedIds(world.deps, { horizonMs: 60 * MINUTE_MS, maxIds: 1000 });
    const window = { fromMs: START_MS, toMs: START_MS + 5 * MINUTE_MS };
    const order = [4, 0, 2, 1, 3, 0, 4];
    const known = await Promise.all(
      order.map((index) =>
        ids.lookUp(states[index]!, window, ({ isCommitted }) =>
          [0, 1, 2, 3].filter((minute) =>
            isCommitted(hashText(`NYSE:${minute}`), 0, START_MS + minute * MINUTE_MS),
          ),
        ),
      ),
    );
    expect(known).toEqual(order.map((index) => [0, 1, 2, 3].slice(0, index)));
  });

  it('goes on after a question that failed', async () => {
    const world = await IngestWorld.create();
    await ingestAt(world, 0, ['1']);
    const reader: IngestDeps['reader'] = {
      readRows: async () => {
        throw new Error('planted');
      },
    };
    let broken = true;
    const deps = {
      store: world.store,
      reader: {
        readRows: async (uri: string, columns: readonly string[]) =>
          await (broken ? reader : world.deps.reader).readRows(uri, columns),
      },
    };
    const ids = createCommittedIds(deps, { horizonMs: MINUTE_MS, maxIds: 1000 });
    const base = await world.metadata();
    const window = { fromMs: START_MS, toMs: START_MS };
    const ask = () =>
      ids.lookUp(base, window, ({ isCommitted }) => isCommitted(hashText('NYSE:1'), 0, START_MS));
    await expect(ask()).rejects.toThrow('planted');
    broken = false;
    expect(await ask()).toBe(true);
  });
});

/** All rows in one new file, which replaces the others. */
async function compact(world: IngestWorld): Promise<void> {
  const before = await world.metadata();
  const rows = (await world.rows()).map((row): Row => {
    const at = row['_ingested_at'] as Date;
    const micros = BigInt(at.getTime()) * 1000n;
    return { ...(row as Row), _ingested_at: micros, timestamp: micros };
  });
  const state = await world.state();
  const range = { source: SOURCE, first: state!.position, last: state!.position };
  const files = await stageRows(world.store, before, { rows, range });
  await world.replaceMetadata({ ...before, 'current-snapshot-id': null, refs: {}, snapshots: [] });
  await commitTable(world.deps, TABLE, {
    build: async () => ({ addFiles: files, summary: {} }),
  });
}
