import {
  BatchGetQueryExecutionCommand,
  GetDataCatalogCommand,
  GetQueryExecutionCommand,
  GetQueryResultsCommand,
  GetTableMetadataCommand,
  GetWorkGroupCommand,
  ListDatabasesCommand,
  ListQueryExecutionsCommand,
  ListTableMetadataCommand,
  ListWorkGroupsCommand,
  type QueryExecution,
  StartQueryExecutionCommand,
  type StartQueryExecutionCommandInput,
  StopQueryExecutionCommand,
} from '@aws-sdk/client-athena';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Lake, RESULTS, startLake, WORK_GROUP } from './start-lake.ts';

let lake: Lake;
beforeAll(async () => {
  lake = await startLake();
  await lake.createTable({
    name: 'trades',
    columns: { id: 'long!', name: 'string' },
    partition: [['name', 'identity']],
  });
  await lake.append(
    'trades',
    Array.from({ length: 2500 }, (_, index) => ({
      id: BigInt(index),
      name: index % 2 === 0 ? null : `n"${index % 10}`,
    })),
  );
});
afterAll(() => lake.close());

async function start(
  sql: string,
  input: Partial<StartQueryExecutionCommandInput> = {},
): Promise<string> {
  const { QueryExecutionId } = await lake.clients.athena.send(
    new StartQueryExecutionCommand({
      QueryString: sql,
      WorkGroup: WORK_GROUP,
      QueryExecutionContext: { Database: 'market', Catalog: 'AwsDataCatalog' },
      ...input,
    }),
  );
  return QueryExecutionId ?? '';
}

async function execution(id: string): Promise<QueryExecution> {
  const { QueryExecution } = await lake.clients.athena.send(
    new GetQueryExecutionCommand({ QueryExecutionId: id }),
  );
  return QueryExecution ?? {};
}

