import { z } from 'zod';
import { isStatistic } from '../../cloudwatch/minute-bucket.ts';
import { localArn } from '../local-arn.ts';
import {
  defineResourceType,
  type EnsureContext,
  type PropertyProblem,
  type ResourceType,
} from '../resource-type.ts';
import { tags } from './tags.ts';

const actions = z.array(z.string()).max(5).default([]);
const statistic = z.string().refine(isStatistic, { error: () => 'expected a statistic' });

/** An alarm on one metric; alarms on expressions, anomalies or other alarms are refused. Source: AWS CloudFormation, AWS::CloudWatch::Alarm. */
const alarm = z.strictObject({
  AlarmName: z.string().min(1).max(255).optional(),
  AlarmDescription: z.string().max(1024).default(''),
  ActionsEnabled: z.literal(true).optional(),
  AlarmActions: actions,
  OKActions: actions,
  InsufficientDataActions: actions,
  Namespace: z.string(),
  MetricName: z.string(),
  Dimensions: z
    .array(z.strictObject({ Name: z.string(), Value: z.string() }))
    .max(30)
    .default([]),
  Statistic: statistic.optional(),
  ExtendedStatistic: statistic.optional(),
  // Shorter periods need metrics of high resolution.
  Period: z.int().min(60).multipleOf(60),
  EvaluationPeriods: z.int().min(1),
  DatapointsToAlarm: z.int().min(1).optional(),
  Threshold: z.number(),
  ComparisonOperator: z.enum([
    'GreaterThanThreshold',
    'GreaterThanOrEqualToThreshold',
    'LessThanThreshold',
    'LessThanOrEqualToThreshold',
  ]),
  TreatMissingData: z.enum(['breaching', 'notBreaching', 'ignore', 'missing']).default('missing'),
  Tags: tags,
});
type Alarm = z.infer<typeof alarm>;

const DAY_SECONDS = 86_400;

function checkAlarm(properties: Alarm): PropertyProblem[] {
  const { Statistic, ExtendedStatistic, Period, EvaluationPeriods, DatapointsToAlarm } = properties;
  const problem = (name: string, message: string): PropertyProblem => ({
    about: 'value',
    path: [name],
    message,
  });
  const problems: PropertyProblem[] = [];
  if ((Statistic === undefined) === (ExtendedStatistic === undefined)) {
    problems.push(problem('Statistic', 'expected Statistic or ExtendedStatistic, one of them'));
  }
  if (DatapointsToAlarm !== undefined && DatapointsToAlarm > EvaluationPeriods) {
    problems.push(
      problem(
        'DatapointsToAlarm',
        `expected at most EvaluationPeriods (${EvaluationPeriods}), got ${DatapointsToAlarm}`,
      ),
    );
  }
  if (Period * EvaluationPeriods > DAY_SECONDS) {
    problems.push(
      problem(
        'EvaluationPeriods',
        `expected EvaluationPeriods times Period within a day, got ${Period * EvaluationPeriods} s; the local cloud keeps metrics for a day`,
      ),
    );
  }
  return problems;
}

function ensureAlarm(properties: Alarm, { services, identity }: EnsureContext): void {
  services.cloudWatch.ensureAlarm({
    name: identity.ref,
    description: properties.AlarmDescription,
    namespace: properties.Namespace,
    metricName: properties.MetricName,
    dimensions: Object.fromEntries(properties.Dimensions.map(({ Name, Value }) => [Name, Value])),
    statistic: properties.Statistic ?? properties.ExtendedStatistic ?? '',
    periodSeconds: properties.Period,
    evaluationPeriods: properties.EvaluationPeriods,
    datapointsToAlarm: properties.DatapointsToAlarm ?? properties.EvaluationPeriods,
    comparison: properties.ComparisonOperator,
    threshold: properties.Threshold,
    treatMissingData: properties.TreatMissingData,
    actions: {
      ALARM: properties.AlarmActions,
      OK: properties.OKActions,
      INSUFFICIENT_DATA: properties.InsufficientDataActions,
    },
  });
}

export const CLOUDWATCH_RESOURCE_TYPES: Readonly<Record<string, ResourceType>> = {
  'AWS::CloudWatch::Alarm': defineResourceType({
    properties: alarm,
    identify(properties, place) {
      const name = properties.AlarmName ?? place.generatedName;
      return { ref: name, attributes: { Arn: localArn('cloudwatch', `alarm:${name}`) } };
    },
    check: checkAlarm,
    ensure: ensureAlarm,
  }),
};
