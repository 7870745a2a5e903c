import { Duration } from 'aws-cdk-lib';
import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { IStream } from 'aws-cdk-lib/aws-kinesis';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { Domain, Environment } from '#core/config/project.ts';
import { type NameScope, physicalName } from '../names.ts';
import { dataRemovalPolicy } from '../removal-policy.ts';
import { HttpIngestApi, INTEGRATION_TIMEOUT_MS } from './http-ingest-api.ts';
import { METRICS_NAMESPACE } from './lake-writer.ts';
import { withLambdaCode } from './lambda-code.ts';

export interface HttpIngestProps {
  readonly names: NameScope;
  readonly environment: Environment;
  /** Has at least one connector. */
  readonly domain: Domain;
  readonly stream: IStream;
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
            STREAM_NAME: props.stream.streamName,
            RECEIPTS_TABLE: props.receipts.tableName,
            POWERTOOLS_SERVICE_NAME: name,
            POWERTOOLS_METRICS_NAMESPACE: METRICS_NAMESPACE,
            POWERTOOLS_LOG_LEVEL: 'INFO',
          },
        }),
    );
    const { connectors } = domain;
    this.api = new HttpIngestApi(this, 'Http', {
      environment,
      domain: domain.name,
      connectors,
      function: this.function,
      name,
    });
  }
}

/** One inline policy per concern: what the function calls, on what it calls it. */
function httpIngestPolicies(
  resources: Pick<HttpIngestProps, 'stream' | 'receipts'> & { readonly logGroup: logs.ILogGroup },
): Record<string, iam.PolicyDocument> {
  return {
    WriteStream: allow(['kinesis:ListShards', 'kinesis:PutRecords'], resources.stream.streamArn),
    WriteReceipts: allow(['dynamodb:UpdateItem'], resources.receipts.tableArn),
    WriteLogs: allow(['logs:CreateLogStream', 'logs:PutLogEvents'], resources.logGroup.logGroupArn),
  };
}

function allow(actions: string[], resource: string): iam.PolicyDocument {
  const statement = new iam.PolicyStatement({ actions, resources: [resource] });
  return new iam.PolicyDocument({ statements: [statement] });
}
