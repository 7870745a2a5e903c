import type { Clock } from '#ports/clock.ts';
import type { ObjectStore } from '#ports/object-store.ts';
import type { TableCatalog } from '#ports/table-catalog.ts';
import { SERVICE_MS } from '../handler/with-latency.ts';

/** Of an object, both ways, besides the request itself. Source: docs/benchmarks.md. */
const BYTES_PER_MS = 80_000;

/** Time that passes only by waiting; whoever waits longest ago goes on first. */
export class VirtualClock implements Clock {
  timeMs: number;
  readonly #waiting: { readonly atMs: number; readonly resolve: () => void }[] = [];

  constructor(startMs: number) {
    this.timeMs = startMs;
  }

  nowMs(): number {
    return Math.floor(this.timeMs);
  }

  async sleep(ms: number): Promise<void> {
    const atMs = this.timeMs + ms;
    await new Promise<void>((resolve) => {
      this.#waiting.push({ atMs, resolve });
      // Everything else that can run now runs first: what waits at the same time waits together.
      setImmediate(() => this.#wakeNext());
    });
  }

  #wakeNext(): void {
    let first = 0;
    for (const [index, { atMs }] of this.#waiting.entries()) {
      if (atMs < (this.#waiting[first]?.atMs ?? 0)) first = index;
    }
    const [next] = this.#waiting.splice(first, 1);
    if (next === undefined) return;
    this.timeMs = Math.max(this.timeMs, next.atMs);
    next.resolve();
  }
}

/** The store with the latency of a service, on a virtual clock. */
export function remoteStore(store: ObjectStore, clock: Clock): ObjectStore {
  return {
    get: async (uri) => {
      const bytes = await store.get(uri);
      await clock.sleep(SERVICE_MS.get + bytes.length / BYTES_PER_MS);
      return bytes;
    },
    put: async (uri, body, options) => {
      await clock.sleep(SERVICE_MS.put + body.length / BYTES_PER_MS);
      await store.put(uri, body, options);
    },
    head: (uri) => store.head(uri),
    list: (prefix) => store.list(prefix),
    delete: (uri) => store.delete(uri),
  };
}

/** The catalog, likewise. */
export function remoteCatalog(catalog: TableCatalog, clock: Clock): TableCatalog {
  return {
    load: async (ident) => {
      await clock.sleep(SERVICE_MS.loadTable);
      return catalog.load(ident);
    },
    swap: async (ident, base, next) => {
      await clock.sleep(SERVICE_MS.swapTable);
      await catalog.swap(ident, base, next);
    },
    list: (database) => catalog.list(database),
  };
}
