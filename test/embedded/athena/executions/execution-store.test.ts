import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { describeExecution } from '#embedded/athena/executions/describe-execution.ts';
import type { ExecutionRecord } from '#embedded/athena/executions/execution-record.ts';
import { openExecutionStore } from '#embedded/athena/executions/execution-store.ts';

function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'sluice-executions-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function record(id: string, values: Partial<ExecutionRecord> = {}): ExecutionRecord {
  return {
    id,
    sql: 'SELECT 1',
    statementType: 'DML',
    substatementType: 'SELECT',
    resultFormat: 'csv',
    requested: { catalog: 'AwsDataCatalog', database: null, outputLocation: null },
    workGroup: 'main',
    outputUri: `s3://results/${id}.csv`,
    parameters: [],
    clientToken: `token-${id}`,
    state: 'SUCCEEDED',
    reason: null,
    error: null,
    submittedMs: Number(id),
    startedMs: Number(id),
    plannedMs: Number(id),
    engineEndedMs: Number(id),
    completedMs: Number(id),
    scannedBytes: 0,
    rows: null,
    columns: [],
    ...values,
  };
}

it('keeps executions and their tokens', () => {
  const folder = temporaryFolder();
  openExecutionStore(folder).put(record('1'));
  const store = openExecutionStore(folder);
  expect(store.get('1')).toEqual(record('1'));
  expect(store.byToken('token-1')?.id).toBe('1');
  expect(store.get('2')).toBeNull();
});

it('fails what was under way when the process ended, once', () => {
  const folder = temporaryFolder();
  const first = openExecutionStore(folder);
  first.put(record('1', { state: 'RUNNING', completedMs: null }));
  first.put(record('2', { state: 'QUEUED', startedMs: null, completedMs: null }));
  const store = openExecutionStore(folder);
  for (const id of ['1', '2']) {
    expect(store.get(id)).toMatchObject({
      state: 'FAILED',
      completedMs: Number(id),
      error: { ErrorCategory: 1 },
    });
  }
  expect(openExecutionStore(folder).get('1')?.state).toBe('FAILED');
});

it('forgets the oldest finished executions', () => {
  const folder = temporaryFolder();
  const store = openExecutionStore(folder);
  store.put(record('1', { state: 'RUNNING', completedMs: null }));
  for (let id = 2; id <= 1003; id++) store.put(record(String(id)));
  expect(store.list()).toHaveLength(1000);
  expect(store.get('1')?.state).toBe('RUNNING');
  expect(store.get('2')).toBeNull();
  expect(store.byToken('token-2')).toBeNull();
  expect(readdirSync(folder)).toHaveLength(1000);
});

it('reads records that say less than today, and shows them', () => {
  const folder = temporaryFolder();
  const { requested: _, plannedMs: __, engineEndedMs: ___, rows: ____, ...old } = record('1');
  const lines = JSON.stringify({ ...old, catalog: 'AwsDataCatalog', clientToken: null });
  writeFileSync(path.join(folder, '1.json'), lines);
  const stored = openExecutionStore(folder).get('1');
  expect(stored).not.toBeNull();
  if (stored === null) return;
  expect(describeExecution(stored, 5)).toMatchObject({
    Query: 'SELECT 1',
    QueryExecutionContext: {},
    Statistics: { EngineExecutionTimeInMillis: 0, QueryPlanningTimeInMillis: 0 },
  });
});
