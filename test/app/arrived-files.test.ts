import { describe, expect, it } from 'vitest';
import { arrivalWindow, filesArrivedIn, type ManifestMemory } from '#app/arrived-files.ts';
import { ingestBatch } from '#app/ingest-batch.ts';
import { readPositions } from '#app/read-positions.ts';
import { padSequence } from '#core/delivery/position.ts';
import { IngestWorld, recordOf, SOURCE, START_MS, trade } from './ingest-world.ts';

const MINUTE_MS = 60_000;

/** One commit per minute given, each with one row that arrived then. */
async function worldWith(minutes: readonly number[]): Promise<IngestWorld> {
  const world = await IngestWorld.create();
  for (const minute of minutes) {
    const arrivalMs = START_MS + minute * MINUTE_MS;
    const rows = [trade(`${minute}`, { timestamp: BigInt(arrivalMs) * 1000n })];
    const record = { ...recordOf(world, minute, rows), arrivalMs };
    await ingestBatch(world.deps, world.config, { source: SOURCE, records: [record] });
  }
  return world;
}

/** Minutes of the files found in a window of minutes, and the objects read for it. */
async function find(
  world: IngestWorld,
  [from, to]: readonly [number, number],
  memory?: ManifestMemory,
) {
  const read: string[] = [];
  const files = await filesArrivedIn(
    async (uri) => {
      read.push(uri);
      return await world.store.get(uri);
    },
    await world.metadata(),
    {
      window: { fromMs: START_MS + from * MINUTE_MS, toMs: START_MS + to * MINUTE_MS },
      ...(memory === undefined ? {} : { memory }),
    },
  );
  const minutes = files.map(({ fromMs }) => (fromMs - START_MS) / MINUTE_MS);
  return { minutes: minutes.toSorted((a, b) => a - b), manifests: read.length - 1 };
}

describe('filesArrivedIn', () => {
  it('finds the files whose rows arrived in the window, both ends included', async () => {
    const world = await worldWith([0, 1, 2, 3, 90]);
    expect((await find(world, [1, 2])).minutes).toEqual([1, 2]);
    expect((await find(world, [-5, 200])).minutes).toEqual([0, 1, 2, 3, 90]);
    expect((await find(world, [4, 80])).minutes).toEqual([]);
  });

  it('opens no manifest of hours outside the window', async () => {
    const world = await worldWith([0, 1, 90, 91]);
    expect(await find(world, [90, 91])).toEqual({ minutes: [90, 91], manifests: 2 });
  });

  it('opens a manifest once, unless the window reaches further back than it did', async () => {
    const world = await worldWith([0, 1, 2, 3]);
    const memory: ManifestMemory = new Map();
    expect(await find(world, [2, 3], memory)).toEqual({ minutes: [2, 3], manifests: 4 });
    expect(await find(world, [3, 9], memory)).toEqual({ minutes: [3], manifests: 0 });
    expect(await find(world, [0, 1], memory)).toEqual({ minutes: [0, 1], manifests: 4 });
    expect(await find(world, [1, 2], memory)).toEqual({ minutes: [1, 2], manifests: 0 });
  });

  it('forgets manifests that the table no longer lists', async () => {
    const world = await worldWith([0, 1]);
    const memory: ManifestMemory = new Map();
    await find(world, [0, 9], memory);
    const [path] = memory.keys();
    memory.set('gone', memory.get(path!)!);
    await find(world, [0, 9], memory);
    expect(memory.has('gone')).toBe(false);
    expect(memory.size).toBe(2);
  });

  it('finds nothing in a table without a snapshot', async () => {
    const world = await IngestWorld.create();
    const files = await filesArrivedIn((uri) => world.store.get(uri), await world.metadata(), {
      window: { fromMs: 0, toMs: START_MS },
    });
    expect(files).toEqual([]);
  });
});

describe('arrivalWindow', () => {
  it('spans the arrivals in whole milliseconds', () => {
    const events = [5_999n, 3_000n, 4_500n].map((arrivalMicros) => ({ arrivalMicros }));
    expect(arrivalWindow(events)).toEqual({ fromMs: 3, toMs: 5 });
  });
});

describe('readPositions', () => {
  it('gives the positions of a source that arrived when the events did', async () => {
    const world = await worldWith([0, 1, 2]);
    const at = (minute: number) => ({
      arrivalMicros: BigInt(START_MS + minute * MINUTE_MS) * 1000n,
    });
    const positions = async (source: string, minutes: readonly number[]) => {
      const events = minutes.map(at);
      const metadata = await world.metadata();
      return [...(await readPositions(world.deps, metadata, { source, events }))].toSorted();
    };
    const key = (minute: number) => `${padSequence(String(minute + 1))}/0`;
    expect(await positions(SOURCE, [0, 1])).toEqual([key(0), key(1)]);
    expect(await positions(SOURCE, [2])).toEqual([key(2)]);
    expect(await positions('another', [0, 2])).toEqual([]);
    expect(await positions(SOURCE, [])).toEqual([]);
  });
});
