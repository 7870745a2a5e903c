import { AthenaClient } from '@aws-sdk/client-athena';
import { describe, expect, it } from 'vitest';
import { createAthenaQueryEngine } from '#adapters/aws/athena-query-engine.ts';
import { localTarget } from '#runtime/aws-clients.ts';
import { describeQueryEngine } from '#test/contracts/query-engine.contract.ts';
import { fixedClock } from '#test/core/iceberg/fixed-world.ts';
import { startLake } from '#test/embedded/athena/start-lake.ts';
import { type Fault, jsonAnswer, jsonError, startFaultyEndpoint } from './faulty-endpoint.ts';

describeQueryEngine('Athena', async () => {
  const lake = await startLake();
  await lake.createTable({ name: 'item', columns: { id: 'long!', name: 'string' } });
  await lake.append('item', [
    { id: 1n, name: 'a' },
    { id: 2n, name: '' },
    { id: 3n, name: null },
  ]);
  return { engine: lake.engine, close: () => lake.close() };
});

describe('Athena query engine', () => {
  it('gives columns, all pages of rows and what was scanned', async () => {
    const lake = await startLake();
    try {
      await lake.createTable({ name: 't', columns: { id: 'long!', amount: 'decimal(10,2)' } });
      const rows = Array.from({ length: 2100 }, (_, id) => ({
        id: BigInt(id),
        amount: id === 7 ? null : 5n,
      }));
      await lake.append('t', rows);
      const result = await lake.query('SELECT id, amount FROM t ORDER BY id');
      expect(result.columns).toEqual([
        { name: 'id', type: 'bigint' },
        { name: 'amount', type: 'decimal(10,2)' },
      ]);
      expect(result.rows).toHaveLength(2100);
      expect(result.rows[0]).toEqual(['0', '0.05']);
      expect(result.rows[7]).toEqual(['7', null]);
      expect(result.rows.at(-1)).toEqual(['2099', '0.05']);
      expect(result.scannedBytes).toBeGreaterThan(0);
      expect(result.milliseconds).toBeGreaterThan(0);
      await expect(lake.query('SELECT nope FROM t')).rejects.toMatchObject({
        code: 'QUERY_FAILED',
        message:
          "COLUMN_NOT_FOUND: line 1:8: Column 'nope' cannot be resolved or requester is not authorized to access requested resources",
        context: { state: 'FAILED' },
      });
      await expect(lake.engine.query('SELECT 1', { database: 'nope' })).resolves.toMatchObject({
        rows: [['1']],
      });
    } finally {
      await lake.close();
    }
  });

  async function engineWith(...faults: Fault[]) {
    const { endpoint, requests } = await startFaultyEndpoint(faults);
    const client = new AthenaClient({ ...localTarget(endpoint), maxAttempts: 1 });
    return {
      engine: createAthenaQueryEngine(client, { workGroup: 'main', clock: fixedClock() }),
      requests,
    };
  }
  const started = jsonAnswer({ QueryExecutionId: 'q1' });
  const state = (State: string, StateChangeReason?: string): Fault =>
    jsonAnswer({ QueryExecution: { Status: { State, StateChangeReason }, StatementType: 'DML' } });

  it('waits until the query has ended', async () => {
    const results = jsonAnswer({
      ResultSet: {
        Rows: [{ Data: [{ VarCharValue: 'x' }] }, { Data: [{}] }],
        ResultSetMetadata: { ColumnInfo: [{ Name: 'x', Type: 'varchar' }] },
      },
    });
    const { engine, requests } = await engineWith(
      started,
      state('QUEUED'),
      state('RUNNING'),
      state('SUCCEEDED'),
      results,
    );
    expect(await engine.query('SELECT x')).toMatchObject({
      rows: [[null]],
      columns: [{ name: 'x', type: 'varchar' }],
    });
    expect(requests).toEqual([
      'StartQueryExecution',
      'GetQueryExecution',
      'GetQueryExecution',
      'GetQueryExecution',
      'GetQueryResults',
    ]);
  });

  it('says why a query was cancelled', async () => {
    const { engine } = await engineWith(
      started,
      state('CANCELLED', 'Bytes scanned limit was exceeded'),
    );
    await expect(engine.query('SELECT 1')).rejects.toMatchObject({
      code: 'QUERY_FAILED',
      message: 'Bytes scanned limit was exceeded',
    });
    const { engine: silent } = await engineWith(started, state('FAILED'));
    await expect(silent.query('SELECT 1')).rejects.toThrow('query failed without a reason');
  });

  it('tells a refused request from a failing service', async () => {
    const refused = await engineWith(jsonError('InvalidRequestException'));
    await expect(refused.engine.query('SELECT 1')).rejects.toMatchObject({ code: 'QUERY_FAILED' });
    for (const fault of [
      jsonError('InternalServerException', 500),
      jsonError('TooManyRequestsException'),
      { kind: 'hang-up' } as const,
    ]) {
      const { engine } = await engineWith(fault);
      await expect(engine.query('SELECT 1')).rejects.toMatchObject({
        code: 'SOURCE_UNAVAILABLE',
        retryable: true,
      });
    }
  });
});
