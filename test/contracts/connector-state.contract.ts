import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hasCode } from '#core/errors.ts';
import type { ConnectorLease, ConnectorStateStore } from '#ports/connector-state.ts';

export interface ConnectorStateUnderTest {
  readonly store: ConnectorStateStore;
  readonly close?: () => Promise<void>;
}

const KEY = { domain: 'market', connector: 'prices' };

/** What every ConnectorStateStore keeps to; each adapter runs it. */
export function describeConnectorState(
  name: string,
  setup: () => Promise<ConnectorStateUnderTest>,
): void {
  describe(`connector state contract: ${name}`, () => {
    let tested: ConnectorStateUnderTest;
    beforeEach(async () => {
      tested = await setup();
    });
    afterEach(() => tested.close?.());

    const acquire = (owner: string, nowMs = 1_000, key = KEY) =>
      tested.store.acquire(key, { owner, nowMs, untilMs: nowMs + 500 });
    const held = async (owner: string, nowMs = 1_000, key = KEY) => {
      const taken = await acquire(owner, nowMs, key);
      if (taken.kind === 'busy') throw new Error('the lease is busy');
      return taken;
    };
    const conflict = (lease: ConnectorLease, state = 'late') =>
      expect(tested.store.save(lease, state)).rejects.toSatisfy((error) =>
        hasCode(error, 'COMMIT_CONFLICT'),
      );

    it('has no state in the beginning', async () => {
      expect((await held('a')).state).toBeNull();
    });

    it('gives the lease to one at a time', async () => {
      await held('a');
      expect(await acquire('b')).toEqual({ kind: 'busy' });
    });

    it('gives it to one of many who ask at once', async () => {
      const owners = Array.from({ length: 20 }, (_, index) => `owner-${index}`);
      const taken = await Promise.all(owners.map((owner) => acquire(owner)));
      expect(taken.filter(({ kind }) => kind === 'held')).toHaveLength(1);
    });

    it('shows the state that was saved to the next holder', async () => {
      const { lease } = await held('a');
      await tested.store.save(lease, 'one');
      await tested.store.save(lease, 'two ä {"x":1}');
      await tested.store.release(lease);
      expect((await held('b')).state).toBe('two ä {"x":1}');
    });

    it('keeps the state of a holder that died, and gives its lease away when it has run out', async () => {
      const { lease } = await held('a');
      await tested.store.save(lease, 'one');
      expect(await acquire('b', 1_499)).toEqual({ kind: 'busy' });
      expect((await held('b', 1_500)).state).toBe('one');
    });

    it('fences a former holder off', async () => {
      const former = await held('a');
      const present = await held('b', 2_000);
      expect(present.lease.fence).toBeGreaterThan(former.lease.fence);
      await conflict(former.lease);
      await tested.store.save(present.lease, 'mine');
      await conflict(former.lease);
      await tested.store.release(former.lease);
      expect(await acquire('c', 2_100)).toEqual({ kind: 'busy' });
      await tested.store.release(present.lease);
      expect((await held('c', 2_100)).state).toBe('mine');
    });

    it('fences off a holder whose lease was given back and taken again', async () => {
      const former = await held('a');
      await tested.store.release(former.lease);
      await held('b');
      await conflict(former.lease);
    });

    it('takes a call whose answer was lost again', async () => {
      const first = await held('a');
      const second = await held('a');
      expect(second.lease.fence).toBeGreaterThan(first.lease.fence);
      await tested.store.save(second.lease, 'one');
      await tested.store.save(second.lease, 'one');
      await tested.store.release(second.lease);
      await tested.store.release(second.lease);
      expect((await held('b')).state).toBe('one');
    });

    it('keeps connectors and domains apart', async () => {
      const { lease } = await held('a');
      await tested.store.save(lease, 'one');
      expect((await held('a', 1_000, { ...KEY, connector: 'other' })).state).toBeNull();
      expect((await held('a', 1_000, { ...KEY, domain: 'city' })).state).toBeNull();
    });
  });
}
