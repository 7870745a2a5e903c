import type { MetricIdentity, MetricStore } from './metric-store.ts';

/** What was measured of a function since the start, at most within the last day. */
export interface FunctionHealth {
  readonly name: string;
  readonly invocations: number;
  readonly errors: number;
  /** When the last invocation began. */
  readonly lastInvocationMs: number;
  readonly lastDurationMs: number;
}

type Metrics = Pick<MetricStore, 'list' | 'latest' | 'statistic'>;

const DAY_MS = 86_400_000;

/** Every function that was invoked, by name. */
export function measuredFunctions(metrics: Metrics, nowMs: number): readonly FunctionHealth[] {
  return metrics
    .list()
    .filter(({ namespace, name }) => namespace === 'AWS/Lambda' && name === 'Invocations')
    .flatMap((metric) => functionHealth(metrics, metric, nowMs))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

function functionHealth(
  metrics: Metrics,
  invocations: MetricIdentity,
  nowMs: number,
): readonly FunctionHealth[] {
  const name = invocations.dimensions['FunctionName'];
  const last = metrics.latest(invocations);
  if (name === undefined || last === null) return [];
  const range = { startMs: nowMs - DAY_MS, endMs: nowMs + DAY_MS };
  const sum = (metric: string): number =>
    metrics.statistic({ ...invocations, name: metric }, 'Sum', range) ?? 0;
  const duration = metrics.latest({ ...invocations, name: 'Duration' });
  return [
    {
      name,
      invocations: sum('Invocations'),
      errors: sum('Errors'),
      lastInvocationMs: Math.round(last.atMs),
      lastDurationMs: Math.round(duration?.value ?? 0),
    },
  ];
}
