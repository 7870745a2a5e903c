import { describe, expect, it } from 'vitest';
import type { SwapFault } from '#adapters/memory/memory-table-catalog.ts';
import { commitTable } from '#app/commit-table.ts';
import { currentSnapshot, type TableMetadata } from '#core/iceberg/spec/table-metadata.ts';
import { seededRandom } from '#test/core/iceberg/fixed-world.ts';
import { tradesMetadata } from '#test/core/iceberg/trades-table.ts';
import { type CommitWorld, change, commitWorld, fileNamed, IDENT } from './commit-world.ts';

/** The guard of the delivery contract in small: the last committed batch per source, in the summary. */
function committedBatch(metadata: TableMetadata, source: string): number {
  const text = currentSnapshot(metadata)?.summary['positions'] ?? '{}';
  return (JSON.parse(text) as Record<string, number>)[source] ?? 0;
}

async function deliver(
  world: CommitWorld,
  work: { source: string; batch: number; seed: number },
): Promise<void> {
  const { source, batch, seed } = work;
  const files = [fileNamed(`${source}-${batch}`, seed)];
  await commitTable(world.writer(seed), IDENT, {
    build: async (base) => {
      if (committedBatch(base, source) >= batch) return null;
      expect(committedBatch(base, source)).toBe(batch - 1);
      const before = JSON.parse(currentSnapshot(base)?.summary['positions'] ?? '{}');
      return change(files, { positions: JSON.stringify({ ...before, [source]: batch }) });
    },
  });
}

describe('many writers of one table', () => {
  it('lose no row and write none twice', async () => {
    const world = await commitWorld();
    const names = Array.from({ length: 16 }, (_, index) => `w${String(index).padStart(2, '0')}`);
    const outcomes = await Promise.all(
      names.map((name, index) =>
        commitTable(world.writer(index + 10), IDENT, {
          build: async () => change([fileNamed(name)]),
        }),
      ),
    );
    expect((await world.liveFiles()).sort()).toEqual(names);
    expect(outcomes.some((outcome) => outcome.kind === 'committed' && outcome.attempts > 1)).toBe(
      true,
    );
    const metadata = await world.load();
    expect(metadata.snapshots).toHaveLength(16);
    expect(currentSnapshot(metadata)?.summary).toMatchObject({ 'total-records': '16' });
    expect(await world.problems()).toEqual([]);
  });

  it('keep the guard under conflicts, lost answers, late requests and crashes', async () => {
    const chance = seededRandom(4711);
    const faults: readonly (SwapFault | null)[] = [
      'conflict',
      'lost-request',
      'lost-answer',
      'late',
      'answered-as-conflict',
    ];
    for (let round = 0; round < 3; round++) {
      const world = await commitWorld({
        metadata: tradesMetadata({ properties: { 'commit.manifest.min-count-to-merge': '7' } }),
      });
      world.catalog.swapFault = () =>
        chance.next() < 0.35 ? (faults[Math.floor(chance.next() * faults.length)] ?? null) : null;
      const sources = ['s0', 's1', 's2'];
      const batches = 12;
      let seed = round * 1000;
      await Promise.all(
        sources.map(async (source) => {
          for (let batch = 1; batch <= batches; batch++) {
            // Every batch is delivered two or three times at once; a delivery that fails comes again.
            const deliveries = 2 + Math.floor(chance.next() * 2);
            let settled: PromiseSettledResult<void>[];
            do {
              settled = await Promise.allSettled(
                Array.from({ length: deliveries }, () =>
                  deliver(world, { source, batch, seed: ++seed }),
                ),
              );
            } while (settled.every((result) => result.status === 'rejected'));
          }
        }),
      );
      const expected = sources.flatMap((source) =>
        Array.from({ length: batches }, (_, index) => `${source}-${index + 1}`),
      );
      expect((await world.liveFiles()).sort()).toEqual(expected.sort());
      expect(await world.problems()).toEqual([]);
    }
  });

  it('write into merged manifests without losing or doubling one', async () => {
    const metadata = tradesMetadata({ properties: { 'commit.manifest.min-count-to-merge': '4' } });
    const world = await commitWorld({ metadata });
    const names = Array.from({ length: 20 }, (_, index) => `w${String(index).padStart(2, '0')}`);
    await Promise.all(
      names.map((name, index) =>
        commitTable(world.writer(index + 50), IDENT, {
          build: async () => change([fileNamed(name)]),
        }),
      ),
    );
    expect((await world.liveFiles()).sort()).toEqual(names);
    expect(await world.problems()).toEqual([]);
  });
});
