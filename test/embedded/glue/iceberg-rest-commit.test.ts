import { GetTableCommand } from '@aws-sdk/client-glue';
import { beforeEach, describe, expect, it } from 'vitest';
import type { TableUpdate } from '#core/iceberg/rest/table-update.ts';
import { stringifyBigintJson } from '#core/iceberg/spec/bigint-json.ts';
import {
  parseTableMetadata,
  serializeTableMetadata,
  type TableMetadata,
} from '#core/iceberg/spec/table-metadata.ts';
import { appendUpdates } from '#test/contracts/table-states.ts';
import { SCHEMA, TABLE_UUID, tradesMetadata } from '#test/core/iceberg/trades-table.ts';
import { memoryS3, type RunningGlue, type StoredObjects, startGlue } from './start-glue.ts';

const FIRST = 's3://lake/market/trades/metadata/00000-a.metadata.json';
const HEADERS = {
  authorization: 'AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/glue/aws4_request',
  'content-type': 'application/json',
};
const TABLES = 'catalogs/000000000000/namespaces/market/tables';

let glue: RunningGlue;
let objects: StoredObjects;

beforeEach(async () => {
  objects = new Map([[FIRST, serializeTableMetadata(tradesMetadata())]]);
  glue = await startGlue({ s3: memoryS3(objects) });
  glue.service.ensureDatabase({ name: 'market' });
});

async function createTrades(): Promise<void> {
  const { CreateTableCommand } = await import('@aws-sdk/client-glue');
  await glue.client.send(
    new CreateTableCommand({
      DatabaseName: 'market',
      TableInput: {
        Name: 'trades',
        Description: 'kept',
        Parameters: { table_type: 'ICEBERG', metadata_location: FIRST, foreign: 'kept' },
        StorageDescriptor: { InputFormat: 'kept', Columns: [] },
      },
    }),
  );
}

async function send(method: string, path: string, body?: string) {
  const response = await fetch(`${glue.endpoint}/iceberg/v1/${path}`, {
    method,
    headers: HEADERS,
    ...(body === undefined ? {} : { body }),
  });
  const text = await response.text();
  const error = response.ok
    ? null
    : (JSON.parse(text) as { error: { type: string; message: string; code: number } }).error;
  return { status: response.status, etag: response.headers.get('etag'), text, error };
}

function commit(updates: readonly TableUpdate[], requirements: readonly unknown[] = []) {
  return send('POST', `${TABLES}/trades`, stringifyBigintJson({ requirements, updates }));
}

async function current(): Promise<TableMetadata> {
  const { text } = await send('GET', `${TABLES}/trades`);
  const metadata = /"metadata":(\{.*\}),"config"/s.exec(text)?.[1] ?? '';
  return parseTableMetadata(metadata);
}

