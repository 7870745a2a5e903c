import {
  CreateDatabaseCommand,
  CreateTableCommand,
  DeleteTableCommand,
} from '@aws-sdk/client-glue';
import { describe, expect, it } from 'vitest';
import type { RestCatalogOptions } from '#adapters/http/rest-catalog-calls.ts';
import { createRestTableCatalog } from '#adapters/http/rest-table-catalog.ts';
import type { TableCatalog } from '#ports/table-catalog.ts';
import { overBadLine } from '#test/contracts/glue-over-bad-line.ts';
import { describeLostCommits } from '#test/contracts/lost-commits.contract.ts';
import { describeTableCatalog } from '#test/contracts/table-catalog.contract.ts';
import { appended, type TableState } from '#test/contracts/table-states.ts';
import { tradesMetadata } from '#test/core/iceberg/trades-table.ts';
import { startGlue } from '#test/embedded/glue/start-glue.ts';
import { s3Of } from '#test/embedded/glue/store-s3.ts';
import {
  errorAnswer,
  type ServerAnswer,
  startRestServer,
  tableAnswer,
} from './rest-catalog-server.ts';

const SIGNED = 'AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/glue/aws4_request';

const IDENT = { database: 'market', table: 'trades' };
const FIRST = 's3://lake/t/metadata/00000-a.metadata.json';
const SECOND = 's3://lake/t/metadata/00001-server.metadata.json';
const BASE: TableState = {
  pointer: { metadataLocation: FIRST, token: FIRST },
  metadata: tradesMetadata(),
};
const NEXT = appended(BASE, '00001-ours', 9_007_199_254_740_993n);
const LOADED = tableAnswer(FIRST, BASE.metadata, '"1"');
const COMMITTED = tableAnswer(SECOND, NEXT.metadata, '"2"');

function open(uri: string, options: Partial<RestCatalogOptions> = {}): TableCatalog {
  return createRestTableCatalog({ uri, auth: null, requestTimeoutMs: 2_000, ...options });
}

/** Commits to a server that answers the commit this way; says how it ended. */
async function swapWith(answer: ServerAnswer, options: { readonly reloaded?: ServerAnswer } = {}) {
  const server = await startRestServer(({ method }, number) => {
    if (method === 'POST') return answer;
    return number === 1 ? LOADED : (options.reloaded ?? LOADED);
  });
  const code = await open(server.uri, { requestTimeoutMs: 300 })
    .swap(IDENT, BASE.pointer, NEXT)
    .then(
      () => null,
      (error: { readonly code?: string }) => error.code,
    );
  return { code, posts: server.requests.filter(({ method }) => method === 'POST') };
}

describeTableCatalog('REST', async (store) => {
  const glue = await startGlue({ s3: s3Of(store) });
  for (const Name of ['market', 'city']) {
    await glue.client.send(new CreateDatabaseCommand({ DatabaseInput: { Name } }));
  }
  return {
    catalog: createRestTableCatalog({
      uri: `${glue.endpoint}/iceberg`,
      warehouse: '000000000000',
      auth: async () => ({ authorization: SIGNED }),
      requestTimeoutMs: 10_000,
    }),
    async createTable(ident, first) {
      const Parameters = { table_type: 'ICEBERG', metadata_location: first.metadataLocation };
      await glue.client.send(
        new CreateTableCommand({
          DatabaseName: ident.database,
          TableInput: { Name: ident.table, Parameters },
        }),
      );
    },
    async dropTable({ database, table }) {
      await glue.client.send(new DeleteTableCommand({ DatabaseName: database, Name: table }));
    },
    close: () => glue.stop(),
  };
});

describeLostCommits('REST', (store) =>
  overBadLine(store, (endpoint) =>
    createRestTableCatalog({
      uri: `${endpoint}/iceberg`,
      auth: async () => ({ authorization: SIGNED }),
      requestTimeoutMs: 10_000,
    }),
  ),
);

