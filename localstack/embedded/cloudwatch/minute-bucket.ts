/** What was measured in one minute. */
export interface MinuteBucket {
  count: number;
  sum: number;
  minimum: number;
  maximum: number;
  /** Value to how often it was measured, for percentiles. */
  readonly values: Map<number, number>;
}

/** Distinct values kept exactly; further ones are kept with two digits, so that a bucket's size is bounded. */
const MAX_EXACT_VALUES = 1000;

export function createMinuteBucket(): MinuteBucket {
  return {
    count: 0,
    sum: 0,
    minimum: Number.POSITIVE_INFINITY,
    maximum: Number.NEGATIVE_INFINITY,
    values: new Map(),
  };
}

export function addValue(bucket: MinuteBucket, value: number): void {
  bucket.count += 1;
  bucket.sum += value;
  bucket.minimum = Math.min(bucket.minimum, value);
  bucket.maximum = Math.max(bucket.maximum, value);
  const isExact = bucket.values.has(value) || bucket.values.size < MAX_EXACT_VALUES;
  const key = isExact ? value : Number(value.toPrecision(2));
  bucket.values.set(key, (bucket.values.get(key) ?? 0) + 1);
}

/** `p0` to `p100`, with decimals. Source: CloudWatch statistics definitions. */
const PERCENTILE = /^p(\d{1,2}(?:\.\d+)?|100)$/;
const STATISTICS = ['Sum', 'Average', 'Minimum', 'Maximum', 'SampleCount'];

export function isStatistic(name: string): boolean {
  return STATISTICS.includes(name) || PERCENTILE.test(name);
}

/** A statistic over buckets; null when nothing was measured in them. Throws on a name that `isStatistic` refuses. */
export function statisticOf(buckets: readonly MinuteBucket[], statistic: string): number | null {
  const count = total(buckets, (bucket) => bucket.count);
  if (count === 0) return null;
  switch (statistic) {
    case 'Sum':
      return total(buckets, (bucket) => bucket.sum);
    case 'Average':
      return total(buckets, (bucket) => bucket.sum) / count;
    case 'SampleCount':
      return count;
    case 'Minimum':
      return Math.min(...buckets.map((bucket) => bucket.minimum));
    case 'Maximum':
      return Math.max(...buckets.map((bucket) => bucket.maximum));
    default:
      return percentileOf(buckets, statistic, count);
  }
}

/** The smallest value that at least the given share of all values does not exceed. */
function percentileOf(buckets: readonly MinuteBucket[], statistic: string, count: number): number {
  const percent = PERCENTILE.exec(statistic)?.[1];
  if (percent === undefined) throw new Error(`"${statistic}" is no statistic`);
  const rank = Math.max(1, Math.ceil((Number(percent) / 100) * count));
  const sorted = buckets.flatMap((bucket) => [...bucket.values]).sort(([a], [b]) => a - b);
  let seen = 0;
  for (const [value, times] of sorted) {
    seen += times;
    if (seen >= rank) return value;
  }
  return sorted.at(-1)?.[0] ?? 0;
}

function total(buckets: readonly MinuteBucket[], part: (bucket: MinuteBucket) => number): number {
  return buckets.reduce((sum, bucket) => sum + part(bucket), 0);
}
