import { Aws, Duration, Fn, Validations } from 'aws-cdk-lib';
import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import * as scheduler from 'aws-cdk-lib/aws-scheduler';
import { Construct } from 'constructs';
import { databaseName, type Environment, opsDatabaseName } from '#core/config/project.ts';
import { type NameScope, physicalName } from '../names.ts';
import { dataRemovalPolicy } from '../removal-policy.ts';
import type { TopicStreams } from '../topic-scope.ts';
import { acknowledgeBuffer, bufferVariables, joinBufferNetwork } from './buffer-access.ts';
import { METRICS_NAMESPACE } from './lake-writer.ts';
import { withLambdaCode } from './lambda-code.ts';
import { ledgerAcknowledgements, ledgerPolicies } from './ledger-permissions.ts';
import { allow } from './policy-grants.ts';
import { schemaRegistryVariables } from './schema-registry-access.ts';

export interface LedgerProps {
  readonly names: NameScope;
  readonly environment: Environment;
  readonly domain: string;
  readonly streams: TopicStreams;
  readonly deadLetters: IBucket;
  readonly receipts: ITable;
  readonly staging: ITable;
  /** Where runs of files are remembered; null for a domain without files. */
  readonly fileRuns: ITable | null;
  /** Tables of the bronze database, `rejected` among them. */
  readonly tables: readonly string[];
  /** Event source mappings of the writer, whose failed batches are looked for. */
  readonly mappingIds: readonly string[];
  /** ES module of the handler. */
  readonly bundle: Uint8Array;
  /** JSON of the ledger's configuration, shipped beside the bundle. */
  readonly config: string;
}

/** Half a processor: it reads headers and counts. */
const MEMORY_MB = 1_024;
/** A full shard holds as much as may be read of it in the same time, so a run may take its whole interval. Source: Lambda and Kinesis quotas. */
const MAX_TIMEOUT_MINUTES = 15;

/** Function that rolls up the books of a domain on a schedule, with its role and log group. */
export class Ledger extends Construct {
  readonly function: lambda.Function;
  readonly every: Duration;

  constructor(scope: Construct, id: string, props: LedgerProps) {
    super(scope, id);
    const { everyMinutes } = props.environment.ledger;
    this.every = Duration.minutes(everyMinutes);
    const functionName = physicalName(props.names, props.domain, 'ledger');
    const logGroup = new logs.LogGroup(this, 'Logs', {
      logGroupName: `/aws/lambda/${functionName}`,
      retention: props.environment.logRetentionDays,
      removalPolicy: dataRemovalPolicy(props.environment),
    });
    const role = this.createRole(props, logGroup);
    this.function = withLambdaCode(
      props,
      (code) =>
        new lambda.Function(this, 'Function', {
          functionName,
          description: `Counts where every event of the ${props.domain} stream went`,
          runtime: lambda.Runtime.NODEJS_24_X,
          architecture: lambda.Architecture.ARM_64,
          handler: 'index.handler',
          code,
          role,
          logGroup,
          memorySize: MEMORY_MB,
          timeout: Duration.minutes(Math.min(everyMinutes, MAX_TIMEOUT_MINUTES)),
          environment: {
            ...bufferVariables(props.streams),
            RECEIPTS_TABLE: props.receipts.tableName,
            STAGING_TABLE: props.staging.tableName,
            DEAD_LETTER_BUCKET: props.deadLetters.bucketName,
            ...(props.fileRuns === null ? {} : { CONNECTORS_TABLE: props.fileRuns.tableName }),
            ...schemaRegistryVariables(props.environment),
            WRITER_MAPPING_IDS: Fn.join(',', [...props.mappingIds]),
            POWERTOOLS_SERVICE_NAME: functionName,
            POWERTOOLS_METRICS_NAMESPACE: METRICS_NAMESPACE,
            POWERTOOLS_LOG_LEVEL: 'INFO',
          },
        }),
    );
    joinBufferNetwork(this.function, props.streams);
    this.schedule(props, functionName);
  }

  private createRole(props: LedgerProps, logGroup: logs.ILogGroup): iam.Role {
    const environment = props.environment.name;
    const resources = {
      ...props,
      logGroup,
      database: databaseName(environment, props.domain, 'bronze'),
      opsDatabase: opsDatabaseName(environment),
    };
    const role = new iam.Role(this, 'Role', {
      description: `Execution role of the ${props.domain} ledger`,
      assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
      inlinePolicies: ledgerPolicies(resources),
    });
    acknowledgeBuffer(role, props.streams);
    Validations.of(role).acknowledge(...ledgerAcknowledgements(resources));
    return role;
  }

  private schedule(props: LedgerProps, name: string): void {
    const role = new iam.Role(this, 'ScheduleRole', {
      description: `Starts the ${props.domain} ledger`,
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
    const { everyMinutes } = props.environment.ledger;
    new scheduler.CfnSchedule(this, 'Schedule', {
      name,
      description: `Rolls up the books of ${props.domain}`,
      scheduleExpression: `rate(${everyMinutes} ${everyMinutes === 1 ? 'minute' : 'minutes'})`,
      flexibleTimeWindow: { mode: 'OFF' },
      target: {
        arn: this.function.functionArn,
        roleArn: role.roleArn,
        input: '{}',
        // The next run does what a failed one left.
        retryPolicy: { maximumRetryAttempts: 0 },
      },
    });
  }
}
