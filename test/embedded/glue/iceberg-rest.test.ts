import { CreateTableCommand } from '@aws-sdk/client-glue';
import { describe, expect, it } from 'vitest';
import { type RunningGlue, startGlue } from './start-glue.ts';

const URI = 's3://lake/trade/metadata/1.metadata.json';
/** An id beyond what a double holds. */
const METADATA = '{"format-version":2,"current-snapshot-id":9007199254740993}';
const HEADERS = {
  authorization: 'AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/glue/aws4_request',
};

async function glueWithTables(): Promise<RunningGlue> {
  const glue = await startGlue();
  for (const name of ['city', 'market']) glue.service.ensureDatabase({ name });
  for (const Name of ['quote', 'trade']) {
    const Parameters = { table_type: 'ICEBERG', metadata_location: URI };
    await glue.client.send(
      new CreateTableCommand({ DatabaseName: 'market', TableInput: { Name, Parameters } }),
    );
  }
  glue.objects.set(URI, METADATA);
  return glue;
}

async function ask(glue: RunningGlue, path: string, method = 'GET') {
  const response = await fetch(`${glue.endpoint}/iceberg/v1/${path}`, { method, headers: HEADERS });
  return { status: response.status, text: await response.text() };
}

async function read(glue: RunningGlue, path: string): Promise<unknown> {
  const { status, text } = await ask(glue, path);
  expect(status).toBe(200);
  return JSON.parse(text);
}

const CATALOG = 'catalogs/000000000000';

describe('Iceberg REST catalog of Glue', () => {
  it('tells clients the prefix and what there is', async () => {
    const glue = await glueWithTables();
    expect(await read(glue, 'config?warehouse=000000000000')).toMatchObject({
      overrides: { prefix: CATALOG },
      endpoints: expect.arrayContaining(['GET /v1/{prefix}/namespaces/{namespace}/tables/{table}']),
    });
  });

  it('lists namespaces and tables, in pages where asked for', async () => {
    const glue = await glueWithTables();
    expect(await read(glue, `${CATALOG}/namespaces`)).toEqual({
      namespaces: [['city'], ['market']],
      'next-page-token': null,
    });
    expect(await read(glue, `${CATALOG}/namespaces?parent=market`)).toMatchObject({
      namespaces: [],
    });
    const first = await read(glue, `${CATALOG}/namespaces/market/tables?pageSize=1`);
    expect(first).toEqual({
      identifiers: [{ namespace: ['market'], name: 'quote' }],
      'next-page-token': 'quote',
    });
    expect(
      await read(glue, `${CATALOG}/namespaces/market/tables?pageSize=1&pageToken=quote`),
    ).toEqual({
      identifiers: [{ namespace: ['market'], name: 'trade' }],
      'next-page-token': null,
    });
  });

  it('loads a table with its metadata as it is written, digit by digit', async () => {
    const glue = await glueWithTables();
    const { text } = await ask(glue, `${CATALOG}/namespaces/Market/tables/TRADE`);
    expect(text).toBe(`{"metadata-location":"${URI}","metadata":${METADATA},"config":{}}`);
  });

  it('says whether a namespace or a table is there', async () => {
    const glue = await glueWithTables();
    const head = async (path: string) => (await ask(glue, `${CATALOG}/${path}`, 'HEAD')).status;
    expect(await read(glue, `${CATALOG}/namespaces/market`)).toMatchObject({
      namespace: ['market'],
    });
    expect([
      await head('namespaces/market'),
      await head('namespaces/nothing'),
      await head('namespaces/market/tables/trade'),
      await head('namespaces/market/tables/nothing'),
    ]).toEqual([204, 404, 204, 404]);
  });

  it.each([
    ['namespaces/nothing', 'GET', 404, 'NoSuchNamespaceException'],
    ['namespaces/nothing/tables', 'GET', 404, 'NoSuchNamespaceException'],
    ['namespaces/market/tables/nothing', 'GET', 404, 'NoSuchTableException'],
    ['namespaces?pageSize=0', 'GET', 400, 'BadRequestException'],
    ['namespaces/market/tables/trade', 'PUT', 406, 'UnsupportedOperationException'],
    ['transactions/commit', 'POST', 406, 'UnsupportedOperationException'],
    ['namespaces', 'POST', 406, 'UnsupportedOperationException'],
    ['namespaces/market/views', 'GET', 406, 'UnsupportedOperationException'],
    ['namespaces/%E0%A4%A/tables', 'GET', 406, 'UnsupportedOperationException'],
  ])('answers %s %s with %i %s', async (path, method, status, type) => {
    const glue = await glueWithTables();
    const answer = await ask(glue, `${CATALOG}/${path}`, method);
    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.text)).toMatchObject({ error: { type, code: status } });
  });

  it('sends a table only once to a client that has it', async () => {
    const glue = await glueWithTables();
    const url = `${glue.endpoint}/iceberg/v1/${CATALOG}/namespaces/market/tables/trade`;
    const etag = (await fetch(url, { headers: HEADERS })).headers.get('etag') ?? '';
    expect(etag).toBe('"1.metadata.json"');
    const again = await fetch(url, { headers: { ...HEADERS, 'if-none-match': etag } });
    expect([again.status, await again.text()]).toEqual([304, '']);
    const other = await fetch(url, { headers: { ...HEADERS, 'if-none-match': '"0"' } });
    expect(other.status).toBe(200);
  });

  it('has no catalogue of another account', async () => {
    const glue = await glueWithTables();
    expect((await ask(glue, 'catalogs/123456789012/namespaces')).status).toBe(406);
  });

  it('names a metadata file that is missing', async () => {
    const glue = await glueWithTables();
    glue.objects.delete(URI);
    const answer = await ask(glue, `${CATALOG}/namespaces/market/tables/trade`);
    expect([answer.status, answer.text.includes(URI)]).toEqual([404, true]);
  });
});
