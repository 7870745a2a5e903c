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
  const write = async (call: () => Promise<void>): Promise<void> => {
    const mine = ++writes;
    if (dead || (mine === point.write && !point.after)) die();
    await call();
    if (mine === point.write) die();
  };
  const { store, catalog, reader } = deps;
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
      reader: {
        readRows: async (uri, columns) => await read(() => reader.readRows(uri, columns)),
      },
      catalog: {
        load: async (ident) => await read(() => catalog.load(ident)),
        swap: (ident, base, next) => write(() => catalog.swap(ident, base, next)),
        list: async (database) => await read(() => catalog.list(database)),
      },
    },
  };
}
