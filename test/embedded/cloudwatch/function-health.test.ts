import { expect, it } from 'vitest';
import { measuredFunctions } from '#embedded/cloudwatch/function-health.ts';
import { createMetricStore } from '#embedded/cloudwatch/metric-store.ts';
import { putInvocationMetrics } from '#embedded/lambda/invocation-metrics.ts';

const NOON = Date.UTC(2026, 0, 31, 12);

it('sums the invocations of every function up and shows the last one', () => {
  const store = createMetricStore({ nowMs: () => NOON });
  const success = { kind: 'success', payload: Buffer.from('1'), requestId: 'a' } as const;
  const failure = { ...success, kind: 'error', errorType: 'Error', errorMessage: 'no' } as const;
  const put = (name: string, outcome: typeof success | typeof failure, endedMs: number) =>
    putInvocationMetrics(store, name, { outcome, durationMs: 250, endedMs });
  put('writer', failure, NOON - 60_000);
  put('writer', success, NOON - 1_000);
  put('ledger', success, NOON);
  expect(measuredFunctions(store, NOON)).toEqual([
    {
      name: 'ledger',
      invocations: 1,
      errors: 0,
      lastInvocationMs: NOON - 250,
      lastDurationMs: 250,
    },
    {
      name: 'writer',
      invocations: 2,
      errors: 1,
      lastInvocationMs: NOON - 1_250,
      lastDurationMs: 250,
    },
  ]);
});
