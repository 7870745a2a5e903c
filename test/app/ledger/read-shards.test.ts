import { describe, expect, it } from 'vitest';
import { MemoryEventStream } from '#adapters/memory/memory-event-stream.ts';
import { SluiceError } from '#core/errors.ts';
import type { EventStream } from '#ports/event-stream.ts';
import { HOUR_MS, history, SHARD_ID } from './history.ts';
import { eventOf, MINUTE_MS, STREAM_NAME } from './ledger-world.ts';

describe('the ledger, reading shards', () => {
  it('goes on where the last run stopped when there was too much for one', async () => {
    const { world, produce, takeIn, line } = await history();
    await produce(3, 3, 3, 3, 3);
    await takeIn();
    const first = await world.rollUp({ limits: { maxEvents: 4 } });
    expect(first).toMatchObject({ complete: false, problems: [] });
    expect(line(first)).toMatchObject({ received: 6, committed: 15, inFlight: 0 });
    expect(line(await world.rollUp({ standstill: true }))).toMatchObject({ received: 15 });
  });

  it('reads parents to their end and children after a split', async () => {
    const { world, produce, line } = await history();
    await produce(1, 1, 1, 1, 1);
    world.stream.split(SHARD_ID);
    await produce(1, 1, 1);
    expect(line(await world.rollUp({ limits: { maxEvents: 1 } }))?.received).toBeLessThan(8);
    while (!(await world.rollUp({ limits: { maxEvents: 1 } })).complete);
    expect(line(await world.rollUp())).toMatchObject({ received: 8 });
    expect((await world.cursor()).shards.get(`kinesis:local-market/${SHARD_ID}`)).toMatchObject({
      ended: true,
    });
  });

  it('keeps shards of equal name on several streams apart', async () => {
    const { world, produce, takeIn } = await history();
    const other = new MemoryEventStream(1, {
      name: 'local-market-quote',
      nowMs: () => world.nowMs,
    });
    const streams = new Map<string, EventStream>([
      [STREAM_NAME, world.stream],
      ['local-market-quote', other],
    ]);
    const deps = world.newDeps();
    const stream: EventStream = {
      layoutOf: world.stream.layoutOf,
      listShards: (name) => streamOf(name).listShards(name),
      putRecords: (name, records) => streamOf(name).putRecords(name, records),
      readShard: (name, shardId, after) => streamOf(name).readShard(name, shardId, after),
    };
    const streamOf = (name: string): EventStream => streams.get(name) ?? world.stream;
    const config = { streamNames: [...streams.keys()] };
    await produce(2);
    await takeIn();
    await other.putRecords('local-market-quote', [
      { partitionKey: 'k', data: eventOf('quote') },
      { partitionKey: 'k', data: eventOf('quote') },
      { partitionKey: 'k', data: eventOf('quote') },
    ]);
    const run = await world.rollUp({ deps: { ...deps, stream }, config });
    expect(run.streams).toMatchObject([
      { stream: 'quote', received: 3, inFlight: 3 },
      { stream: 'trade', received: 2, committed: 2 },
    ]);
    expect([...(await world.cursor()).shards.keys()].sort()).toEqual([
      'kinesis:local-market-quote/shardId-000000000000',
      'kinesis:local-market/shardId-000000000000',
    ]);
    expect((await world.rollUp({ deps: { ...deps, stream }, config })).entries).toBe(0);
  });

  it('stops at its deadline, after one page at least', async () => {
    const { world, produce, line } = await history();
    await produce(1, 1, 1, 1, 1);
    const run = await world.rollUp({ limits: { deadlineMs: world.nowMs - 1 } });
    expect(run.complete).toBe(false);
    expect(line(run)).toMatchObject({ received: 2 });
  });

  it('does not run after a shard that fills as fast as it is read', async () => {
    const { world, produce, line } = await history();
    await produce(1, 1);
    world.nowMs += MINUTE_MS;
    await produce(1, 1);
    world.nowMs -= MINUTE_MS / 2;
    const run = await world.rollUp();
    expect(run.complete).toBe(true);
    expect(line(run)).toMatchObject({ received: 4 });
    world.nowMs += MINUTE_MS;
    await produce(1, 1, 1, 1);
    world.nowMs -= MINUTE_MS / 2;
    expect(line(await world.rollUp())).toMatchObject({ received: 6 });
  });

  it('keeps what it counted when a shard cannot be read on, and says so', async () => {
    const { world, produce, line } = await history();
    await produce(1, 1, 1);
    const deps = world.newDeps();
    let pages = 0;
    const failing = {
      ...deps,
      stream: {
        ...deps.stream,
        readShard: async function* (name: string, shardId: string, after: string | null) {
          for await (const page of deps.stream.readShard(name, shardId, after)) {
            if (++pages === 2) throw new SluiceError('SOURCE_UNAVAILABLE', 'planted: throttled');
            yield page;
          }
        },
      },
    };
    const run = await world.rollUp({ deps: failing });
    expect(run.complete).toBe(false);
    expect(run.problems).toEqual([expect.stringContaining('planted: throttled')]);
    expect(line(run)).toMatchObject({ received: 2 });
    expect(line(await world.rollUp())).toMatchObject({ received: 3 });
  });

  it('says how far it is behind', async () => {
    const { world, produce } = await history();
    await produce(1, 1);
    world.nowMs += 10 * MINUTE_MS;
    await produce(1, 1, 1);
    const behind = await world.rollUp({ limits: { maxEvents: 1 } });
    expect(behind).toMatchObject({ lagSeconds: 600, problems: [] });
    world.nowMs += 3 * HOUR_MS;
    const later = await world.rollUp({ limits: { maxEvents: 1 } });
    expect(later.problems).toContainEqual(expect.stringMatching(/only up to 180 minutes ago/));
    expect((await world.rollUp()).lagSeconds).toBe(0);
  });
});
