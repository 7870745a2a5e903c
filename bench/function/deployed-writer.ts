import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { CreateDatabaseCommand, CreateTableCommand } from '@aws-sdk/client-glue';
import { CreateQueueCommand } from '@aws-sdk/client-sqs';
import { createDynamoDbStagingLog } from '#adapters/aws/dynamodb-staging-log.ts';
import { createS3ObjectStore } from '#adapters/aws/s3-object-store.ts';
import { readDescriptor } from '#app/stage/read-descriptor.ts';
import { serializeLakeWriterConfig } from '#core/config/lambda-config.ts';
import { kinesisSource } from '#core/delivery/position.ts';
import { openDynamoDbService } from '#embedded/dynamodb/dynamodb-service.ts';
import { startGateway } from '#embedded/gateway/gateway.ts';
import { createGlueService } from '#embedded/glue/glue-service.ts';
import { openS3Service } from '#embedded/s3/s3-service.ts';
import type { LambdaFunctionConfig } from '#embedded/services.ts';
import { openSqsService } from '#embedded/sqs/sqs-service.ts';
import { createLambdaBundler } from '#lib/constructs/lambda-code.ts';
import {
  createDynamoDbClient,
  createGlueClient,
  createS3Client,
  createSqsClient,
  localTarget,
} from '#runtime/aws-clients.ts';
import { writeEmptyTables } from '../handler/bench-lake.ts';
import { shardIdOf, tickDomain } from '../handler/tick-domain.ts';
import { type BusyClock, createBusyClock, timedService } from './timed-service.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const LAKE = 'bench-lake';
const DEAD_LETTERS = 'bench-dead-letters';
const STAGING_TABLE = 'bench-staging';
/** One full processor on ARM, and the platform's default. */
const MEMORY_MB = 1769;

/** The lake-writer function of the tick domain, and the services that it calls, in this process. */
export interface DeployedWriter {
  readonly config: LambdaFunctionConfig;
  readonly endpoint: string;
  /** Of the services. */
  readonly busy: BusyClock;
  /** Rows in all batches that are staged for a shard. */
  stagedRows(shard: number): Promise<number>;
  close(): Promise<void>;
}

/** Bundle and configuration are those that a deployment makes; nothing but the function runs beside the services. */
export async function deployWriter(folder: string): Promise<DeployedWriter> {
  const domain = tickDomain();
  const stateOf = (service: string) => path.join(folder, 'services', service);
  const dynamodb = await openDynamoDbService({ stateDir: stateOf('dynamodb') });
  const s3 = openS3Service({ stateDir: stateOf('s3') });
  const glue = createGlueService({ stateDir: stateOf('glue'), s3 });
  const sqs = openSqsService({ stateDir: stateOf('sqs') });
  const busy = createBusyClock();
  const timed = { s3: timedService(s3, busy), glue: timedService(glue, busy) };
  const timedToo = { dynamodb: timedService(dynamodb, busy), sqs: timedService(sqs, busy) };
  const gateway = await startGateway({
    port: 0,
    services: { ...timed, ...timedToo },
    health: () => null,
  });
  for (const name of [LAKE, DEAD_LETTERS]) s3.ensureBucket({ name, versioned: false });
  await dynamodb.ensureTable({
    name: STAGING_TABLE,
    keySchema: [
      { AttributeName: 'domain', KeyType: 'HASH' },
      { AttributeName: 'source', KeyType: 'RANGE' },
    ],
    attributeDefinitions: [
      { AttributeName: 'domain', AttributeType: 'S' },
      { AttributeName: 'source', AttributeType: 'S' },
    ],
  });
  const { endpoint } = gateway;
  const clients = openClients(endpoint);
  const queueUrl = await createQueue(clients.sqs);
  await createTables(clients, domain);
  return {
    config: {
      name: 'bench-lake-writer',
      arn: 'arn:aws:lambda:us-east-1:000000000000:function:bench-lake-writer',
      codeDir: writeCode(folder, serializeLakeWriterConfig(domain.config)),
      handler: 'index.handler',
      timeoutMs: 120_000,
      memoryMb: MEMORY_MB,
      // As lib/constructs/lake-writer.ts names them.
      environment: {
        LAKE_BUCKET: LAKE,
        DEAD_LETTER_BUCKET: DEAD_LETTERS,
        STAGING_TABLE,
        COMMIT_QUEUE_URL: queueUrl,
        POWERTOOLS_SERVICE_NAME: 'bench-lake-writer',
        POWERTOOLS_METRICS_NAMESPACE: 'Sluice',
        POWERTOOLS_LOG_LEVEL: 'INFO',
      },
      maxConcurrency: 1,
    },
    endpoint,
    busy,
    stagedRows: (shard) => countStaged(clients, domain.config.domain, shard),
    close: async () => {
      for (const client of Object.values(clients)) client.destroy();
      await gateway.close();
      for (const service of [sqs, glue, s3, dynamodb]) await service.close();
    },
  };
}

type Clients = ReturnType<typeof openClients>;

function openClients(endpoint: string) {
  const target = localTarget(endpoint);
  return {
    s3: createS3Client(target),
    glue: createGlueClient(target),
    dynamoDb: createDynamoDbClient(target),
    sqs: createSqsClient(target),
  };
}

function writeCode(folder: string, config: string): string {
  const codeDir = path.join(folder, 'code');
  mkdirSync(codeDir);
  const bundle = createLambdaBundler(ROOT).bundle('lambdas/processors/lake-writer.ts');
  writeFileSync(path.join(codeDir, 'index.mjs'), bundle);
  writeFileSync(path.join(codeDir, 'config.json'), config);
  return codeDir;
}

async function createQueue(sqs: Clients['sqs']): Promise<string> {
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: 'bench-committer' }));
  if (QueueUrl === undefined) throw new Error('expected the URL of a new queue');
  return QueueUrl;
}

async function createTables(
  { s3, glue }: Clients,
  { config, schemas }: ReturnType<typeof tickDomain>,
): Promise<void> {
  const store = createS3ObjectStore(s3);
  const tables = await writeEmptyTables(store, {
    config,
    shape: schemas.table,
    location: `s3://${LAKE}`,
  });
  const databases = new Set(tables.map(({ ident }) => ident.database));
  for (const Name of databases) {
    await glue.send(new CreateDatabaseCommand({ DatabaseInput: { Name } }));
  }
  for (const { ident, metadataFile } of tables) {
    await glue.send(
      new CreateTableCommand({
        DatabaseName: ident.database,
        TableInput: {
          Name: ident.table,
          TableType: 'EXTERNAL_TABLE',
          Parameters: { table_type: 'ICEBERG', metadata_location: metadataFile },
        },
      }),
    );
  }
}

async function countStaged(
  { s3, dynamoDb }: Clients,
  domain: string,
  shard: number,
): Promise<number> {
  const store = createS3ObjectStore(s3);
  const log = createDynamoDbStagingLog(dynamoDb, STAGING_TABLE);
  const chain = await log.read(domain, kinesisSource('local-ticks', shardIdOf(shard)));
  let rows = 0;
  for (const link of chain?.links ?? []) {
    const { tables } = await readDescriptor(store, link);
    const files = [...tables.values()].flatMap((table) => table.files);
    rows += files.reduce((sum, file) => sum + Number(file.recordCount), 0);
  }
  return rows;
}
