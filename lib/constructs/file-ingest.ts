import { Duration, Validations } from 'aws-cdk-lib';
import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import * as events from 'aws-cdk-lib/aws-events';
import { SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { type Domain, databaseName, type Environment } from '#core/config/project.ts';
import { FILE_INGEST_MEMORY_MB } from '#core/file/file-ingest-config.ts';
import { REJECTED_TABLE } from '#core/schema/rejected-table.ts';
import { type NameScope, physicalName } from '../names.ts';
import { dataRemovalPolicy } from '../removal-policy.ts';
import { fileIngestAcknowledgements, fileIngestPolicies } from './file-ingest-permissions.ts';
import { METRICS_NAMESPACE } from './lake-writer.ts';
import { withLambdaCode } from './lambda-code.ts';

export interface FileIngestProps {
  readonly names: NameScope;
  readonly environment: Environment;
  /** Has at least one entry of files. */
  readonly domain: Domain;
  readonly landing: IBucket;
  readonly deadLetters: IBucket;
  readonly connectorState: ITable;
  /** Where it notes what it has staged. */
  readonly staging: ITable;
  /** Tables of the bronze database, `rejected` among them. */
  readonly tables: readonly string[];
  /** ES module of the handler. */
  readonly bundle: Uint8Array;
  /** JSON of the function's configuration, shipped beside the bundle. */
  readonly config: string;
}

/** As long as Lambda lets it: a file that takes longer goes on in another invocation. */
const TIMEOUT = Duration.minutes(15);
/** A message must not come again while an invocation may still be working on it. */
const VISIBILITY = Duration.minutes(16);
/** Outages that last an hour lose nothing; a file that breaks the function is not tried for days. */
const MAX_RECEIVES = 5;
/** Longest that SQS keeps a message. */
const RETENTION = Duration.days(14);
/** Files in work at a time, per domain: they commit to the same tables, one after the other. The least SQS takes. */
const MAX_CONCURRENCY = 2;

/**
 * Files of a domain: rules tell a queue of every upload, and a function takes the rows into the tables. The queue is between them
 * so that many uploads at once wait their turn, and what fails again and again is kept and can be sent again.
 */
export class FileIngest extends Construct {
  readonly function: lambda.Function;
  readonly queue: sqs.Queue;
  readonly deadLetterQueue: sqs.Queue;

  constructor(scope: Construct, id: string, props: FileIngestProps) {
    super(scope, id);
    const name = physicalName(props.names, props.domain.name, 'file-ingest');
    this.deadLetterQueue = new sqs.Queue(this, 'DeadLetters', {
      queueName: `${name}-failed`,
      ...QUEUE,
    });
    this.queue = new sqs.Queue(this, 'Queue', {
      queueName: name,
      ...QUEUE,
      visibilityTimeout: VISIBILITY,
      deadLetterQueue: { queue: this.deadLetterQueue, maxReceiveCount: MAX_RECEIVES },
    });
    this.function = this.createFunction(name, props);
    this.addRules(props);
    new lambda.CfnEventSourceMapping(this, 'QueueMapping', {
      eventSourceArn: this.queue.queueArn,
      functionName: this.function.functionName,
      batchSize: 1,
      functionResponseTypes: ['ReportBatchItemFailures'],
      scalingConfig: { maximumConcurrency: MAX_CONCURRENCY },
    });
  }

  private createFunction(name: string, props: FileIngestProps): lambda.Function {
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
          description: `Takes uploaded files into the tables of ${domain.name}`,
          runtime: lambda.Runtime.NODEJS_24_X,
          architecture: lambda.Architecture.ARM_64,
          handler: 'index.handler',
          code,
          role,
          logGroup,
          memorySize: FILE_INGEST_MEMORY_MB,
          timeout: TIMEOUT,
          environment: {
            LANDING_BUCKET: props.landing.bucketName,
            DEAD_LETTER_BUCKET: props.deadLetters.bucketName,
            CONNECTORS_TABLE: props.connectorState.tableName,
            STAGING_TABLE: props.staging.tableName,
            QUEUE_URL: this.queue.queueUrl,
            POWERTOOLS_SERVICE_NAME: name,
            POWERTOOLS_METRICS_NAMESPACE: METRICS_NAMESPACE,
            POWERTOOLS_LOG_LEVEL: 'INFO',
          },
        }),
    );
  }

  private createRole(props: FileIngestProps, logGroup: logs.ILogGroup): iam.Role {
    const resources = {
      names: props.names,
      domain: props.domain.name,
      database: databaseName(props.environment.name, props.domain.name, 'bronze'),
      tables: tablesOf(props),
      queue: this.queue,
      connectorState: props.connectorState,
      staging: props.staging,
      logGroup,
    };
    const role = new iam.Role(this, 'Role', {
      description: `Execution role of the ${props.domain.name} file ingestion`,
      assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
      inlinePolicies: fileIngestPolicies(resources),
    });
    Validations.of(role).acknowledge(...fileIngestAcknowledgements(resources));
    return role;
  }

  /** A rule per entry: a pattern has 2048 characters at most. Source: Amazon EventBridge quotas. */
  private addRules({ domain, landing }: FileIngestProps): void {
    for (const { name, path } of domain.files) {
      new events.Rule(this, `Rule-${name}`, {
        description: `Uploads of ${domain.name} below ${path}`.slice(0, 512),
        eventPattern: {
          source: ['aws.s3'],
          detailType: ['Object Created'],
          detail: {
            bucket: { name: [landing.bucketName] },
            object: { key: [{ prefix: `${domain.name}/${path}/` }] },
          },
        },
        targets: [new SqsQueue(this.queue)],
      });
    }
  }
}

/** Tables that an entry feeds, and the one of the rows that are not taken in. */
function tablesOf({ domain, tables }: FileIngestProps): readonly string[] {
  const fed = new Set(domain.files.map(({ stream }) => stream));
  return tables.filter((table) => table === REJECTED_TABLE || fed.has(table));
}

const QUEUE = {
  encryption: sqs.QueueEncryption.SQS_MANAGED,
  enforceSSL: true,
  retentionPeriod: RETENTION,
} as const;
