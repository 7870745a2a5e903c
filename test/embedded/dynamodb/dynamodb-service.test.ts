import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  BatchWriteItemCommand,
  CreateTableCommand,
  DeleteTableCommand,
  DescribeTableCommand,
  DynamoDBClient,
  GetItemCommand,
  ListTablesCommand,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
  TransactWriteItemsCommand,
  UpdateContinuousBackupsCommand,
  UpdateItemCommand,
  UpdateTimeToLiveCommand,
} from '@aws-sdk/client-dynamodb';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createStore } from '#embedded/dynamodb/dynalite-engine.ts';
import { openDynamoDbService } from '#embedded/dynamodb/dynamodb-service.ts';
import { startGateway } from '#embedded/gateway/gateway.ts';
import type { DynamoDbService } from '#embedded/services.ts';

const CHILD = fileURLToPath(new URL('./increment-until-killed.ts', import.meta.url));
const RECEIPTS = {
  name: 'receipts',
  keySchema: [
    { AttributeName: 'pk', KeyType: 'HASH' },
    { AttributeName: 'sk', KeyType: 'RANGE' },
  ],
  attributeDefinitions: [
    { AttributeName: 'pk', AttributeType: 'S' },
    { AttributeName: 'sk', AttributeType: 'N' },
  ],
} as const;

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-dynamodb-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

interface RunningDynamoDb {
  readonly service: DynamoDbService;
  readonly client: DynamoDBClient;
  readonly endpoint: string;
  readonly stateDir: string;
  stop(): Promise<void>;
}

async function startDynamoDb(stateDir = temporaryFolder()): Promise<RunningDynamoDb> {
  const service = await openDynamoDbService({ stateDir });
  await service.ensureTable(RECEIPTS);
  const services = { dynamodb: service };
  const gateway = await startGateway({ port: 0, services, health: () => null });
  const { endpoint } = gateway;
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const client = new DynamoDBClient({ endpoint, region: 'us-east-1', credentials, maxAttempts: 1 });
  let stopped: Promise<void> | null = null;
  const stop = (): Promise<void> => {
    stopped ??= (async () => {
      client.destroy();
      await gateway.close();
      await service.close();
    })();
    return stopped;
  };
  onTestFinished(stop);
  return { service, client, endpoint, stateDir, stop };
}

const itemOf = (sk: number, value: string) => ({
  pk: { S: 'shard-0' },
  sk: { N: String(sk) },
  value: { S: value },
});
const keyOf = (sk: number) => ({ pk: { S: 'shard-0' }, sk: { N: String(sk) } });
const put = (client: DynamoDBClient, sk: number, value: string, condition?: string) =>
  client.send(
    new PutItemCommand({
      TableName: 'receipts',
      Item: itemOf(sk, value),
      ConditionExpression: condition,
    }),
  );
const read = async (client: DynamoDBClient, sk: number): Promise<string | undefined> => {
  const input = { TableName: 'receipts', Key: keyOf(sk), ConsistentRead: true };
  return (await client.send(new GetItemCommand(input))).Item?.['value']?.S;
};
const refusalOf = async (call: Promise<unknown>): Promise<string> => {
  const error: unknown = await call.then(
    () => new Error('was accepted'),
    (reason: unknown) => reason,
  );
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
};

