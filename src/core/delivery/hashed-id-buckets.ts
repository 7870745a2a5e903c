import { createHashFilter, type HashFilter } from './hash-filter.ts';
import { createHashedIdSet, type HashedIdSet } from './hashed-id-set.ts';
import { HASH_WORDS, type Hashes } from './id-hash.ts';
import type { IsHashCommitted } from './process-block.ts';

/** Hashes of identities with their arrival times; item i of both is one identity. */
export interface ArrivedHashes {
  readonly hashes: Hashes;
  readonly arrivalsMs: ArrayLike<number>;
}

/** Number of identities. */
export function idCount({ hashes }: Pick<ArrivedHashes, 'hashes'>): number {
  return hashes.length / HASH_WORDS;
}

/** Four to a horizon: fine enough to drop, few enough to look in. */
const BUCKETS_PER_HORIZON = 4;
const MIN_BUCKET_MS = 60_000;
/** Arrivals are 32-bit numbers of milliseconds after the bucket's start. */
const MAX_BUCKET_MS = 2 ** 32;

interface Bucket {
  readonly ids: HashedIdSet;
  /** Data files that are in it, as far as they overlap it. */
  readonly files: Set<string>;
}

/**
 * As IdBuckets, by hashes of 128 bits in flat arrays: some 36 bytes an identity instead of some 150. Two identities of
 * equal hash are one; by chance that happens once in 2^128 / n² cases.
 */
export interface HashedIdBuckets {
  /** Numbers of the buckets that overlap a time, both ends included. */
  numbersIn(fromMs: number, toMs: number): readonly number[];
  /** First and last millisecond of a bucket. */
  span(bucket: number): { readonly fromMs: number; readonly toMs: number };
  hasFile(bucket: number, path: string): boolean;
  /** Adds what falls into the bucket, and notes that the file is in it. */
  add(bucket: number, path: string, arrived: ArrivedHashes): void;
  /** Drops buckets made from a file that is not among the live ones; true when there was one. */
  dropStale(buckets: readonly number[], livePaths: ReadonlySet<string>): boolean;
  /** Drops the bucket farthest from a time, but none of `kept`; false when there is no other. */
  dropFarthest(timeMs: number, kept: ReadonlySet<number>): boolean;
  /** Identities; one that arrived several times within a horizon counts once or twice. */
  size(): number;
  readonly has: IsHashCommitted;
}

/** @param horizonMs greater than 0 */
export function createHashedIdBuckets(horizonMs: number): HashedIdBuckets {
  const fourth = Math.ceil(horizonMs / BUCKETS_PER_HORIZON);
  const lengthMs = Math.min(Math.max(MIN_BUCKET_MS, fourth), MAX_BUCKET_MS);
  const buckets = new Map<number, Bucket>();
  let size = 0;
  let filter = createHashFilter(0);
  /** Hashes in the filter whose bucket was dropped. */
  let stale = 0;
  const refilter = () => {
    filter = createHashFilter(2 * size);
    stale = 0;
    for (const { ids } of buckets.values()) {
      const hashes = ids.hashes();
      for (let item = 0; item < ids.size(); item++) filter.add(hashes, item);
    }
  };
  const numberOf = (timeMs: number) => Math.floor(timeMs / lengthMs);
  const drop = (bucket: number) => {
    const dropped = buckets.get(bucket)?.ids.size() ?? 0;
    size -= dropped;
    stale += dropped;
    buckets.delete(bucket);
    if (stale > size) refilter();
  };
  return {
    numbersIn: (fromMs, toMs) => numbersFrom(numberOf(fromMs), numberOf(toMs)),
    span: (bucket) => ({ fromMs: bucket * lengthMs, toMs: (bucket + 1) * lengthMs - 1 }),
    hasFile: (bucket, path) => buckets.get(bucket)?.files.has(path) ?? false,
    add: (bucket, path, arrived) => {
      const target = buckets.get(bucket) ?? {
        ids: createHashedIdSet(horizonMs),
        files: new Set<string>(),
      };
      buckets.set(bucket, target);
      target.files.add(path);
      const sizeBefore = target.ids.size();
      addArrived(target.ids, arrived, { fromMs: bucket * lengthMs, lengthMs, filter });
      size += target.ids.size() - sizeBefore;
      if (size + stale > filter.capacity) refilter();
    },
    dropStale: (numbers, livePaths) => {
      const stale = numbers.filter(
        (bucket) => buckets.get(bucket)?.files.isSubsetOf(livePaths) === false,
      );
      stale.forEach(drop);
      return stale.length > 0;
    },
    dropFarthest: (timeMs, kept) => {
      const others = [...buckets.keys()].filter((bucket) => !kept.has(bucket));
      if (others.length > 0) drop(farthestOf(others, numberOf(timeMs)));
      return others.length > 0;
    },
    size: () => size,
    has: (hashes, item, arrivalMs) => {
      if (!filter.mayHave(hashes, item)) return false;
      const last = numberOf(arrivalMs + horizonMs);
      for (let bucket = numberOf(arrivalMs - horizonMs); bucket <= last; bucket++) {
        const ids = buckets.get(bucket)?.ids;
        if (ids === undefined) continue;
        const aheadMs = arrivalMs - bucket * lengthMs;
        const from = Math.max(aheadMs - horizonMs, 0);
        const to = Math.min(aheadMs + horizonMs, lengthMs - 1);
        if (ids.hasBetween(hashes, item, from, to)) return true;
      }
      return false;
    },
  };
}

function addArrived(
  ids: HashedIdSet,
  { hashes, arrivalsMs }: ArrivedHashes,
  options: {
    readonly fromMs: number;
    readonly lengthMs: number;
    readonly filter: HashFilter;
  },
): void {
  for (let item = 0; item < arrivalsMs.length; item++) {
    const offsetMs = arrivalsMs[item]! - options.fromMs;
    if (offsetMs < 0 || offsetMs >= options.lengthMs) continue;
    ids.add(hashes, item, offsetMs);
    options.filter.add(hashes, item);
  }
}

function numbersFrom(first: number, last: number): readonly number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

function farthestOf(numbers: readonly number[], centre: number): number {
  return numbers.reduce((a, b) => (Math.abs(b - centre) > Math.abs(a - centre) ? b : a));
}
