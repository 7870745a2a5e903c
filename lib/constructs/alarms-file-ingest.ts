import { Duration } from 'aws-cdk-lib';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { physicalName } from '../names.ts';
import { type AlarmContext, addErrorAlarm, createAlarm, lookIntoLogs } from './alarms.ts';

export interface FileIngestAlarmsProps {
  readonly context: AlarmContext;
  readonly function: lambda.Function;
  readonly queue: sqs.Queue;
  readonly deadLetterQueue: sqs.Queue;
}

/** Name of the function below the domain. */
const SUBJECT = 'file-ingest';
const PERIOD = Duration.minutes(5);
/** Several files that take an invocation each may be ahead of one. */
const MAX_AGE = Duration.hours(2);

/** Alarms of a domain's files: one that was given up, one that waits too long, and a function that fails. */
export class FileIngestAlarms extends Construct {
  constructor(scope: Construct, id: string, props: FileIngestAlarmsProps) {
    super(scope, id);
    const { context } = props;
    const { names, domain } = context;
    const look = lookIntoLogs(names, domain, SUBJECT);
    createAlarm(this, context, {
      name: [SUBJECT, 'given-up'],
      text: {
        happened: `A file of ${domain} was given up after several attempts.`,
        meaning:
          'Rows of it may be missing in the tables; the file itself is in the landing bucket.',
        todo: `Correct what the log says, then send the message in queue ${physicalName(names, domain, SUBJECT)}-failed again. ${look}`,
      },
      metric: queueMetric(props.deadLetterQueue, 'ApproximateNumberOfMessagesVisible'),
      threshold: 0,
      comparison: 'above',
      missingData: 'notBreaching',
    });
    createAlarm(this, context, {
      name: [SUBJECT, 'waiting'],
      text: {
        happened: `A file of ${domain} has waited for hours.`,
        meaning: 'Rows come into the tables late; nothing is lost.',
        todo: `Look what the files before it do: sluice files. ${look}`,
      },
      metric: queueMetric(props.queue, 'ApproximateAgeOfOldestMessage'),
      threshold: MAX_AGE.toSeconds(),
      comparison: 'above',
      missingData: 'notBreaching',
    });
    addErrorAlarm(this, context, {
      subject: SUBJECT,
      function: props.function,
      text: {
        happened: `Taking in files of ${domain} fails again and again.`,
        meaning: 'A file is tried several times, then its message is kept apart.',
      },
    });
  }
}

function queueMetric(queue: sqs.Queue, metricName: string) {
  return {
    namespace: 'AWS/SQS',
    metricName,
    dimensionsMap: { QueueName: queue.queueName },
    statistic: 'Maximum' as const,
    period: PERIOD,
  };
}
