import {
  type ArrivedHashes,
  createHashedIdBuckets,
  type HashedIdBuckets,
} from '#core/delivery/hashed-id-buckets.ts';
import { hashTexts } from '#core/delivery/id-hash.ts';
import type { IsHashCommitted } from '#core/delivery/process-block.ts';
import type { TableMetadata } from '#core/iceberg/spec/table-metadata.ts';
import type { Row } from '#core/schema/field.ts';
import type { ObjectStore } from '#ports/object-store.ts';
import type { TableReader } from '#ports/table-reader.ts';
import {
  type ArrivalWindow,
  type ArrivedFile,
  filesArrivedIn,
  type ManifestMemory,
  overlaps,
} from './arrived-files.ts';

/** What a state of the table says about identities, while it is looked at. */
export interface CommittedView {
  readonly isCommitted: IsHashCommitted;
  /** Changes when rows have left the table: what was a duplicate may be none any more. */
  readonly generation: number;
  /** The ids of the whole horizon take more memory than there is: the oldest are not known. */
  readonly isCut: boolean;
}

/**
 * Identities of the rows a table holds, kept from batch to batch by one instance. Everything in it comes
 * from data files of committed snapshots; it is brought up to the metadata it is asked about, so it can
 * be lost at any time.
 */
export interface CommittedIds {
  /** Calls `use` with what `base` says about events that arrived in the window; nothing else runs meanwhile. */
  lookUp<T>(
    base: TableMetadata,
    arrivals: ArrivalWindow,
    use: (view: CommittedView) => T,
  ): Promise<T>;
  /** Files this instance is about to commit: if they are committed, they need not be read. */
  remember(files: ReadonlyMap<string, ArrivedHashes>): void;
}

/** Files read at once: enough to hide the latency of requests, few enough to hold them in memory. */
const CONCURRENT_READS = 16;

/** @param options.horizonMs greater than 0 */
export function createCommittedIds(
  deps: { readonly store: ObjectStore; readonly reader: TableReader },
  options: {
    readonly horizonMs: number;
    readonly maxIds: number;
    /** Files this instance knows without reading them. */
    readonly staged?: { get(path: string): ArrivedHashes | undefined };
  },
): CommittedIds {
  const buckets = createHashedIdBuckets(options.horizonMs);
  const manifests: ManifestMemory = new Map();
  // Two stagings: that of the last commit, and one that lost to it.
  let written: readonly ReadonlyMap<string, ArrivedHashes>[] = [];
  let generation = 0;
  let turn: Promise<unknown> = Promise.resolve();

  const readIds = async (path: string): Promise<ArrivedHashes> => {
    const own = written.find((files) => files.has(path))?.get(path) ?? options.staged?.get(path);
    return own ?? arrivedIds(await deps.reader.readRows(path, ['_event_id', '_ingested_at']));
  };
  const bringUp = async (base: TableMetadata, arrivals: ArrivalWindow): Promise<boolean> => {
    const reach = reachOf(buckets, arrivals, options.horizonMs);
    const files = await filesArrivedIn((uri) => deps.store.get(uri), base, {
      window: reach,
      memory: manifests,
    });
    const numbers = buckets.numbersIn(reach.fromMs, reach.toMs);
    if (buckets.dropStale(numbers, new Set(files.map(({ path }) => path)))) generation++;
    const isComplete = await load(buckets, { files, numbers, arrivals, readIds, ...options });
    return !isComplete;
  };
  return {
    lookUp: (base, arrivals, use) => {
      const result = turn.then(async () => {
        const isCut = await bringUp(base, arrivals);
        return use({ isCommitted: buckets.has, generation, isCut });
      });
      turn = result.catch(() => {});
      return result;
    },
    remember: (files) => {
      written = [files, ...written].slice(0, 2);
    },
  };
}

/** The horizon around the arrivals, out to whole buckets, so that a bucket is always compared with all its files. */
function reachOf(
  buckets: HashedIdBuckets,
  arrivals: ArrivalWindow,
  horizonMs: number,
): ArrivalWindow {
  const fromMs = arrivals.fromMs - horizonMs;
  const toMs = arrivals.toMs + horizonMs;
  const numbers = buckets.numbersIn(fromMs, toMs);
  return {
    fromMs: buckets.span(numbers[0] ?? 0).fromMs,
    toMs: buckets.span(numbers.at(-1) ?? 0).toMs,
  };
}

/**
 * Adds the files that are missing, buckets nearest to the arrivals first, and drops buckets farther away
 * where memory is short. False when it ended before the files did: the rest stays unknown.
 */
async function load(
  buckets: HashedIdBuckets,
  work: {
    readonly files: readonly ArrivedFile[];
    readonly numbers: readonly number[];
    readonly arrivals: ArrivalWindow;
    readonly maxIds: number;
    readonly readIds: (path: string) => Promise<ArrivedHashes>;
  },
): Promise<boolean> {
  const { arrivals, maxIds } = work;
  const readOnce = remembering(work.readIds);
  const kept = new Set<number>();
  for (const bucket of nearestFirst(buckets, work.numbers, arrivals)) {
    kept.add(bucket);
    const missing = work.files
      .filter((file) => overlaps(file, buckets.span(bucket)) && !buckets.hasFile(bucket, file.path))
      .toSorted((a, b) => b.toMs - a.toMs);
    for (let start = 0; start < missing.length; start += CONCURRENT_READS) {
      const group = missing.slice(start, start + CONCURRENT_READS);
      const rowCount = group.reduce((sum, file) => sum + file.rowCount, 0);
      const isFull = () => buckets.size() + rowCount > maxIds;
      while (isFull() && buckets.dropFarthest(arrivals.toMs, kept));
      if (isFull()) return false;
      const arrived = await Promise.all(group.map(({ path }) => readOnce(path)));
      for (const [index, { path }] of group.entries()) {
        buckets.add(bucket, path, arrived[index] ?? NO_IDS);
      }
    }
  }
  return true;
}

const NO_IDS: ArrivedHashes = { hashes: new Int32Array(0), arrivalsMs: [] };

/** A file that reaches into several buckets is read for the first of them only. */
function remembering(
  readIds: (path: string) => Promise<ArrivedHashes>,
): (path: string) => Promise<ArrivedHashes> {
  const known = new Map<string, Promise<ArrivedHashes>>();
  return (path) => {
    const reading = known.get(path) ?? readIds(path);
    known.set(path, reading);
    return reading;
  };
}

function nearestFirst(
  buckets: HashedIdBuckets,
  numbers: readonly number[],
  arrivals: ArrivalWindow,
): readonly number[] {
  const distance = (bucket: number) => {
    const { fromMs, toMs } = buckets.span(bucket);
    return Math.max(arrivals.fromMs - toMs, fromMs - arrivals.toMs, 0);
  };
  return numbers.toSorted((a, b) => distance(a) - distance(b));
}

/** Hashed identities and arrivals of bronze rows. */
export function arrivedIds(rows: readonly Row[]): ArrivedHashes {
  return {
    hashes: hashTexts(rows.map((row) => String(row['_event_id']))),
    arrivalsMs: rows.map((row) => arrivalMs(row)),
  };
}

/** Arrival of a bronze row. */
export function arrivalMs(row: Row): number {
  const micros = row['_ingested_at'];
  return typeof micros === 'bigint' ? Number(micros / 1000n) : 0;
}
