import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {
  GetQueryExecutionCommand,
  GetQueryResultsCommand,
  GetQueryRuntimeStatisticsCommand,
  GetWorkGroupCommand,
  ListWorkGroupsCommand,
  type QueryExecution,
  StartQueryExecutionCommand,
  type StartQueryExecutionCommandInput,
  UpdateWorkGroupCommand,
  type UpdateWorkGroupCommandInput,
} from '@aws-sdk/client-athena';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Lake, RESULTS, startLake, WORK_GROUP } from './start-lake.ts';

let lake: Lake;
const folder = mkdtempSync(path.join(os.tmpdir(), 'sluice-requests-'));
beforeAll(async () => {
  lake = await startLake({ folder });
  await lake.createTable({ name: 'ticks', columns: { id: 'long' } });
  await lake.append('ticks', [{ id: 1n }, { id: 2n }]);
});
afterAll(async () => {
  await lake.close();
  rmSync(folder, { recursive: true, force: true });
});

const start = async (input: Partial<StartQueryExecutionCommandInput> = {}): Promise<string> => {
  const { QueryExecutionId } = await lake.clients.athena.send(
    new StartQueryExecutionCommand({ QueryString: 'SELECT 1', WorkGroup: WORK_GROUP, ...input }),
  );
  return QueryExecutionId ?? '';
};

