import type { MetricDatum, MetricsService } from '#embedded/services.ts';
import { addValue, createMinuteBucket, type MinuteBucket, statisticOf } from './minute-bucket.ts';

/** What makes two measurements belong to the same metric. */
export type MetricIdentity = Pick<MetricDatum, 'namespace' | 'name' | 'dimensions'>;

/** From the start of a minute up to, but not with, the start of another. */
export interface MetricRange {
  readonly startMs: number;
  readonly endMs: number;
}

export interface MetricStore extends MetricsService {
  /** A statistic over the minutes of the range; null when nothing was measured. */
  statistic(metric: MetricIdentity, statistic: string, range: MetricRange): number | null;
  /** The measurement with the latest time within the last day; null when there is none. */
  latest(metric: MetricIdentity): { readonly value: number; readonly atMs: number } | null;
  /** Every metric measured within the last day. */
  list(): readonly MetricIdentity[];
}

export const MINUTE_MS = 60_000;
/** Alarms look back a day at most. */
const KEPT_MS = 24 * 60 * MINUTE_MS;
/** As CloudWatch: a measurement further ahead is refused. Source: PutMetricData, `Timestamp`. */
const MAX_AHEAD_MS = 2 * 60 * MINUTE_MS;
/** A function that makes a dimension of a random id would fill the memory; what was not measured for longest goes first. */
const MAX_METRICS = 5000;

interface Series extends MetricIdentity {
  /** Minute since the epoch to what was measured in it. */
  readonly buckets: Map<number, MinuteBucket>;
  latest: { readonly value: number; readonly atMs: number };
}

/** Metrics by the minute, in memory, for a day. */
export function createMetricStore(options: { readonly nowMs: () => number }): MetricStore {
  const { nowMs } = options;
  /** In the order of the last measurement. */
  const series = new Map<string, Series>();

  const fresh = (one: Series | undefined): Series | null =>
    one === undefined || one.latest.atMs < nowMs() - KEPT_MS ? null : one;

  return {
    put: (datum) => {
      const { value, atMs } = datum;
      const now = nowMs();
      const isInTime = atMs >= now - KEPT_MS && atMs <= now + MAX_AHEAD_MS;
      if (!Number.isFinite(value) || !isInTime) return;
      const key = keyOf(datum);
      const one = series.get(key) ?? createSeries(datum);
      series.delete(key);
      series.set(key, one);
      addToBucket(one, datum);
      if (atMs >= one.latest.atMs) one.latest = { value, atMs };
      if (series.size > MAX_METRICS) series.delete(series.keys().next().value ?? '');
    },
    statistic: (metric, statistic, { startMs, endMs }) => {
      const buckets = series.get(keyOf(metric))?.buckets;
      if (buckets === undefined) return null;
      const first = Math.ceil(startMs / MINUTE_MS);
      const last = Math.ceil(endMs / MINUTE_MS) - 1;
      return statisticOf(bucketsBetween(buckets, first, last), statistic);
    },
    latest: (metric) => fresh(series.get(keyOf(metric)))?.latest ?? null,
    list: () => [...series.values()].filter((one) => fresh(one) !== null),
  };
}

function keyOf({ namespace, name, dimensions }: MetricIdentity): string {
  const sorted = Object.entries(dimensions).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([namespace, name, sorted]);
}

function createSeries({ namespace, name, dimensions, value, atMs }: MetricDatum): Series {
  return { namespace, name, dimensions, buckets: new Map(), latest: { value, atMs } };
}

function addToBucket({ buckets }: Series, { value, atMs }: MetricDatum): void {
  const minute = Math.floor(atMs / MINUTE_MS);
  let bucket = buckets.get(minute);
  if (bucket === undefined) {
    bucket = createMinuteBucket();
    buckets.set(minute, bucket);
    forgetOld(buckets);
  }
  addValue(bucket, value);
}

/** Alarms ask for a few minutes of many, others for all: whichever is fewer is looked through. */
function bucketsBetween(
  buckets: ReadonlyMap<number, MinuteBucket>,
  first: number,
  last: number,
): readonly MinuteBucket[] {
  const count = Math.max(0, last - first + 1);
  if (count < buckets.size) {
    return Array.from({ length: count }, (_, i) => buckets.get(first + i)).filter(
      (bucket) => bucket !== undefined,
    );
  }
  return [...buckets].flatMap(([minute, bucket]) =>
    minute >= first && minute <= last ? bucket : [],
  );
}

/** Buckets of a whole day and of what may lie ahead; the eldest go. */
const MAX_BUCKETS = (KEPT_MS + MAX_AHEAD_MS) / MINUTE_MS + 1;

function forgetOld(buckets: Map<number, MinuteBucket>): void {
  if (buckets.size <= MAX_BUCKETS) return;
  buckets.delete(Math.min(...buckets.keys()));
}
