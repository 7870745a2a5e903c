import { Duration, Validations } from 'aws-cdk-lib';
import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { type DomainSettings, databaseName, type Environment } from '#core/config/project.ts';
import { type NameScope, physicalName } from '../names.ts';
import { dataRemovalPolicy } from '../removal-policy.ts';
import type { TopicStreams } from '../topic-scope.ts';
import { acknowledgeBuffer, bufferVariables } from './buffer-access.ts';
import {
  type LakeWriterResources,
  lakeWriterAcknowledgements,
  lakeWriterPolicies,
} from './lake-writer-permissions.ts';
import { withLambdaCode } from './lambda-code.ts';
import { schemaRegistryVariables } from './schema-registry-access.ts';
import { createTopicMappings, type TopicMapping } from './topic-mappings.ts';

export interface LakeWriterProps {
  readonly names: NameScope;
  readonly environment: Environment;
  readonly domain: string;
  /** Of the domain. */
  readonly settings: DomainSettings;
  readonly streams: TopicStreams;
  readonly lake: IBucket;
  readonly deadLetters: IBucket;
  /** Where it notes what it has staged. */
  readonly staging: ITable;
  /** Where it tells that it has staged something; null: it commits that itself. */
  readonly doorbell: IQueue | null;
  readonly tables: readonly string[];
  /** ES module of the handler. */
  readonly bundle: Uint8Array;
  /** JSON of the writer's configuration, shipped beside the bundle. */
  readonly config: string;
}

/** CloudWatch namespace of the platform's own metrics. */
export const METRICS_NAMESPACE = 'Sluice';

/** Function that takes a domain's streams into its bronze tables, with its role, log group and event source mappings. */
export class LakeWriter extends Construct {
  readonly function: lambda.Function;
  readonly mappings: readonly TopicMapping[];

  constructor(scope: Construct, id: string, props: LakeWriterProps) {
    super(scope, id);
    const functionName = physicalName(props.names, props.domain, 'lake-writer');
    const logGroup = new logs.LogGroup(this, 'Logs', {
      logGroupName: `/aws/lambda/${functionName}`,
      retention: props.environment.logRetentionDays,
      removalPolicy: dataRemovalPolicy(props.environment),
    });
    const role = this.createRole({
      ...props,
      logGroup,
      database: databaseName(props.environment.name, props.domain, 'bronze'),
    });
    this.function = withLambdaCode(
      props,
      (code) =>
        new lambda.Function(this, 'Function', {
          functionName,
          description: `Takes the ${props.domain} stream into the bronze tables of the lake`,
          runtime: lambda.Runtime.NODEJS_24_X,
          architecture: lambda.Architecture.ARM_64,
          handler: 'index.handler',
          code,
          role,
          logGroup,
          memorySize: props.settings.writer.memoryMb,
          timeout: Duration.seconds(props.settings.writer.timeoutSeconds),
          environment: {
            ...bufferVariables(props.streams),
            LAKE_BUCKET: props.lake.bucketName,
            DEAD_LETTER_BUCKET: props.deadLetters.bucketName,
            STAGING_TABLE: props.staging.tableName,
            ...(props.doorbell === null ? {} : { COMMIT_QUEUE_URL: props.doorbell.queueUrl }),
            ...schemaRegistryVariables(props.environment),
            POWERTOOLS_SERVICE_NAME: functionName,
            POWERTOOLS_METRICS_NAMESPACE: METRICS_NAMESPACE,
            POWERTOOLS_LOG_LEVEL: 'INFO',
          },
        }),
    );
    this.mappings = createTopicMappings(this, { ...props, function: this.function });
  }

  private createRole(resources: LakeWriterResources): iam.Role {
    const role = new iam.Role(this, 'Role', {
      description: `Execution role of the ${resources.domain} lake writer`,
      assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
      inlinePolicies: lakeWriterPolicies(resources),
    });
    acknowledgeBuffer(role, resources.streams);
    Validations.of(role).acknowledge(...lakeWriterAcknowledgements(resources));
    return role;
  }
}
