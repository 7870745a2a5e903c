import { setTimeout as sleep } from 'node:timers/promises';
import { CreateTableCommand, DeleteTableCommand, GetTableCommand } from '@aws-sdk/client-glue';
import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import { generatedChunks } from '#app/generated-chunks.ts';
import { produceEvents } from '#app/produce-events.ts';
import { updateTable } from '#app/update-table.ts';
import { receiptsTableOf, stagingTableOf, workGroupOf } from '#cli/stack-outputs.ts';
import { databaseName, type Stream } from '#core/config/project.ts';
import { createEventGenerator } from '#core/generate/generate-events.ts';
import { setProperties } from '#core/iceberg/transaction/set-properties.ts';
import type { CallRecord } from '#embedded/services.ts';
import { localTarget } from '#runtime/aws-clients.ts';
import { openProducer } from '#runtime/producer-access.ts';
import { publishedProject } from '#runtime/published-project.ts';
import { createStreamEncoder } from '#runtime/stream-encoder.ts';
import { openTableAdmin } from '#runtime/table-admin.ts';
import { withoutStagingLog } from './drive-committer.ts';
import type { LocalDeployment } from './local-deployment.ts';

const EVENTS = 300;
const EVENTS_PER_SECOND = 100;
/** Every kind of event is in it. */
const FAULTS = { brokenEvery: 50, duplicateEvery: 40, lateEvery: 70 };
const UNDECODABLE_EVERY = 60;
const MAX_CONTENDED_RUNS = 20;
/** A commit takes a little longer. */
const RIVAL_PAUSE_MS = 15;

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
  if (domain.writer.commit === 'direct') await driveContendedCommit(deployment, stream);
  await withoutStagingLog(deployment, domainName, async () => {
    await sendEvents(deployment, stream, { run: 2 });
    await deployment.drained();
  });
  const failures = await deployment.clients.s3.send(
    new ListObjectsV2Command({ Bucket: deadLetterBucket(deployment), Prefix: 'aws/lambda/' }),
  );
  if (failures.KeyCount === 0) throw new Error('no batch ended in the failure destination');
}

/** A writer that commits itself looks what else waits for the table when somebody else was first. */
async function driveContendedCommit(deployment: LocalDeployment, stream: Stream): Promise<void> {
  const { cloud, loaded } = deployment;
  const { outputs } = cloud.health();
  const admin = openTableAdmin(localTarget(cloud.endpoint), {
    workGroup: workGroupOf(outputs),
    stagingTable: stagingTableOf(outputs),
  });
  const database = databaseName(loaded.project.environment.name, stream.domain, 'bronze');
  const ident = { database, table: stream.name };
  try {
    for (let run = 100; run < 100 + MAX_CONTENDED_RUNS; run++) {
      await sendEvents(deployment, stream, { run });
      for (let rival = 0; cloud.health().pending; rival++) {
        await updateTable(admin, ident, (base) =>
          setProperties(base, { rival: `${run}-${rival}` }),
        );
        await sleep(RIVAL_PAUSE_MS);
      }
      if (await hasLookedAround(deployment, stream.domain)) return;
    }
  } finally {
    admin.close();
  }
  throw new Error(`${MAX_CONTENDED_RUNS} commits to ${stream.name} met no rival`);
}

async function hasLookedAround({ cloud }: LocalDeployment, domain: string): Promise<boolean> {
  const answer = await fetch(`${cloud.endpoint}/_sluice/calls`);
  const calls = (await answer.json()) as readonly CallRecord[];
  const role = `-${domain}-processing-lakewriterrole`;
  return calls.some(
    ({ principal, action }) => action === 'dynamodb:Query' && principal.includes(role),
  );
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