describe('DynamoDB', () => {
  it('writes, reads, updates, queries, scans and batches', async () => {
    const { client } = await startDynamoDb();
    await put(client, 1, 'one');
    const RequestItems = { receipts: [{ PutRequest: { Item: itemOf(2, 'two') } }] };
    await client.send(new BatchWriteItemCommand({ RequestItems }));
    const update = {
      TableName: 'receipts',
      Key: keyOf(1),
      UpdateExpression: 'SET #v = :v',
      ExpressionAttributeNames: { '#v': 'value' },
      ExpressionAttributeValues: { ':v': { S: 'uno' } },
    };
    await client.send(new UpdateItemCommand(update));
    expect(await read(client, 1)).toBe('uno');
    const query = {
      TableName: 'receipts',
      KeyConditionExpression: 'pk = :p AND sk > :s',
      ExpressionAttributeValues: { ':p': { S: 'shard-0' }, ':s': { N: '1' } },
    };
    expect((await client.send(new QueryCommand(query))).Items).toEqual([itemOf(2, 'two')]);
    expect((await client.send(new ScanCommand({ TableName: 'receipts' }))).Count).toBe(2);
  });

  it('lets exactly one of 20 racing conditional puts win', async () => {
    const { client } = await startDynamoDb();
    const outcomes = await Promise.allSettled(
      Array.from({ length: 20 }, (_, racer) =>
        put(client, 1, `racer ${racer}`, 'attribute_not_exists(pk)'),
      ),
    );
    const winner = outcomes.findIndex((outcome) => outcome.status === 'fulfilled');
    const reasons = outcomes.flatMap((outcome) =>
      outcome.status === 'rejected' ? [String(outcome.reason.name)] : [],
    );
    expect(reasons).toEqual(Array.from({ length: 19 }, () => 'ConditionalCheckFailedException'));
    expect(await read(client, 1)).toBe(`racer ${winner}`);
  });

  it('answers no member that the API does not have', async () => {
    const { endpoint } = await startDynamoDb();
    const response = await fetch(endpoint, {
      method: 'POST',
      headers: { 'x-amz-target': 'DynamoDB_20120810.DescribeTable' },
      body: JSON.stringify({ TableName: 'receipts' }),
    });
    const { Table } = (await response.json()) as { Table: Record<string, unknown> };
    expect(Table['TableStatus']).toBe('ACTIVE');
    expect(Table).not.toHaveProperty('TableThroughputModeSummary');
  });

  it('names the local account and region in ARNs', async () => {
    const { client } = await startDynamoDb();
    const { Table } = await client.send(new DescribeTableCommand({ TableName: 'receipts' }));
    expect(Table?.TableArn).toBe('arn:aws:dynamodb:us-east-1:000000000000:table/receipts');
    expect(Table?.TableStatus).toBe('ACTIVE');
  });
});

describe('ensureTable', () => {
  it('makes the table usable at once, and accepts it unchanged at the next start', async () => {
    const { client, service } = await startDynamoDb();
    await put(client, 1, 'kept');
    await service.ensureTable(RECEIPTS);
    await service.ensureTable({
      ...RECEIPTS,
      attributeDefinitions: RECEIPTS.attributeDefinitions.toReversed(),
    });
    expect(await read(client, 1)).toBe('kept');
  });

  it('refuses a changed key by the name of the property', async () => {
    const { service } = await startDynamoDb();
    const keySchema = RECEIPTS.keySchema.slice(0, 1);
    await expect(service.ensureTable({ ...RECEIPTS, keySchema })).rejects.toThrow(
      'property KeySchema changed from "HASH pk, RANGE sk" to "HASH pk"',
    );
    const attributeDefinitions = RECEIPTS.attributeDefinitions.map((attribute) => ({
      ...attribute,
      AttributeType: 'S' as const,
    }));
    await expect(service.ensureTable({ ...RECEIPTS, attributeDefinitions })).rejects.toThrow(
      /property AttributeDefinitions/,
    );
  });
});

describe('what dynalite does not have', () => {
  it('is refused by the name of the operation', async () => {
    const { client } = await startDynamoDb();
    const TableName = 'receipts';
    const Put = { TableName, Item: itemOf(1, 'x') };
    const PointInTimeRecoverySpecification = { PointInTimeRecoveryEnabled: true };
    const TimeToLiveSpecification = { Enabled: true, AttributeName: 'ttl' };
    const refusals = [
      client.send(new TransactWriteItemsCommand({ TransactItems: [{ Put }] })),
      client.send(new UpdateTimeToLiveCommand({ TableName, TimeToLiveSpecification })),
      client.send(
        new UpdateContinuousBackupsCommand({ TableName, PointInTimeRecoverySpecification }),
      ),
    ].map(refusalOf);
    expect(await Promise.all(refusals)).toEqual(
      ['TransactWriteItems', 'UpdateTimeToLive', 'UpdateContinuousBackups'].map(
        (name) => `UnknownOperationException: the local cloud does not emulate ${name}`,
      ),
    );
  });

  it('is refused by the name of the parameter, never ignored', async () => {
    const { client } = await startDynamoDb();
    const conditional = new PutItemCommand({
      TableName: 'receipts',
      Item: itemOf(1, 'x'),
      ConditionExpression: 'attribute_not_exists(pk)',
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    });
    expect(await refusalOf(client.send(conditional))).toContain(
      'does not emulate parameter ReturnValuesOnConditionCheckFailure of PutItem',
    );
    const create = new CreateTableCommand({
      TableName: 'streamed',
      KeySchema: [...RECEIPTS.keySchema],
      AttributeDefinitions: [...RECEIPTS.attributeDefinitions],
      BillingMode: 'PAY_PER_REQUEST',
      StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_IMAGE' },
    });
    expect(await refusalOf(client.send(create))).toContain('StreamSpecification');
  });

  it('keeps malformed requests from doing harm', async () => {
    const { client, endpoint } = await startDynamoDb();
    const target = { 'x-amz-target': 'DynamoDB_20120810.PutItem' };
    const hostile = ['', '{', '[]', 'null', '{"TableName":7}', '{"Item":{"a":{"B":"?"}}}'];
    for (const body of [...hostile, '{"TableName":"receipts","Item":{"pk":null}}']) {
      const response = await fetch(endpoint, { method: 'POST', headers: target, body });
      expect([body, response.status]).toEqual([body, 400]);
      expect(await response.json()).toHaveProperty('__type');
    }
    await put(client, 1, 'fine');
    expect(await read(client, 1)).toBe('fine');
  });
});

