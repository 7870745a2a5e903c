import { z } from 'zod';
import { localArn } from '#embedded/assembly/local-arn.ts';
import type { Alarm } from '../alarm-board.ts';
import { pageOf, parseMembers } from './request-members.ts';

const requestModel = z.strictObject({
  AlarmNames: z.array(z.string()).max(100).optional(),
  AlarmNamePrefix: z.string().optional(),
  AlarmTypes: z.array(z.enum(['MetricAlarm', 'CompositeAlarm'])).default(['MetricAlarm']),
  StateValue: z.enum(['OK', 'ALARM', 'INSUFFICIENT_DATA']).optional(),
  ActionPrefix: z.string().optional(),
  MaxRecords: z.int().min(1).max(100).default(50),
  NextToken: z.string().optional(),
});

/** DescribeAlarms. Source: Amazon CloudWatch API reference. */
export function describeAlarms(alarms: readonly Alarm[], input: unknown): unknown {
  const request = parseMembers(requestModel, input);
  const wanted = request.AlarmTypes.includes('MetricAlarm')
    ? alarms.filter((alarm) => isWanted(alarm, request))
    : [];
  const sorted = [...wanted].sort((a, b) => (a.name < b.name ? -1 : 1));
  const { page, nextToken } = pageOf(sorted, request.NextToken, request.MaxRecords);
  return { MetricAlarms: page.map(describeAlarm), CompositeAlarms: [], NextToken: nextToken };
}

function isWanted(alarm: Alarm, request: z.infer<typeof requestModel>): boolean {
  const { AlarmNames, AlarmNamePrefix, StateValue, ActionPrefix } = request;
  const actions = Object.values(alarm.config.actions).flat();
  return (
    (AlarmNames === undefined || AlarmNames.includes(alarm.name)) &&
    (AlarmNamePrefix === undefined || alarm.name.startsWith(AlarmNamePrefix)) &&
    (StateValue === undefined || alarm.state === StateValue) &&
    (ActionPrefix === undefined || actions.some((action) => action.startsWith(ActionPrefix)))
  );
}

function describeAlarm({ config, name, description, state, reason, sinceMs }: Alarm): unknown {
  const isPercentile = config.statistic.startsWith('p');
  const sinceSeconds = sinceMs / 1000;
  return {
    AlarmName: name,
    AlarmArn: localArn('cloudwatch', `alarm:${name}`),
    AlarmDescription: description,
    ActionsEnabled: true,
    OKActions: config.actions.OK,
    AlarmActions: config.actions.ALARM,
    InsufficientDataActions: config.actions.INSUFFICIENT_DATA,
    StateValue: state,
    StateReason: reason,
    StateUpdatedTimestamp: sinceSeconds,
    StateTransitionedTimestamp: sinceSeconds,
    Namespace: config.namespace,
    MetricName: config.metricName,
    Dimensions: Object.entries(config.dimensions).map(([Name, Value]) => ({ Name, Value })),
    ...(isPercentile ? { ExtendedStatistic: config.statistic } : { Statistic: config.statistic }),
    Period: config.periodSeconds,
    EvaluationPeriods: config.evaluationPeriods,
    DatapointsToAlarm: config.datapointsToAlarm,
    Threshold: config.threshold,
    ComparisonOperator: config.comparison,
    TreatMissingData: config.treatMissingData,
  };
}