describe('outcome of a commit', () => {
  it.each<[string, ServerAnswer, string | null]>([
    ['200', COMMITTED, null],
    ['409', errorAnswer(409, 'CommitFailedException'), 'COMMIT_CONFLICT'],
    ['404', errorAnswer(404, 'NoSuchTableException'), 'TABLE_NOT_FOUND'],
    ['400', errorAnswer(400, 'BadRequestException'), 'TABLE_INVALID'],
    ['422', errorAnswer(422), 'TABLE_INVALID'],
    ['413 of a proxy', { status: 413, body: '<html>' }, 'TABLE_INVALID'],
    ['401', errorAnswer(401), 'SOURCE_UNAVAILABLE'],
    ['403', errorAnswer(403), 'SOURCE_UNAVAILABLE'],
    ['429', errorAnswer(429), 'SOURCE_UNAVAILABLE'],
    [
      'a redirect',
      { status: 307, headers: { location: 'http://other.test/' } },
      'SOURCE_UNAVAILABLE',
    ],
    ['408 of a proxy', { status: 408 }, 'COMMIT_STATE_UNKNOWN'],
    ['500', errorAnswer(500, 'CommitStateUnknownException'), 'COMMIT_STATE_UNKNOWN'],
    ['502', errorAnswer(502), 'COMMIT_STATE_UNKNOWN'],
    ['503', errorAnswer(503, 'SlowDownException'), 'COMMIT_STATE_UNKNOWN'],
    ['504', { status: 504, body: '<html>' }, 'COMMIT_STATE_UNKNOWN'],
    ['200 of a proxy', { status: 200, body: '<html>' }, 'COMMIT_STATE_UNKNOWN'],
    ['200 without the snapshot', LOADED, 'COMMIT_STATE_UNKNOWN'],
    ['200 without a location', { status: 200, body: '{"metadata":{}}' }, 'COMMIT_STATE_UNKNOWN'],
    ['a connection that ends', 'hang-up', 'COMMIT_STATE_UNKNOWN'],
    ['half an answer', 'half', 'COMMIT_STATE_UNKNOWN'],
    ['no answer in time', 'silence', 'COMMIT_STATE_UNKNOWN'],
  ])('of %s', async (_, answer, code) => {
    const outcome = await swapWith(answer);
    expect(outcome.code).toBe(code);
    // Sent once, whatever came back.
    expect(outcome.posts).toHaveLength(1);
  });

  it('is a conflict when the commit did not fit because the table has moved on', async () => {
    const { code } = await swapWith(errorAnswer(400), { reloaded: COMMITTED });
    expect(code).toBe('COMMIT_CONFLICT');
  });

  it('is a conflict, and nothing is sent, when the table moved on before', async () => {
    const server = await startRestServer(() => COMMITTED);
    await expect(open(server.uri).swap(IDENT, BASE.pointer, NEXT)).rejects.toMatchObject({
      code: 'COMMIT_CONFLICT',
    });
    expect(server.requests.map(({ method }) => method)).toEqual(['GET']);
  });
});

