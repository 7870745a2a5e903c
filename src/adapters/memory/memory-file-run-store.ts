import { SluiceError } from '#core/errors.ts';
import type {
  FileRunKey,
  FileRunLease,
  FileRunRecord,
  FileRunStore,
} from '#ports/file-run-store.ts';

interface Item {
  readonly key: FileRunKey;
  readonly fence: number;
  readonly owner: string | null;
  readonly untilMs: number;
  readonly state: string | null;
  readonly isBooked: boolean;
}

/** For tests and single processes. */
export function createMemoryFileRunStore(): FileRunStore {
  const items = new Map<string, Item>();
  const open = new Map<string, FileRunKey>();
  const idOf = ({ domain, entry, file }: FileRunKey) => `${domain}#${entry}#${file}`;
  const held = ({ key, fence }: FileRunLease): Item | null => {
    const item = items.get(idOf(key));
    return item?.fence === fence ? item : null;
  };
  const recordOf = ({ key, state, isBooked }: Item): FileRunRecord[] =>
    state === null ? [] : [{ key, state, isBooked }];
  return {
    async acquire(key, { owner, freeBeforeMs, untilMs }) {
      const item = items.get(idOf(key)) ?? {
        fence: 0,
        owner: null,
        untilMs: 0,
        state: null,
        isBooked: false,
      };
      if (item.owner !== null && item.owner !== owner && item.untilMs > freeBeforeMs) {
        return { kind: 'busy', owner: item.owner, untilMs: item.untilMs };
      }
      const fence = item.fence + 1;
      items.set(idOf(key), { ...item, key, fence, owner, untilMs });
      return { kind: 'held', lease: { key, fence }, state: item.state };
    },
    async renew(lease, untilMs) {
      const item = held(lease);
      if (item === null) throw leaseLost(lease.key);
      items.set(idOf(lease.key), { ...item, untilMs });
    },
    async save(lease, state) {
      const item = held(lease);
      if (item === null) throw leaseLost(lease.key);
      items.set(idOf(lease.key), { ...item, state });
    },
    async release(lease) {
      const item = held(lease);
      if (item !== null) items.set(idOf(lease.key), { ...item, owner: null, untilMs: 0 });
    },
    async get(key) {
      const item = items.get(idOf(key));
      return item === undefined ? null : (recordOf(item)[0] ?? null);
    },
    async *list(domain, entry) {
      const own = [...items.values()].filter(
        (item) => item.key.domain === domain && item.key.entry === entry,
      );
      yield* own.flatMap(recordOf);
    },
    async announce(key) {
      open.set(idOf(key), key);
    },
    async *announced(domain) {
      yield* [...open.values()].filter((key) => key.domain === domain);
    },
    async settle(key) {
      const item = items.get(idOf(key));
      if (item !== undefined) items.set(idOf(key), { ...item, isBooked: true });
      open.delete(idOf(key));
    },
  };
}

function leaseLost({ file }: FileRunKey): SluiceError {
  return new SluiceError(
    'COMMIT_CONFLICT',
    `the run of file ${file} is held by another invocation`,
  );
}
