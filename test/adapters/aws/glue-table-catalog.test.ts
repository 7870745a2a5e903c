import {
  CreateDatabaseCommand,
  CreateTableCommand,
  DeleteTableCommand,
  GetTableCommand,
  GlueClient,
} from '@aws-sdk/client-glue';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createGlueTableCatalog } from '#adapters/aws/glue-table-catalog.ts';
import { createGlueClient, localTarget } from '#runtime/aws-clients.ts';
import { overBadLine } from '#test/contracts/glue-over-bad-line.ts';
import { describeLostCommits } from '#test/contracts/lost-commits.contract.ts';
import { describeTableCatalog } from '#test/contracts/table-catalog.contract.ts';
import { tradesMetadata } from '#test/core/iceberg/trades-table.ts';
import { startGlue } from '#test/embedded/glue/start-glue.ts';
import { type Fault, jsonAnswer, jsonError, startFaultyEndpoint } from './faulty-endpoint.ts';

describeTableCatalog('Glue', async () => {
  const glue = await startGlue();
  for (const Name of ['market', 'city']) {
    await glue.client.send(new CreateDatabaseCommand({ DatabaseInput: { Name } }));
  }
  return {
    catalog: createGlueTableCatalog(glue.client),
    async createTable(ident, first) {
      await glue.client.send(
        new CreateTableCommand({
          DatabaseName: ident.database,
          TableInput: {
            Name: ident.table,
            Parameters: { table_type: 'ICEBERG', metadata_location: first.metadataLocation },
          },
        }),
      );
    },
    async dropTable({ database, table }) {
      await glue.client.send(new DeleteTableCommand({ DatabaseName: database, Name: table }));
    },
    close: () => glue.stop(),
  };
});

describeLostCommits('Glue', (store) =>
  overBadLine(store, (endpoint) => {
    const client = createGlueClient(localTarget(endpoint));
    onTestFinished(() => client.destroy());
    return createGlueTableCatalog(client);
  }),
);

const IDENT = { database: 'market', table: 'trades' };
const FIRST = 's3://lake/t/metadata/00000-a.metadata.json';
const SECOND = 's3://lake/t/metadata/00001-b.metadata.json';
const NEXT = { metadataLocation: SECOND, metadata: tradesMetadata() };

describe('Glue table catalog', () => {
  it('commits what Iceberg libraries commit, and keeps the rest of the entry', async () => {
    const glue = await startGlue();
    glue.service.ensureDatabase({ name: 'market' });
    await glue.client.send(
      new CreateTableCommand({
        DatabaseName: 'market',
        TableInput: {
          Name: 'trades',
          Description: 'kept',
          Owner: 'kept@example.com',
          Parameters: { table_type: 'ICEBERG', metadata_location: FIRST, foreign: 'kept' },
          StorageDescriptor: { InputFormat: 'kept', Columns: [{ Name: 'old', Type: 'int' }] },
        },
      }),
    );
    const catalog = createGlueTableCatalog(glue.client);
    await catalog.swap(IDENT, await catalog.load(IDENT), NEXT);
    const { Table } = await glue.client.send(
      new GetTableCommand({ DatabaseName: 'market', Name: 'trades' }),
    );
    expect(Table).toMatchObject({
      VersionId: '1',
      Description: 'kept',
      Owner: 'kept@example.com',
      TableType: 'EXTERNAL_TABLE',
      Parameters: {
        table_type: 'ICEBERG',
        metadata_location: SECOND,
        previous_metadata_location: FIRST,
        foreign: 'kept',
      },
      StorageDescriptor: { InputFormat: 'kept', Location: NEXT.metadata.location },
    });
    expect(Table?.StorageDescriptor?.Columns?.map(({ Name, Type }) => `${Name} ${Type}`)).toEqual([
      'id bigint',
      'ts timestamp',
      'symbol string',
      'price double',
      'amount decimal(12,2)',
      'size int',
    ]);
  });

  it('lists Iceberg tables only', async () => {
    const { endpoint } = await startFaultyEndpoint([
      jsonAnswer({
        TableList: [
          { Name: 'view', TableType: 'VIRTUAL_VIEW' },
          { Name: 'logs', Parameters: { classification: 'json' } },
          { Name: 'trades', Parameters: { table_type: 'iceberg' } },
        ],
      }),
    ]);
    const catalog = createGlueTableCatalog(createGlueClient(localTarget(endpoint)));
    expect(await catalog.list('market')).toEqual([{ database: 'market', table: 'trades' }]);
  });

  it('compares the metadata location as well as the version', async () => {
    const glue = await startGlue();
    glue.service.ensureDatabase({ name: 'market' });
    await glue.client.send(
      new CreateTableCommand({
        DatabaseName: 'market',
        TableInput: {
          Name: 'trades',
          Parameters: { table_type: 'ICEBERG', metadata_location: FIRST },
        },
      }),
    );
    const catalog = createGlueTableCatalog(glue.client);
    // The table was deleted and created again: the same version, another table.
    const base = { metadataLocation: 's3://lake/t/metadata/00000-z.metadata.json', token: '0' };
    await expect(catalog.swap(IDENT, base, NEXT)).rejects.toMatchObject({
      code: 'COMMIT_CONFLICT',
    });
    expect((await catalog.load(IDENT)).metadataLocation).toBe(FIRST);
  });

  it('refuses a client that would repeat a commit', async () => {
    const { endpoint, requests } = await startFaultyEndpoint([{ kind: 'hang-up' }]);
    const catalog = createGlueTableCatalog(
      new GlueClient({ ...localTarget(endpoint), maxAttempts: 3 }),
    );
    await expect(
      catalog.swap(IDENT, { metadataLocation: FIRST, token: '0' }, NEXT),
    ).rejects.toMatchObject({ code: 'USAGE' });
    expect(requests).toEqual([]);
  });
});

