import { createMemoryFileRunStore } from '#adapters/memory/memory-file-run-store.ts';
import type { IngestFileConfig, IngestFileDeps } from '#app/ingest-file/file-deps.ts';
import { LEASE_MS } from '#app/ingest-file/file-lease.ts';
import { type FileOutcome, ingestFile } from '#app/ingest-file.ts';
import type { FileSource } from '#core/config/project.ts';
import { decodeFileRun, type FileRun } from '#core/file/file-run.ts';
import type { StreamingObjectStore } from '#ports/object-store.ts';
import { Crash, type CrashPoint, crashingDeps } from '../crashing-deps.ts';
import { IngestWorld, START_MS, TABLE } from '../ingest-world.ts';

export const LANDING = 's3://landing';
export const INVOCATION_MS = 900_000;

export const TRADES_ENTRY: FileSource = {
  name: 'trades',
  stream: 'trade',
  path: 'trades',
  format: {
    kind: 'csv',
    encoding: 'utf-8',
    header: true,
    columns: [],
    delimiter: ',',
    quote: '"',
    skipLines: 0,
    maxLineBytes: 1_000,
  },
  times: { timeZone: 'UTC', timestampFormat: null, dateFormat: null },
  nullText: '',
  turnMs: 300_000,
  select: [
    { field: 'source_system', expression: "'NYSE'" },
    { field: 'trade_id', expression: 'id' },
    { field: 'timestamp', expression: 'at' },
  ],
};

export const HEADER = 'id,symbol,at,price,size,fee';

/** One line of the file; `id` is the identity. */
export function tradeLine(id: string, options: { readonly price?: string } = {}): string {
  return `${id},aapl,2026-11-20T11:00:00Z,${options.price ?? '1.5'},10,0.05`;
}

export function tradeFile(lines: readonly string[]): string {
  return `${[HEADER, ...lines].join('\n')}\n`;
}

/** The market domain with an entry for files, on a lake in memory, with a clock that is moved by hand. */
export class FileWorld {
  readonly lake: IngestWorld;
  readonly runs = createMemoryFileRunStore();
  nowMs = START_MS;
  config: IngestFileConfig;
  #owner = 0;

  private constructor(lake: IngestWorld) {
    this.lake = lake;
    this.config = {
      ingest: lake.config,
      landingUri: LANDING,
      entries: [TRADES_ENTRY],
      schemaVersions: new Map([['trade', 1]]),
      chunkBytes: 600,
    };
  }

  static async create(): Promise<FileWorld> {
    return new FileWorld(await IngestWorld.create());
  }

  instance(): IngestFileDeps {
    const store = uploadedAt(this.lake.store, START_MS);
    return {
      ...this.lake.instance(),
      store,
      runs: this.runs,
      clock: { nowMs: () => this.nowMs, sleep: async () => {} },
    };
  }

  async upload(key: string, content: string | Uint8Array, versionId = 'v1'): Promise<void> {
    const uri = `${LANDING}/${key}`;
    await this.lake.store.put(uri, Buffer.from(content));
    this.lake.store.keepVersion(uri, versionId);
  }

  /** One invocation with a notice of the upload. */
  async ingest(
    key: string,
    options: {
      readonly versionId?: string;
      readonly deps?: IngestFileDeps;
      readonly checksum?: string;
      readonly deadlineMs?: number;
    } = {},
  ): Promise<FileOutcome> {
    return await ingestFile(options.deps ?? this.instance(), this.config, {
      notice: {
        key,
        versionId: options.versionId ?? 'v1',
        checksum: options.checksum ?? null,
      },
      owner: `owner-${++this.#owner}`,
      deadlineMs: options.deadlineMs ?? this.nowMs + INVOCATION_MS / 2,
    });
  }

  /** The notice comes again after its invocation cannot be alive any more. */
  async ingestLater(key: string, versionId = 'v1'): Promise<FileOutcome> {
    this.nowMs += LEASE_MS + 1;
    return await this.ingest(key, { versionId });
  }

  async settledRun(outcome: FileOutcome): Promise<FileRun> {
    if (outcome.kind !== 'settled') throw new Error(`expected a settled run, got ${outcome.kind}`);
    return outcome.run;
  }

