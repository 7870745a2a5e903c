import type { LedgerDeps } from '#app/ledger/ledger-config.ts';

/**
 * Dependencies of a process that is killed at its n-th call of the world, before or after the call takes
 * effect: from then on every call fails.
 */
export function killedDeps(
  deps: LedgerDeps,
  kill: { readonly call: number; readonly after: boolean },
): LedgerDeps {
  let calls = 0;
  let isDead = false;
  const guard =
    <A extends readonly unknown[], T>(call: (...args: A) => Promise<T>) =>
    async (...args: A): Promise<T> => {
      if (isDead) throw new Error('killed');
      isDead = ++calls >= kill.call;
      if (isDead && !kill.after) throw new Error('killed');
      const result = await call(...args);
      if (isDead) throw new Error('killed');
      return result;
    };
  const { store, catalog, stream, receipts, reader } = deps;
  return {
    ...deps,
    store: {
      get: guard((uri) => store.get(uri)),
      head: guard((uri) => store.head(uri)),
      put: guard((uri, body, options) => store.put(uri, body, options)),
      list: (prefix) => store.list(prefix),
      delete: guard((uri) => store.delete(uri)),
    },
    catalog: {
      load: guard((ident) => catalog.load(ident)),
      swap: guard((ident, base, next) => catalog.swap(ident, base, next)),
      list: guard((database) => catalog.list(database)),
    },
    stream: {
      layoutOf: stream.layoutOf,
      listShards: guard((name) => stream.listShards(name)),
      putRecords: guard((name, records) => stream.putRecords(name, records)),
      readShard: (name, shardId, after) => stream.readShard(name, shardId, after),
    },
    receipts: {
      record: guard((receipt) => receipts.record(receipt)),
      list: guard((domain, name) => receipts.list(domain, name)),
    },
    reader: { readRows: guard((uri, columns) => reader.readRows(uri, columns)) },
  };
}