describe('a request that dynalite crashes on', () => {
  it('fails alone: the process goes on, and so do the items', async () => {
    const { client, endpoint } = await startDynamoDb();
    await put(client, 1, 'one');
    const crash = () =>
      fetch(endpoint, {
        method: 'POST',
        headers: { 'x-amz-target': 'DynamoDB_20120810.TagResource' },
        body: JSON.stringify({
          ResourceArn: 'arn:aws:dynamodb:us-east-1:000000000000:table/receipts',
          Tags: [null],
        }),
      });
    for (const round of ['two', 'three']) {
      const response = await crash();
      expect([response.status, await response.json()]).toEqual([
        500,
        { __type: 'InternalServerError', message: expect.stringContaining('dynalite failed') },
      ]);
      await put(client, 2, round);
      expect([await read(client, 1), await read(client, 2)]).toEqual(['one', round]);
    }
  });
});

describe('persistence', () => {
  it('finds tables and items again after a restart', async () => {
    const first = await startDynamoDb();
    await put(first.client, 1, 'one');
    await first.stop();
    const second = await startDynamoDb(first.stateDir);
    expect(await read(second.client, 1)).toBe('one');
  });

  it('loses no acknowledged update to SIGKILL', async () => {
    const stateDir = temporaryFolder();
    let before = 0;
    for (const updates of [40, 60]) {
      const child = spawn(
        process.execPath,
        ['--disable-warning=ExperimentalWarning', CHILD, stateDir],
        { stdio: ['ignore', 'pipe', 'inherit'] },
      );
      let output = '';
      for await (const chunk of child.stdout) {
        output += String(chunk);
        if (output.split('\n').length > updates) child.kill('SIGKILL');
      }
      if (child.signalCode === null) await once(child, 'exit');
      const values = output.trim().split('\n').map(Number);
      // One update may have been durable without its acknowledgement being read.
      expect(values[0]).toBeGreaterThanOrEqual(before + 1);
      expect(values[0]).toBeLessThanOrEqual(before + 2);
      before = values.at(-1) ?? 0;
      expect(values.length).toBeGreaterThanOrEqual(updates);
    }
  });

  it('finishes the creation and the deletion of tables that a kill interrupted', async () => {
    const first = await startDynamoDb();
    await put(first.client, 1, 'kept');
    await first.stop();
    const store = createStore(first.stateDir);
    const between = (name: string, TableStatus: 'CREATING' | 'DELETING') => ({
      TableName: name,
      TableStatus,
      KeySchema: RECEIPTS.keySchema,
      AttributeDefinitions: RECEIPTS.attributeDefinitions,
    });
    for (const table of [between('receipts', 'CREATING'), between('dropped', 'DELETING')]) {
      await new Promise((resolve) => store.tableDb.put(table.TableName, table, resolve));
    }
    await store.db.close();
    const second = await startDynamoDb(first.stateDir);
    expect(await read(second.client, 1)).toBe('kept');
    const { TableNames } = await second.client.send(new ListTablesCommand({}));
    expect(TableNames).toEqual(['receipts']);
  });

  it('deletes tables for good', async () => {
    const first = await startDynamoDb();
    await put(first.client, 1, 'one');
    await first.client.send(new DeleteTableCommand({ TableName: 'receipts' }));
    await first.stop();
    const second = await startDynamoDb(first.stateDir);
    expect(await read(second.client, 1)).toBeUndefined();
  });

  it('explains a folder that another local cloud has open', async () => {
    const { stateDir } = await startDynamoDb();
    await expect(openDynamoDbService({ stateDir })).rejects.toThrow(/open in another process/);
  });
});
