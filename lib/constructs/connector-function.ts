import { type Duration, Validations } from 'aws-cdk-lib';
import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { type Connector, connectorsOf } from '#core/config/connector.ts';
import type { Domain, Environment } from '#core/config/project.ts';
import { type NameScope, physicalName } from '../names.ts';
import { dataRemovalPolicy } from '../removal-policy.ts';
import type { TopicStreams } from '../topic-scope.ts';
import {
  acknowledgeBuffer,
  bufferVariables,
  joinBufferNetwork,
  producerGrants,
} from './buffer-access.ts';
import { METRICS_NAMESPACE } from './lake-writer.ts';
import { withLambdaCode } from './lambda-code.ts';
import {
  allow,
  type Grant,
  type ObjectGrant,
  objectAcknowledgements,
  objectGrants,
  policyOf,
} from './policy-grants.ts';
import { schemaFinderGrants, schemaRegistryVariables } from './schema-registry-access.ts';

/** What the functions of connectors have in common. */
export interface ConnectorProps {
  readonly names: NameScope;
  readonly environment: Environment;
  /** Has at least one connector of the kind. */
  readonly domain: Domain;
  /** Streams of the buffer that the connectors put events on. */
  readonly streams: TopicStreams;
  readonly receipts: ITable;
  /** ES module of the handler. */
  readonly bundle: Uint8Array;
  /** JSON of the function's configuration, shipped beside the bundle. */
  readonly config: string;
}

export interface ConnectorFunctionProps extends ConnectorProps {
  readonly kind: Connector['kind'];
  readonly description: string;
  readonly memoryMb: number;
  readonly timeout: Duration;
  /** Besides those that every connector needs. */
  readonly variables?: Readonly<Record<string, string>>;
  readonly policies?: Readonly<Record<string, readonly Grant[]>>;
  readonly objects?: readonly ObjectGrant[];
}

/** Function of the connectors of one kind, with its role and log group: it puts events and writes receipts. */
export class ConnectorFunction extends Construct {
  readonly function: lambda.Function;

  constructor(scope: Construct, id: string, props: ConnectorFunctionProps) {
    super(scope, id);
    const { environment, domain, kind } = props;
    const functionName = physicalName(props.names, domain.name, kind);
    const logGroup = new logs.LogGroup(this, 'Logs', {
      logGroupName: `/aws/lambda/${functionName}`,
      retention: environment.logRetentionDays,
      removalPolicy: dataRemovalPolicy(environment),
    });
    const role = new iam.Role(this, 'Role', {
      description: `Execution role of the ${kind} connectors of ${domain.name}`,
      assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
      inlinePolicies: connectorPolicies(props, logGroup),
    });
    acknowledgeBuffer(role, props.streams);
    const acknowledgements = objectAcknowledgements(props.names, props.objects ?? []);
    if (acknowledgements.length > 0) Validations.of(role).acknowledge(...acknowledgements);
    this.function = withLambdaCode(
      props,
      (code) =>
        new lambda.Function(this, 'Function', {
          functionName,
          description: props.description,
          runtime: lambda.Runtime.NODEJS_24_X,
          architecture: lambda.Architecture.ARM_64,
          handler: 'index.handler',
          code,
          role,
          logGroup,
          memorySize: props.memoryMb,
          timeout: props.timeout,
          environment: {
            ...bufferVariables(props.streams),
            RECEIPTS_TABLE: props.receipts.tableName,
            ...schemaRegistryVariables(props.environment),
            ...props.variables,
            POWERTOOLS_SERVICE_NAME: functionName,
            POWERTOOLS_METRICS_NAMESPACE: METRICS_NAMESPACE,
            POWERTOOLS_LOG_LEVEL: 'INFO',
          },
        }),
    );
    joinBufferNetwork(this.function, props.streams);
  }
}

/** One inline policy per concern: what the function calls, on what it calls it. */
function connectorPolicies(
  props: ConnectorFunctionProps,
  logGroup: logs.ILogGroup,
): Record<string, iam.PolicyDocument> {
  const { environment, domain } = props;
  const more = Object.entries(props.policies ?? {}).filter(([, grants]) => grants.length > 0);
  const objects = props.objects ?? [];
  return {
    WriteStream: allow(...producerGrants(props.streams)),
    WriteReceipts: allow({
      actions: ['dynamodb:UpdateItem'],
      resources: [props.receipts.tableArn],
    }),
    ...policyOf('FindSchemas', schemaFinderGrants(environment, domain.name, streamsOf(props))),
    ...Object.fromEntries(more.map(([name, grants]) => [name, allow(...grants)])),
    ...(objects.length === 0 ? {} : { KeepObjects: allow(...objectGrants(props.names, objects)) }),
    WriteLogs: allow({
      actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      resources: [logGroup.logGroupArn],
    }),
  };
}

/** Streams that the connectors make events of. */
function streamsOf({ domain, kind }: ConnectorFunctionProps): readonly string[] {
  const streams = connectorsOf(domain, kind).flatMap((connector) =>
    'streams' in connector ? connector.streams : [connector.stream],
  );
  return [...new Set(streams)].sort();
}
