import type { IngestDeps } from '#app/ingest-stream.ts';

export class Crash extends Error {
  override readonly name = 'Crash';
}

/** Where an instance dies: at its n-th write, from 1, before it or after it took effect. Reads change nothing. */
export interface CrashPoint {
  readonly write: number;
  readonly after: boolean;
}

/** An instance that dies at a point; from then on every call of it fails. */
export function crashingDeps(
  deps: IngestDeps,
  point: CrashPoint,
): { readonly deps: IngestDeps; writes(): number } {
  let writes = 0;
  let dead = false;
  const die = (): never => {
    dead = true;
    throw new Crash('planted');
  };
  const read = <T>(call: () => T): T => (dead ? die() : call());
  const write = async <T>(call: () => Promise<T>): Promise<T> => {
    const mine = ++writes;
    if (dead || (mine === point.write && !point.after)) die();
    const result = await call();
    if (mine === point.write) die();
    return result;
  };
  const { store, catalog, reader, columns, stagingLog } = deps;
  return {
    writes: () => writes,
    deps: {
      ...deps,
      store: {
        get: async (uri) => await read(() => store.get(uri)),
        head: async (uri) => await read(() => store.head(uri)),
        put: (uri, body, options) => write(() => store.put(uri, body, options)),
        list: (prefix) => read(() => store.list(prefix)),
        delete: (uri) => write(() => store.delete(uri)),
      },
      columns: { readBlocks: (file, fields) => read(() => columns.readBlocks(file, fields)) },
      reader: {
        readRows: async (uri, columns) => await read(() => reader.readRows(uri, columns)),
      },
      stagingLog: {
        read: async (domain, source) => await read(() => stagingLog.read(domain, source)),
        list: async (domain) => await read(() => stagingLog.list(domain)),
        put: (domain, chain) => write(() => stagingLog.put(domain, chain)),
        remove: (domain, chain) => write(() => stagingLog.remove(domain, chain)),
      },
      catalog: {
        load: async (ident) => await read(() => catalog.load(ident)),
        swap: (ident, base, next) => write(() => catalog.swap(ident, base, next)),
        list: async (database) => await read(() => catalog.list(database)),
      },
    },
  };
}
