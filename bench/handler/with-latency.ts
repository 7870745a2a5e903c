import { setTimeout as sleep } from 'node:timers/promises';
import type { ObjectStore } from '#ports/object-store.ts';
import type { StagingLog } from '#ports/staging-log.ts';
import type { TableCatalog } from '#ports/table-catalog.ts';
import type { BenchLake } from './bench-lake.ts';

/** Milliseconds that the services of a region are assumed to take. Source: docs/benchmarks.md. */
export const SERVICE_MS = { get: 20, put: 40, loadTable: 15, swapTable: 60, chain: 8 } as const;

/** The same lake, as far away as a region's services are from a function. */
export function withLatency({ store, catalog, stagingLog }: BenchLake): BenchLake {
  return {
    store: slowStore(store),
    catalog: slowCatalog(catalog),
    stagingLog: slowLog(stagingLog),
  };
}

function slowStore(store: ObjectStore): ObjectStore {
  return {
    get: (uri) => after(SERVICE_MS.get, () => store.get(uri)),
    head: (uri) => after(SERVICE_MS.get, () => store.head(uri)),
    put: (uri, body, options) => after(SERVICE_MS.put, () => store.put(uri, body, options)),
    list: (prefix) => store.list(prefix),
    delete: (uri) => after(SERVICE_MS.put, () => store.delete(uri)),
  };
}

function slowCatalog(catalog: TableCatalog): TableCatalog {
  return {
    load: (ident) => after(SERVICE_MS.loadTable, () => catalog.load(ident)),
    swap: (ident, base, next) => after(SERVICE_MS.swapTable, () => catalog.swap(ident, base, next)),
    list: (database) => catalog.list(database),
  };
}

function slowLog(log: StagingLog): StagingLog {
  return {
    read: (domain, source) => after(SERVICE_MS.chain, () => log.read(domain, source)),
    list: (domain) => after(SERVICE_MS.chain, () => log.list(domain)),
    put: (domain, chain) => after(SERVICE_MS.chain, () => log.put(domain, chain)),
    remove: (domain, chain) => after(SERVICE_MS.chain, () => log.remove(domain, chain)),
  };
}

/** Half of the time before the service acts, half after. */
async function after<T>(ms: number, act: () => Promise<T>): Promise<T> {
  await sleep(ms / 2);
  try {
    return await act();
  } finally {
    await sleep(ms / 2);
  }
}