describe('commit to the Iceberg REST catalog of Glue', () => {
  it('writes the metadata and swaps the entry as Iceberg libraries do, keeping the rest', async () => {
    await createTrades();
    const answer = await commit(
      [
        {
          action: 'add-schema',
          schema: {
            ...SCHEMA,
            fields: [...SCHEMA.fields, { id: 7, name: 'note', required: false, type: 'string' }],
          },
        },
        { action: 'set-current-schema', 'schema-id': -1 },
      ],
      [{ type: 'assert-current-schema-id', 'current-schema-id': 0 }],
    );
    expect(answer.status).toBe(200);
    const { Table } = await glue.client.send(
      new GetTableCommand({ DatabaseName: 'market', Name: 'trades' }),
    );
    const location = Table?.Parameters?.['metadata_location'] ?? '';
    expect(location).toMatch(/^s3:\/\/lake\/market\/trades\/metadata\/00001-[-0-9a-f]{36}\./);
    expect(answer.etag).toBe(`"${location.split('/').at(-1)}"`);
    expect(answer.text.startsWith(`{"metadata-location":"${location}","metadata":{`)).toBe(true);
    expect(Table).toMatchObject({
      VersionId: '1',
      Description: 'kept',
      Parameters: { previous_metadata_location: FIRST, foreign: 'kept' },
      StorageDescriptor: { InputFormat: 'kept', Location: 's3://lake/market/trades' },
    });
    expect(Table?.StorageDescriptor?.Columns?.at(-1)).toMatchObject({ Name: 'note' });
    expect(parseTableMetadata(objects.get(location) ?? '')).toEqual(await current());
  });

  it('keeps ids of 64 bits digit by digit', async () => {
    await createTrades();
    const { text } = await commit(appendUpdates(tradesMetadata(), 9_223_372_036_854_775_807n));
    expect(text).toContain('"current-snapshot-id":9223372036854775807');
    expect((await current())['current-snapshot-id']).toBe(9_223_372_036_854_775_807n);
  });

  it('changes nothing where there is nothing to change', async () => {
    await createTrades();
    const answer = await commit([], [{ type: 'assert-table-uuid', uuid: TABLE_UUID }]);
    expect([answer.status, answer.etag, objects.size]).toEqual([200, '"00000-a.metadata.json"', 1]);
  });

  it('refuses with 409 what a requirement forbids, and changes nothing', async () => {
    await createTrades();
    const { status, error } = await commit(appendUpdates(tradesMetadata(), 1n), [
      { type: 'assert-ref-snapshot-id', ref: 'main', 'snapshot-id': 5 },
    ]);
    expect([status, error?.type, error?.code]).toEqual([409, 'CommitFailedException', 409]);
    expect(error?.message).toContain('branch or tag main: expected 5, found null');
    expect(objects.size).toBe(1);
  });

  it('refuses with 409 a commit to a branch that another branch has overtaken', async () => {
    await createTrades();
    const onBranch = appendUpdates(tradesMetadata(), 2n).map((update) =>
      update.action === 'set-snapshot-ref' ? { ...update, 'ref-name': 'audit' } : update,
    );
    expect((await commit(appendUpdates(tradesMetadata(), 1n))).status).toBe(200);
    const { status, error } = await commit(onBranch, [
      { type: 'assert-ref-snapshot-id', ref: 'audit', 'snapshot-id': null },
    ]);
    expect([status, error?.type]).toEqual([409, 'CommitFailedException']);
  });

  it('lets one of many commits on one state win', async () => {
    await createTrades();
    const requirements = [{ type: 'assert-ref-snapshot-id', ref: 'main', 'snapshot-id': null }];
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, index) =>
        commit(appendUpdates(tradesMetadata(), BigInt(index + 1)), requirements),
      ),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(7);
    expect((await current()).snapshots).toHaveLength(1);
  });

  it('carries out all commits that do not contradict each other, one after the other', async () => {
    await createTrades();
    const answers = await Promise.all(
      ['a', 'b', 'c', 'd'].map((key) =>
        commit([{ action: 'set-properties', updates: { [key]: 'set' } }]),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect((await current()).properties).toEqual({ a: 'set', b: 'set', c: 'set', d: 'set' });
  });

  it.each<[string, string, string]>([
    ['no JSON', '{', 'not JSON'],
    ['a list', '[]', 'expected an object'],
    ['an unknown action', '{"requirements":[],"updates":[{"action":"burn"}]}', '"burn"'],
    ['an unknown requirement', '{"requirements":[{"type":"luck"}],"updates":[]}', '"luck"'],
    [
      'a wrong type',
      '{"requirements":[],"updates":[{"action":"set-location","location":5}]}',
      'updates[0].location: expected a string',
    ],
    [
      'a snapshot that does not fit',
      '{"requirements":[],"updates":[{"action":"set-snapshot-ref","ref-name":"main","type":"branch","snapshot-id":4}]}',
      'a snapshot of the table',
    ],
    [
      'a location outside of S3',
      '{"requirements":[],"updates":[{"action":"set-location","location":"file:///etc"}]}',
      'location',
    ],
    ['JSON beyond the stack', '['.repeat(200_000), 'not JSON'],
  ])('refuses %s with 400, naming it', async (_, body, message) => {
    await createTrades();
    const { status, error } = await send('POST', `${TABLES}/trades`, body);
    expect([status, error?.type]).toEqual([400, 'BadRequestException']);
    expect(error?.message).toContain(message);
    expect(objects.size).toBe(1);
  });

  it('refuses a request of more than 32 MiB', async () => {
    await createTrades();
    const { status } = await send('POST', `${TABLES}/trades`, ' '.repeat(33 * 1024 * 1024));
    expect(status).toBe(413);
  });

  it('says 404 for a commit to a table that is not there', async () => {
    const { status, error } = await commit([]);
    expect([status, error?.type]).toEqual([404, 'NoSuchTableException']);
  });
});

