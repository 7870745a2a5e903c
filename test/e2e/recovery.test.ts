import { InvokeCommand } from '@aws-sdk/client-lambda';
import { GetQueueUrlCommand, PurgeQueueCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadTable } from '#app/load-table.ts';
import { updateTable } from '#app/update-table.ts';
import { stagingTableOf, workGroupOf } from '#cli/stack-outputs.ts';
import { databaseName, type Stream } from '#core/config/project.ts';
import { currentSnapshot } from '#core/iceberg/spec/table-metadata.ts';
import { setCurrentSnapshot } from '#core/iceberg/transaction/set-current-snapshot.ts';
import { localTarget } from '#runtime/aws-clients.ts';
import { openTableAdmin, type TableAdmin } from '#runtime/table-admin.ts';
import { sendEvents } from './drive-lake-writer.ts';
import { type LocalDeployment, startLocalDeployment } from './local-deployment.ts';

const DOMAIN = 'market';
const IDENT = { database: databaseName('local', DOMAIN, 'bronze'), table: 'trade' };
/** Name of the function, of its queue and of its schedule. */
const COMMITTER = 'sluice-local-market-committer';
const WAIT_MS = 100_000;

let deployment: LocalDeployment;
let admin: TableAdmin;
let stream: Stream;

beforeAll(async () => {
  deployment = await startLocalDeployment({
    // Doorbells wait for longer than the schedule takes to come by.
    writer: { batchingWindowSeconds: 0, commitIntervalSeconds: 300 },
    change: (domain) => ({ ...domain, connectors: [], files: [] }),
  });
  const { endpoint, health } = deployment.cloud;
  const { outputs } = health();
  admin = openTableAdmin(localTarget(endpoint), {
    workGroup: workGroupOf(outputs),
    stagingTable: stagingTableOf(outputs),
  });
  const streams = deployment.loaded.project.domains.flatMap((domain) => domain.streams);
  const found = streams.find(({ domain, name }) => domain === DOMAIN && name === IDENT.table);
  if (found === undefined) throw new Error(`there is no stream ${DOMAIN}.${IDENT.table}`);
  stream = found;
}, 60_000);

afterAll(async () => {
  admin?.close();
  await deployment?.close();
});

async function until(what: string, isDone: () => Promise<boolean>): Promise<void> {
  const limitMs = Date.now() + WAIT_MS;
  while (!(await isDone())) {
    if (Date.now() > limitMs) throw new Error(`waited ${WAIT_MS} ms for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function count(what: string, from: string): Promise<number> {
  const { rows } = await admin.queries.query(`SELECT ${what} FROM ${IDENT.database}.${from}`);
  return Number(rows[0]?.[0]);
}

async function currentId(): Promise<bigint> {
  const id = currentSnapshot((await loadTable(admin, IDENT)).metadata)?.['snapshot-id'];
  if (id === undefined) throw new Error('the table has no snapshot');
  return id;
}

/** Generated events of one run, read off the stream and staged. */
async function stageRun(run: number): Promise<void> {
  await sendEvents(deployment, stream, { run });
  await until(`run ${run} to be staged`, async () => (await stagedLinks()) > 0);
}

async function stagedLinks(): Promise<number> {
  const chains = await admin.stagingLog.list(DOMAIN);
  return chains.reduce((sum, { links }) => sum + links.length, 0);
}

async function loseDoorbells(): Promise<void> {
  const sqs = new SQSClient(localTarget(deployment.cloud.endpoint));
  try {
    const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: COMMITTER }));
    await sqs.send(new PurgeQueueCommand({ QueueUrl }));
  } finally {
    sqs.destroy();
  }
}

async function runCommitter(): Promise<void> {
  const answer = await deployment.clients.lambda.send(
    new InvokeCommand({ FunctionName: COMMITTER, Payload: Buffer.from('{}') }),
  );
  expect(answer.FunctionError).toBeUndefined();
}

/** What another engine does that knows Iceberg and nothing of the staging log. */
async function setTableTo(snapshotId: bigint): Promise<void> {
  await updateTable(admin, IDENT, (metadata) =>
    setCurrentSnapshot(metadata, snapshotId, { nowMs: Date.now() }),
  );
}

function alarmState(name: string): string | undefined {
  return deployment.cloud.health().alarms.find((alarm) => alarm.name === name)?.state;
}

describe('what is staged', { timeout: 2 * WAIT_MS + 20_000 }, () => {
  it('is committed by the schedule when every doorbell is lost', async () => {
    await stageRun(1);
    await loseDoorbells();
    expect(await count('count(*)', IDENT.table)).toBe(0);
    await until('the schedule to commit', async () => (await stagedLinks()) === 0);
    expect(await count('count(*)', IDENT.table)).toBeGreaterThan(280);
  });

  it('waits, with an alarm, behind rows that a foreign rollback took away, and goes on when they are back', async () => {
    const earlier = await currentId();
    await stageRun(2);
    await runCommitter();
    const later = await currentId();
    const rows = await count('count(*)', IDENT.table);
    await setTableTo(earlier);
    await stageRun(3);
    await runCommitter();
    expect(await currentId()).toBe(earlier);
    expect(await stagedLinks()).toBeGreaterThan(0);
    await until('the alarm', async () => alarmState(`${COMMITTER}-missing-link`) === 'ALARM');
    await setTableTo(later);
    await runCommitter();
    await until('all to be committed', async () => (await stagedLinks()) === 0);
    const events = await count('count(*)', IDENT.table);
    expect(events).toBeGreaterThan(rows + 280);
    expect(await count('count(DISTINCT _event_id)', IDENT.table)).toBe(events);
  });
});
