import type { IsCommitted } from './process-rows.ts';

/** Identities with their arrival times; both lists have one length. */
export interface ArrivedIds {
  readonly ids: readonly string[];
  readonly arrivalsMs: readonly number[];
}

/** Four to a horizon: fine enough to drop, few enough to look in. */
const BUCKETS_PER_HORIZON = 4;
const MIN_BUCKET_MS = 60_000;

/** A list for an identity that arrived more than once, as it may in a bucket longer than the horizon. */
type Offsets = number | readonly number[];

interface Bucket {
  /** Identity to arrival, in milliseconds after the bucket's start: small integers take no memory of their own. */
  readonly ids: Map<string, Offsets>;
  /** Data files that are in it, as far as they overlap it. */
  readonly files: Set<string>;
}

/**
 * Identities of committed rows in buckets of arrival time. A bucket knows which data files it was made
 * from, and is dropped whole: when time has passed it, when memory runs short, or when one of its files
 * is no longer part of the table.
 */
export interface IdBuckets {
  /** Numbers of the buckets that overlap a time, both ends included. */
  numbersIn(fromMs: number, toMs: number): readonly number[];
  /** First and last millisecond of a bucket. */
  span(bucket: number): { readonly fromMs: number; readonly toMs: number };
  hasFile(bucket: number, path: string): boolean;
  /** Adds what falls into the bucket, and notes that the file is in it. */
  add(bucket: number, path: string, arrived: ArrivedIds): void;
  /** Drops buckets made from a file that is not among the live ones; true when there was one. */
  dropStale(buckets: readonly number[], livePaths: ReadonlySet<string>): boolean;
  /** Drops the bucket farthest from a time, but none of `kept`; false when there is no other. */
  dropFarthest(timeMs: number, kept: ReadonlySet<number>): boolean;
  size(): number;
  readonly has: IsCommitted;
}

/** @param horizonMs greater than 0 */
export function createIdBuckets(horizonMs: number): IdBuckets {
  const lengthMs = Math.max(MIN_BUCKET_MS, Math.ceil(horizonMs / BUCKETS_PER_HORIZON));
  const buckets = new Map<number, Bucket>();
  let size = 0;
  const numberOf = (timeMs: number) => Math.floor(timeMs / lengthMs);
  const drop = (bucket: number) => {
    size -= buckets.get(bucket)?.ids.size ?? 0;
    buckets.delete(bucket);
  };
  return {
    numbersIn: (fromMs, toMs) => numbersFrom(numberOf(fromMs), numberOf(toMs)),
    span: (bucket) => ({ fromMs: bucket * lengthMs, toMs: (bucket + 1) * lengthMs - 1 }),
    hasFile: (bucket, path) => buckets.get(bucket)?.files.has(path) ?? false,
    add: (bucket, path, { ids, arrivalsMs }) => {
      const target = buckets.get(bucket) ?? { ids: new Map(), files: new Set() };
      buckets.set(bucket, target);
      target.files.add(path);
      const sizeBefore = target.ids.size;
      for (const [index, id] of ids.entries()) {
        const offsetMs = (arrivalsMs[index] ?? 0) - bucket * lengthMs;
        if (offsetMs < 0 || offsetMs >= lengthMs) continue;
        target.ids.set(id, withOffset(target.ids.get(id), offsetMs));
      }
      size += target.ids.size - sizeBefore;
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
    has: (eventId, arrivalMs) => {
      const last = numberOf(arrivalMs + horizonMs);
      for (let bucket = numberOf(arrivalMs - horizonMs); bucket <= last; bucket++) {
        const offsets = buckets.get(bucket)?.ids.get(eventId);
        if (offsets === undefined) continue;
        const aheadMs = arrivalMs - bucket * lengthMs;
        if (isNear(offsets, aheadMs, horizonMs)) return true;
      }
      return false;
    },
  };
}

function withOffset(before: Offsets | undefined, offsetMs: number): Offsets {
  if (before === undefined || before === offsetMs) return offsetMs;
  const known = typeof before === 'number' ? [before] : before;
  return known.includes(offsetMs) ? known : [...known, offsetMs];
}

function isNear(offsets: Offsets, offsetMs: number, horizonMs: number): boolean {
  const isWithin = (other: number) => Math.abs(other - offsetMs) <= horizonMs;
  return typeof offsets === 'number' ? isWithin(offsets) : offsets.some(isWithin);
}

function numbersFrom(first: number, last: number): readonly number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

function farthestOf(numbers: readonly number[], centre: number): number {
  return numbers.reduce((a, b) => (Math.abs(b - centre) > Math.abs(a - centre) ? b : a));
}