const NEW = {
  name: 'New',
  location: 's3://lake/market/new',
  schema: SCHEMA,
  'partition-spec': { fields: [{ 'source-id': 2, name: 'ts_day', transform: 'day' }] },
};

describe('tables made and dropped by the Iceberg REST catalog of Glue', () => {
  it('creates a table, with its entry in the catalogue', async () => {
    const { status, text } = await send('POST', TABLES, JSON.stringify(NEW));
    expect(status).toBe(200);
    expect(text).toContain('"location":"s3://lake/market/new"');
    expect(glue.service.getTable('market', 'new')).toMatchObject({ versionId: '0' });
    const again = await send('POST', TABLES, JSON.stringify(NEW));
    expect([again.status, again.error?.type]).toEqual([409, 'AlreadyExistsException']);
  });

  it('creates one of many tables of one name', async () => {
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => send('POST', TABLES, JSON.stringify(NEW))),
    );
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409, 409, 409, 409]);
  });

  it('stages a table, which the commit makes', async () => {
    const staged = await send('POST', TABLES, JSON.stringify({ ...NEW, 'stage-create': true }));
    expect(staged.text.startsWith('{"metadata-location":null,')).toBe(true);
    expect(glue.service.getTable('market', 'new')).toBeNull();
    const uuid = /"table-uuid":"([^"]+)"/.exec(staged.text)?.[1];
    const updates = [
      { action: 'assign-uuid', uuid },
      { action: 'upgrade-format-version', 'format-version': 2 },
      { action: 'add-schema', schema: SCHEMA },
      { action: 'set-current-schema', 'schema-id': -1 },
      { action: 'add-spec', spec: { fields: [] } },
      { action: 'set-default-spec', 'spec-id': -1 },
      { action: 'add-sort-order', 'sort-order': { fields: [] } },
      { action: 'set-default-sort-order', 'sort-order-id': -1 },
      { action: 'set-location', location: NEW.location },
    ];
    const body = JSON.stringify({ requirements: [{ type: 'assert-create' }], updates });
    expect((await send('POST', `${TABLES}/new`, body)).status).toBe(200);
    const again = await send('POST', `${TABLES}/new`, body);
    expect([again.status, again.error?.type]).toEqual([409, 'CommitFailedException']);
    expect((await send('GET', `${TABLES}/new`)).text).toContain(`"table-uuid":"${uuid}"`);
  });

  it.each<[string, Readonly<Record<string, unknown>>, string]>([
    ['no location where the database has none', { ...NEW, location: undefined }, 'location'],
    ['a location outside of S3', { ...NEW, location: 'file:///etc' }, 's3://'],
    ['a name of nothing', { ...NEW, name: '' }, 'name'],
    ['a name with a line break', { ...NEW, name: 'a\nb' }, 'control'],
    ['no schema', { ...NEW, schema: undefined }, 'schema'],
  ])('refuses to create a table with %s', async (_, body, message) => {
    const { status, error } = await send('POST', TABLES, JSON.stringify(body));
    expect([status, error?.type]).toEqual([400, 'BadRequestException']);
    expect(error?.message).toContain(message);
  });

  it('creates nothing in a database that is not there', async () => {
    const path = TABLES.replace('market', 'nowhere');
    const { status, error } = await send('POST', path, JSON.stringify(NEW));
    expect([status, error?.type]).toEqual([404, 'NoSuchNamespaceException']);
  });

  it('drops a table and leaves its files; it purges nothing', async () => {
    await createTrades();
    const purge = await send('DELETE', `${TABLES}/trades?purgeRequested=True`);
    expect([purge.status, purge.error?.type]).toEqual([406, 'UnsupportedOperationException']);
    expect((await send('DELETE', `${TABLES}/trades?purgeRequested=False`)).status).toBe(204);
    expect((await send('DELETE', `${TABLES}/trades`)).status).toBe(404);
    expect(objects.has(FIRST)).toBe(true);
  });
});
