import type { MetricsService } from '#embedded/services.ts';

/** One answered request. */
export interface MeasuredRequest {
  readonly apiId: string;
  readonly status: number;
  readonly atMs: number;
  readonly latencyMs: number;
  /** Null when the integration was not called. */
  readonly integrationMs: number | null;
}

/** Source: Amazon API Gateway, "Monitor CloudWatch metrics for HTTP APIs". */
export function putRequestMetrics(metrics: MetricsService, request: MeasuredRequest): void {
  const { apiId, status, atMs, latencyMs, integrationMs } = request;
  const values: readonly (readonly [string, number | null])[] = [
    ['Count', 1],
    ['4xx', status >= 400 && status < 500 ? 1 : 0],
    ['5xx', status >= 500 ? 1 : 0],
    ['Latency', latencyMs],
    ['IntegrationLatency', integrationMs],
  ];
  const scopes: readonly Readonly<Record<string, string>>[] = [
    { ApiId: apiId },
    { ApiId: apiId, Stage: '$default' },
  ];
  for (const [name, value] of values) {
    if (value === null) continue;
    for (const dimensions of scopes) {
      metrics.put({ namespace: 'AWS/ApiGateway', name, dimensions, value, atMs });
    }
  }
}
