import { PutItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import { InvokeCommand } from '@aws-sdk/client-lambda';
import { createDynamoDbStagingLog } from '#adapters/aws/dynamodb-staging-log.ts';
import { createGlueTableCatalog } from '#adapters/aws/glue-table-catalog.ts';
import { createS3ObjectStore } from '#adapters/aws/s3-object-store.ts';
import { createHyparquetColumnReader } from '#adapters/parquet/hyparquet-column-reader.ts';
import { createHyparquetTableReader } from '#adapters/parquet/hyparquet-table-reader.ts';
import { systemClock, systemRandom } from '#adapters/system/system-clock.ts';
import { generatedChunks } from '#app/generated-chunks.ts';
import type { SourceRecord } from '#app/ingest-batch.ts';
import type { IngestDeps } from '#app/ingest-stream.ts';
import { createInstanceMemory } from '#app/stage/instance-memory.ts';
import { stageBatch } from '#app/stage/stage-batch.ts';
import { stagingTableOf } from '#cli/stack-outputs.ts';
import { buildLakeWriterConfig } from '#core/config/lambda-config.ts';
import { createEventGenerator } from '#core/generate/generate-events.ts';
import { compileIngestConfig } from '#runtime/lake-writer.ts';
import { createStreamEncoder } from '#runtime/stream-encoder.ts';
import type { LocalDeployment } from './local-deployment.ts';

/** Of one stream; every tenth is broken, and one does not decode. */
const EVENTS = 20;
const SEQUENCE_START = 10n ** 20n;

/**
 * Leaves a staged batch for every table, as a writer does that dies before its commit, and has it committed while somebody else
 * changes the chain; then, undisturbed, what is left.
 */
export async function driveCommitter(
  deployment: LocalDeployment,
  domain: string,
  functionName: string,
): Promise<void> {
  const source = `kinesis:local-${domain}/shardId-000000000099`;
  const log = createDynamoDbStagingLog(
    deployment.clients.dynamoDb,
    stagingTableOf(deployment.cloud.health().outputs),
  );
  await stageEverything(deployment, { domain, source, log });
  const staged = await log.read(domain, source);
  if (staged === null || staged.links.length === 0) throw new Error('nothing was staged');
  let isDone = false;
  const invoked = invoke(deployment, functionName).finally(() => {
    isDone = true;
  });
  while (!isDone) {
    const chain = await log.read(domain, source);
    if (chain !== null) await log.put(domain, { ...chain, version: chain.version + 1 });
  }
  await invoked;
  await invoke(deployment, functionName);
  const left = await log.read(domain, source);
  if (left?.links.length !== 0) throw new Error(`${left?.links.length} batches are not committed`);
}

async function stageEverything(
  deployment: LocalDeployment,
  batch: {
    readonly domain: string;
    readonly source: string;
    readonly log: IngestDeps['stagingLog'];
  },
): Promise<void> {
  const { clients, deployed } = deployment;
  const { domain, source, log } = batch;
  const store = createS3ObjectStore(clients.s3);
  const deps: IngestDeps = {
    store,
    reader: createHyparquetTableReader(store),
    columns: createHyparquetColumnReader(store),
    stagingLog: log,
    memory: createInstanceMemory(),
    catalog: createGlueTableCatalog(clients.glue),
    clock: systemClock,
    random: systemRandom,
  };
  const config = compileIngestConfig(
    buildLakeWriterConfig(deployed.project, deployed.registry, { domain }),
    { deadLetterUri: 's3://not-used' },
  );
  await stageBatch(deps, config, { source, records: await recordsOf(deployment, domain) });
}

async function recordsOf(
  { deployed }: LocalDeployment,
  domainName: string,
): Promise<readonly SourceRecord[]> {
  const { project, registry } = deployed;
  const streams = project.domains.find(({ name }) => name === domainName)?.streams ?? [];
  const records: SourceRecord[] = [];
  for (const stream of streams) {
    const { encode, schemaVersionId } = createStreamEncoder(registry, stream);
    const eventAt = createEventGenerator({
      stream,
      seed: 'committer',
      run: 9,
      startMs: Date.now() - 1_000,
      eventsPerSecond: EVENTS,
      faults: { brokenEvery: 10, duplicateEvery: 7, lateEvery: 9 },
    });
    const chunks = generatedChunks({
      events: EVENTS,
      eventAt,
      encode,
      schemaVersionId,
      undecodableEvery: null,
    });
    for await (const chunk of chunks) {
      for (const { partitionKey, data } of chunk) {
        const sequenceNumber = String(SEQUENCE_START + BigInt(records.length));
        records.push({ sequenceNumber, partitionKey, arrivalMs: Date.now(), data });
      }
    }
  }
  return records;
}

async function invoke({ clients }: LocalDeployment, functionName: string): Promise<void> {
  const answer = await clients.lambda.send(
    new InvokeCommand({ FunctionName: functionName, Payload: Buffer.from('{}') }),
  );
  if (answer.FunctionError === undefined) return;
  throw new Error(`${functionName}: ${Buffer.from(answer.Payload ?? []).toString()}`);
}

/** Makes what is staged of a domain unreadable meanwhile: no batch of it can be taken in. */
export async function withoutStagingLog(
  { clients, cloud }: LocalDeployment,
  domain: string,
  work: () => Promise<void>,
): Promise<void> {
  const TableName = stagingTableOf(cloud.health().outputs);
  const { Items = [] } = await clients.dynamoDb.send(
    new QueryCommand({
      TableName,
      KeyConditionExpression: '#domain = :domain',
      ExpressionAttributeNames: { '#domain': 'domain' },
      ExpressionAttributeValues: { ':domain': { S: domain } },
      ConsistentRead: true,
    }),
  );
  const put = (Item: (typeof Items)[number]) =>
    clients.dynamoDb.send(new PutItemCommand({ TableName, Item }));
  for (const item of Items) await put({ ...item, chain: { S: 'not a chain' } });
  try {
    await work();
  } finally {
    for (const item of Items) await put(item);
  }
}