describe('requests to a REST catalog', () => {
  it('asks for the config once, and puts the prefix in front', async () => {
    const config = { defaults: { prefix: 'no' }, overrides: { prefix: '/catalogs/42/' } };
    const server = await startRestServer(() => LOADED, config);
    const catalog = open(`${server.uri}/`, { warehouse: 'a&b' });
    await catalog.load(IDENT);
    await catalog.load({ database: 'a/b', table: 'c d\u001f' });
    expect(server.requests.map(({ url }) => url)).toEqual([
      '/v1/catalogs/42/namespaces/market/tables/trades',
      '/v1/catalogs/42/namespaces/a%2Fb/tables/c%20d%1F',
    ]);
  });

  it.each(['../../admin', 'a/%2e%2E/b', 'a?b=c', 'a#b', 'http://other.test'])(
    'goes nowhere with the prefix %j of a server',
    async (prefix) => {
      const server = await startRestServer(() => LOADED, { overrides: { prefix } });
      await expect(open(server.uri).load(IDENT)).rejects.toMatchObject({
        code: 'SOURCE_UNAVAILABLE',
      });
      expect(server.requests).toEqual([]);
    },
  );

  it.each(['', '.', '..', '\ud800'])('refuses the name %j', async (table) => {
    const server = await startRestServer(() => LOADED);
    await expect(open(server.uri).load({ ...IDENT, table })).rejects.toMatchObject({
      code: 'USAGE',
    });
    expect(server.requests).toEqual([]);
  });

  it('asks for the config again after it could not be had', async () => {
    let configs = 0;
    const server = await startRestServer(({ url }) => {
      if (!url.startsWith('/v1/config')) return LOADED;
      return ++configs === 1 ? errorAnswer(503) : { status: 200, body: '{}' };
    }, null);
    const catalog = open(server.uri);
    await expect(catalog.load(IDENT)).rejects.toMatchObject({ code: 'SOURCE_UNAVAILABLE' });
    expect((await catalog.load(IDENT)).metadataLocation).toBe(FIRST);
  });

  it('is sent a table only once while it stays the same', async () => {
    const server = await startRestServer((_, number) => (number === 1 ? LOADED : { status: 304 }));
    const catalog = open(server.uri);
    const first = await catalog.load(IDENT);
    expect(await catalog.load(IDENT)).toBe(first);
    expect(server.requests.map(({ headers }) => headers['if-none-match'])).toEqual([
      undefined,
      '"1"',
    ]);
  });

  it('knows after a commit what the table is, and its tag', async () => {
    const server = await startRestServer(({ method }, number) => {
      if (method === 'POST') return COMMITTED;
      return number === 1 ? LOADED : { status: 304 };
    });
    const catalog = open(server.uri);
    await catalog.swap(IDENT, BASE.pointer, NEXT);
    const pointer = await catalog.load(IDENT);
    expect(pointer.metadataLocation).toBe(SECOND);
    expect(pointer.metadata?.['current-snapshot-id']).toBe(9_007_199_254_740_993n);
    expect(server.requests.at(-1)?.headers['if-none-match']).toBe('"2"');
    expect(server.requests[1]?.body).toContain('"snapshot-id":9007199254740993');
  });

  it('gives a swap one idempotency key, however often it is presented, if the server takes it', async () => {
    const config = { overrides: {}, 'idempotency-key-lifetime': 'PT30M' };
    const server = await startRestServer(
      ({ method }) => (method === 'POST' ? errorAnswer(500) : LOADED),
      config,
    );
    const catalog = open(server.uri);
    const other = { ...NEXT, metadataLocation: 's3://lake/t/metadata/00001-other.metadata.json' };
    for (const next of [NEXT, NEXT, other]) {
      await expect(catalog.swap(IDENT, BASE.pointer, next)).rejects.toMatchObject({
        code: 'COMMIT_STATE_UNKNOWN',
      });
    }
    const keys = server.requests
      .filter(({ method }) => method === 'POST')
      .map(({ headers }) => String(headers['idempotency-key']));
    expect(keys[0]).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
    expect(keys[1]).toBe(keys[0]);
    expect(keys[2]).not.toBe(keys[0]);
    const { posts } = await swapWith(COMMITTED);
    expect(posts[0]?.headers['idempotency-key']).toBeUndefined();
  });

  it('sends no commit to a server that says that it takes none', async () => {
    const endpoints = ['GET /v1/{prefix}/namespaces/{namespace}/tables/{table}'];
    const server = await startRestServer(() => LOADED, { overrides: {}, endpoints });
    await expect(open(server.uri).swap(IDENT, BASE.pointer, NEXT)).rejects.toMatchObject({
      code: 'FEATURE_UNSUPPORTED',
    });
    expect(server.requests.map(({ method }) => method)).toEqual(['GET']);
  });

  it('sends a refused request once more with a new token, a commit too', async () => {
    const server = await startRestServer(({ method, headers, url }) => {
      if (headers['authorization'] !== 'Bearer new') return errorAnswer(401);
      if (url.startsWith('/v1/config')) return { status: 200, body: '{}' };
      return method === 'POST' ? COMMITTED : LOADED;
    }, null);
    const isRejected: boolean[] = [];
    const catalog = open(server.uri, {
      auth: async (_, options) => {
        isRejected.push(options.isRejected);
        return { authorization: options.isRejected ? 'Bearer new' : 'Bearer old' };
      },
    });
    await expect(catalog.swap(IDENT, BASE.pointer, NEXT)).resolves.toBeUndefined();
    expect(isRejected).toEqual([false, true, false, true, false, true]);
  });

  it('reads no answer without end', async () => {
    const server = await startRestServer(() => LOADED);
    await expect(open(server.uri, { maxAnswerBytes: 200 }).load(IDENT)).rejects.toMatchObject({
      code: 'SOURCE_UNAVAILABLE',
      message: expect.stringContaining('more than 200 bytes'),
    });
  });

  it('follows pages of tables, but not in a circle', async () => {
    const page = (names: readonly string[], token: string | null): ServerAnswer => ({
      status: 200,
      body: JSON.stringify({
        identifiers: names.map((name) => ({ namespace: ['market'], name })),
        'next-page-token': token,
      }),
    });
    const pages = [page(['a', 'b'], 'x&y'), page(['c'], null)];
    const server = await startRestServer((_, number) => pages[number - 1] ?? 'hang-up');
    expect((await open(server.uri).list('market')).map(({ table }) => table)).toEqual([
      'a',
      'b',
      'c',
    ]);
    expect(server.requests[1]?.url).toContain('pageToken=x%26y');
    const circle = await startRestServer(() => page(['a'], 'again'));
    await expect(open(circle.uri).list('market')).rejects.toMatchObject({
      code: 'SOURCE_UNAVAILABLE',
    });
  });

  it.each<[string, ServerAnswer, string]>([
    ['a missing table', errorAnswer(404, 'NoSuchTableException'), 'TABLE_NOT_FOUND'],
    ['an error', errorAnswer(500), 'SOURCE_UNAVAILABLE'],
    ['a page of a proxy', { status: 200, body: '<html>' }, 'SOURCE_UNAVAILABLE'],
    ['304 that nobody asked for', { status: 304 }, 'SOURCE_UNAVAILABLE'],
    ['a broken connection', 'hang-up', 'SOURCE_UNAVAILABLE'],
    ['no location', { status: 200, body: '{"metadata-location":null}' }, 'TABLE_INVALID'],
    [
      'no table',
      { status: 200, body: '{"metadata-location":"s3://a/b","metadata":{}}' },
      'TABLE_INVALID',
    ],
  ])('loads no table from %s', async (_, answer, code) => {
    const server = await startRestServer(() => answer);
    await expect(open(server.uri).load(IDENT)).rejects.toMatchObject({ code });
  });
});
