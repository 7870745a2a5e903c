import { MemoryObjectStore } from '#adapters/memory/memory-object-store.ts';
import { MemoryTableCatalog } from '#adapters/memory/memory-table-catalog.ts';
import type { CommitDeps } from '#app/commit-table.ts';
import type { Schema } from '#core/iceberg/spec/schema.ts';
import { serializeTableMetadata } from '#core/iceberg/spec/table-metadata.ts';
import { createTableMetadata } from '#core/iceberg/transaction/create-table.ts';
import type { Random } from '#ports/clock.ts';
import type { ObjectStore } from '#ports/object-store.ts';
import { remoteCatalog, remoteStore, VirtualClock } from './virtual-clock.ts';

export const START_MS = Date.UTC(2026, 0, 1);
export const IDENT = { database: 'market', table: 'trade' };
export const LOCATION = 's3://lake/market/trade';

export const COLUMNS = [
  ['symbol', 'string'],
  ['price', 'decimal(18, 6)'],
  ['size', 'long'],
  ['side', 'string'],
  ['ts', 'timestamp'],
  ['venue', 'string'],
  ['_event_id', 'string'],
  ['_ingested_at', 'timestamp'],
  ['_source', 'string'],
  ['_sequence', 'string'],
  ['_sub_sequence', 'int'],
  ['_late', 'boolean'],
] as const;
const SCHEMA: Schema = {
  type: 'struct',
  'schema-id': 0,
  fields: COLUMNS.map(([name, type], index) => ({ id: index + 1, name, required: true, type })),
};

/** A table, and the time that passes with its commits. */
export interface World {
  readonly clock: VirtualClock;
  readonly store: ObjectStore;
  readonly catalog: MemoryTableCatalog;
  readonly deps: CommitDeps;
  /** The same with the latency of services, on the virtual clock. */
  readonly remote: CommitDeps;
  commits: number;
}

/** An empty table. */
export async function newWorld(startMs = START_MS): Promise<World> {
  const clock = new VirtualClock(startMs);
  const store = keepNewest(new MemoryObjectStore({ clock }));
  const catalog = new MemoryTableCatalog();
  const created = createTableMetadata({
    location: LOCATION,
    tableUuid: '00000000-0000-4000-8000-000000000001',
    schema: SCHEMA,
    partitionSpec: {
      'spec-id': 0,
      fields: [{ 'source-id': 5, 'field-id': 1000, name: 'ts_day', transform: 'day' }],
    },
    properties: {},
    nowMs: startMs,
  });
  const first = `${LOCATION}/metadata/00000-start.metadata.json`;
  await store.put(first, Buffer.from(serializeTableMetadata(created)));
  catalog.create(IDENT, first);
  const deps = { store, catalog, clock, random: randomNumbers(1) };
  const remote = {
    ...deps,
    store: remoteStore(store, clock),
    catalog: remoteCatalog(catalog, clock),
  };
  return { clock, store, catalog, deps, remote, commits: 0 };
}

/**
 * The store, but of the metadata files only the newest few are kept: they are megabytes each, and a machine that
 * pages through a gigabyte of them measures its memory. Nothing is copied, as the network would fill a buffer once.
 */
function keepNewest(store: MemoryObjectStore): ObjectStore {
  const newest = new Map<string, Uint8Array>();
  return {
    get: async (uri) => newest.get(uri) ?? store.get(uri),
    put: async (uri, body, options) => {
      if (!uri.endsWith('.metadata.json')) return store.put(uri, body, options);
      newest.set(uri, body);
      const [oldest] = newest.keys();
      if (newest.size > 3 && oldest !== undefined) newest.delete(oldest);
    },
    head: async (uri) => {
      const body = newest.get(uri);
      return body === undefined ? store.head(uri) : { sizeBytes: body.length };
    },
    list: (prefix) => store.list(prefix),
    delete: (uri) => store.delete(uri),
  };
}

/** Same numbers every time; quick, since it stands for the machine's own. */
function randomNumbers(seed: number): Random {
  let state = seed;
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  return { next, bytes: (length) => Uint8Array.from({ length }, () => next() * 256) };
}
