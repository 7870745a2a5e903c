import {
  CreateDatabaseCommand,
  CreateTableCommand,
  DeleteDatabaseCommand,
  DeleteTableCommand,
  GetDatabaseCommand,
  GetDatabasesCommand,
  GetTableCommand,
  GetTablesCommand,
  GetTableVersionsCommand,
  type TableInput,
  UpdateTableCommand,
} from '@aws-sdk/client-glue';
import { describe, expect, it } from 'vitest';
import { LOCAL_ACCOUNT } from '#embedded/services.ts';
import { type RunningGlue, startGlue } from './start-glue.ts';

const NOW_MS = Date.UTC(2026, 0, 31, 10, 20, 30, 456);

/** What an Iceberg library sends. */
function icebergTable(name: string, file = '00000-a'): TableInput {
  return {
    Name: name,
    Description: 'Trades',
    Owner: 'data@example.com',
    TableType: 'EXTERNAL_TABLE',
    Parameters: {
      table_type: 'ICEBERG',
      metadata_location: `s3://lake/market/${name}/metadata/${file}.metadata.json`,
      'some.other': '1',
    },
    StorageDescriptor: {
      Columns: [
        { Name: 'id', Type: 'bigint', Comment: 'Number', Parameters: { 'iceberg.field.id': '1' } },
        { Name: 'tags', Type: 'array<string>' },
      ],
      Location: `s3://lake/market/${name}`,
      InputFormat: 'x',
      Compressed: false,
      NumberOfBuckets: -1,
    },
  };
}

async function glueWithDatabase(): Promise<RunningGlue> {
  const glue = await startGlue({ nowMs: () => NOW_MS });
  await glue.client.send(new CreateDatabaseCommand({ DatabaseInput: { Name: 'market' } }));
  return glue;
}

const create = (glue: RunningGlue, TableInput: TableInput) =>
  glue.client.send(new CreateTableCommand({ DatabaseName: 'market', TableInput }));

const get = async (glue: RunningGlue, Name: string) =>
  (await glue.client.send(new GetTableCommand({ DatabaseName: 'market', Name }))).Table;

const update = (glue: RunningGlue, TableInput: TableInput, VersionId?: string) =>
  glue.client.send(
    new UpdateTableCommand({ DatabaseName: 'market', TableInput, VersionId, SkipArchive: true }),
  );

describe('databases', () => {
  it('are created, listed in pages and deleted with their tables', async () => {
    const glue = await startGlue({ nowMs: () => NOW_MS });
    for (const Name of ['City', 'market', 'ops']) {
      await glue.client.send(
        new CreateDatabaseCommand({
          DatabaseInput: { Name, Description: Name, Parameters: { a: '1' } },
        }),
      );
    }
    const { Database } = await glue.client.send(new GetDatabaseCommand({ Name: 'CITY' }));
    expect(Database).toEqual({
      Name: 'city',
      Description: 'City',
      Parameters: { a: '1' },
      CreateTime: new Date(NOW_MS),
      CatalogId: LOCAL_ACCOUNT,
    });
    const first = await glue.client.send(new GetDatabasesCommand({ MaxResults: 2 }));
    expect(first.DatabaseList?.map(({ Name }) => Name)).toEqual(['city', 'market']);
    const { NextToken } = first;
    const second = await glue.client.send(new GetDatabasesCommand({ NextToken }));
    expect(second.DatabaseList?.map(({ Name }) => Name)).toEqual(['ops']);
    expect(second.NextToken).toBeUndefined();

    await create(glue, icebergTable('trades'));
    await glue.client.send(new DeleteDatabaseCommand({ Name: 'Market' }));
    await expect(get(glue, 'trades')).rejects.toMatchObject({
      name: 'EntityNotFoundException',
      message: 'Database market not found.',
    });
    await glue.client.send(new CreateDatabaseCommand({ DatabaseInput: { Name: 'market' } }));
    expect(glue.service.listTables('market')).toEqual([]);
  });

  it('exist once', async () => {
    const glue = await glueWithDatabase();
    await expect(
      glue.client.send(new CreateDatabaseCommand({ DatabaseInput: { Name: 'MARKET' } })),
    ).rejects.toMatchObject({
      name: 'AlreadyExistsException',
      message: 'Database already exists.',
    });
    await expect(
      glue.client.send(new DeleteDatabaseCommand({ Name: 'nope' })),
    ).rejects.toMatchObject({
      name: 'EntityNotFoundException',
      message: 'Database nope not found.',
    });
  });

  it('take any name a file system would choke on', async () => {
    const glue = await startGlue();
    for (const Name of ['..', 'a/b', 'x y', 'ü*', '%2e']) {
      await glue.client.send(new CreateDatabaseCommand({ DatabaseInput: { Name } }));
      expect((await glue.client.send(new GetDatabaseCommand({ Name }))).Database?.Name).toBe(Name);
    }
  });
});