  async runsOf(entry = 'trades'): Promise<readonly FileRun[]> {
    const runs: FileRun[] = [];
    for await (const { state } of this.runs.list('market', entry)) runs.push(decodeFileRun(state));
    return runs;
  }

  async text(uri: string | null): Promise<string> {
    return Buffer.from(await this.lake.store.get(uri ?? '')).toString();
  }

  /** Ids of committed trades, in order of the text. */
  async committedIds(): Promise<readonly string[]> {
    const rows = await this.lake.rows(TABLE);
    return rows.map((row) => String(row['trade_id'])).sort();
  }
}

/** An instance that dies at its n-th write to lake, landing bucket or run store. */
export function crashingFileDeps(
  deps: IngestFileDeps,
  point: CrashPoint,
  /** Called before each write. */
  onWrite: (write: number) => Promise<void> = async () => {},
): { readonly deps: IngestFileDeps; writes(): number } {
  let writes = 0;
  let dead = false;
  const die = (): never => {
    dead = true;
    throw new Crash('planted');
  };
  const write = async <T>(call: () => Promise<T>): Promise<T> => {
    const mine = ++writes;
    await onWrite(mine);
    if (dead || (mine === point.write && !point.after)) die();
    const result = await call();
    if (mine === point.write) die();
    return result;
  };
  const alive = <T>(call: () => T): T => (dead ? die() : call());
  const base = crashingDeps(deps, { write: 0, after: false }).deps;
  const { store, runs, catalog, stagingLog } = deps;
  return {
    writes: () => writes,
    deps: {
      ...deps,
      ...base,
      catalog: { ...base.catalog, swap: (...args) => write(() => catalog.swap(...args)) },
      stagingLog: {
        read: async (domain, source) => await alive(() => stagingLog.read(domain, source)),
        list: async (domain) => await alive(() => stagingLog.list(domain)),
        put: (domain, chain) => write(() => stagingLog.put(domain, chain)),
        remove: (domain, chain) => write(() => stagingLog.remove(domain, chain)),
      },
      store: {
        get: async (uri) => await alive(() => store.get(uri)),
        head: async (uri) => await alive(() => store.head(uri)),
        list: (prefix) => alive(() => store.list(prefix)),
        stat: async (uri, options) => await alive(() => store.stat(uri, options)),
        read: (uri, options) => alive(() => store.read(uri, options)),
        put: (uri, body, options) => write(() => store.put(uri, body, options)),
        write: (uri, chunks, options) => write(() => store.write(uri, chunks, options)),
        delete: (uri) => write(() => store.delete(uri)),
      },
      runs: {
        ...runs,
        get: async (key) => await alive(() => runs.get(key)),
        acquire: (key, request) => write(() => runs.acquire(key, request)),
        save: (lease, state) => write(() => runs.save(lease, state)),
        renew: (lease, untilMs) => write(() => runs.renew(lease, untilMs)),
        release: (lease) => write(() => runs.release(lease)),
        announce: (key) => write(() => runs.announce(key)),
      },
    },
  };
}

/** An instance for which every lease has run out. */
export function thief(deps: IngestFileDeps): IngestFileDeps {
  const { runs } = deps;
  return {
    ...deps,
    runs: {
      ...runs,
      acquire: (key, request) =>
        runs.acquire(key, { ...request, freeBeforeMs: Number.POSITIVE_INFINITY }),
    },
  };
}

/** The store with one time for every object, so that runs can be compared. */
export function uploadedAt(store: StreamingObjectStore, modifiedMs: number): StreamingObjectStore {
  return {
    get: (uri) => store.get(uri),
    head: (uri) => store.head(uri),
    put: (uri, body, options) => store.put(uri, body, options),
    list: (prefix) => store.list(prefix),
    delete: (uri) => store.delete(uri),
    read: (uri, options) => store.read(uri, options),
    write: (uri, chunks, options) => store.write(uri, chunks, options),
    stat: async (uri, options) => {
      const stat = await store.stat(uri, options);
      return stat === null ? null : { ...stat, modifiedMs };
    },
  };
}
