import { AthenaClient } from '@aws-sdk/client-athena';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { GlueClient } from '@aws-sdk/client-glue';
import { KinesisClient } from '@aws-sdk/client-kinesis';
import { S3Client } from '@aws-sdk/client-s3';
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

/** HTTP/1.1 with keep-alive: the Kinesis client's default opens an HTTP/2 session per request (aws-sdk-js-v3 #8279). */
function requestHandler(): NodeHttpHandler {
  return new NodeHttpHandler({
    connectionTimeout: CONNECTION_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    httpAgent: { keepAlive: true, maxSockets: 50 },
    httpsAgent: { keepAlive: true, maxSockets: 50 },
  });
}

export function createS3Client(target: AwsTarget = {}): S3Client {
  return new S3Client({ ...target, requestHandler: requestHandler() });
}

/** One attempt per call: a repeated commit whose first answer was lost would look like a conflict. */
export function createGlueClient(target: AwsTarget = {}): GlueClient {
  return new GlueClient({ ...target, requestHandler: requestHandler(), maxAttempts: 1 });
}

/** One attempt per call: the producer owns retries. */
export function createKinesisClient(target: AwsTarget = {}): KinesisClient {
  return new KinesisClient({ ...target, requestHandler: requestHandler(), maxAttempts: 1 });
}

export function createDynamoDbClient(target: AwsTarget = {}): DynamoDBClient {
  return new DynamoDBClient({ ...target, requestHandler: requestHandler() });
}

export function createAthenaClient(target: AwsTarget = {}): AthenaClient {
  return new AthenaClient({ ...target, requestHandler: requestHandler() });
}
