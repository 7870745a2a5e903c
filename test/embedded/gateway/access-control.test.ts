import {
  AthenaClient,
  GetQueryExecutionCommand,
  ListDataCatalogsCommand,
  StartQueryExecutionCommand,
} from '@aws-sdk/client-athena';
import { BatchGetItemCommand, DynamoDBClient, QueryCommand } from '@aws-sdk/client-dynamodb';
import { GetTableCommand, GetTablesCommand, GlueClient } from '@aws-sdk/client-glue';
import {
  GetRecordsCommand,
  GetShardIteratorCommand,
  KinesisClient,
  ListShardsCommand,
  ListStreamsCommand,
  PutRecordCommand,
} from '@aws-sdk/client-kinesis';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import {
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { describe, expect, it, onTestFinished } from 'vitest';
import { signRequest } from '../iam/sign-request.ts';
import { signedFetch } from './signed-fetch.ts';
import { refusalOf, startGuardedCloud } from './start-guarded-cloud.ts';

const STREAM = 'arn:aws:kinesis:us-east-1:000000000000:stream/events';
const GLUE = 'arn:aws:glue:us-east-1:000000000000';
const SESSION = 'arn:aws:sts::000000000000:assumed-role/worker/function';
const RECORD = { StreamName: 'events', PartitionKey: 'k', Data: Buffer.from('one') };

/** AWS's sentence. */
const denial = (action: string, resource: string): string =>
  `User: ${SESSION} is not authorized to perform: ${action} on resource: ${resource} because no identity-based policy allows the ${action} action`;

function opened<T extends { destroy(): void }>(client: T): T {
  onTestFinished(() => client.destroy());
  return client;
}

describe('a role at the gateway', () => {
  it('does in Kinesis what its policies allow, over HTTP/2 and with its body checked', async () => {
    const { asRole } = await startGuardedCloud();
    const actions = ['PutRecord', 'ListShards', 'GetShardIterator', 'GetRecords'];
    const grants = actions.map((action) => [`kinesis:${action}`, STREAM] as const);
    const kinesis = opened(new KinesisClient(asRole(grants)));
    await kinesis.send(new PutRecordCommand(RECORD));
    const { Shards } = await kinesis.send(new ListShardsCommand({ StreamName: 'events' }));
    const iterator = {
      StreamName: 'events',
      ShardId: Shards?.[0]?.ShardId,
      ShardIteratorType: 'TRIM_HORIZON' as const,
    };
    const { ShardIterator } = await kinesis.send(new GetShardIteratorCommand(iterator));
    const { Records } = await kinesis.send(new GetRecordsCommand({ ShardIterator }));
    expect(Buffer.from(Records?.[0]?.Data ?? []).toString()).toBe('one');
    expect(await refusalOf(kinesis.send(new ListStreamsCommand({})))).toEqual({
      status: 400,
      code: 'AccessDeniedException',
      message: denial('kinesis:ListStreams', '*'),
    });
  });

  it('cannot read a stream with an iterator that somebody else got', async () => {
    const { asRole, asAdministrator } = await startGuardedCloud();
    const administrator = opened(new KinesisClient(asAdministrator));
    const { ShardIterator } = await administrator.send(
      new GetShardIteratorCommand({
        StreamName: 'events',
        ShardId: 'shardId-000000000000',
        ShardIteratorType: 'LATEST',
      }),
    );
    const kinesis = opened(new KinesisClient(asRole([['kinesis:GetRecords', `${STREAM}2`]])));
    const refusal = await refusalOf(kinesis.send(new GetRecordsCommand({ ShardIterator })));
    expect(refusal?.message).toBe(denial('kinesis:GetRecords', STREAM));
  });

  it('needs catalog, database and table for a table of Glue', async () => {
    const { asRole } = await startGuardedCloud();
    const read = new GetTableCommand({ DatabaseName: 'bronze', Name: 'Trade' });
    const resources = ['catalog', 'database/bronze', 'table/bronze/trade'];
    for (let count = 0; count <= resources.length; count++) {
      const granted = resources.slice(0, count).map((each) => `${GLUE}:${each}`);
      const grants = granted.map((resource) => ['glue:GetTable', resource] as const);
      const refusal = await refusalOf(opened(new GlueClient(asRole(grants))).send(read));
      // With every permission, Glue itself says that the table does not exist.
      expect([refusal?.code, refusal?.message]).toEqual(
        count === resources.length
          ? ['EntityNotFoundException', expect.stringContaining('not found')]
          : ['AccessDeniedException', denial('glue:GetTable', `${GLUE}:${resources[count]}`)],
      );
    }
    const grants = resources.map((each) => ['glue:GetTables', `${GLUE}:${each}`] as const);
    const list = new GetTablesCommand({ DatabaseName: 'bronze' });
    const refusal = await refusalOf(opened(new GlueClient(asRole(grants))).send(list));
    expect(refusal?.message).toBe(denial('glue:GetTables', `${GLUE}:table/bronze/*`));
  });

  it('is told by each protocol in its own words', async () => {
    const { asRole, endpoint } = await startGuardedCloud();
    const s3 = opened(new S3Client(asRole([])));
    const get = new GetObjectCommand({ Bucket: 'lake', Key: 'a' });
    expect(await refusalOf(s3.send(get))).toEqual({
      status: 403,
      code: 'AccessDenied',
      message: denial('s3:GetObject', 'arn:aws:s3:::lake/a'),
    });
    const lambda = opened(new LambdaClient(asRole([])));
    const invoke = new InvokeCommand({ FunctionName: 'other', Payload: Buffer.from('{}') });
    expect(await refusalOf(lambda.send(invoke))).toEqual({
      status: 403,
      code: 'AccessDeniedException',
      message: denial(
        'lambda:InvokeFunction',
        'arn:aws:lambda:us-east-1:000000000000:function:other',
      ),
    });
    const calls = (await (await fetch(`${endpoint}/_sluice/calls`)).json()) as unknown[];
    expect(calls).toHaveLength(2);
  });

  it('needs the index for a query of an index, and every table of a batch', async () => {
    const { asRole } = await startGuardedCloud({ withDynamoDb: true });
    const table = 'arn:aws:dynamodb:us-east-1:000000000000:table';
    const grants = [['dynamodb:*', `${table}/one`]] as const;
    const dynamodb = opened(new DynamoDBClient(asRole(grants)));
    const query = new QueryCommand({ TableName: 'one', IndexName: 'by-day' });
    expect((await refusalOf(dynamodb.send(query)))?.message).toBe(
      denial('dynamodb:Query', `${table}/one/index/by-day`),
    );
    const keys = { Keys: [{ pk: { S: 'a' } }] };
    const batch = new BatchGetItemCommand({ RequestItems: { one: keys, two: keys } });
    expect((await refusalOf(dynamodb.send(batch)))?.message).toBe(
      denial('dynamodb:BatchGetItem', `${table}/two`),
    );
  });

  it('may use a workgroup of Athena, and the executions in it', async () => {
    const { asRole } = await startGuardedCloud();
    const group = 'arn:aws:athena:us-east-1:000000000000:workgroup';
    const athena = opened(new AthenaClient(asRole([['athena:*', `${group}/reports`]])));
    const start = (WorkGroup?: string) =>
      refusalOf(
        athena.send(new StartQueryExecutionCommand({ QueryString: 'SELECT 1', WorkGroup })),
      );
    expect(await start('reports')).toBeNull();
    expect((await start())?.message).toBe(denial('athena:StartQueryExecution', `${group}/primary`));
    const look = (QueryExecutionId: string) =>
      refusalOf(athena.send(new GetQueryExecutionCommand({ QueryExecutionId })));
    expect(await look('known')).toBeNull();
    expect((await look('foreign'))?.code).toBe('AccessDeniedException');
  });

  it('is denied what nobody wrote down the permissions of, with a sentence that says so', async () => {
    const { asRole, iam } = await startGuardedCloud();
    const settings = asRole([['*', '*']]);
    const athena = opened(new AthenaClient(settings));
    expect(await refusalOf(athena.send(new ListDataCatalogsCommand({})))).toMatchObject({
      code: 'AccessDeniedException',
      message: expect.stringContaining('does not know which permissions it needs'),
    });
    const s3 = opened(new S3Client(settings));
    const remove = new DeleteObjectsCommand({
      Bucket: 'lake',
      Delete: { Objects: [{ Key: 'a' }] },
    });
    expect(await refusalOf(s3.send(remove))).toMatchObject({
      code: 'AccessDenied',
      message: expect.stringContaining('does not know which permissions it needs'),
    });
    const call = { principal: 'worker', resource: '*', policy: null, allowed: false, times: 1 };
    expect(iam.journal()).toEqual([
      { ...call, action: 'athena:ListDataCatalogs' },
      { ...call, action: 's3:deleteObjects' },
    ]);
  });

  it('may always ask who it is', async () => {
    const { asRole, endpoint } = await startGuardedCloud();
    const { credentials } = asRole([]);
    const answer = await signedFetch(endpoint, {
      service: 'sts',
      credentials,
      body: 'Action=GetCallerIdentity&Version=2011-06-15',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
    expect([answer.status, answer.text]).toEqual([
      200,
      expect.stringContaining(`<Arn>${SESSION}</Arn>`),
    ]);
  });
});

describe('a role in S3', () => {
  const object = 'arn:aws:s3:::lake/data/*';

  it('writes and reads below its prefix only, bodies of every size', async () => {
    const { asRole } = await startGuardedCloud();
    const grants = [
      ['s3:PutObject', object],
      ['s3:GetObject', object],
    ] as const;
    const s3 = opened(new S3Client(asRole(grants)));
    for (const size of [0, 10, 3_000_000]) {
      const target = { Bucket: 'lake', Key: `data/ü ${size}+(1)` };
      const Body = Buffer.alloc(size, 'x');
      await s3.send(new PutObjectCommand({ ...target, Body, IfNoneMatch: '*' }));
      const got = await s3.send(new GetObjectCommand(target));
      expect((await got.Body?.transformToByteArray())?.length).toBe(size);
    }
    const outside = new PutObjectCommand({
      Bucket: 'lake',
      Key: 'other/x',
      Body: Buffer.alloc(3_000_000),
    });
    expect((await refusalOf(s3.send(outside)))?.message).toBe(
      denial('s3:PutObject', 'arn:aws:s3:::lake/other/x'),
    );
  });

  it('is not told that a key is missing unless it may list the bucket', async () => {
    const { asRole } = await startGuardedCloud();
    const missing = { Bucket: 'lake', Key: 'data/none' };
    const read = [['s3:GetObject', object]] as const;
    const blind = opened(new S3Client(asRole(read)));
    expect(await refusalOf(blind.send(new GetObjectCommand(missing)))).toEqual({
      status: 403,
      code: 'AccessDenied',
      message: denial('s3:ListBucket', 'arn:aws:s3:::lake'),
    });
    expect((await refusalOf(blind.send(new HeadObjectCommand(missing))))?.status).toBe(403);
    const seeing = opened(new S3Client(asRole([...read, ['s3:ListBucket', 'arn:aws:s3:::lake']])));
    expect((await refusalOf(seeing.send(new GetObjectCommand(missing))))?.code).toBe('NoSuchKey');
    expect((await refusalOf(seeing.send(new HeadObjectCommand(missing))))?.status).toBe(404);
  });

  it('needs what each operation needs', async () => {
    const { asRole } = await startGuardedCloud();
    const s3 = opened(new S3Client(asRole([['s3:PutObject', object]])));
    const target = { Bucket: 'lake', Key: 'data/a' };
    const messages = await Promise.all(
      [
        s3.send(new ListObjectsV2Command({ Bucket: 'lake', Prefix: 'data/' })),
        s3.send(new PutObjectCommand({ ...target, Body: 'x', IfMatch: '"e"' })),
        s3.send(new CopyObjectCommand({ ...target, CopySource: 'lake/other/b' })),
        s3.send(new GetObjectCommand({ ...target, VersionId: 'v' })),
        s3.send(new CreateMultipartUploadCommand(target)),
      ].map(async (call) => (await refusalOf(call))?.message),
    );
    expect(messages).toEqual([
      denial('s3:ListBucket', 'arn:aws:s3:::lake'),
      denial('s3:GetObject', 'arn:aws:s3:::lake/data/a'),
      denial('s3:GetObject', 'arn:aws:s3:::lake/other/b'),
      denial('s3:GetObjectVersion', 'arn:aws:s3:::lake/data/a'),
      undefined,
    ]);
  });
});

describe('signatures of issued keys', () => {
  const put = new PutRecordCommand(RECORD);

  it('are verified: a stolen key without its secret is worth nothing', async () => {
    const { asRole } = await startGuardedCloud();
    const settings = asRole([['*', '*']]);
    const credentials = { ...settings.credentials, secretAccessKey: 'guess' };
    const kinesis = opened(new KinesisClient({ ...settings, credentials }));
    expect(await refusalOf(kinesis.send(put))).toMatchObject({
      code: 'InvalidSignatureException',
      message: expect.stringMatching(/^The request signature we calculated does not match/),
    });
    const s3 = opened(new S3Client({ ...settings, credentials }));
    expect(
      await refusalOf(s3.send(new GetObjectCommand({ Bucket: 'lake', Key: 'a' }))),
    ).toMatchObject({ status: 403, code: 'SignatureDoesNotMatch' });
  });

  it('need the session token that was issued with them', async () => {
    const { asRole } = await startGuardedCloud();
    const settings = asRole([['*', '*']]);
    const credentials = { ...settings.credentials, sessionToken: 'another' };
    const kinesis = opened(new KinesisClient({ ...settings, credentials }));
    expect((await refusalOf(kinesis.send(put)))?.code).toBe('UnrecognizedClientException');
  });

  it('end with their sandbox', async () => {
    const { asRole, iam } = await startGuardedCloud();
    const settings = asRole([['*', '*']]);
    const kinesis = opened(new KinesisClient(settings));
    await kinesis.send(put);
    iam.revokeCredentials(settings.credentials.accessKeyId);
    expect(await refusalOf(kinesis.send(put))).toMatchObject({
      code: 'UnrecognizedClientException',
      message: 'The security token included in the request is invalid.',
    });
    const s3 = opened(new S3Client(settings));
    const get = new GetObjectCommand({ Bucket: 'lake', Key: 'a' });
    expect((await refusalOf(s3.send(get)))?.code).toBe('InvalidAccessKeyId');
  });

  it('make presigned URLs that are good until they expire', async () => {
    const { asRole, asAdministrator, endpoint } = await startGuardedCloud();
    const administrator = opened(new S3Client(asAdministrator));
    await administrator.send(new PutObjectCommand({ Bucket: 'lake', Key: 'a b', Body: 'found' }));
    const { credentials } = asRole([['s3:GetObject', 'arn:aws:s3:::lake/a*']]);
    const fetchSigned = async (path: string, atMs: number) => {
      const { url = '' } = await signRequest(
        {
          method: 'GET',
          path,
          query: {},
          headers: { host: new URL(endpoint).host, 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' },
          body: Buffer.alloc(0),
        },
        { ...credentials, service: 's3', atMs, expiresSeconds: 60 },
      );
      const response = await fetch(`${endpoint}${url}`);
      return [response.status, await response.text()];
    };
    const nowMs = Date.now();
    expect(await fetchSigned('/lake/a%20b', nowMs)).toEqual([200, 'found']);
    expect(await fetchSigned('/lake/b', nowMs)).toEqual([
      403,
      expect.stringContaining(denial('s3:GetObject', 'arn:aws:s3:::lake/b')),
    ]);
    expect(await fetchSigned('/lake/a%20b', nowMs - 61_000)).toEqual([
      403,
      expect.stringContaining('<Code>AccessDenied</Code><Message>Request has expired</Message>'),
    ]);
  });

  it('cover the body of requests to JSON services', async () => {
    const { asRole, endpoint } = await startGuardedCloud();
    const { credentials } = asRole([['*', '*']]);
    const request = {
      service: 'kinesis',
      credentials,
      headers: {
        'x-amz-target': 'Kinesis_20131202.ListStreams',
        'content-type': 'application/x-amz-json-1.1',
      },
      body: '{}',
    };
    expect((await signedFetch(endpoint, request)).status).toBe(200);
    const changed = await signedFetch(endpoint, { ...request, sentBody: '{"Limit":1}' });
    expect([changed.status, changed.text]).toEqual([
      400,
      expect.stringContaining('InvalidSignatureException'),
    ]);
    const noJson = await signedFetch(endpoint, { ...request, body: '[1' });
    expect([noJson.status, noJson.text]).toEqual([
      400,
      expect.stringContaining('SerializationException'),
    ]);
  });
});

describe('the administrator', () => {
  it('may do everything, is not asked for a signature, and is counted by action', async () => {
    const { asAdministrator, iam } = await startGuardedCloud();
    const credentials = { accessKeyId: 'somebody', secretAccessKey: 'whatever' };
    const settings = { ...asAdministrator, credentials };
    const s3 = opened(new S3Client(settings));
    await s3.send(new PutObjectCommand({ Bucket: 'lake', Key: 'a', Body: 'x' }));
    await s3.send(new CopyObjectCommand({ Bucket: 'lake', Key: 'b', CopySource: 'lake/a' }));
    await s3.send(new ListObjectsV2Command({ Bucket: 'lake' }));
    await opened(new KinesisClient(settings)).send(put());
    await opened(new KinesisClient(settings)).send(put());
    const call = { principal: 'administrator', resource: '*', policy: null, allowed: true };
    expect(iam.journal()).toEqual([
      { ...call, action: 's3:PutObject', times: 2 },
      { ...call, action: 's3:ListBucket', times: 1 },
      { ...call, action: 'kinesis:PutRecord', times: 2 },
    ]);
  });
});

function put(): PutRecordCommand {
  return new PutRecordCommand(RECORD);
}
