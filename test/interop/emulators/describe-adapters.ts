import { randomUUID } from 'node:crypto';
import { CreateWorkGroupCommand } from '@aws-sdk/client-athena';
import { CreateTableCommand as CreateDynamoDbTableCommand } from '@aws-sdk/client-dynamodb';
import {
  CreateDatabaseCommand,
  CreateTableCommand,
  DeleteTableCommand,
} from '@aws-sdk/client-glue';
import { CreateStreamCommand } from '@aws-sdk/client-kinesis';
import { CreateBucketCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { createAthenaQueryEngine } from '#adapters/aws/athena-query-engine.ts';
import { createDynamoDbReceiptStore } from '#adapters/aws/dynamodb-receipt-store.ts';
import { createGlueTableCatalog } from '#adapters/aws/glue-table-catalog.ts';
import { createKinesisEventStream } from '#adapters/aws/kinesis-event-stream.ts';
import { createS3ObjectStore } from '#adapters/aws/s3-object-store.ts';
import { systemClock } from '#adapters/system/system-clock.ts';
import type { TableCatalog } from '#ports/table-catalog.ts';
import {
  createAthenaClient,
  createDynamoDbClient,
  createGlueClient,
  createKinesisClient,
  createS3Client,
  localTarget,
} from '#runtime/aws-clients.ts';
import { describeEventStream } from '#test/contracts/event-stream.contract.ts';
import { kinesisResharding, waitUntilActive } from '#test/contracts/kinesis-resharding.ts';
import { describeObjectStore } from '#test/contracts/object-store.contract.ts';
import { describeQueryEngine } from '#test/contracts/query-engine.contract.ts';
import { describeReceiptStore } from '#test/contracts/receipt-store.contract.ts';
import { describeTableCatalog } from '#test/contracts/table-catalog.contract.ts';
import { endpointVariable } from './judge-environment.ts';

/** An implementation that answers at an endpoint, named as in emulator-judges.ts. */
export interface Judge {
  readonly name: string;
  readonly endpoint: string;
  /** @default any */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/** The judge that the runner started. Throws when the file is run by itself. */
export function judgeOf(name: string): Judge {
  const endpoint = process.env[endpointVariable(name)];
  if (endpoint === undefined) {
    throw new Error(`${name} is not running; use "npm run test:emulators"`);
  }
  return { name, endpoint };
}

/** Names are never used twice: the judges keep everything until they end. */
const unique = (word: string): string => `${word}-${randomUUID().slice(0, 8)}`;

export function describeS3Adapter({ name, endpoint, credentials }: Judge): void {
  describeObjectStore(`S3 on ${name}`, async () => {
    const target = localTarget(endpoint);
    const client = createS3Client(credentials === undefined ? target : { ...target, credentials });
    const bucket = unique('lake');
    await client.send(new CreateBucketCommand({ Bucket: bucket }));
    return {
      store: createS3ObjectStore(client),
      uri: (key) => `s3://${bucket}/${key}`,
      pageSize: 1000,
      close: async () => client.destroy(),
    };
  });
}

export function describeKinesisAdapter({ name, endpoint }: Judge): void {
  describeEventStream(
    `Kinesis on ${name}`,
    async () => {
      const client = createKinesisClient(localTarget(endpoint));
      const stream = unique('events');
      await client.send(new CreateStreamCommand({ StreamName: stream, ShardCount: 2 }));
      await waitUntilActive(client, stream);
      return {
        stream: createKinesisEventStream(client),
        name: stream,
        ...kinesisResharding(client, stream),
        close: async () => client.destroy(),
      };
    },
    { throttle: false, expire: false },
  );
}

export function describeDynamoDbAdapter({ name, endpoint }: Judge): void {
  describeReceiptStore(
    `DynamoDB on ${name}`,
    async () => {
      const client = createDynamoDbClient(localTarget(endpoint));
      const table = unique('receipts');
      await client.send(
        new CreateDynamoDbTableCommand({
          TableName: table,
          BillingMode: 'PAY_PER_REQUEST',
          KeySchema: [
            { AttributeName: 'pk', KeyType: 'HASH' },
            { AttributeName: 'sk', KeyType: 'RANGE' },
          ],
          AttributeDefinitions: [
            { AttributeName: 'pk', AttributeType: 'S' },
            { AttributeName: 'sk', AttributeType: 'S' },
          ],
        }),
      );
      return {
        store: createDynamoDbReceiptStore(client, table),
        close: async () => client.destroy(),
      };
    },
    { manyProducers: 1200 },
  );
}

export function describeGlueAdapter({ name, endpoint }: Judge): void {
  describeTableCatalog(`Glue on ${name}`, async () => {
    const client = createGlueClient(localTarget(endpoint));
    const real = createGlueTableCatalog(client);
    const suffix = unique('').replace('-', '_');
    for (const database of ['market', 'city']) {
      await client.send(
        new CreateDatabaseCommand({ DatabaseInput: { Name: `${database}${suffix}` } }),
      );
    }
    return {
      catalog: withDatabaseSuffix(real, suffix),
      async createTable(ident, first) {
        await client.send(
          new CreateTableCommand({
            DatabaseName: `${ident.database}${suffix}`,
            TableInput: {
              Name: ident.table,
              Parameters: { table_type: 'ICEBERG', metadata_location: first.metadataLocation },
            },
          }),
        );
      },
      async dropTable({ database, table }) {
        await client.send(
          new DeleteTableCommand({ DatabaseName: `${database}${suffix}`, Name: table }),
        );
      },
      close: async () => client.destroy(),
    };
  });
}

/** The suite names its databases; a judge keeps them all, so every test gets its own. */
function withDatabaseSuffix(catalog: TableCatalog, suffix: string): TableCatalog {
  return {
    load: ({ database, table }) => catalog.load({ database: `${database}${suffix}`, table }),
    swap: ({ database, table }, base, next) =>
      catalog.swap({ database: `${database}${suffix}`, table }, base, next),
    list: async (database) =>
      (await catalog.list(`${database}${suffix}`)).map(({ table }) => ({ database, table })),
  };
}

export function describeAthenaAdapter({ name, endpoint }: Judge): void {
  const target = localTarget(endpoint);
  let lake: Promise<string> | undefined;
  describeQueryEngine(`Athena on ${name}`, async () => {
    lake ??= createItemTable(endpoint);
    const workGroup = await lake;
    const client = createAthenaClient(target);
    return {
      engine: createAthenaQueryEngine(client, { workGroup, clock: systemClock }),
      close: async () => client.destroy(),
    };
  });
}

/** `market.item` as JSON lines, which tell an empty text from NULL; gives a work group that answers into S3. */
async function createItemTable(endpoint: string): Promise<string> {
  const target = localTarget(endpoint);
  const s3 = createS3Client(target);
  const glue = createGlueClient(target);
  const athena = createAthenaClient(target);
  const bucket = unique('athena');
  await s3.send(new CreateBucketCommand({ Bucket: bucket }));
  const lines = ['{"id":1,"name":"a"}', '{"id":2,"name":""}', '{"id":3,"name":null}'];
  await s3.send(
    new PutObjectCommand({ Bucket: bucket, Key: 'item/0.json', Body: `${lines.join('\n')}\n` }),
  );
  await glue.send(new CreateDatabaseCommand({ DatabaseInput: { Name: 'market' } }));
  await glue.send(
    new CreateTableCommand({
      DatabaseName: 'market',
      TableInput: {
        Name: 'item',
        TableType: 'EXTERNAL_TABLE',
        StorageDescriptor: {
          Location: `s3://${bucket}/item/`,
          Columns: [
            { Name: 'id', Type: 'bigint' },
            { Name: 'name', Type: 'string' },
          ],
          InputFormat: 'org.apache.hadoop.mapred.TextInputFormat',
          OutputFormat: 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat',
          SerdeInfo: { SerializationLibrary: 'org.openx.data.jsonserde.JsonSerDe' },
        },
      },
    }),
  );
  const workGroup = unique('group');
  await athena.send(
    new CreateWorkGroupCommand({
      Name: workGroup,
      Configuration: { ResultConfiguration: { OutputLocation: `s3://${bucket}/results/` } },
    }),
  );
  for (const client of [s3, glue, athena]) client.destroy();
  return workGroup;
}
