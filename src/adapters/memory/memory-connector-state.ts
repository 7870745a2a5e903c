import { SluiceError } from '#core/errors.ts';
import type { ConnectorKey, ConnectorLease, ConnectorStateStore } from '#ports/connector-state.ts';

interface Item {
  readonly fence: number;
  readonly owner: string | null;
  readonly untilMs: number;
  readonly state: string | null;
}

/** For tests and single processes. */
export function createMemoryConnectorState(): ConnectorStateStore {
  const items = new Map<string, Item>();
  const keyOf = ({ domain, connector }: ConnectorKey) => `${domain}#${connector}`;
  const held = ({ key, fence }: ConnectorLease): Item | null => {
    const item = items.get(keyOf(key));
    return item?.fence === fence ? item : null;
  };
  return {
    async acquire(key, { owner, nowMs, untilMs }) {
      const item = items.get(keyOf(key)) ?? { fence: 0, owner: null, untilMs: 0, state: null };
      if (item.owner !== null && item.owner !== owner && item.untilMs > nowMs) {
        return { kind: 'busy' };
      }
      const fence = item.fence + 1;
      items.set(keyOf(key), { fence, owner, untilMs, state: item.state });
      return { kind: 'held', lease: { key, fence }, state: item.state };
    },
    async save(lease, state) {
      const item = held(lease);
      if (item === null) {
        throw new SluiceError(
          'COMMIT_CONFLICT',
          `the state of connector ${lease.key.connector} is held by another run`,
        );
      }
      items.set(keyOf(lease.key), { ...item, state });
    },
    async release(lease) {
      const item = held(lease);
      if (item !== null) items.set(keyOf(lease.key), { ...item, owner: null, untilMs: 0 });
    },
  };
}
