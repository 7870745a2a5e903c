import { describe, expect, it } from 'vitest';
import { MemoryStagingLog } from '#adapters/memory/memory-staging-log.ts';
import { commitTable } from '#app/commit-table.ts';
import { findRollbackTarget, planRollback, rollBackTable } from '#app/roll-back-table.ts';
import { updateTable } from '#app/update-table.ts';
import { NO_COUNTS } from '#core/delivery/delivery-counts.ts';
import { padSequence } from '#core/delivery/position.ts';
import { encodeSourceStates, readSourceStates, SOURCES_KEY } from '#core/delivery/source-state.ts';
import { setSnapshotRef } from '#core/iceberg/transaction/snapshot-refs.ts';
import { change, commitWorld, fileNamed, IDENT } from './commit-world.ts';

const SOURCE = 'kinesis:market/shardId-000000000000';
const DOMAIN = 'market';
const positionOf = (commit: number) => ({ sequence: padSequence(String(commit)), subSequence: 0 });

function statesAt(commit: number): string {
  const counts = { ...NO_COUNTS, received: commit * 10, committed: commit * 10 };
  return encodeSourceStates(
    new Map([[SOURCE, { position: positionOf(commit), maxEventTimeMicros: null, counts }]]),
  );
}

/** Four commits, each with its position, and a chain that is staged as far. */
async function worldOf(options: { readonly properties?: Readonly<Record<string, string>> } = {}) {
  const world = await commitWorld();
  for (let commit = 1; commit <= 4; commit++) {
    await world.deps.clock.sleep(60_000);
    await commitTable(world.deps, IDENT, {
      build: async () => ({
        ...change([fileNamed(`f${commit}`)], { [SOURCES_KEY]: statesAt(commit) }),
        properties: { [SOURCES_KEY]: statesAt(commit), ...options.properties },
      }),
    });
  }
  const stagingLog = new MemoryStagingLog();
  const state = { position: positionOf(4), maxEventTimeMicros: null };
  await stagingLog.put(DOMAIN, {
    source: SOURCE,
    version: 1,
    position: positionOf(4),
    tables: new Map([['market.trades', state]]),
    links: [],
  });
  const snapshots = (await world.load()).snapshots.map((snapshot) => snapshot['snapshot-id']);
  return { world, deps: { ...world.deps, stagingLog }, stagingLog, snapshots };
}

