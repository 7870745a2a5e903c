import { Duration } from 'aws-cdk-lib';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { DomainSettings, Environment } from '#core/config/project.ts';
import { type AlarmContext, addErrorAlarm, createAlarm, lookIntoLogs } from './alarms.ts';
import type { TopicMapping } from './topic-mappings.ts';

export interface StreamReaderAlarmsProps {
  /** Name of the function below the domain: `lake-writer`. */
  readonly subject: string;
  readonly alarms: Environment['alarms'];
  /** Of the domain whose stream it reads. */
  readonly settings: Pick<DomainSettings, 'stream'>;
  readonly function: lambda.Function;
  /** Records behind from which a reader of Kafka topics is too slow; null for one of Kinesis, whose age is measured. */
  readonly maxOffsetLag: number | null;
  /** Its mappings; they have to count events (MetricsConfig). */
  readonly mappings: readonly TopicMapping[];
}

/** Long enough that a mapping which backs off between attempts has measured something in it. */
const PERIOD = Duration.minutes(5);
const MS_PER_HOUR = 3_600_000;

/** Alarms of a function that reads a stream: it fails, it falls behind, it gives records up. */
export class StreamReaderAlarms extends Construct {
  constructor(
    scope: Construct,
    id: string,
    props: StreamReaderAlarmsProps & { readonly context: AlarmContext },
  ) {
    super(scope, id);
    const { context, subject } = props;
    addErrorAlarm(this, context, {
      subject,
      function: props.function,
      text: {
        happened: `The function ${subject} of ${context.domain} fails again and again.`,
        meaning:
          'Its records wait in the stream and are tried again: nothing is lost, but tables do not grow.',
      },
    });
    if (props.maxOffsetLag === null) this.addIteratorAgeAlarms(props, context);
    else this.addOffsetLagAlarm(props, context, props.maxOffsetLag);
    for (const mapping of props.mappings) this.addDiscardAlarms(props, context, mapping);
  }

  /** A stream without records measures nothing; that the mapping itself stands still shows in the ledger. */
  private addIteratorAgeAlarms(props: StreamReaderAlarmsProps, context: AlarmContext): void {
    const { subject, alarms } = props;
    const metric = {
      namespace: 'AWS/Lambda',
      metricName: 'IteratorAge',
      dimensionsMap: { FunctionName: props.function.functionName },
      statistic: 'Maximum',
      period: PERIOD,
    } as const;
    const look = lookIntoLogs(context.names, context.domain, subject);
    createAlarm(this, context, {
      name: [subject, 'iterator-age'],
      text: {
        happened: `The function ${subject} of ${context.domain} is ${alarms.iteratorAgeSeconds / 60} minutes behind the stream.`,
        meaning: 'It fails, or more arrives than it can write; tables lag, nothing is lost yet.',
        todo: `${look} Without errors there, raise stream.shards or writer.memory (sluice plan tells where they are set).`,
      },
      metric,
      threshold: alarms.iteratorAgeSeconds * 1000,
      comparison: 'at or above',
      missingData: 'notBreaching',
    });
    const { retentionHours } = props.settings.stream;
    const quarterHours = retentionHours / 4;
    createAlarm(this, context, {
      name: [subject, 'retention'],
      text: {
        happened: `The function ${subject} of ${context.domain} is ${quarterHours} hours behind the stream, a quarter of what the stream keeps.`,
        meaning: `Records older than ${retentionHours} hours are LOST.`,
        todo: `Today: raise stream.retention (sluice plan tells where it is set) and deploy, then find the cause. ${look}`,
      },
      metric,
      threshold: quarterHours * MS_PER_HOUR,
      comparison: 'at or above',
      missingData: 'notBreaching',
    });
  }

  /** Lambda measures readers of Kafka in records, not in time. Source: AWS Lambda developer guide, "Types of metrics for Lambda functions". */
  private addOffsetLagAlarm(
    props: StreamReaderAlarmsProps,
    context: AlarmContext,
    threshold: number,
  ): void {
    const { subject } = props;
    createAlarm(this, context, {
      name: [subject, 'offset-lag'],
      text: {
        happened: `The function ${subject} of ${context.domain} is ${threshold} records behind its topic.`,
        meaning: `It fails, or more arrives than it can write; tables lag, and records older than ${props.settings.stream.retentionHours} hours are LOST.`,
        todo: `${lookIntoLogs(context.names, context.domain, subject)} Without errors there, raise kafka.pollers or writer.memory (sluice plan tells where they are set).`,
      },
      metric: {
        namespace: 'AWS/Lambda',
        metricName: 'OffsetLag',
        dimensionsMap: { FunctionName: props.function.functionName },
        statistic: 'Maximum',
        period: PERIOD,
      },
      threshold,
      comparison: 'at or above',
      // A burst is worked off in less.
      datapoints: { breaching: 2, of: 2 },
      missingData: 'notBreaching',
    });
  }

  /** Metrics of the mapping come only when something happens, so silence is good. */
  private addDiscardAlarms(
    { subject }: StreamReaderAlarmsProps,
    context: AlarmContext,
    { topic, mapping }: TopicMapping,
  ): void {
    const metric = (metricName: string) =>
      ({
        namespace: 'AWS/Lambda',
        metricName,
        dimensionsMap: { EventSourceMappingUUID: mapping.ref },
        statistic: 'Sum',
        period: PERIOD,
      }) as const;
    createAlarm(this, context, {
      name: [subject, 'failure-destination'],
      part: topic,
      text: {
        happened: `Records of ${context.domain} were given up by ${subject} and put aside whole.`,
        meaning:
          'They are in the dead-letter bucket below aws/lambda/ and in no table; the ledger counts them as dead-lettered.',
        todo: lookIntoLogs(context.names, context.domain, subject),
      },
      metric: metric('OnFailureDestinationDeliveredEventCount'),
      threshold: 0,
      comparison: 'above',
      missingData: 'notBreaching',
    });
    createAlarm(this, context, {
      name: [subject, 'dropped'],
      part: topic,
      text: {
        happened: `Records of ${context.domain} were given up by ${subject} and COULD NOT be put aside.`,
        meaning: 'They are only in the stream, until its retention ends.',
        todo: `At once: check the dead-letter bucket and the role of the function, then replay the stream. ${lookIntoLogs(context.names, context.domain, subject)}`,
      },
      metric: metric('DroppedEventCount'),
      threshold: 0,
      comparison: 'above',
      missingData: 'notBreaching',
    });
  }
}
