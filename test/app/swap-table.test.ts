import { describe, expect, it } from 'vitest';
import { MemoryTableCatalog, type SwapFault } from '#adapters/memory/memory-table-catalog.ts';
import { backOff, swapTable } from '#app/swap-table.ts';
import { fixedClock, START_MS, seededRandom } from '#test/core/iceberg/fixed-world.ts';
import { tradesMetadata } from '#test/core/iceberg/trades-table.ts';

const IDENT = { database: 'd', table: 't' };

async function swapUnder(...faults: (SwapFault | null)[]) {
  const catalog = new MemoryTableCatalog();
  catalog.create(IDENT, 'first');
  catalog.swapFault = (swap) => faults[swap - 1] ?? null;
  const clock = fixedClock();
  const base = await catalog.load(IDENT);
  const next = { metadataLocation: 'second', metadata: tradesMetadata() };
  const outcome = await swapTable({ catalog, clock, random: seededRandom() }, IDENT, {
    base,
    next,
  });
  return {
    outcome,
    waitedMs: clock.nowMs() - START_MS,
    location: (await catalog.load(IDENT)).metadataLocation,
  };
}

describe('swapTable', () => {
  it('commits', async () => {
    expect(await swapUnder(null)).toEqual({
      outcome: 'committed',
      waitedMs: 0,
      location: 'second',
    });
  });

  it('is lost on a conflict', async () => {
    expect(await swapUnder('conflict')).toEqual({
      outcome: 'lost',
      waitedMs: 0,
      location: 'first',
    });
  });

  it('knows at once that a swap without answer happened', async () => {
    expect(await swapUnder('lost-answer')).toEqual({
      outcome: 'committed',
      waitedMs: 0,
      location: 'second',
    });
  });

  it('waits before it presents the swap again', async () => {
    const { outcome, waitedMs } = await swapUnder('lost-request', 'lost-request');
    expect(outcome).toBe('committed');
    expect(waitedMs).toBeGreaterThan(0);
  });

  it('is lost to its own late request, for the caller to find', async () => {
    expect(await swapUnder('late')).toMatchObject({ outcome: 'lost', location: 'second' });
  });
});

describe('backOff', () => {
  it('waits longer with every attempt, up to a limit', async () => {
    const waits: number[] = [];
    for (const attempt of [1, 2, 3, 10, 1000]) {
      const sleep = async (ms: number) => {
        waits.push(ms);
      };
      const random = { next: () => 0.999_999, bytes: () => new Uint8Array() };
      await backOff({ clock: { nowMs: () => 0, sleep }, random }, attempt);
    }
    expect(waits).toEqual([100, 200, 400, 3000, 3000]);
  });
});
