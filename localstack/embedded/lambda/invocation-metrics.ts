import type { MetricsService } from '#embedded/services.ts';
import type { InvocationReport } from './sandbox/sandbox.ts';

/**
 * What Lambda measures of an invocation, at the time it began. Source: AWS Lambda developer guide, "Types of metrics for
 * Lambda functions".
 */
export function putInvocationMetrics(
  metrics: MetricsService,
  functionName: string,
  report: Pick<InvocationReport, 'outcome' | 'durationMs'> & { readonly endedMs: number },
): void {
  const { outcome, durationMs, endedMs } = report;
  const atMs = endedMs - durationMs;
  const values = {
    Invocations: 1,
    Errors: outcome.kind === 'error' ? 1 : 0,
    Duration: durationMs,
    Throttles: 0,
  };
  for (const [name, value] of Object.entries(values))
    putLambdaMetric(metrics, { name, value, atMs, functionName });
}

/** A throttled request is no invocation. */
export function putThrottle(metrics: MetricsService, functionName: string, atMs: number): void {
  putLambdaMetric(metrics, { name: 'Throttles', value: 1, atMs, functionName });
}

function putLambdaMetric(
  metrics: MetricsService,
  datum: {
    readonly name: string;
    readonly value: number;
    readonly atMs: number;
    readonly functionName: string;
  },
): void {
  const { name, value, atMs, functionName } = datum;
  const dimensions = { FunctionName: functionName };
  metrics.put({ namespace: 'AWS/Lambda', name, dimensions, value, atMs });
}
