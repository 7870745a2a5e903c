import { AthenaClient } from '@aws-sdk/client-athena';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { GlueClient } from '@aws-sdk/client-glue';
import { KafkaClient } from '@aws-sdk/client-kafka';
import { KinesisClient } from '@aws-sdk/client-kinesis';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { S3Client } from '@aws-sdk/client-s3';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';
import { SSMClient } from '@aws-sdk/client-ssm';
import { NodeHttpHandler } from '@smithy/node-http-handler';

/** Where the clients talk to; without an endpoint the SDK's own chain decides (AWS_ENDPOINT_URL, region, credentials). */
export interface AwsTarget {
  readonly endpoint?: string;
  readonly region?: string;
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/** The local cloud takes any credentials; these say in a log where they come from. */
export function localTarget(endpoint: string): AwsTarget {
  return {
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  };
}

const CONNECTION_TIMEOUT_MS = 5_000;
const REQUEST_TIMEOUT_MS = 60_000;

/** For callers whose own caller waits less, or longer, than the usual minute. */
export interface CallLimits {
  readonly requestTimeoutMs: number;
}

/**
 * HTTP/1.1 with keep-alive: the Kinesis client's default opens an HTTP/2 session per request (aws-sdk-js-v3 #8279).
 * A request that takes too long fails: by default the handler only remarks on it and waits for ever.
 */
function requestHandler(limits?: CallLimits): NodeHttpHandler {
  const requestTimeout = limits?.requestTimeoutMs ?? REQUEST_TIMEOUT_MS;
  return new NodeHttpHandler({
    connectionTimeout: Math.min(CONNECTION_TIMEOUT_MS, requestTimeout),
    requestTimeout,
    throwOnRequestTimeout: true,
    httpAgent: { keepAlive: true, maxSockets: 50 },
    httpsAgent: { keepAlive: true, maxSockets: 50 },
  });
}

export function createS3Client(target: AwsTarget = {}, limits?: CallLimits): S3Client {
  return new S3Client({ ...target, requestHandler: requestHandler(limits) });
}

/** One attempt per call: a repeated commit whose first answer was lost would look like a conflict. */
export function createGlueClient(target: AwsTarget = {}, limits?: CallLimits): GlueClient {
  return new GlueClient({ ...target, requestHandler: requestHandler(limits), maxAttempts: 1 });
}

/** One attempt per call: the producer owns retries. */
export function createKinesisClient(target: AwsTarget = {}, limits?: CallLimits): KinesisClient {
  return new KinesisClient({ ...target, requestHandler: requestHandler(limits), maxAttempts: 1 });
}

/** Finds the brokers of a cluster; records go over Kafka's own protocol. */
export function createKafkaClient(target: AwsTarget = {}, limits?: CallLimits): KafkaClient {
  return new KafkaClient({ ...target, requestHandler: requestHandler(limits) });
}

export function createDynamoDbClient(target: AwsTarget = {}, limits?: CallLimits): DynamoDBClient {
  const once = limits === undefined ? {} : { maxAttempts: 1 };
  return new DynamoDBClient({ ...target, ...once, requestHandler: requestHandler(limits) });
}

/** Secrets are read while a function waits for them. */
const SECRET_LIMITS: CallLimits = { requestTimeoutMs: 10_000 };

export function createSecretsManagerClient(
  target: AwsTarget = {},
  limits: CallLimits = SECRET_LIMITS,
): SecretsManagerClient {
  return new SecretsManagerClient({ ...target, requestHandler: requestHandler(limits) });
}

export function createSsmClient(
  target: AwsTarget = {},
  limits: CallLimits = SECRET_LIMITS,
): SSMClient {
  return new SSMClient({ ...target, requestHandler: requestHandler(limits) });
}

export function createAthenaClient(target: AwsTarget = {}, limits?: CallLimits): AthenaClient {
  return new AthenaClient({ ...target, requestHandler: requestHandler(limits) });
}

/** Longer than any function may run (15 minutes). */
const INVOCATION_TIMEOUT_MS = 1_000_000;

/** One attempt per call: an invocation that is sent again runs again. */
export function createLambdaClient(
  target: AwsTarget = {},
  limits: CallLimits = { requestTimeoutMs: INVOCATION_TIMEOUT_MS },
): LambdaClient {
  return new LambdaClient({ ...target, requestHandler: requestHandler(limits), maxAttempts: 1 });
}

export function createSqsClient(target: AwsTarget = {}, limits?: CallLimits): SQSClient {
  return new SQSClient({ ...target, requestHandler: requestHandler(limits) });
}
