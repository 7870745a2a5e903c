import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ListWorkGroupsCommand } from '@aws-sdk/client-athena';
import { ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { GetDatabasesCommand } from '@aws-sdk/client-glue';
import { ListStreamsCommand } from '@aws-sdk/client-kinesis';
import { ListFunctionsCommand } from '@aws-sdk/client-lambda';
import { ListBucketsCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type AwsTarget,
  createAthenaClient,
  createDynamoDbClient,
  createGlueClient,
  createKinesisClient,
  createLambdaClient,
  createS3Client,
  localTarget,
} from '#runtime/aws-clients.ts';

const LIMITS = { requestTimeoutMs: 40 };
const CALLS: Readonly<Record<string, (target: AwsTarget) => Promise<unknown>>> = {
  S3: (target) => createS3Client(target, LIMITS).send(new ListBucketsCommand()),
  Glue: (target) => createGlueClient(target, LIMITS).send(new GetDatabasesCommand()),
  Kinesis: (target) => createKinesisClient(target, LIMITS).send(new ListStreamsCommand()),
  DynamoDB: (target) => createDynamoDbClient(target, LIMITS).send(new ListTablesCommand()),
  Athena: (target) => createAthenaClient(target, LIMITS).send(new ListWorkGroupsCommand()),
  Lambda: (target) => createLambdaClient(target, LIMITS).send(new ListFunctionsCommand()),
};

describe('AWS clients', () => {
  let server: Server;
  beforeAll(async () => {
    server = createServer(() => {});
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  it.each(Object.entries(CALLS))(
    '%s: does not wait for a service that never answers',
    async (_, call) => {
      const { port } = server.address() as AddressInfo;
      await expect(call(localTarget(`http://127.0.0.1:${port}`))).rejects.toThrow(/time/i);
    },
  );
});
