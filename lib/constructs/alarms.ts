import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import { type NameScope, physicalName } from '../names.ts';

/** Whose alarms these are, and whom they tell. */
export interface AlarmContext {
  readonly names: NameScope;
  readonly domain: string;
  readonly topic: ITopic;
}

/** An alarm is read by somebody who was not thinking of the platform: what happened, what it means, what to do. */
export interface AlarmText {
  readonly happened: string;
  readonly meaning: string;
  readonly todo: string;
}

export interface AlarmProps {
  /** Below the domain: `lake-writer`, `errors`. */
  readonly name: readonly [subject: string, aspect: string];
  /** Which of several things of one subject it watches, for instance the topic; null when there is one. @default null */
  readonly part?: string | null;
  readonly text: AlarmText;
  readonly metric: {
    readonly namespace: string;
    readonly metricName: string;
    readonly dimensionsMap: Readonly<Record<string, string>>;
    readonly statistic: 'Sum' | 'Maximum';
    readonly period: Duration;
  };
  readonly threshold: number;
  readonly comparison: 'above' | 'at or above' | 'below';
  /** So many of the last so many periods. @default one of one */
  readonly datapoints?: { readonly breaching: number; readonly of: number };
  /** What silence says. */
  readonly missingData: 'breaching' | 'notBreaching';
}

const COMPARISONS = {
  above: cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
  'at or above': cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
  below: cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
} as const;

/** An alarm on one metric, which tells the topic when it is raised and when it is over. */
export function createAlarm(
  scope: Construct,
  context: AlarmContext,
  props: AlarmProps,
): cloudwatch.Alarm {
  const [subject, aspect] = props.name;
  const { breaching, of } = props.datapoints ?? { breaching: 1, of: 1 };
  const { happened, meaning, todo } = props.text;
  const parts = props.part === null || props.part === undefined ? [] : [props.part];
  const alarm = new cloudwatch.Alarm(scope, [aspect, ...parts].join('-'), {
    alarmName: physicalName(context.names, context.domain, subject, aspect, ...parts),
    alarmDescription: `${happened} ${meaning} ${todo} See docs/operations.md, "${aspect}".`,
    metric: new cloudwatch.Metric({
      ...props.metric,
      dimensionsMap: { ...props.metric.dimensionsMap },
    }),
    threshold: props.threshold,
    comparisonOperator: COMPARISONS[props.comparison],
    evaluationPeriods: of,
    datapointsToAlarm: breaching,
    treatMissingData:
      props.missingData === 'breaching'
        ? cloudwatch.TreatMissingData.BREACHING
        : cloudwatch.TreatMissingData.NOT_BREACHING,
  });
  const action = new SnsAction(context.topic);
  alarm.addAlarmAction(action);
  alarm.addOkAction(action);
  return alarm;
}

/** Where a function's own words are, on a laptop and in an account. */
export function lookIntoLogs(names: NameScope, domain: string, subject: string): string {
  const logGroup = `/aws/lambda/${physicalName(names, domain, subject)}`;
  return `Look: aws logs tail ${logGroup} --since 30m (on a laptop: sluice logs ${domain.replaceAll('_', '-')}-${subject} --since 30m).`;
}

/**
 * A function that fails again and again. One failure is retried and no reason to wake anybody: two of three periods, each
 * as long as the function may run, so that one that only times out fails in each. A function that is not called fails not.
 */
export function addErrorAlarm(
  scope: Construct,
  context: AlarmContext,
  props: {
    readonly subject: string;
    readonly function: lambda.Function;
    readonly text: Pick<AlarmText, 'happened' | 'meaning'>;
  },
): void {
  createAlarm(scope, context, {
    name: [props.subject, 'errors'],
    text: { ...props.text, todo: lookIntoLogs(context.names, context.domain, props.subject) },
    metric: {
      namespace: 'AWS/Lambda',
      metricName: 'Errors',
      dimensionsMap: { FunctionName: props.function.functionName },
      statistic: 'Sum',
      period: wholeMinutes(props.function.timeout),
    },
    threshold: 0,
    comparison: 'above',
    datapoints: { breaching: 2, of: 3 },
    missingData: 'notBreaching',
  });
}

function wholeMinutes(timeout: Duration | undefined): Duration {
  return Duration.minutes(Math.max(1, Math.ceil((timeout?.toSeconds() ?? 0) / 60)));
}
