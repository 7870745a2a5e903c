import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { FileRunStore } from '#ports/file-run-store.ts';

export interface FileRunStoreUnderTest {
  readonly store: FileRunStore;
  readonly close?: () => Promise<void>;
}

const KEY = { domain: 'market', entry: 'trades', file: 'a#b.csv@0123' };

/** What every FileRunStore keeps to; each adapter runs it. */
export function describeFileRunStore(
  name: string,
  setup: () => Promise<FileRunStoreUnderTest>,
): void {
  describe(`file run store contract: ${name}`, () => {
    let tested: FileRunStoreUnderTest;
    beforeEach(async () => {
      tested = await setup();
    });
    afterEach(() => tested.close?.());

    const acquire = (owner: string, nowMs: number) =>
      tested.store.acquire(KEY, { owner, freeBeforeMs: nowMs, untilMs: nowMs + 500 });
    const held = async (owner: string, nowMs: number) => {
      const taken = await acquire(owner, nowMs);
      if (taken.kind === 'busy') throw new Error('the lease is busy');
      return taken;
    };
    const conflict = expect.objectContaining({ code: 'COMMIT_CONFLICT' });

    it('gives a lease to one at a time, and tells who has it for how long', async () => {
      expect(await held('a', 1_000)).toMatchObject({ state: null });
      expect(await acquire('b', 1_499)).toEqual({ kind: 'busy', owner: 'a', untilMs: 1_500 });
      expect(await acquire('b', 1_500)).toMatchObject({ kind: 'held' });
    });

    it('keeps a lease for as long as it is renewed', async () => {
      const { lease } = await held('a', 1_000);
      await tested.store.renew(lease, 2_000);
      expect(await acquire('b', 1_999)).toEqual({ kind: 'busy', owner: 'a', untilMs: 2_000 });
    });

    it('lets a holder renew what has run out, unless somebody else has taken it', async () => {
      const { lease } = await held('a', 1_000);
      await tested.store.renew(lease, 9_000);
      await tested.store.renew(lease, 1_000);
      const taken = await held('b', 5_000);
      await expect(tested.store.renew(lease, 9_000)).rejects.toEqual(conflict);
      await expect(tested.store.save(lease, 'late')).rejects.toEqual(conflict);
      await tested.store.release(lease);
      expect(await acquire('c', 5_000)).toEqual({ kind: 'busy', owner: 'b', untilMs: 5_500 });
      await tested.store.save(taken.lease, 'saved');
      expect(await tested.store.get(KEY)).toEqual({ key: KEY, state: 'saved', isBooked: false });
    });

    it('is free once it is given back, with its state', async () => {
      const { lease } = await held('a', 1_000);
      await tested.store.save(lease, 'one');
      await tested.store.release(lease);
      expect(await held('b', 1_001)).toMatchObject({ state: 'one' });
    });

    it('lists the runs of an entry and what is announced, until it is settled', async () => {
      const { lease } = await held('a', 1_000);
      await tested.store.save(lease, 'one');
      await tested.store.announce(KEY);
      expect(await collect(tested.store.announced('market'))).toEqual([KEY]);
      expect(await collect(tested.store.announced('city'))).toEqual([]);
      await tested.store.settle(KEY);
      await tested.store.settle(KEY);
      expect(await collect(tested.store.announced('market'))).toEqual([]);
      const listed = await collect(tested.store.list('market', 'trades'));
      expect(listed).toEqual([{ key: KEY, state: 'one', isBooked: true }]);
    });
  });
}

async function collect<T>(values: AsyncIterable<T>): Promise<readonly T[]> {
  const found: T[] = [];
  for await (const value of values) found.push(value);
  return found;
}
