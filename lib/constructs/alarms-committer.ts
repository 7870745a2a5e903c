import { Duration } from 'aws-cdk-lib';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { physicalName } from '../names.ts';
import { type AlarmContext, addErrorAlarm, createAlarm, lookIntoLogs } from './alarms.ts';
import { METRICS_NAMESPACE } from './lake-writer.ts';

export interface CommitterAlarmsProps {
  readonly context: AlarmContext;
  readonly function: lambda.Function;
  /** Where messages are put aside; null where writers commit themselves. */
  readonly deadLetterQueue: sqs.Queue | null;
  readonly commitIntervalSeconds: number;
}

/** Name of the function below the domain. */
const SUBJECT = 'committer';
/** Several runs of the schedule are in it. */
const PERIOD = Duration.minutes(5);
const MIN_STAGED_AGE_SECONDS = 300;
const STAGED_AGE_INTERVALS = 10;

/** Alarms of a domain's commits: what is staged waits too long, a batch is missing, messages are put aside, and a function that fails. */
export class CommitterAlarms extends Construct {
  constructor(scope: Construct, id: string, props: CommitterAlarmsProps) {
    super(scope, id);
    const { context } = props;
    const look = lookIntoLogs(context.names, context.domain, SUBJECT);
    this.addStagedAge(props, look);
    createAlarm(this, context, {
      name: [SUBJECT, 'missing-link'],
      text: {
        happened: `Staged batches of ${context.domain} build on one that is neither committed nor staged.`,
        meaning:
          'Somebody set a table back, or the staging log lost an entry. The source that it is from waits; others go on, nothing is lost while the buffer keeps its events.',
        todo: `The log names table, source and positions. ${look}`,
      },
      metric: {
        namespace: METRICS_NAMESPACE,
        metricName: 'MissingLinks',
        dimensionsMap: committerDimensions(context),
        statistic: 'Maximum',
        period: PERIOD,
      },
      threshold: 0,
      comparison: 'above',
      missingData: 'notBreaching',
    });
    this.addGivenUp(props, look);
    addErrorAlarm(this, context, {
      subject: SUBJECT,
      function: props.function,
      text: {
        happened: `Committing what is staged of ${context.domain} fails again and again.`,
        meaning: 'Staged rows are safe and come into the tables late.',
      },
    });
  }

  private addStagedAge({ context, commitIntervalSeconds }: CommitterAlarmsProps, look: string) {
    const seconds = Math.max(MIN_STAGED_AGE_SECONDS, STAGED_AGE_INTERVALS * commitIntervalSeconds);
    createAlarm(this, context, {
      name: [SUBJECT, 'staged-age'],
      text: {
        happened: `A batch of ${context.domain} was staged ${seconds / 60} minutes ago and is not committed, or the committer has not reported.`,
        meaning: 'Rows come into the tables late; nothing is lost.',
        todo: `Whether commits fail, or take longer than the interval: ${look}`,
      },
      metric: {
        namespace: METRICS_NAMESPACE,
        metricName: 'OldestStagedAge',
        dimensionsMap: committerDimensions(context),
        statistic: 'Maximum',
        period: PERIOD,
      },
      threshold: seconds,
      comparison: 'above',
      // The first period of a deployment, or of a laptop that was asleep, is not a whole one.
      datapoints: { breaching: 2, of: 2 },
      // Every run reports: without a report nobody commits.
      missingData: 'breaching',
    });
  }

  private addGivenUp({ context, deadLetterQueue }: CommitterAlarmsProps, look: string): void {
    if (deadLetterQueue === null) return;
    const queue = `${physicalName(context.names, context.domain, SUBJECT)}-failed`;
    createAlarm(this, context, {
      name: [SUBJECT, 'unanswered'],
      text: {
        happened: `Messages that batches of ${context.domain} are staged were put aside: commits failed several times in a row.`,
        meaning: 'Nothing is lost with them: the committer looks every minute.',
        todo: `When it commits again, empty the queue: aws sqs purge-queue, queue ${queue}. ${look}`,
      },
      metric: {
        namespace: 'AWS/SQS',
        metricName: 'ApproximateNumberOfMessagesVisible',
        dimensionsMap: { QueueName: deadLetterQueue.queueName },
        statistic: 'Maximum',
        period: PERIOD,
      },
      threshold: 0,
      comparison: 'above',
      missingData: 'notBreaching',
    });
  }
}

/** As Powertools writes them: `service` by default, `domain` by the handler. */
export function committerDimensions({
  names,
  domain,
}: Pick<AlarmContext, 'names' | 'domain'>): Readonly<Record<string, string>> {
  return { service: physicalName(names, domain, SUBJECT), domain };
}
