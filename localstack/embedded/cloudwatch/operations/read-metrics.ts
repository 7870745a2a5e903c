import { z } from 'zod';
import { AwsError } from '#embedded/gateway/json-protocol.ts';
import type { MetricIdentity, MetricStore } from '../metric-store.ts';
import { isStatistic } from '../minute-bucket.ts';
import { dimensionsModel, pageOf, parseMembers, timestampModel } from './request-members.ts';

/** Source: Amazon CloudWatch API reference, ListMetrics. */
const LIST_PAGE = 500;
/** Source: Amazon CloudWatch API reference, GetMetricStatistics. */
const MAX_DATAPOINTS = 1440;

const listModel = z.strictObject({
  Namespace: z.string().optional(),
  MetricName: z.string().optional(),
  /** A filter without value takes any. */
  Dimensions: z
    .array(z.strictObject({ Name: z.string(), Value: z.string().optional() }))
    .max(10)
    .default([]),
  RecentlyActive: z.literal('PT3H').optional(),
  NextToken: z.string().optional(),
});

/** ListMetrics: what was measured within the last day. */
export function listMetrics(store: Pick<MetricStore, 'list'>, input: unknown): unknown {
  const { Namespace, MetricName, Dimensions, NextToken } = parseMembers(listModel, input);
  const wanted = store
    .list()
    .filter(
      (metric) =>
        (Namespace === undefined || metric.namespace === Namespace) &&
        (MetricName === undefined || metric.name === MetricName) &&
        Dimensions.every(({ Name, Value }) => hasDimension(metric, Name, Value)),
    );
  const { page, nextToken } = pageOf(wanted, NextToken, LIST_PAGE);
  const metrics = page.map(({ namespace, name, dimensions }) => ({
    Namespace: namespace,
    MetricName: name,
    Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
  }));
  return { Metrics: metrics, NextToken: nextToken };
}

function hasDimension(metric: MetricIdentity, name: string, value: string | undefined): boolean {
  if (!Object.hasOwn(metric.dimensions, name)) return false;
  return value === undefined || metric.dimensions[name] === value;
}

const statisticsModel = z.strictObject({
  Namespace: z.string(),
  MetricName: z.string(),
  Dimensions: dimensionsModel,
  StartTime: timestampModel,
  EndTime: timestampModel,
  Period: z.int().min(60).multipleOf(60),
  Statistics: z.array(z.string().refine(isStatistic)).max(5).default([]),
  ExtendedStatistics: z.array(z.string().refine(isStatistic)).max(10).default([]),
});

/** GetMetricStatistics: one datapoint per period with data, the periods counted from the start of the range. */
export function getMetricStatistics(
  store: Pick<MetricStore, 'statistic'>,
  input: unknown,
): unknown {
  const request = parseMembers(statisticsModel, input);
  if (request.StartTime >= request.EndTime) {
    const message = 'The parameter StartTime must be less than the parameter EndTime.';
    throw new AwsError('InvalidParameterValue', message);
  }
  const periodMs = request.Period * 1000;
  const startMs = Math.floor(request.StartTime / periodMs) * periodMs;
  const count = Math.ceil((request.EndTime - startMs) / periodMs);
  if (!(count > 0 && count <= MAX_DATAPOINTS)) {
    throw new AwsError(
      'InvalidParameterCombination',
      `StartTime, EndTime and Period make ${count} datapoints, expected 1 to ${MAX_DATAPOINTS}`,
    );
  }
  const metric: MetricIdentity = {
    namespace: request.Namespace,
    name: request.MetricName,
    dimensions: Object.fromEntries(request.Dimensions.map(({ Name, Value }) => [Name, Value])),
  };
  const datapoints = Array.from({ length: count }, (_, i) => startMs + i * periodMs).flatMap(
    (fromMs) => {
      const range = { startMs: fromMs, endMs: fromMs + periodMs };
      const read = (name: string) => [name, store.statistic(metric, name, range)] as const;
      if (store.statistic(metric, 'SampleCount', range) === null) return [];
      const extended = request.ExtendedStatistics.map(read);
      return {
        Timestamp: fromMs / 1000,
        Unit: 'None',
        ...Object.fromEntries(request.Statistics.map(read)),
        ...(extended.length > 0 ? { ExtendedStatistics: Object.fromEntries(extended) } : {}),
      };
    },
  );
  return { Label: request.MetricName, Datapoints: datapoints };
}
