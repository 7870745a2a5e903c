import { Duration, Validations } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import type { DomainSettings, Environment } from '#core/config/project.ts';
import type { SinkKind } from '#core/sink/sink-kind.ts';
import { type NameScope, physicalName } from '../names.ts';
import { dataRemovalPolicy } from '../removal-policy.ts';
import type { TopicStreams } from '../topic-scope.ts';
import { acknowledgeBuffer, bufferVariables, mappingGrants } from './buffer-access.ts';
import { METRICS_NAMESPACE } from './lake-writer.ts';
import { withLambdaCode } from './lambda-code.ts';
import { allow, objectAcknowledgements, objectGrants, policyOf } from './policy-grants.ts';
import {
  schemaReaderAcknowledgements,
  schemaReaderGrants,
  schemaRegistryVariables,
} from './schema-registry-access.ts';
import { createTopicMappings, type TopicMapping } from './topic-mappings.ts';

export interface SinkProps {
  readonly names: NameScope;
  readonly environment: Environment;
  readonly domain: string;
  readonly settings: DomainSettings;
  readonly kind: SinkKind;
  /** Topics with a stream that names the sink. */
  readonly streams: TopicStreams;
  readonly lake: IBucket;
  readonly deadLetters: IBucket;
  /** ES module of the handler. */
  readonly bundle: Uint8Array;
  /** JSON of the lake writer's configuration: a sink judges events as the tables do. */
  readonly config: string;
}

/** Function that gives a domain's events to one sink: it scales and fails by itself. */
export class Sink extends Construct {
  readonly function: lambda.Function;
  readonly mappings: readonly TopicMapping[];

  constructor(scope: Construct, id: string, props: SinkProps) {
    super(scope, id);
    const { environment, settings, kind } = props;
    const functionName = physicalName(props.names, props.domain, 'sink', kind.name);
    const logGroup = new logs.LogGroup(this, 'Logs', {
      logGroupName: `/aws/lambda/${functionName}`,
      retention: environment.logRetentionDays,
      removalPolicy: dataRemovalPolicy(environment),
    });
    this.function = withLambdaCode(
      props,
      (code) =>
        new lambda.Function(this, 'Function', {
          functionName,
          description: `Gives events of ${props.domain} to the sink ${kind.name}`,
          runtime: lambda.Runtime.NODEJS_24_X,
          architecture: lambda.Architecture.ARM_64,
          handler: 'index.handler',
          code,
          role: this.createRole(props, logGroup),
          logGroup,
          memorySize: settings.writer.memoryMb,
          timeout: Duration.seconds(settings.writer.timeoutSeconds),
          environment: {
            ...bufferVariables(props.streams),
            SINK: kind.name,
            LAKE_BUCKET: props.lake.bucketName,
            ...schemaRegistryVariables(props.environment),
            POWERTOOLS_SERVICE_NAME: functionName,
            POWERTOOLS_METRICS_NAMESPACE: METRICS_NAMESPACE,
            POWERTOOLS_LOG_LEVEL: 'INFO',
          },
        }),
    );
    this.mappings = createTopicMappings(this, { ...props, function: this.function });
  }

  private createRole(props: SinkProps, logGroup: logs.ILogGroup): iam.Role {
    const sinkGrants = props.kind
      .permissions(props.domain)
      .map(({ actions, ...rest }) => ({ ...rest, actions: [...actions], bucket: 'lake' as const }));
    const failureGrants = [
      {
        actions: ['s3:PutObject'],
        bucket: 'dead-letter' as const,
        // Source: AWS Lambda, "Retain discarded batch records for a Kinesis Data Streams event source".
        prefix: 'aws/lambda/',
        reason:
          'the event source mapping names the objects of batches it gives up, by mapping id and time',
      },
    ];
    const role = new iam.Role(this, 'Role', {
      description: `Execution role of the sink ${props.kind.name} of ${props.domain}`,
      assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
      inlinePolicies: {
        ReadStream: allow(
          ...mappingGrants(
            props.streams,
            physicalName(props.names, props.domain, 'sink', props.kind.name),
          ),
        ),
        ...policyOf('ReadSchemas', schemaReaderGrants(props.environment)),
        WriteSink: allow(...objectGrants(props.names, sinkGrants)),
        KeepFailures: allow(...objectGrants(props.names, failureGrants), {
          actions: ['s3:ListBucket'],
          resources: [props.deadLetters.bucketArn],
        }),
        WriteLogs: allow({
          actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
          resources: [logGroup.logGroupArn],
        }),
      },
    });
    acknowledgeBuffer(role, props.streams);
    Validations.of(role).acknowledge(
      ...objectAcknowledgements(props.names, [...sinkGrants, ...failureGrants]),
      ...schemaReaderAcknowledgements(props.environment),
    );
    return role;
  }
}