const finished = async (id: string): Promise<QueryExecution> => {
  for (;;) {
    const { QueryExecution = {} } = await lake.clients.athena.send(
      new GetQueryExecutionCommand({ QueryExecutionId: id }),
    );
    if (!['QUEUED', 'RUNNING'].includes(QueryExecution.Status?.State ?? '')) return QueryExecution;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
};

/** A request as a client without a model would send it. */
async function raw(
  operation: string,
  body: unknown,
): Promise<{ readonly status: number; readonly body: Record<string, unknown> }> {
  const response = await fetch(lake.endpoint, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': `AmazonAthena.${operation}`,
      authorization:
        'AWS4-HMAC-SHA256 Credential=test/20261120/us-east-1/athena/aws4_request, SignedHeaders=host, Signature=0',
    },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

const TOKEN = 'a'.repeat(32);

describe('the client token', () => {
  const validation = (constraint: string): string =>
    `1 validation error detected: Value at 'clientRequestToken' failed to satisfy constraint: Member must have length ${constraint}`;

  it.each([
    [undefined, 'clientRequestToken is null or empty'],
    ['', validation('greater than or equal to 32')],
    ['a'.repeat(31), validation('greater than or equal to 32')],
    ['a'.repeat(129), validation('less than or equal to 128')],
  ])('%s is refused', async (ClientRequestToken, message) => {
    const answer = await raw('StartQueryExecution', {
      QueryString: 'SELEC',
      ClientRequestToken,
      WorkGroup: WORK_GROUP,
    });
    expect(answer).toEqual({
      status: 400,
      body: {
        __type: 'InvalidRequestException',
        AthenaErrorCode: 'INVALID_INPUT',
        ErrorCode: 'INVALID_INPUT',
        message,
        Message: message,
      },
    });
  });

  it('gives the same execution again, whatever became of it', async () => {
    const input = { QueryString: 'SELECT 1 / 0', ClientRequestToken: TOKEN };
    const id = await start(input);
    expect((await finished(id)).Status?.State).toBe('FAILED');
    expect(await start(input)).toBe(id);
    // Neither parameters nor the workgroup are compared.
    expect(await start({ ...input, ExecutionParameters: ['1'] })).toBe(id);
  });

  it.each([
    { QueryString: 'SELECT 2' },
    { QueryExecutionContext: { Database: 'market' } },
    { QueryExecutionContext: { Catalog: 'AwsDataCatalog' } },
    { ResultConfiguration: { OutputLocation: `${RESULTS}/other` } },
  ])('used for %j is refused', async (change) => {
    const ClientRequestToken = `${JSON.stringify(change)}${'b'.repeat(32)}`.slice(0, 128);
    await start({ ClientRequestToken });
    await expect(start({ ClientRequestToken, ...change })).rejects.toMatchObject({
      AthenaErrorCode: 'IDEMPOTENT_PARAMETER_MISMATCH',
      message: 'Idempotent parameters do not match',
    });
  });

  it('is not spent on a statement that does not parse', async () => {
    const ClientRequestToken = 'c'.repeat(32);
    await expect(start({ QueryString: 'SELEC', ClientRequestToken })).rejects.toThrow('SELEC');
    expect(await start({ ClientRequestToken })).not.toBe('');
  });
});

describe('requests out of shape', () => {
  it.each([
    ['GetQueryExecution', {}, "Value null at 'queryExecutionId' failed to satisfy constraint"],
    ['GetQueryExecution', { QueryExecutionId: 5 }, 'NUMBER_VALUE can not be converted to a String'],
    ['ListWorkGroups', { MaxResults: '1' }, 'STRING_VALUE can not be converted to an Integer'],
    ['ListWorkGroups', { MaxResults: 51 }, 'Member must have value less than or equal to 50'],
    ['ListWorkGroups', { MaxResults: 0 }, 'Member must have value greater than or equal to 1'],
    ['ListWorkGroups', { NextToken: 'x' }, 'The nextPageToken is malformed: x'],
    [
      'GetQueryResults',
      { QueryExecutionId: 'x', MaxResults: 1001 },
      'QueryExecution x was not found',
    ],
  ])('%s %j', async (operation, body, message) => {
    const answer = await raw(operation, body);
    expect(answer.status).toBe(400);
    expect(answer.body['Message']).toContain(message);
  });
});

describe('GetQueryResults', () => {
  it('tells what is wrong in order: page size, state, token', async () => {
    const failed = await start({ QueryString: 'SELECT 1 / 0' });
    await finished(failed);
    const page = (id: string, input: object) =>
      lake.clients.athena.send(new GetQueryResultsCommand({ QueryExecutionId: id, ...input }));
    await expect(page(failed, { MaxResults: 1001, NextToken: 'x' })).rejects.toThrow(
      'MaxResults is more than maximum allowed length 1000',
    );
    await expect(page(failed, { NextToken: 'x' })).rejects.toMatchObject({
      AthenaErrorCode: 'INVALID_QUERY_EXECUTION_STATE',
      message: 'Query did not finish successfully. Final query state: FAILED',
    });
    const id = await start();
    await finished(id);
    await expect(page(id, { NextToken: 'x' })).rejects.toThrow('Malformed nextPageToken x');
  });

  it('has no result when its object is gone', async () => {
    const id = await start();
    const { ResultConfiguration } = await finished(id);
    await lake.store.delete(ResultConfiguration?.OutputLocation ?? '');
    await expect(
      lake.clients.athena.send(new GetQueryResultsCommand({ QueryExecutionId: id })),
    ).rejects.toMatchObject({ AthenaErrorCode: 'RESULT_NOT_FOUND' });
  });
});

describe('statistics', () => {
  it('part the time of an execution, and count its rows and bytes', async () => {
    const id = await start({
      QueryString: 'SELECT id FROM ticks ORDER BY id',
      QueryExecutionContext: { Database: 'market' },
    });
    const { Statistics } = await finished(id);
    const { QueryRuntimeStatistics } = await lake.clients.athena.send(
      new GetQueryRuntimeStatisticsCommand({ QueryExecutionId: id }),
    );
    const total = Statistics?.TotalExecutionTimeInMillis ?? -1;
    const parts = [
      Statistics?.QueryQueueTimeInMillis,
      Statistics?.EngineExecutionTimeInMillis,
      Statistics?.ServiceProcessingTimeInMillis,
    ];
    expect(parts.reduce((sum: number, part) => sum + (part ?? -1), 0)).toBe(total);
    expect(Statistics?.QueryPlanningTimeInMillis).toBeLessThanOrEqual(
      Statistics?.EngineExecutionTimeInMillis ?? -1,
    );
    expect(Statistics?.ResultReuseInformation).toEqual({ ReusedPreviousResult: false });
    expect(QueryRuntimeStatistics?.Timeline?.TotalExecutionTimeInMillis).toBe(total);
    expect(QueryRuntimeStatistics?.Rows).toEqual({
      InputRows: 2,
      InputBytes: Statistics?.DataScannedInBytes,
      OutputRows: 2,
      OutputBytes: '"id"\n"1"\n"2"\n'.length,
    });
  });
});

describe('the workgroup primary', () => {
  const update = (input: Omit<UpdateWorkGroupCommandInput, 'WorkGroup'>, WorkGroup = 'primary') =>
    lake.clients.athena.send(new UpdateWorkGroupCommand({ WorkGroup, ...input }));
  const locate = (location: string | null) =>
    update({
      ConfigurationUpdates: {
        ResultConfigurationUpdates:
          location === null ? { RemoveOutputLocation: true } : { OutputLocation: location },
      },
    });
  const primary = (input: Partial<StartQueryExecutionCommandInput> = {}) =>
    start({ WorkGroup: undefined, ...input });

  it('is there in every account', async () => {
    const { WorkGroup } = await lake.clients.athena.send(
      new GetWorkGroupCommand({ WorkGroup: 'primary' }),
    );
    expect(WorkGroup).toMatchObject({
      Name: 'primary',
      State: 'ENABLED',
      CreationTime: expect.any(Date),
      Configuration: {
        ResultConfiguration: {},
        EnforceWorkGroupConfiguration: false,
        EngineVersion: {
          SelectedEngineVersion: 'AUTO',
          EffectiveEngineVersion: 'Athena engine version 3',
        },
      },
    });
    const { WorkGroups } = await lake.clients.athena.send(new ListWorkGroupsCommand({}));
    expect(WorkGroups?.map(({ Name }) => Name)).toEqual(['main', 'primary']);
  });

  it('needs an output location', async () => {
    await expect(primary()).rejects.toMatchObject({
      AthenaErrorCode: 'INVALID_INPUT',
      message: expect.stringMatching(/^No output location provided\. You did not provide/),
    });
  });

  it.each([
    ['results', 'outputLocation is not a valid S3 path.'],
    ['s3://', 'outputLocation is not a valid S3 path.'],
    ['s3://no-such-bucket/x', 'Unable to verify/create output bucket no-such-bucket'],
  ])('refuses the location %s', async (OutputLocation, message) => {
    await expect(primary({ ResultConfiguration: { OutputLocation } })).rejects.toThrow(message);
  });

  it('takes the location of the request, then its own', async () => {
    const id = await primary({ ResultConfiguration: { OutputLocation: 's3://results/mine/' } });
    const mine = await finished(id);
    expect(mine.WorkGroup).toBe('primary');
    expect(mine.ResultConfiguration?.OutputLocation).toBe(`s3://results/mine/${id}.csv`);
    await locate('s3://results/own');
    const own = await finished(await primary());
    expect(own.ResultConfiguration?.OutputLocation).toMatch(/^s3:\/\/results\/own\//);
    await update({ ConfigurationUpdates: { EnforceWorkGroupConfiguration: true } });
    const enforced = await finished(
      await primary({ ResultConfiguration: { OutputLocation: 's3://results/mine/' } }),
    );
    expect(enforced.ResultConfiguration?.OutputLocation).toMatch(/^s3:\/\/results\/own\//);
    await update({ ConfigurationUpdates: { EnforceWorkGroupConfiguration: false } });
    await locate(null);
  });

  it('runs nothing while it is disabled, and stays so over a restart', async () => {
    await update({ State: 'DISABLED' });
    await lake.close();
    lake = await startLake({ folder });
    await expect(primary({ ResultConfiguration: { OutputLocation: RESULTS } })).rejects.toThrow(
      'WorkGroup is disabled.',
    );
    await update({ State: 'ENABLED' });
    expect(await primary({ ResultConfiguration: { OutputLocation: RESULTS } })).not.toBe('');
  });

  it('takes no update that it cannot follow', async () => {
    await expect(update({ State: 'ENABLED' }, WORK_GROUP)).rejects.toThrow('change the template');
    await expect(update({ Description: 'x' })).rejects.toThrow('does not emulate Description');
    await expect(
      update({ ConfigurationUpdates: { BytesScannedCutoffPerQuery: 5 } }),
    ).rejects.toThrow('expected 10000000 bytes or more');
    await expect(locate('nope')).rejects.toThrow('outputLocation is not a valid S3 path.');
  });
});