describe('Glue table catalog on a failing service', () => {
  const table = jsonAnswer({
    Table: {
      Name: 'trades',
      VersionId: '4',
      Parameters: { table_type: 'ICEBERG', metadata_location: FIRST },
    },
  });
  const base = { metadataLocation: FIRST, token: '4' };

  async function swapWith(fault: Fault) {
    const { endpoint, requests } = await startFaultyEndpoint([table, fault]);
    const client = createGlueClient(localTarget(endpoint));
    const error = await createGlueTableCatalog(client)
      .swap(IDENT, base, NEXT)
      .then(
        () => null,
        (cause: { code?: string }) => cause.code,
      );
    client.destroy();
    return { error, requests };
  }

  it.each<[string, Fault, string | null]>([
    ['success', jsonAnswer({}), null],
    ['a conflict', jsonError('ConcurrentModificationException'), 'COMMIT_CONFLICT'],
    ['a deleted table', jsonError('EntityNotFoundException'), 'TABLE_NOT_FOUND'],
    ['throttling', jsonError('ThrottlingException'), 'SOURCE_UNAVAILABLE'],
    ['a refusal', jsonError('AccessDeniedException'), 'SOURCE_UNAVAILABLE'],
    ['an entry Glue does not take', jsonError('InvalidInputException'), 'TABLE_INVALID'],
    ['an error nobody knows', jsonError('SomethingException'), 'COMMIT_STATE_UNKNOWN'],
    ['an internal error', jsonError('InternalServiceException', 500), 'COMMIT_STATE_UNKNOWN'],
    ['a time-out of the service', jsonError('OperationTimeoutException'), 'COMMIT_STATE_UNKNOWN'],
    [
      'an answer that is no JSON',
      { kind: 'answer', status: 502, body: '<html>' },
      'COMMIT_STATE_UNKNOWN',
    ],
    ['a broken connection', { kind: 'hang-up' }, 'COMMIT_STATE_UNKNOWN'],
    ['half an answer', { kind: 'cut', status: 200, body: '{' }, 'COMMIT_STATE_UNKNOWN'],
  ])('answers %s', async (_, fault, code) => {
    const { error, requests } = await swapWith(fault);
    expect(error).toBe(code);
    // Sent once, whatever came back.
    expect(requests).toEqual(['GetTable', 'UpdateTable']);
  });

  it('has changed nothing when the table could not be read', async () => {
    const { endpoint, requests } = await startFaultyEndpoint([
      jsonError('InternalServiceException', 500),
    ]);
    const catalog = createGlueTableCatalog(createGlueClient(localTarget(endpoint)));
    const unavailable = { code: 'SOURCE_UNAVAILABLE', retryable: true };
    await expect(catalog.swap(IDENT, base, NEXT)).rejects.toMatchObject(unavailable);
    await expect(catalog.load(IDENT)).rejects.toMatchObject(unavailable);
    await expect(catalog.list('market')).rejects.toMatchObject(unavailable);
    expect(requests).not.toContain('UpdateTable');
  });

  it('says TABLE_INVALID for an entry that is no Iceberg table', async () => {
    const { endpoint } = await startFaultyEndpoint([
      jsonAnswer({ Table: { Name: 'trades', VersionId: '1' } }),
    ]);
    const catalog = createGlueTableCatalog(createGlueClient(localTarget(endpoint)));
    await expect(catalog.load(IDENT)).rejects.toMatchObject({ code: 'TABLE_INVALID' });
  });
});