describe('tables', () => {
  it('are given back member by member, names in lower case', async () => {
    const glue = await glueWithDatabase();
    const input = icebergTable('Trades');
    await create(glue, input);
    expect(await get(glue, 'TRADES')).toEqual({
      ...input,
      Name: 'trades',
      DatabaseName: 'market',
      CreateTime: new Date(NOW_MS),
      UpdateTime: new Date(NOW_MS),
      Retention: 0,
      CreatedBy: `arn:aws:iam::${LOCAL_ACCOUNT}:root`,
      IsRegisteredWithLakeFormation: false,
      CatalogId: LOCAL_ACCOUNT,
      VersionId: '0',
    });
    expect(glue.service.getTable('Market', 'Trades')).toEqual({
      databaseName: 'market',
      name: 'trades',
      metadataLocation: 's3://lake/market/Trades/metadata/00000-a.metadata.json',
      versionId: '0',
    });
  });

  it('exist once, in a database that exists', async () => {
    const glue = await glueWithDatabase();
    await create(glue, icebergTable('trades'));
    await expect(create(glue, icebergTable('TRADES'))).rejects.toMatchObject({
      name: 'AlreadyExistsException',
      message: 'Table already exists.',
    });
    await expect(
      glue.client.send(
        new CreateTableCommand({ DatabaseName: 'nope', TableInput: icebergTable('t') }),
      ),
    ).rejects.toMatchObject({
      name: 'EntityNotFoundException',
      message: 'Database nope not found.',
    });
    await expect(get(glue, 'nope')).rejects.toMatchObject({
      name: 'EntityNotFoundException',
      message: 'Table nope not found.',
    });
  });

  it('are updated against the version that was read, and only against it', async () => {
    const glue = await glueWithDatabase();
    await create(glue, icebergTable('trades'));
    await update(glue, icebergTable('trades', '00001-b'), '0');
    await expect(update(glue, icebergTable('trades', '00001-c'), '0')).rejects.toMatchObject({
      name: 'ConcurrentModificationException',
      message: 'Update table failed due to concurrent modifications.',
    });
    await expect(update(glue, icebergTable('trades', '00001-c'), '2')).rejects.toMatchObject({
      name: 'ConcurrentModificationException',
    });
    const table = await get(glue, 'trades');
    expect(table?.VersionId).toBe('1');
    expect(table?.Parameters?.['metadata_location']).toContain('00001-b');
    // Without a version the last writer wins, as in AWS.
    await update(glue, icebergTable('trades', '00002-d'));
    expect((await get(glue, 'trades'))?.VersionId).toBe('2');
  });

  it('let one of many concurrent updates win', async () => {
    const glue = await glueWithDatabase();
    await create(glue, icebergTable('trades'));
    const results = await Promise.allSettled(
      Array.from({ length: 20 }, (_, index) =>
        update(glue, icebergTable('trades', `00001-${index}`), '0'),
      ),
    );
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect((await get(glue, 'trades'))?.VersionId).toBe('1');
  });

  it('are listed by expression and in pages', async () => {
    const glue = await glueWithDatabase();
    const names = Array.from({ length: 105 }, (_, index) => `t${String(index).padStart(3, '0')}`);
    for (const name of names) await create(glue, icebergTable(name));
    const list = async (input: {
      Expression?: string;
      NextToken?: string;
      MaxResults?: number;
    }) => {
      const page = await glue.client.send(
        new GetTablesCommand({ DatabaseName: 'market', ...input }),
      );
      return { names: page.TableList?.map(({ Name }) => Name), token: page.NextToken };
    };
    const first = await list({});
    expect(first.names).toEqual(names.slice(0, 100));
    expect(await list({ NextToken: first.token })).toEqual({
      names: names.slice(100),
      token: undefined,
    });
    expect((await list({ Expression: 't00.' })).names).toHaveLength(10);
    expect((await list({ Expression: 't0*5|T104' })).names).toHaveLength(11);
    await expect(list({ Expression: '(a+)+$' })).rejects.toMatchObject({
      name: 'InvalidInputException',
    });
    await expect(list({ MaxResults: 1000 })).rejects.toMatchObject({
      name: 'InvalidInputException',
    });
  });

  it('are deleted', async () => {
    const glue = await glueWithDatabase();
    await create(glue, icebergTable('trades'));
    await glue.client.send(new DeleteTableCommand({ DatabaseName: 'market', Name: 'Trades' }));
    await expect(get(glue, 'trades')).rejects.toMatchObject({ name: 'EntityNotFoundException' });
    await expect(update(glue, icebergTable('trades'))).rejects.toMatchObject({
      name: 'EntityNotFoundException',
    });
  });

  it.each<[string, Partial<TableInput>]>([
    ['without parameters', { Parameters: undefined }],
    ['that are not Iceberg', { Parameters: { table_type: 'HIVE' } }],
    ['without metadata', { Parameters: { table_type: 'ICEBERG' } }],
    [
      'with metadata elsewhere',
      { Parameters: { table_type: 'ICEBERG', metadata_location: '/tmp/x' } },
    ],
    ['without a name', { Name: '' }],
    ['with an endless name', { Name: 'x'.repeat(256) }],
    ['with a control character in the name', { Name: 'a\nb' }],
    ['with members that are not emulated', { TargetTable: { Name: 'x' } }],
  ])('are refused %s', async (_, changed) => {
    const glue = await glueWithDatabase();
    await expect(create(glue, { ...icebergTable('trades'), ...changed })).rejects.toMatchObject({
      name: 'InvalidInputException',
    });
    expect(glue.service.listTables('market')).toEqual([]);
  });

  it('keep their data: an update that drops the metadata location is refused', async () => {
    const glue = await glueWithDatabase();
    await create(glue, icebergTable('trades'));
    await expect(
      update(glue, { ...icebergTable('trades'), Parameters: {} }, '0'),
    ).rejects.toMatchObject({
      name: 'InvalidInputException',
    });
    expect((await get(glue, 'trades'))?.VersionId).toBe('0');
  });
});

describe('what is not emulated', () => {
  it('is refused by name', async () => {
    const glue = await glueWithDatabase();
    await expect(
      glue.client.send(new GetTableVersionsCommand({ DatabaseName: 'market', TableName: 't' })),
    ).rejects.toMatchObject({ name: 'UnknownOperationException' });
    await expect(
      glue.client.send(
        new GetTableCommand({ DatabaseName: 'market', Name: 't', CatalogId: '123456789012' }),
      ),
    ).rejects.toMatchObject({ name: 'EntityNotFoundException' });
    await expect(
      glue.client.send(
        new UpdateTableCommand({
          DatabaseName: 'market',
          TableInput: icebergTable('t'),
          Force: true,
        }),
      ),
    ).rejects.toMatchObject({ message: 'the local cloud does not emulate Force of UpdateTable' });
  });
});
