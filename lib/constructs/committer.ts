import { Aws, Duration, Validations } from 'aws-cdk-lib';
import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as scheduler from 'aws-cdk-lib/aws-scheduler';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { type DomainSettings, databaseName, type Environment } from '#core/config/project.ts';
import { type NameScope, physicalName } from '../names.ts';
import { dataRemovalPolicy } from '../removal-policy.ts';
import { committerAcknowledgements, committerPolicies } from './committer-permissions.ts';
import { METRICS_NAMESPACE } from './lake-writer.ts';
import { withLambdaCode } from './lambda-code.ts';
import { allow } from './policy-grants.ts';

export interface CommitterProps {
  readonly names: NameScope;
  readonly environment: Environment;
  readonly domain: string;
  /** Of the domain. */
  readonly settings: Pick<DomainSettings, 'writer'>;
  /** Where writers note what they have staged. */
  readonly staging: ITable;
  /** Tables of the bronze database, `rejected` among them. */
  readonly tables: readonly string[];
  /** ES module of the handler. */
  readonly bundle: Uint8Array;
  /** JSON of the function's configuration, shipped beside the bundle. */
  readonly config: string;
}

/** A commit of many shards after an outage; the next invocation goes on where one ended. */
const TIMEOUT = Duration.minutes(5);
/** Six times the timeout. Source: AWS Lambda developer guide, "Configuring a queue to use with Lambda". */
const VISIBILITY = Duration.minutes(30);
/** Longest that SQS keeps a message. */
const RETENTION = Duration.days(14);
const MAX_RECEIVES = 5;
/** Doorbells in one invocation: the most that fit the payload whatever they say. One commit answers all of them. */
const BATCH_SIZE = 1_000;
/** The least SQS takes. Two that commit at once do no harm: one of them loses the swap and finds everything done. */
const MAX_CONCURRENCY = 2;

/**
 * Function that commits what the writers of a domain have staged: all their shards in one commit per table. Writers ring at its
 * queue; a schedule starts it every minute whoever has rung, for messages that were lost and writers that died, for a domain
 * whose writers commit themselves too, and so that somebody looks how old the oldest staged batch is.
 */
export class Committer extends Construct {
  readonly function: lambda.Function;
  /** Null where writers commit themselves. */
  readonly doorbell: { readonly queue: sqs.Queue; readonly deadLetterQueue: sqs.Queue } | null;

  constructor(scope: Construct, id: string, props: CommitterProps) {
    super(scope, id);
    const name = physicalName(props.names, props.domain, 'committer');
    this.doorbell = props.settings.writer.commit === 'group' ? this.createQueues(name) : null;
    this.function = this.createFunction(name, props);
    if (this.doorbell !== null) this.mapQueue(this.doorbell.queue, props);
    this.schedule(name, props.domain);
  }

  /**
   * A message says only that something was staged, so nothing is lost with one. Those that were received again and again are put
   * aside all the same: they tell that commits fail, and do not keep the others waiting.
   */
  private createQueues(name: string): Committer['doorbell'] {
    const deadLetterQueue = new sqs.Queue(this, 'DeadLetters', {
      queueName: `${name}-failed`,
      ...QUEUE,
    });
    const queue = new sqs.Queue(this, 'Queue', {
      queueName: name,
      ...QUEUE,
      visibilityTimeout: VISIBILITY,
      deadLetterQueue: { queue: deadLetterQueue, maxReceiveCount: MAX_RECEIVES },
    });
    return { queue, deadLetterQueue };
  }

  private createFunction(name: string, props: CommitterProps): lambda.Function {
    const { environment, domain } = props;
    const logGroup = new logs.LogGroup(this, 'Logs', {
      logGroupName: `/aws/lambda/${name}`,
      retention: environment.logRetentionDays,
      removalPolicy: dataRemovalPolicy(environment),
    });
    const role = this.createRole(props, logGroup);
    return withLambdaCode(
      props,
      (code) =>
        new lambda.Function(this, 'Function', {
          functionName: name,
          description: `Commits what the writers of ${domain} have staged`,
          runtime: lambda.Runtime.NODEJS_24_X,
          architecture: lambda.Architecture.ARM_64,
          handler: 'index.handler',
          code,
          role,
          logGroup,
          memorySize: props.settings.writer.memoryMb,
          timeout: TIMEOUT,
          environment: {
            STAGING_TABLE: props.staging.tableName,
            POWERTOOLS_SERVICE_NAME: name,
            POWERTOOLS_METRICS_NAMESPACE: METRICS_NAMESPACE,
            POWERTOOLS_LOG_LEVEL: 'INFO',
          },
        }),
    );
  }

  private createRole(props: CommitterProps, logGroup: logs.ILogGroup): iam.Role {
    const resources = {
      ...props,
      database: databaseName(props.environment.name, props.domain, 'bronze'),
      queue: this.doorbell?.queue ?? null,
      logGroup,
    };
    const role = new iam.Role(this, 'Role', {
      description: `Execution role of the ${props.domain} committer`,
      assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
      inlinePolicies: committerPolicies(resources),
    });
    Validations.of(role).acknowledge(...committerAcknowledgements(resources));
    return role;
  }

  /** What is staged in the interval becomes one commit: the window of the mapping is the interval. */
  private mapQueue(queue: sqs.Queue, { settings }: CommitterProps): void {
    new lambda.CfnEventSourceMapping(this, 'QueueMapping', {
      eventSourceArn: queue.queueArn,
      functionName: this.function.functionName,
      batchSize: BATCH_SIZE,
      maximumBatchingWindowInSeconds: settings.writer.commitIntervalSeconds,
      functionResponseTypes: ['ReportBatchItemFailures'],
      scalingConfig: { maximumConcurrency: MAX_CONCURRENCY },
    });
  }

  private schedule(name: string, domain: string): void {
    const role = new iam.Role(this, 'ScheduleRole', {
      description: `Starts the ${domain} committer`,
      // Source: EventBridge Scheduler user guide, "Confused deputy prevention".
      assumedBy: new iam.ServicePrincipal('scheduler.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
      }),
      inlinePolicies: {
        Invoke: allow({
          actions: ['lambda:InvokeFunction'],
          resources: [this.function.functionArn],
        }),
      },
    });
    new scheduler.CfnSchedule(this, 'Schedule', {
      name,
      description: `Commits what is staged of ${domain}, whoever has rung`,
      scheduleExpression: 'rate(1 minute)',
      flexibleTimeWindow: { mode: 'OFF' },
      target: {
        arn: this.function.functionArn,
        roleArn: role.roleArn,
        input: '{}',
        // The next minute does what a failed one left.
        retryPolicy: { maximumRetryAttempts: 0 },
      },
    });
  }
}

const QUEUE = {
  encryption: sqs.QueueEncryption.SQS_MANAGED,
  enforceSSL: true,
  retentionPeriod: RETENTION,
} as const;
