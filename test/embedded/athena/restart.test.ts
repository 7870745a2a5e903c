import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {
  GetQueryExecutionCommand,
  GetQueryResultsCommand,
  StartQueryExecutionCommand,
} from '@aws-sdk/client-athena';
import { expect, it, onTestFinished } from 'vitest';
import { openExecutionStore } from '#embedded/athena/executions/execution-store.ts';
import { type Lake, startLake, WORK_GROUP } from './start-lake.ts';

function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'sluice-restart-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const start = async (lake: Lake, sql: string, ClientRequestToken?: string) => {
  const command = new StartQueryExecutionCommand({
    QueryString: sql,
    WorkGroup: WORK_GROUP,
    ClientRequestToken,
  });
  return (await lake.clients.athena.send(command)).QueryExecutionId ?? '';
};

it('keeps tables, executions, results and tokens over a restart', async () => {
  const folder = temporaryFolder();
  const token = 'token-with-at-least-32-characters-0002';
  const before = await startLake({ folder });
  await before.createTable({ name: 't', columns: { id: 'long' } });
  await before.append('t', [{ id: 7n }]);
  expect((await before.query('SELECT id FROM t')).rows).toEqual([['7']]);
  const id = await start(before, 'SELECT 1 AS one', token);
  await expect
    .poll(
      async () =>
        (await before.clients.athena.send(new GetQueryExecutionCommand({ QueryExecutionId: id })))
          .QueryExecution?.Status?.State,
    )
    .toBe('SUCCEEDED');
  await before.close();

  const after = await startLake({ folder });
  onTestFinished(() => after.close());
  expect((await after.query('SELECT id FROM t')).rows).toEqual([['7']]);
  expect(await start(after, 'SELECT 1 AS one', token)).toBe(id);
  const { ResultSet } = await after.clients.athena.send(
    new GetQueryResultsCommand({ QueryExecutionId: id }),
  );
  expect(ResultSet?.Rows?.map((row) => row.Data?.[0]?.VarCharValue)).toEqual(['one', '1']);
  expect(ResultSet?.ResultSetMetadata?.ColumnInfo?.[0]).toMatchObject({
    Name: 'one',
    Type: 'integer',
  });
});

it('marks executions that a crash cut off as failed', async () => {
  const folder = temporaryFolder();
  const lake = await startLake({ folder });
  const id = await start(lake, 'SELECT 1');
  // What is on disk at this moment is what SIGKILL would leave.
  const left = openExecutionStore(path.join(folder, 'athena', 'executions')).get(id);
  await lake.close();
  expect(left).toMatchObject({ state: 'FAILED', error: { Retryable: true } });
  expect(left?.reason).toContain('stopped while the query was running');
});

it('marks executions that a shutdown cut off as failed, not as cancelled', async () => {
  const folder = temporaryFolder();
  const lake = await startLake({ folder });
  const series = 'UNNEST(sequence(1, 9999))';
  const id = await start(
    lake,
    `SELECT sum(a.x * b.x * c.x % 7) FROM ${series} a(x), ${series} b(x), ${series} c(x)`,
  );
  const state = async () =>
    (await lake.clients.athena.send(new GetQueryExecutionCommand({ QueryExecutionId: id })))
      .QueryExecution?.Status?.State;
  await expect.poll(state).toBe('RUNNING');
  await lake.close();
  const left = openExecutionStore(path.join(folder, 'athena', 'executions')).get(id);
  expect(left).toMatchObject({ state: 'FAILED', error: { Retryable: true } });
});
