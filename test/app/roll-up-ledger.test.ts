import { describe, expect, it } from 'vitest';
import { readBatchSummaries } from '#core/delivery/batch-summary.ts';
import { addCounts } from '#core/delivery/delivery-counts.ts';
import { decodeSourceStates, encodeSourceStates } from '#core/delivery/source-state.ts';
import { HOUR_MS, history, SHARD_ID } from './ledger/history.ts';
import {
  bronzeTable,
  DEAD_LETTERS,
  LEDGER,
  type LedgerWorld,
  MAPPING_ID,
  MINUTE_MS,
  RETENTION_MS,
  START_MS,
} from './ledger/ledger-world.ts';

describe('rollUpLedger', () => {
  it('balances a domain whose events are all taken in', async () => {
    const { world, writer, takeIn, line } = await history();
    const fates = ['committed', 'committed', 'deduplicated', 'rejected', 'undecodable'] as const;
    await writer.produce(
      fates.map((fate) => ({ stream: 'trade', fate })),
      'k',
    );
    await writer.produce([{ stream: '_unknown', fate: 'undecodable' }], 'k');
    await takeIn();
    await world.receipts.record({ domain: 'market', stream: 'trade', producer: 'p', events: 5 });
    const run = await world.rollUp({ standstill: true });
    expect(run).toMatchObject({ complete: true, unbalancedEvents: 0, problems: [], notes: [] });
    expect(line(run)).toEqual({
      stream: 'trade',
      received: 5,
      acknowledged: 5,
      committed: 2,
      deduplicated: 1,
      rejected: 1,
      deadLettered: 1,
      late: 0,
      inFlight: 0,
      unbalanced: 0,
    });
    expect(line(run, '_unknown')).toMatchObject({ received: 1, deadLettered: 1 });
  });

  it('counts what is on its way as in flight, and as missing once its hour is closed', async () => {
    const { world, produce, line } = await history();
    await produce(3);
    expect(line(await world.rollUp())).toMatchObject({ inFlight: 3, unbalanced: 0 });
    world.nowMs += 90 * MINUTE_MS;
    const closed = await world.rollUp();
    expect(closed).toMatchObject({ unbalancedEvents: 3 });
    expect(closed.problems).toEqual([
      expect.stringMatching(/market\.trade, arrival hour 2026-11-20T10, .*3 events read off/),
    ]);
  });

  it('takes present hours as closed at a standstill', async () => {
    const { world, produce } = await history();
    await produce(3);
    expect((await world.rollUp({ standstill: true })).unbalancedEvents).toBe(3);
  });

  it('finds a commit that was taken in twice', async () => {
    const { world, produce, takeIn } = await history();
    await produce(3);
    await takeIn();
    await world.rollUp();
    const twice = await world.metadata(bronzeTable('trade'));
    await world.changeTable(bronzeTable('trade'), (metadata) => doubled(metadata));
    expect(twice.snapshots).toHaveLength(1);
    world.nowMs += 20 * MINUTE_MS;
    const { problems, unbalancedEvents } = await world.rollUp();
    expect(unbalancedEvents).toBe(3);
    expect(problems).toEqual([expect.stringMatching(/3 events more than were read/)]);
  });

  it('leaves no snapshot behind when nothing has happened, except now and then', async () => {
    const { world, produce, takeIn } = await history();
    await produce(1);
    await takeIn();
    expect((await world.rollUp()).entries).toBe(2);
    const { snapshots } = await world.metadata(LEDGER);
    world.nowMs += HOUR_MS;
    expect((await world.rollUp()).entries).toBe(0);
    expect((await world.metadata(LEDGER)).snapshots).toHaveLength(snapshots.length);
    world.nowMs += 6 * HOUR_MS;
    await world.rollUp();
    expect((await world.metadata(LEDGER)).snapshots).toHaveLength(snapshots.length + 1);
    expect((await world.cursor()).listedMs).toBe(world.nowMs);
  });

  it('keeps the books of domains in one table apart', async () => {
    const { world, produce, takeIn } = await history();
    await produce(2);
    await takeIn();
    await world.rollUp();
    const other = { domain: 'city', streams: [] };
    expect(await world.rollUp({ config: other })).toMatchObject({ domain: 'city', entries: 1 });
    expect((await world.rollUp()).entries).toBe(0);
    expect((await world.rollUp({ config: other })).entries).toBe(0);
    expect(await world.journal()).toHaveLength(2);
  });

  it('books again what a rollback of its own table took away', async () => {
    const { world, produce, takeIn, line } = await history();
    await produce(2);
    await takeIn();
    await world.rollUp();
    const { 'current-snapshot-id': kept } = await world.metadata(LEDGER);
    await produce(3);
    await takeIn();
    await world.rollUp();
    await world.rollBackTo(LEDGER, kept ?? 0n);
    const run = await world.rollUp({ standstill: true });
    expect(line(run)).toMatchObject({ received: 5, committed: 5 });
    expect(run.problems).toEqual([]);
  });

  describe('trimmed records', () => {
    it('are noted when a shard was not read for longer than its retention', async () => {
      const { world, produce, takeIn } = await history();
      await produce(1);
      await takeIn();
      await world.rollUp();
      world.nowMs += RETENTION_MS + 1;
      world.stream.trim();
      const { notes, problems } = await world.rollUp();
      expect(problems).toEqual([]);
      expect(notes).toEqual([
        expect.stringMatching(/arrived from 2026-11-20T10:50:00Z to .* may have been trimmed/),
      ]);
      expect((await world.rollUp()).notes).toEqual([]);
    });

    it('are booked as received, and stay a problem, as far as tables account for them', async () => {
      const { world, produce, takeIn, line } = await history();
      await produce(1);
      await takeIn();
      await world.rollUp();
      world.nowMs += HOUR_MS;
      await produce(4);
      await takeIn();
      world.nowMs += RETENTION_MS;
      world.stream.trim();
      await produce(2);
      await takeIn();
      const run = await world.rollUp({ standstill: true });
      expect(line(run)).toMatchObject({ received: 7, committed: 7, unbalanced: 0 });
      expect(run.unbalancedEvents).toBe(4);
      expect(run.problems).toEqual([expect.stringMatching(/4 events that .* were trimmed/)]);
      expect((await world.rollUp()).problems).toEqual(run.problems);
      world.nowMs += RETENTION_MS;
      expect((await world.rollUp()).problems).toEqual([]);
    });

    it('are told from commits that came twice', async () => {
      const { world, produce, takeIn } = await history();
      await produce(1);
      await takeIn();
      await world.rollUp();
      world.nowMs += RETENTION_MS + HOUR_MS;
      world.stream.trim();
      await world.rollUp();
      world.nowMs += 2 * HOUR_MS;
      await produce(3);
      await takeIn();
      await world.rollUp();
      await world.changeTable(bronzeTable('trade'), (metadata) => doubled(metadata));
      world.nowMs += 2 * HOUR_MS;
      expect((await world.rollUp()).problems).toEqual([
        expect.stringMatching(/3 events more than were read/),
      ]);
    });

    it('of before the first run are found by the commits that account for them', async () => {
      const { world, produce, takeIn, line } = await history();
      await produce(4, 5);
      await takeIn();
      world.nowMs += 2 * HOUR_MS;
      world.stream.trim();
      await produce(2);
      await takeIn();
      const run = await world.rollUp({ standstill: true });
      expect(line(run)).toMatchObject({ received: 11, committed: 11 });
      expect(run.problems).toEqual([
        expect.stringMatching(/9 events that arrived from the beginning to .* were trimmed/),
      ]);
    });

    it('hide nothing in the first run of a new stream', async () => {
      const { world, produce, takeIn } = await history();
      await produce(3);
      await takeIn();
      await world.changeTable(bronzeTable('trade'), (metadata) => doubled(metadata));
      const { problems } = await world.rollUp({ standstill: true });
      expect(problems).toEqual([expect.stringMatching(/3 events more than were read/)]);
    });

    it('are found by a shard that is gone before it was read to its end', async () => {
      const { world, produce } = await history();
      await produce(1);
      await world.rollUp();
      const deps = world.newDeps();
      const gone = { ...deps, stream: { ...deps.stream, listShards: async () => [] } };
      const { notes } = await world.rollUp({ deps: gone });
      expect(notes).toEqual([expect.stringContaining(SHARD_ID)]);
    });
  });

  describe('receipts', () => {
    it('that no shard knows of are a problem', async () => {
      const { world, produce, takeIn } = await history();
      await produce(3);
      await takeIn();
      await world.receipts.record({ domain: 'market', stream: 'trade', producer: 'p', events: 4 });
      const { problems } = await world.rollUp();
      expect(problems).toEqual([expect.stringMatching(/receipts for 4 events, but only 3 stand/)]);
    });

    it('may be missing', async () => {
      const { world, produce, takeIn } = await history();
      await produce(3);
      await takeIn();
      await world.receipts.record({ domain: 'market', stream: 'trade', producer: 'p', events: 1 });
      expect((await world.rollUp({ standstill: true })).problems).toEqual([]);
    });
  });

  describe('failed batches', () => {
    it('are holes, with their object as evidence', async () => {
      const { world, writer, produce, line } = await history();
      await produce(2, 3);
      await writer.deliver(SHARD_ID, { records: 2, steps: 0, givesUp: true });
      const run = await world.rollUp({ standstill: true });
      expect(run).toMatchObject({ holeEvents: 5, unbalancedEvents: 0, problems: [] });
      expect(line(run)).toMatchObject({ received: 5, deadLettered: 5 });
      const holes = (await world.journal()).filter(({ kind }) => kind === 'hole');
      expect(holes.map(({ evidence }) => evidence)).toEqual([
        expect.stringMatching(
          new RegExp(`^${DEAD_LETTERS}/aws/lambda/${MAPPING_ID}/.*, events 0*1/0 to 0*2/2$`),
        ),
      ]);
      expect((await world.rollUp()).holeEvents).toBe(0);
    });

    it('are no holes where the batch was staged, however late it is committed', async () => {
      const { world, writer, produce, line } = await history();
      await produce(2, 3);
      await writer.deliver(SHARD_ID, { records: 2, steps: 0, givesUp: true });
      await writer.stageGivenUp();
      const waiting = await world.rollUp();
      expect(line(waiting)).toMatchObject({ received: 5, deadLettered: 0, inFlight: 5 });
      world.nowMs += 7 * HOUR_MS;
      // Overdue, and said so; but nobody has given the events up.
      expect(await world.rollUp()).toMatchObject({ holeEvents: 0, unbalancedEvents: 5 });
      await writer.commitStaged();
      const run = await world.rollUp({ standstill: true });
      expect(run).toMatchObject({ unbalancedEvents: 0, problems: [] });
      expect(line(run)).toMatchObject({ received: 5, committed: 5, deadLettered: 0 });
    });

    it('are holes as far as they were not staged: a later part of the batch failed', async () => {
      const { world, writer, produce, line } = await history();
      await produce(2);
      await writer.deliver(SHARD_ID, { records: 1, steps: 0, givesUp: true });
      await writer.stageGivenUp();
      await produce(3);
      await writer.giveUp(SHARD_ID, writer.events);
      expect(line(await world.rollUp())).toMatchObject({ deadLettered: 3, inFlight: 2 });
      expect(line(await world.rollUp())).toMatchObject({ deadLettered: 3, inFlight: 2 });
    });

    it('are holes before a staged batch, which says nothing about what lies before it', async () => {
      const { world, writer, produce, line } = await history();
      await produce(2, 3);
      await writer.deliver(SHARD_ID, { records: 1, steps: 0, givesUp: true });
      await writer.deliver(SHARD_ID, { records: 1, steps: 0, givesUp: true });
      await writer.stageGivenUp();
      expect(line(await world.rollUp())).toMatchObject({ deadLettered: 2, inFlight: 3 });
      await writer.commitStaged();
      const run = await world.rollUp({ standstill: true });
      expect(line(run)).toMatchObject({ committed: 3, deadLettered: 2 });
      expect(run).toMatchObject({ unbalancedEvents: 0, problems: [] });
    });

    it('that were booked are taken back when the batch turns out to be staged', async () => {
      const { world, writer, produce, line } = await history();
      await produce(4);
      await writer.deliver(SHARD_ID, { records: 1, steps: 0, givesUp: true });
      expect(line(await world.rollUp())).toMatchObject({ deadLettered: 4 });
      await writer.stageGivenUp();
      expect(line(await world.rollUp())).toMatchObject({ deadLettered: 0, inFlight: 4 });
    });

    it('that cannot be read are a problem, and keep nobody up', async () => {
      const { world, produce, takeIn } = await history();
      const uri = `${DEAD_LETTERS}/aws/lambda/${MAPPING_ID}/${SHARD_ID}/2026/11/20/2026-11-20T10.49.00-x`;
      await world.store.put(uri, Buffer.from('garbage'));
      await produce(1);
      await takeIn();
      const run = await world.rollUp({ standstill: true });
      expect(run.problems).toEqual([expect.stringContaining(uri)]);
      expect(run.entries).toBe(2);
    });

    it('are worked off in the order of their times, however many come in one second', async () => {
      const { world, writer, produce, line } = await history();
      await produce(...Array.from({ length: 12 }, () => 1));
      for (let record = 0; record < 12; record++) {
        await writer.deliver(SHARD_ID, { records: 1, steps: 0, givesUp: true });
      }
      let runs = 1;
      while (!(await world.rollUp({ limits: { maxFailures: 3 } })).complete) runs++;
      expect(runs).toBe(4);
      expect(line(await world.rollUp())).toMatchObject({ deadLettered: 12, inFlight: 0 });
    });

    it('are worked off by size, one a run at least', async () => {
      const { world, writer, produce, line } = await history();
      await produce(3, 3, 3, 3);
      for (let record = 0; record < 4; record++) {
        await writer.deliver(SHARD_ID, { records: 1, steps: 0, givesUp: true });
        world.nowMs += MINUTE_MS;
      }
      let runs = 1;
      while (!(await world.rollUp({ limits: { maxFailureBytes: 1 } })).complete) runs++;
      expect(runs).toBe(4);
      expect(line(await world.rollUp())).toMatchObject({ deadLettered: 12, inFlight: 0 });
    });

    it('are found although they become visible late', async () => {
      const { world, writer, produce, line } = await history();
      await produce(2);
      await world.rollUp();
      world.nowMs += 30 * MINUTE_MS;
      await world.rollUp();
      world.nowMs -= 10 * MINUTE_MS;
      await writer.deliver(SHARD_ID, { records: 1, steps: 0, givesUp: true });
      world.nowMs += 15 * MINUTE_MS;
      expect(line(await world.rollUp())).toMatchObject({ deadLettered: 2 });
    });

    it('of an event source mapping that was replaced are found all the same', async () => {
      const { world, writer, produce, line } = await history();
      await produce(2);
      await world.rollUp();
      await writer.deliver(SHARD_ID, { records: 1, steps: 0, givesUp: true });
      const run = await world.rollUp({ config: { mappingIds: ['another'] } });
      expect(line(run)).toMatchObject({ deadLettered: 2 });
    });

    it('are found after days without a run', async () => {
      const { world, writer, produce, line } = await history();
      await produce(2);
      await world.rollUp();
      world.nowMs += 26 * HOUR_MS;
      await writer.deliver(SHARD_ID, { records: 1, steps: 0, givesUp: true });
      world.nowMs += 50 * HOUR_MS;
      expect(line(await world.rollUp())).toMatchObject({ deadLettered: 2 });
    });
  });

  it('finds hours for commits that expired only after all failed batches are known', async () => {
    const { world, writer, produce, takeIn } = await history();
    for (let hour = 0; hour < 4; hour++) {
      await produce(1);
      world.nowMs += HOUR_MS;
    }
    await writer.deliver(SHARD_ID, { records: 1, steps: 0, givesUp: true });
    await writer.deliver(SHARD_ID, { records: 1, steps: 0, givesUp: true });
    await writer.deliver(SHARD_ID, { records: 1 });
    await takeIn();
    await writer.expire(bronzeTable('trade'), 1);
    while (!(await world.rollUp({ limits: { maxFailures: 1 } })).complete);
    expect((await world.cursor()).open).toEqual([]);
  });

  it('takes back what a rejected table lost, from the hours it was booked for', async () => {
    const { world, writer, takeIn, line } = await history();
    const rejected = [{ stream: 'trade', fate: 'rejected' }] as const;
    await writer.produce(rejected, 'k');
    await takeIn();
    world.nowMs += HOUR_MS;
    await writer.produce([...rejected, ...rejected], 'k');
    await takeIn();
    await world.rollUp();
    await writer.rollBack({ database: 'local_market_bronze', table: 'rejected' });
    await writer.expire({ database: 'local_market_bronze', table: 'rejected' }, 1);
    const run = await world.rollUp({ standstill: true });
    expect(line(run)).toMatchObject({ received: 3, rejected: 1, unbalanced: 2 });
    expect(run.problems).toEqual([expect.stringContaining('arrival hour 2026-11-20T11')]);
  });

  it('names its files by domain, and times its entries', async () => {
    const { world, produce } = await history();
    await produce(1);
    await world.rollUp();
    const files: string[] = [];
    for await (const { uri } of world.store.list('s3://lake/local_ops/ledger/data/'))
      files.push(uri);
    expect(files).toEqual([expect.stringMatching(/hour_day=2026-11-20\/market_\d+-0_/)]);
    expect((await world.cursor()).writtenMs).toBe(START_MS);
  });
});

