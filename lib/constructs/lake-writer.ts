import { Duration, Validations } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { IStream } from 'aws-cdk-lib/aws-kinesis';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { databaseName, type Environment } from '#core/config/project.ts';
import { type NameScope, physicalName } from '../names.ts';
import { dataRemovalPolicy } from '../removal-policy.ts';
import {
  type LakeWriterResources,
  lakeWriterAcknowledgements,
  lakeWriterPolicies,
} from './lake-writer-permissions.ts';
import { withLambdaCode } from './lambda-code.ts';

export interface LakeWriterProps {
  readonly names: NameScope;
  readonly environment: Environment;
  readonly domain: string;
  readonly stream: IStream;
  readonly lake: IBucket;
  readonly deadLetters: IBucket;
  readonly tables: readonly string[];
  /** ES module of the handler. */
  readonly bundle: Uint8Array;
  /** JSON of the writer's configuration, shipped beside the bundle. */
  readonly config: string;
}

/** CloudWatch namespace of the platform's own metrics. */
export const METRICS_NAMESPACE = 'Sluice';

/** Function that commits a domain's stream to its bronze tables, with its role, log group and event source mapping. */
export class LakeWriter extends Construct {
  readonly function: lambda.Function;
  readonly mapping: lambda.CfnEventSourceMapping;

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
          description: `Commits the ${props.domain} stream to the bronze tables of the lake`,
          runtime: lambda.Runtime.NODEJS_24_X,
          architecture: lambda.Architecture.ARM_64,
          handler: 'index.handler',
          code,
          role,
          logGroup,
          memorySize: props.environment.writer.memoryMb,
          timeout: Duration.seconds(props.environment.writer.timeoutSeconds),
          environment: {
            LAKE_BUCKET: props.lake.bucketName,
            DEAD_LETTER_BUCKET: props.deadLetters.bucketName,
            POWERTOOLS_SERVICE_NAME: functionName,
            POWERTOOLS_METRICS_NAMESPACE: METRICS_NAMESPACE,
            POWERTOOLS_LOG_LEVEL: 'INFO',
          },
        }),
    );
    this.mapping = this.mapStream(props);
  }

  private createRole(resources: LakeWriterResources): iam.Role {
    const role = new iam.Role(this, 'Role', {
      description: `Execution role of the ${resources.domain} lake writer`,
      assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
      inlinePolicies: lakeWriterPolicies(resources),
    });
    Validations.of(role).acknowledge(...lakeWriterAcknowledgements(resources));
    return role;
  }

  private mapStream(props: LakeWriterProps): lambda.CfnEventSourceMapping {
    const { writer } = props.environment;
    return new lambda.CfnEventSourceMapping(this, 'StreamMapping', {
      eventSourceArn: props.stream.streamArn,
      functionName: this.function.functionName,
      // LATEST would skip what arrives while the mapping is being created.
      startingPosition: 'TRIM_HORIZON',
      batchSize: writer.batchSize,
      maximumBatchingWindowInSeconds: writer.batchingWindowSeconds,
      // The positions in table metadata assume that a shard's batches are committed one after the other.
      parallelizationFactor: 1,
      maximumRetryAttempts: writer.retryAttempts,
      maximumRecordAgeInSeconds: writer.maxRecordAgeSeconds,
      bisectBatchOnFunctionError: true,
      functionResponseTypes: ['ReportBatchItemFailures'],
      destinationConfig: { onFailure: { destination: props.deadLetters.bucketArn } },
      // Alarms watch what the mapping gives up.
      metricsConfig: { metrics: ['EventCount'] },
    });
  }
}