describe('a rollback', () => {
  it('says what it would change and changes nothing', async () => {
    const { world, deps, snapshots } = await worldOf();
    const before = await world.load();
    const plan = await planRollback(deps, IDENT, { to: String(snapshots[1]), domain: DOMAIN });
    expect(plan).toMatchObject({ commits: 2, rowsBefore: 4, rowsAfter: 2, staged: [] });
    expect(plan.sources).toEqual([
      { source: SOURCE, from: positionOf(4), to: positionOf(2), events: 20 },
    ]);
    expect(await world.load()).toEqual(before);
  });

  it('takes rows, positions and the staged chain back', async () => {
    const { world, deps, stagingLog, snapshots } = await worldOf();
    const plan = await planRollback(deps, IDENT, { to: String(snapshots[1]), domain: DOMAIN });
    const { reset } = await rollBackTable(deps, IDENT, { plan, domain: DOMAIN });
    const metadata = await world.load();
    expect(await world.liveFiles()).toEqual(['f2', 'f1']);
    expect(readSourceStates(metadata).get(SOURCE)?.position).toEqual(positionOf(2));
    expect(metadata.properties[SOURCES_KEY]).toBe(statesAt(2));
    expect(reset).toEqual([{ source: SOURCE, readAfter: positionOf(2), droppedLinks: 0 }]);
    const chain = await stagingLog.read(DOMAIN, SOURCE);
    expect(chain?.position).toBeNull();
    expect(chain?.tables.get('market.trades')?.position).toEqual(positionOf(2));
    expect(await world.problems()).toEqual([]);
  });

  it('goes forward again in the same way', async () => {
    const { world, deps, snapshots } = await worldOf();
    for (const to of [snapshots[1], snapshots[3]]) {
      const plan = await planRollback(deps, IDENT, { to: String(to), domain: DOMAIN });
      await rollBackTable(deps, IDENT, { plan, domain: DOMAIN });
    }
    expect(await world.liveFiles()).toEqual(['f4', 'f3', 'f2', 'f1']);
    expect(readSourceStates(await world.load()).get(SOURCE)?.position).toEqual(positionOf(4));
    expect(await world.problems()).toEqual([]);
  });

  it('is carried out on the state that was planned, or not at all', async () => {
    const { world, deps, snapshots } = await worldOf();
    const plan = await planRollback(deps, IDENT, { to: String(snapshots[1]), domain: DOMAIN });
    await commitTable(world.deps, IDENT, { build: async () => change([fileNamed('late')]) });
    await expect(rollBackTable(deps, IDENT, { plan, domain: DOMAIN })).rejects.toThrow(
      expect.objectContaining({ code: 'COMMIT_CONFLICT' }),
    );
    expect(await world.liveFiles()).toHaveLength(5);
  });

  it('mends a chain that a crash left behind when it is done again', async () => {
    const { deps, stagingLog, snapshots } = await worldOf();
    const plan = await planRollback(deps, IDENT, { to: String(snapshots[1]), domain: DOMAIN });
    await rollBackTable(deps, IDENT, { plan, domain: null });
    expect((await stagingLog.read(DOMAIN, SOURCE))?.position).toEqual(positionOf(4));
    const { reset } = await rollBackTable(deps, IDENT, { plan, domain: DOMAIN });
    expect(reset).toHaveLength(1);
  });

  it('waits for staged batches unless they may be dropped', async () => {
    const { deps, stagingLog, snapshots } = await worldOf();
    const chain = await stagingLog.read(DOMAIN, SOURCE);
    if (chain === null) throw new Error('expected a chain');
    const link = {
      prev: positionOf(4),
      last: positionOf(5),
      tables: new Map([['market.trades', positionOf(4)]]),
      descriptor: { uri: 's3://lake/d.json', sha256: 'a'.repeat(64) },
      stagedAtMs: 1,
    };
    await stagingLog.put(DOMAIN, { ...chain, version: 2, position: positionOf(5), links: [link] });
    const plan = await planRollback(deps, IDENT, { to: String(snapshots[1]), domain: DOMAIN });
    expect(plan.staged).toEqual([{ source: SOURCE, links: 1 }]);
    await expect(rollBackTable(deps, IDENT, { plan, domain: DOMAIN })).rejects.toThrow(
      'wait for their commit',
    );
    const { reset } = await rollBackTable(deps, IDENT, { plan, domain: DOMAIN, dropStaged: true });
    expect(reset).toEqual([{ source: SOURCE, readAfter: positionOf(2), droppedLinks: 1 }]);
  });

  it('refuses a state whose positions have expired: to guess them would lose rows', async () => {
    const { world, deps, snapshots } = await worldOf();
    const target = snapshots[2];
    await updateTable(world.deps, IDENT, (metadata) => ({
      ...metadata,
      snapshots: metadata.snapshots
        .filter(
          (snapshot) =>
            snapshot['snapshot-id'] === target || snapshot['snapshot-id'] === snapshots[3],
        )
        .map((snapshot) =>
          snapshot['snapshot-id'] === target
            ? { ...snapshot, summary: { operation: 'append' } }
            : snapshot,
        ),
    }));
    await expect(planRollback(deps, IDENT, { to: String(target), domain: DOMAIN })).rejects.toThrow(
      'is not known',
    );
  });
});

describe('a rollback of the table of rejected events', () => {
  it('is refused: when their stream is read again they would not come in', async () => {
    const { deps, snapshots } = await worldOf();
    const rejected = { ...IDENT, table: 'rejected' };
    await expect(
      planRollback(deps, rejected, { to: String(snapshots[1]), domain: DOMAIN }),
    ).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining('cannot be rolled back'),
    });
  });
});

describe('findRollbackTarget', () => {
  it('takes a snapshot, a tag, a branch and a time', async () => {
    const { world, snapshots } = await worldOf();
    const second = snapshots[1] ?? 0n;
    const metadata = setSnapshotRef(await world.load(), '2026', {
      type: 'tag',
      snapshotId: second,
    });
    const find = (wanted: string) => findRollbackTarget(metadata, wanted)['snapshot-id'];
    const timeMs = metadata.snapshots[1]?.['timestamp-ms'] ?? 0;
    expect(find(String(second))).toBe(second);
    expect(find('2026')).toBe(second);
    expect(find('main')).toBe(snapshots[3]);
    expect(find(new Date(timeMs).toISOString())).toBe(second);
    expect(find(new Date(timeMs).toISOString().replace('Z', '').replace('T', ' '))).toBe(second);
  });

  it.each(['nope', '99', 'yesterday', '', 'constructor'])('refuses %j', async (wanted) => {
    const { world } = await worldOf();
    const metadata = await world.load();
    expect(() => findRollbackTarget(metadata, wanted)).toThrow(
      expect.objectContaining({ code: 'USAGE' }),
    );
  });

  it('says how far back it can go', async () => {
    const { world } = await worldOf();
    const metadata = await world.load();
    expect(() => findRollbackTarget(metadata, '1999-01-01')).toThrow('remembers from');
  });
});
