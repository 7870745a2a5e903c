import type { AlarmConfig } from '#embedded/services.ts';
import { evaluationRange, isBreaching } from './evaluate-alarm.ts';
import { type MetricStore, MINUTE_MS } from './metric-store.ts';

/** Statistics that further measurements of a minute can only raise, as long as no value is negative. */
const RISING = ['Sum', 'Maximum', 'SampleCount'];

/** The datapoints an alarm is judged by. */
export interface Datapoints {
  /** Newest first; null is a period without data. */
  readonly values: readonly (number | null)[];
  /** Start of the eldest period. */
  readonly startMs: number;
}

/**
 * Reads the evaluation range: periods one after the other that end with the last whole minute, so they slide from minute to
 * minute as CloudWatch's do. The minute under way counts already when it breaches for good: then nobody waits for its end.
 */
export function readDatapoints(
  config: AlarmConfig,
  store: Pick<MetricStore, 'statistic'>,
  nowMs: number,
): Datapoints {
  const minuteMs = Math.floor(nowMs / MINUTE_MS) * MINUTE_MS;
  const underWay = readUntil(config, store, minuteMs + MINUTE_MS);
  const newest = underWay.values[0] ?? null;
  const isFinal = RISING.includes(config.statistic) && config.comparison.startsWith('GreaterThan');
  return isFinal && newest !== null && isBreaching(config, newest)
    ? underWay
    : readUntil(config, store, minuteMs);
}

function readUntil(
  config: AlarmConfig,
  store: Pick<MetricStore, 'statistic'>,
  endMs: number,
): Datapoints {
  const periodMs = config.periodSeconds * 1000;
  const metric = {
    namespace: config.namespace,
    name: config.metricName,
    dimensions: config.dimensions,
  };
  const ends = Array.from({ length: evaluationRange(config) }, (_, i) => endMs - i * periodMs);
  return {
    values: ends.map((end) =>
      store.statistic(metric, config.statistic, { startMs: end - periodMs, endMs: end }),
    ),
    startMs: (ends.at(-1) ?? endMs) - periodMs,
  };
}