async function finished(id: string): Promise<QueryExecution> {
  for (;;) {
    const current = await execution(id);
    if (!['QUEUED', 'RUNNING'].includes(current.Status?.State ?? '')) return current;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

async function resultText(id: string): Promise<string> {
  const { ResultConfiguration } = await execution(id);
  const bytes = await lake.store.get(ResultConfiguration?.OutputLocation ?? '');
  return Buffer.from(bytes).toString('utf8');
}

describe('StartQueryExecution', () => {
  it('runs a query and stores its result as Athena does', async () => {
    const id = await start("SELECT id, name, '' AS empty FROM trades WHERE id < 3 ORDER BY id");
    expect(await finished(id)).toMatchObject({
      QueryExecutionId: id,
      StatementType: 'DML',
      WorkGroup: WORK_GROUP,
      ResultConfiguration: { OutputLocation: `${RESULTS}/${id}.csv` },
      QueryExecutionContext: { Database: 'market', Catalog: 'awsdatacatalog' },
      Status: { State: 'SUCCEEDED', SubmissionDateTime: expect.any(Date) },
      Statistics: { DataScannedInBytes: expect.any(Number) },
      EngineVersion: { EffectiveEngineVersion: 'Athena engine version 3' },
    });
    expect(await resultText(id)).toBe('"id","name","empty"\n"0",,""\n"1","n""1",""\n"2",,""\n');
  });

  it('answers a repeated client token with the execution it started', async () => {
    const ClientRequestToken = 'token-with-at-least-32-characters-0001';
    const id = await start('SELECT 1', { ClientRequestToken });
    expect(await start('SELECT 1', { ClientRequestToken })).toBe(id);
    await expect(start('SELECT 2', { ClientRequestToken })).rejects.toMatchObject({
      name: 'InvalidRequestException',
      message: 'Idempotent parameters do not match',
    });
  });

  it('fills in execution parameters', async () => {
    const id = await start('SELECT id, ? FROM trades WHERE id BETWEEN ? AND ? ORDER BY 1 LIMIT ?', {
      ExecutionParameters: ["'it''s'", '-5', '100', '2'],
    });
    await finished(id);
    expect(await resultText(id)).toBe('"id","_col1"\n"0","it\'s"\n"1","it\'s"\n');
    const missing = await finished(await start('SELECT ?'));
    expect(missing.Status?.StateChangeReason).toContain(
      'Incorrect number of parameters: expected 1 but found 0',
    );
  });

  it('takes a parameter that is no expression, or names a column, as text', async () => {
    const ExecutionParameters = ['1; DROP TABLE x', "it's", 'id', 't.id', '1 + 1', 'NULL'];
    const id = await start('SELECT ?, ?, ?, ?, ?, ?', { ExecutionParameters });
    await finished(id);
    expect((await resultText(id)).split('\n')[1]).toBe(`"1; DROP TABLE x","it's","id","t.id","2",`);
  });

  it('ignores parameters of a statement that has no place for them', async () => {
    const id = await start('SELECT 1', { ExecutionParameters: ['2'] });
    expect((await finished(id)).Status?.State).toBe('SUCCEEDED');
  });

  it('uses the database default when the request names none', async () => {
    const id = await start('SELECT * FROM t', { QueryExecutionContext: {} });
    expect((await finished(id)).Status?.StateChangeReason).toBe(
      "SCHEMA_NOT_FOUND: line 1:15: Schema 'default' does not exist",
    );
  });

  it.each([
    [{ WorkGroup: 'nope' }, 'WorkGroup is not found.'],
    [{ QueryExecutionContext: { Catalog: 'other' } }, 'the catalog AwsDataCatalog only, got other'],
    [
      { ResultReuseConfiguration: { ResultReuseByAgeConfiguration: { Enabled: true } } },
      'does not emulate the reuse of query results',
    ],
  ])('refuses %j', async (input, message) => {
    await expect(start('SELECT 1', input)).rejects.toMatchObject({
      name: 'InvalidRequestException',
      message: expect.stringContaining(message),
    });
  });
});

describe('failed queries', () => {
  it.each([
    [
      'SELECT * FROM nope',
      "TABLE_NOT_FOUND: line 1:15: Table 'awsdatacatalog.market.nope' does not exist",
      1301,
    ],
    ['SELECT * FROM nope.t', "SCHEMA_NOT_FOUND: line 1:15: Schema 'nope' does not exist", 1301],
    [
      'SELECT nope FROM trades',
      "COLUMN_NOT_FOUND: line 1:8: Column 'nope' cannot be resolved or requester is not authorized to access requested resources",
      1006,
    ],
    [
      "SELECT id\nFROM trades\nWHERE id = 'x'",
      'TYPE_MISMATCH: line 3:10: Cannot apply operator: bigint = varchar(1)',
      1002,
    ],
    ['SELECT nope(1)', "FUNCTION_NOT_FOUND: line 1:8: Function 'nope' not registered", 1303],
    ['SELECT 1 / 0', 'DIVISION_BY_ZERO: Division by zero', 1001],
    ["SELECT CAST('x' AS bigint)", "INVALID_CAST_ARGUMENT: Cannot cast 'x' to BIGINT", 1100],
    [
      'SELECT CAST(300 AS tinyint)',
      'NUMERIC_VALUE_OUT_OF_RANGE: Out of range for tinyint: 300',
      1100,
    ],
    ['SELECT ?', 'INVALID_PARAMETER_USAGE: line 1:1: Incorrect number of parameters', 1100],
    [
      'INSERT INTO trades VALUES (1)',
      'NOT_SUPPORTED: this version of the local query engine answers queries only (SELECT, EXPLAIN, SHOW, DESCRIBE), got INSERT',
      1200,
    ],
    ['CREATE TABLE t (a int)', 'answers queries only', 1200],
    ['MERGE INTO trades USING x ON true WHEN MATCHED THEN DELETE', 'got MERGE', 1200],
    ['OPTIMIZE trades REWRITE DATA USING BIN_PACK', 'got OPTIMIZE', 1200],
    ['VACUUM trades', 'got VACUUM', 1200],
    ['EXPLAIN INSERT INTO trades VALUES (1)', 'got EXPLAIN INSERT', 1200],
    ['SHOW PARTITIONS trades', 'does not support SHOW PARTITIONS', 1200],
    ["SHOW TABLES '(a+)+'", 'INVALID_ARGUMENTS', 1100],
  ])('%s', async (sql, reason, errorType) => {
    const { Status } = await finished(await start(sql));
    expect(Status?.State).toBe('FAILED');
    expect(Status?.StateChangeReason).toContain(reason);
    expect(Status?.AthenaError).toEqual({
      ErrorCategory: 2,
      ErrorType: errorType,
      Retryable: false,
      ErrorMessage: Status?.StateChangeReason,
    });
  });
});

describe('statements that do not parse', () => {
  it.each([
    ['SELEC 1', "line 1:1: mismatched input 'SELEC'. Expecting: "],
    ['SELECT 1\nFROM WHERE', "line 2:6: mismatched input 'WHERE'"],
    ['-- nothing', "line 1:11: mismatched input '<EOF>'"],
    ["COPY trades TO '/tmp/x'", "line 1:1: mismatched input 'COPY'"],
    ["ATTACH '/tmp/x.db'", "mismatched input 'ATTACH'"],
    ['PRAGMA database_list', "mismatched input 'PRAGMA'"],
    ["SET memory_limit = '10GB'", "mismatched input 'SET'"],
    ['INSTALL httpfs', "mismatched input 'INSTALL'"],
    ["SELECT * FROM 'file.parquet'", "line 1:15: mismatched input ''file.parquet''"],
    ["SELECT * FROM read_parquet('x')", "line 1:27: mismatched input '('"],
    ['DESCRIBE trades extended', "line 1:17: mismatched input 'extended'"],
  ])('%s leaves no execution', async (sql, message) => {
    await expect(start(sql)).rejects.toMatchObject({
      name: 'InvalidRequestException',
      AthenaErrorCode: 'MALFORMED_QUERY',
      message: expect.stringContaining(message),
    });
  });
});

describe('GetQueryResults', () => {
  const page = async (id: string, NextToken?: string, MaxResults?: number) =>
    lake.clients.athena.send(
      new GetQueryResultsCommand({ QueryExecutionId: id, NextToken, MaxResults }),
    );

  it('gives the header once, then all rows in pages', async () => {
    const id = await start('SELECT id, name FROM trades ORDER BY id');
    await finished(id);
    const first = await page(id);
    expect(first.ResultSet?.Rows).toHaveLength(1000);
    expect(first.ResultSet?.Rows?.[0]).toEqual({
      Data: [{ VarCharValue: 'id' }, { VarCharValue: 'name' }],
    });
    expect(first.ResultSet?.Rows?.[1]).toEqual({ Data: [{ VarCharValue: '0' }, {}] });
    const second = await page(id, first.NextToken);
    expect(second.ResultSet?.Rows?.[0]?.Data?.[0]?.VarCharValue).toBe('999');
    const third = await page(id, second.NextToken);
    expect(third.ResultSet?.Rows).toHaveLength(501);
    expect(third.NextToken).toBeUndefined();
    const few = await page(id, undefined, 3);
    expect(few.ResultSet?.Rows).toHaveLength(3);
  });

  it('describes the columns', async () => {
    const id = await start(
      'SELECT id, CAST(1.5 AS decimal(10,2)) d, name, 1e0 x, current_timestamp FROM trades WHERE false',
    );
    await finished(id);
    const { ResultSet } = await page(id);
    expect(ResultSet?.Rows).toHaveLength(1);
    expect(ResultSet?.ResultSetMetadata?.ColumnInfo).toMatchObject([
      { Name: 'id', Type: 'bigint', Precision: 19, Scale: 0, CaseSensitive: false },
      { Name: 'd', Type: 'decimal', Precision: 10, Scale: 2 },
      { Name: 'name', Type: 'varchar', Precision: 2147483647, CaseSensitive: true },
      { Name: 'x', Type: 'double', Precision: 17 },
      { Name: '_col4', Type: 'timestamp with time zone' },
    ]);
  });

  it('refuses when there is no result', async () => {
    const failed = await start('SELECT 1 / 0');
    await finished(failed);
    await expect(page(failed)).rejects.toThrow(
      'Query did not finish successfully. Final query state: FAILED',
    );
    await expect(page('00000000-0000-0000-0000-000000000000')).rejects.toThrow(
      'QueryExecution 00000000-0000-0000-0000-000000000000 was not found',
    );
    const id = await start('SELECT 1');
    await finished(id);
    await expect(page(id, 'not a token')).rejects.toMatchObject({
      name: 'InvalidRequestException',
    });
  });
});

/** Runs for minutes unless it is stopped. */
const ENDLESS =
  'SELECT sum(a.x * b.x * c.x % 7) FROM UNNEST(sequence(1, 9999)) a(x), UNNEST(sequence(1, 9999)) b(x), UNNEST(sequence(1, 9999)) c(x)';

describe('StopQueryExecution', () => {
  const stop = (id: string) =>
    lake.clients.athena.send(new StopQueryExecutionCommand({ QueryExecutionId: id }));

  it('interrupts running queries and drops waiting ones, while others go on', async () => {
    const ids = [await start(ENDLESS), await start(ENDLESS), await start(ENDLESS)];
    await expect.poll(async () => (await execution(ids[1] ?? '')).Status?.State).toBe('RUNNING');
    expect((await execution(ids[2] ?? '')).Status?.State).toBe('QUEUED');
    await expect(
      lake.clients.athena.send(new GetQueryResultsCommand({ QueryExecutionId: ids[2] })),
    ).rejects.toThrow('Query has not yet finished. Current state: QUEUED');
    // The process answers other requests meanwhile.
    const { WorkGroup } = await lake.clients.athena.send(
      new GetWorkGroupCommand({ WorkGroup: WORK_GROUP }),
    );
    expect(WorkGroup?.Name).toBe(WORK_GROUP);
    for (const id of [...ids].reverse()) await stop(id);
    for (const id of ids) {
      const { Status } = await finished(id);
      expect(Status?.State).toBe('CANCELLED');
      expect(Status?.StateChangeReason).toBe('Query cancelled by user');
      expect(Status?.AthenaError).toBeUndefined();
      await expect(
        lake.clients.athena.send(new GetQueryResultsCommand({ QueryExecutionId: id })),
      ).rejects.toMatchObject({
        AthenaErrorCode: 'RESULT_NOT_FOUND',
        message: 'Could not find results',
      });
    }
    expect((await lake.query('SELECT 1')).rows).toEqual([['1']]);
  });

  it('leaves finished queries as they are', async () => {
    const id = await start('SELECT 1');
    await finished(id);
    await stop(id);
    expect((await execution(id)).Status?.State).toBe('SUCCEEDED');
  });
});

describe('workgroups', () => {
  it('cancel queries that would scan too much', async () => {
    lake.athena.ensureWorkGroup({
      name: 'small',
      outputLocation: 's3://results/small/',
      scanLimitBytes: 10,
    });
    const { Status, Statistics, ResultConfiguration } = await finished(
      await start('SELECT sum(id) FROM trades', { WorkGroup: 'small' }),
    );
    expect(Status).toMatchObject({
      State: 'CANCELLED',
      StateChangeReason: 'Bytes scanned limit was exceeded',
    });
    expect(Statistics?.DataScannedInBytes).toBeGreaterThan(10);
    expect(ResultConfiguration?.OutputLocation).toMatch(/^s3:\/\/results\/small\/[0-9a-f-]+\.csv$/);
    expect((await finished(await start('SELECT 1', { WorkGroup: 'small' }))).Status?.State).toBe(
      'SUCCEEDED',
    );
  });

  it('are described and listed', async () => {
    const { WorkGroup } = await lake.clients.athena.send(
      new GetWorkGroupCommand({ WorkGroup: WORK_GROUP }),
    );
    expect(WorkGroup).toMatchObject({
      Name: WORK_GROUP,
      State: 'ENABLED',
      Configuration: {
        ResultConfiguration: { OutputLocation: RESULTS },
        EnforceWorkGroupConfiguration: true,
      },
    });
    const { WorkGroups } = await lake.clients.athena.send(new ListWorkGroupsCommand({}));
    expect(WorkGroups?.map(({ Name }) => Name)).toContain(WORK_GROUP);
    await expect(
      lake.clients.athena.send(new GetWorkGroupCommand({ WorkGroup: 'nope' })),
    ).rejects.toThrow('WorkGroup is not found.');
  });

  it('list their executions, newest first', async () => {
    lake.athena.ensureWorkGroup({ name: 'listed', outputLocation: RESULTS, scanLimitBytes: null });
    const ids = [];
    for (const sql of ['SELECT 1', 'SELECT 2', 'SELECT 3']) {
      ids.unshift(await start(sql, { WorkGroup: 'listed' }));
      await finished(ids[0] ?? '');
    }
    const first = await lake.clients.athena.send(
      new ListQueryExecutionsCommand({ WorkGroup: 'listed', MaxResults: 2 }),
    );
    expect(first.QueryExecutionIds).toEqual(ids.slice(0, 2));
    const { NextToken } = first;
    const second = await lake.clients.athena.send(
      new ListQueryExecutionsCommand({ WorkGroup: 'listed', NextToken }),
    );
    expect(second.QueryExecutionIds).toEqual(ids.slice(2));
    const batch = await lake.clients.athena.send(
      new BatchGetQueryExecutionCommand({ QueryExecutionIds: [ids[0] ?? '', 'unknown'] }),
    );
    expect(batch.QueryExecutions?.map(({ Query }) => Query)).toEqual(['SELECT 3']);
    expect(batch.UnprocessedQueryExecutionIds?.[0]?.QueryExecutionId).toBe('unknown');
  });
});

describe('SHOW and DESCRIBE', () => {
  it.each([
    ['SHOW DATABASES', [['market']]],
    ["SHOW SCHEMAS LIKE 'nope*'", []],
    ['SHOW TABLES', [['trades']]],
    ["SHOW TABLES IN market 'tr*|x'", [['trades']]],
    ["SHOW TABLES LIKE 'x.*'", []],
    ['show columns in trades', [['id'], ['name']]],
    ['SHOW COLUMNS FROM trades FROM market;', [['id'], ['name']]],
    [
      'DESCRIBE market.trades',
      [
        ['# Table schema:', '', ''],
        ['# col_name', 'data_type', 'comment'],
        ['id', 'bigint', ''],
        ['name', 'string', ''],
        ['', '', ''],
        ['# Partition spec:', '', ''],
        ['# field_name', 'field_transform', 'column_name'],
        ['name_identity', 'identity', 'name'],
      ],
    ],
    [
      'SHOW CREATE TABLE TRADES',
      [
        ['CREATE TABLE market.trades ('],
        ['  id bigint,'],
        ['  name string)'],
        ['PARTITIONED BY (name)'],
        ["LOCATION 's3://lake/market/trades'"],
        ["TBLPROPERTIES ('table_type'='iceberg')"],
      ],
    ],
  ])('%s', async (sql, rows) => {
    expect((await lake.query(sql)).rows).toEqual(rows);
  });

  it('store a text file without a header', async () => {
    const id = await start('DESC trades');
    const { StatementType, SubstatementType, ResultConfiguration } = await finished(id);
    expect([StatementType, SubstatementType]).toEqual(['UTILITY', 'DESCRIBE_TABLE']);
    expect(ResultConfiguration?.OutputLocation).toMatch(/\.txt$/);
    expect(await resultText(id)).toBe(
      '# Table schema:\t\t\n# col_name\tdata_type\tcomment\nid\tbigint\t\nname\tstring\t\n\t\t\n' +
        '# Partition spec:\t\t\n# field_name\tfield_transform\tcolumn_name\nname_identity\tidentity\tname',
    );
    const { ResultSet } = await lake.clients.athena.send(
      new GetQueryResultsCommand({ QueryExecutionId: id }),
    );
    expect(ResultSet?.Rows?.[2]).toEqual({ Data: [{ VarCharValue: 'id\tbigint\t' }] });
    expect(ResultSet?.ResultSetMetadata?.ColumnInfo?.[0]).toMatchObject({
      Name: 'col_name',
      Type: 'string',
      Precision: 0,
      CaseSensitive: false,
    });
  });

  it('fails for a database that is not there', async () => {
    await expect(lake.query('SHOW TABLES IN nope')).rejects.toThrow('SCHEMA_NOT_FOUND');
  });

  it.each([
    ['DESCRIBE nope', 'INVALID_INPUT', 'Entity Not Found (Service: AmazonDataCatalog'],
    ['SHOW COLUMNS IN nope.trades', 'INVALID_INPUT', 'Entity Not Found'],
    ['DESCRIBE other.market.trades', 'DATACATALOG_NOT_FOUND', "Catalog 'other' does not exist"],
    ['DESCRIBE "trades$files"', 'INVALID_INPUT', 'Entity Not Found'],
    [
      'DESCRIBE "trades"',
      'MALFORMED_QUERY',
      `line 1:10: no viable alternative at input 'DESCRIBE "trades"'`,
    ],
    ['SHOW CREATE TABLE "trades"', 'MALFORMED_QUERY', 'Queries of this type are not supported'],
  ])('%s is refused at the start', async (sql, code, message) => {
    await expect(start(sql)).rejects.toMatchObject({
      AthenaErrorCode: code,
      message: expect.stringContaining(message),
    });
  });

  it('take names in backquotes', async () => {
    expect((await lake.query('SHOW COLUMNS IN `trades`')).rows).toEqual([['id'], ['name']]);
  });
});

describe('catalog operations', () => {
  const CatalogName = 'AwsDataCatalog';

  it('browse databases and tables', async () => {
    const { athena } = lake.clients;
    const { DataCatalog } = await athena.send(new GetDataCatalogCommand({ Name: CatalogName }));
    expect(DataCatalog?.Type).toBe('GLUE');
    const { DatabaseList } = await athena.send(new ListDatabasesCommand({ CatalogName }));
    expect(DatabaseList).toEqual([{ Name: 'market' }]);
    const { TableMetadataList } = await athena.send(
      new ListTableMetadataCommand({ CatalogName, DatabaseName: 'market', Expression: 'tr.*' }),
    );
    expect(TableMetadataList?.[0]).toMatchObject({
      Name: 'trades',
      TableType: 'EXTERNAL_TABLE',
      Columns: [
        { Name: 'id', Type: 'bigint' },
        { Name: 'name', Type: 'string' },
      ],
    });
    const { TableMetadata } = await athena.send(
      new GetTableMetadataCommand({ CatalogName, DatabaseName: 'market', TableName: 'TRADES' }),
    );
    expect(TableMetadata?.Name).toBe('trades');
    await expect(
      athena.send(
        new GetTableMetadataCommand({ CatalogName, DatabaseName: 'market', TableName: 'x' }),
      ),
    ).rejects.toMatchObject({ name: 'MetadataException' });
  });
});
