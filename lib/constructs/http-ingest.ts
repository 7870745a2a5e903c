import { Duration } from 'aws-cdk-lib';
import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { connectorsOf } from '#core/config/connector.ts';
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
import { HttpIngestApi, INTEGRATION_TIMEOUT_MS } from './http-ingest-api.ts';
import { METRICS_NAMESPACE } from './lake-writer.ts';
import { withLambdaCode } from './lambda-code.ts';
import { allow as allowGrants, policyOf } from './policy-grants.ts';
import { schemaFinderGrants, schemaRegistryVariables } from './schema-registry-access.ts';

export interface HttpIngestProps {
  readonly names: NameScope;
  readonly environment: Environment;
  /** Has at least one connector. */
  readonly domain: Domain;
  readonly streams: TopicStreams;
  readonly receipts: ITable;
  /** ES module of the handler. */
  readonly bundle: Uint8Array;
  /** JSON of the function's configuration, shipped beside the bundle. */
  readonly config: string;
}

/** Over half a processor, so that a megabyte of JSON is read in tens of milliseconds. */
const MEMORY_MB = 1_024;
/** Ends before the API stops waiting, so that the client gets the function's answer. */
const TIMEOUT_MS = INTEGRATION_TIMEOUT_MS - 1_000;

/** API of a domain and the function behind it: JSON in, events on the domain's stream. */
export class HttpIngest extends Construct {
  readonly function: lambda.Function;
  readonly api: HttpIngestApi;

  constructor(scope: Construct, id: string, props: HttpIngestProps) {
    super(scope, id);
    const { environment, domain } = props;
    const name = physicalName(props.names, domain.name, 'http-ingest');
    const logGroup = new logs.LogGroup(this, 'Logs', {
      logGroupName: `/aws/lambda/${name}`,
      retention: environment.logRetentionDays,
      removalPolicy: dataRemovalPolicy(environment),
    });
    const role = new iam.Role(this, 'Role', {
      description: `Execution role of the ${domain.name} ingestion API`,
      assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
      inlinePolicies: httpIngestPolicies({ ...props, logGroup }),
    });
    acknowledgeBuffer(role, props.streams);
    this.function = withLambdaCode(
      props,
      (code) =>
        new lambda.Function(this, 'Function', {
          functionName: name,
          description: `Puts events that clients post on the ${domain.name} stream`,
          runtime: lambda.Runtime.NODEJS_24_X,
          architecture: lambda.Architecture.ARM_64,
          handler: 'index.handler',
          code,
          role,
          logGroup,
          memorySize: MEMORY_MB,
          timeout: Duration.millis(TIMEOUT_MS),
          environment: {
            ...bufferVariables(props.streams),
            RECEIPTS_TABLE: props.receipts.tableName,
            ...schemaRegistryVariables(props.environment),
            POWERTOOLS_SERVICE_NAME: name,
            POWERTOOLS_METRICS_NAMESPACE: METRICS_NAMESPACE,
            POWERTOOLS_LOG_LEVEL: 'INFO',
          },
        }),
    );
    joinBufferNetwork(this.function, props.streams);
    this.api = new HttpIngestApi(this, 'Http', {
      environment,
      domain: domain.name,
      connectors: connectorsOf(domain, 'http-ingest'),
      function: this.function,
      name,
    });
  }
}

/** One inline policy per concern: what the function calls, on what it calls it. */
function httpIngestPolicies(
  resources: Pick<HttpIngestProps, 'environment' | 'domain' | 'streams' | 'receipts'> & {
    readonly logGroup: logs.ILogGroup;
  },
): Record<string, iam.PolicyDocument> {
  const { environment, domain } = resources;
  const names = connectorsOf(domain, 'http-ingest').flatMap(({ streams }) => streams);
  return {
    WriteStream: allowGrants(...producerGrants(resources.streams)),
    WriteReceipts: allow(['dynamodb:UpdateItem'], resources.receipts.tableArn),
    ...policyOf('FindSchemas', schemaFinderGrants(environment, domain.name, names)),
    WriteLogs: allow(['logs:CreateLogStream', 'logs:PutLogEvents'], resources.logGroup.logGroupArn),
  };
}

function allow(actions: string[], ...resources: string[]): iam.PolicyDocument {
  const statement = new iam.PolicyStatement({ actions, resources });
  return new iam.PolicyDocument({ statements: [statement] });
}
