import { CreateTableCommand, DeleteTableCommand, GetTableCommand } from '@aws-sdk/client-glue';
import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import { generatedChunks } from '#app/generated-chunks.ts';
import { produceEvents } from '#app/produce-events.ts';
import { receiptsTableOf } from '#cli/stack-outputs.ts';
import { databaseName, type Stream } from '#core/config/project.ts';
import { createEventGenerator } from '#core/generate/generate-events.ts';
import { localTarget } from '#runtime/aws-clients.ts';
import { openProducer } from '#runtime/producer-access.ts';
import { publishedProject } from '#runtime/published-project.ts';
import { createStreamEncoder } from '#runtime/stream-encoder.ts';
import type { LocalDeployment } from './local-deployment.ts';

const EVENTS = 300;
const EVENTS_PER_SECOND = 100;
/** Every kind of event is in it. */
const FAULTS = { brokenEvery: 50, duplicateEvery: 40, lateEvery: 70 };
const UNDECODABLE_EVERY = 60;

/** Every path of the writer: rows of every table, rejected ones, undecodable ones, and a batch that cannot be written. */
export async function driveLakeWriter(
  deployment: LocalDeployment,
  domainName: string,
): Promise<void> {
  const domain = deployment.loaded.project.domains.find(({ name }) => name === domainName);
  if (domain === undefined) throw new Error(`there is no domain ${domainName}`);
  for (const stream of domain.streams) await sendEvents(deployment, stream, { run: 1 });
  await deployment.drained();
  const [stream] = domain.streams;
  if (stream === undefined) throw new Error(`domain ${domainName} has no stream`);
  await withoutTable(deployment, stream, async () => {
    await sendEvents(deployment, stream, { run: 2 });
    await deployment.drained();
  });
  const failures = await deployment.clients.s3.send(
    new ListObjectsV2Command({ Bucket: deadLetterBucket(deployment), Prefix: 'aws/lambda/' }),
  );
  if (failures.KeyCount === 0) throw new Error('no batch ended in the failure destination');
}

/** Generated events with every kind of fault planted. */
export async function sendEvents(
  deployment: LocalDeployment,
  stream: Stream,
  options: { readonly run: number },
): Promise<void> {
  const { loaded, cloud } = deployment;
  const { outputs } = cloud.health();
  const target = localTarget(cloud.endpoint);
  const published = await publishedProject(loaded, { target });
  const { encode, schemaVersionId } = createStreamEncoder(published.registry, stream);
  const eventAt = createEventGenerator({
    stream,
    seed: 'privilege',
    run: options.run,
    startMs: Date.now() - (EVENTS * 1000) / EVENTS_PER_SECOND,
    eventsPerSecond: EVENTS_PER_SECOND,
    faults: FAULTS,
  });
  const producer = openProducer(localTarget(cloud.endpoint), {
    receiptsTable: receiptsTableOf(outputs),
  });
  try {
    await produceEvents(producer, {
      streamName: `local-${stream.domain}`,
      domain: stream.domain,
      producer: `privilege-${options.run}`,
      events: generatedChunks({
        events: EVENTS,
        eventAt,
        encode,
        schemaVersionId,
        undecodableEvery: UNDECODABLE_EVERY,
      }),
    });
  } finally {
    producer.close();
  }
}

/** Takes a table out of the catalogue meanwhile: what the writer does then fails as a whole. */
export async function withoutTable(
  { loaded, clients }: LocalDeployment,
  stream: Stream,
  work: () => Promise<void>,
): Promise<void> {
  const DatabaseName = databaseName(loaded.project.environment.name, stream.domain, 'bronze');
  const { Table } = await clients.glue.send(
    new GetTableCommand({ DatabaseName, Name: stream.name }),
  );
  const { TableType, Parameters, StorageDescriptor } = Table ?? {};
  await clients.glue.send(new DeleteTableCommand({ DatabaseName, Name: stream.name }));
  try {
    await work();
  } finally {
    const TableInput = { Name: stream.name, TableType, Parameters, StorageDescriptor };
    await clients.glue.send(new CreateTableCommand({ DatabaseName, TableInput }));
  }
}

export function deadLetterBucket({ cloud }: LocalDeployment): string {
  const outputs = Object.values(cloud.health().outputs).flatMap((each) => Object.entries(each));
  return outputs.find(([name]) => name === 'DeadLetterBucketName')?.[1] ?? '';
}