/** A table whose newest commit stands in it twice, as a writer without a guard would leave it. */
function doubled(metadata: Awaited<ReturnType<LedgerWorld['metadata']>>) {
  const newest = metadata.snapshots.at(-1);
  if (newest === undefined) throw new Error('the table has no commit');
  const again = {
    ...newest,
    'snapshot-id': newest['snapshot-id'] + 1n,
    'parent-snapshot-id': newest['snapshot-id'],
    'sequence-number': newest['sequence-number'] + 1n,
    summary: { ...newest.summary, 'sluice.sources': doubledCounts(newest.summary) },
  };
  return {
    ...metadata,
    'last-sequence-number': again['sequence-number'],
    'current-snapshot-id': again['snapshot-id'],
    snapshots: [...metadata.snapshots, again],
    refs: {},
  };
}

function doubledCounts(summary: Readonly<Record<string, string>>): string {
  const states = new Map(decodeSourceStates(summary['sluice.sources'] ?? '{}'));
  for (const { source, streams } of readBatchSummaries(summary)) {
    const state = states.get(source);
    if (state === undefined) throw new Error('the commit has no state');
    const added = [...streams.values()].flatMap((hours) => [...hours.values()]);
    states.set(source, { ...state, counts: added.reduce(addCounts, state.counts) });
  }
  return encodeSourceStates(states);
}
