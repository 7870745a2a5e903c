import type { IncomingMessage, ServerResponse } from 'node:http';
import { hasCode, SluiceError } from '#core/errors.ts';
import { parseBigintJson } from '#core/iceberg/spec/bigint-json.ts';
import { AwsError, MAX_JSON_BODY_BYTES, readBody } from '../gateway/json-protocol.ts';
import type { CatalogStore, StoredTable } from './catalog-store.ts';
import {
  commitUpdates,
  createTable,
  type IcebergRestDeps,
  type ServedTable,
  serveTable,
} from './iceberg-rest-commit.ts';
import { IcebergRestError } from './iceberg-rest-error.ts';
import {
  ICEBERG_REST_ENDPOINTS,
  ICEBERG_REST_PREFIX,
  type IcebergRestRoute,
  icebergRestRoute,
} from './iceberg-rest-route.ts';

/** JSON text of an answer; none where the status says it all. */
interface Answer {
  readonly status: number;
  readonly text: string | null;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * The Iceberg REST catalog of Glue (`https://glue.<region>.amazonaws.com/iceberg`): how Trino, Spark and PyIceberg
 * read and write the tables. What is not served is refused by name.
 * Source: Iceberg REST catalog API (OpenAPI); AWS Glue developer guide, "AWS Glue REST APIs for Apache Iceberg".
 */
export async function serveIcebergRest(
  request: IncomingMessage,
  response: ServerResponse,
  deps: IcebergRestDeps,
): Promise<void> {
  let answer: Answer;
  try {
    answer = await answerRoute(request, deps);
  } catch (error) {
    answer = failure(error);
  }
  request.resume();
  const body = Buffer.from(answer.text ?? '');
  const hasBody = answer.text !== null;
  response.writeHead(answer.status, {
    ...answer.headers,
    ...(hasBody ? { 'content-type': 'application/json', 'content-length': body.length } : {}),
  });
  response.end(hasBody && request.method !== 'HEAD' ? body : undefined);
}

async function answerRoute(request: IncomingMessage, deps: IcebergRestDeps): Promise<Answer> {
  const [path = '', query = ''] = (request.url ?? '').split('?');
  const method = request.method ?? 'GET';
  const route = icebergRestRoute(method, path);
  if (route === null) {
    throw new IcebergRestError(
      406,
      'UnsupportedOperationException',
      `the local cloud does not serve ${method} ${path}, only: ${ICEBERG_REST_ENDPOINTS.join(', ')} with the prefix ${ICEBERG_REST_PREFIX}`,
    );
  }
  const parameters = new URLSearchParams(query);
  switch (route.operation) {
    case 'get-config':
      return json({
        defaults: {},
        overrides: { prefix: ICEBERG_REST_PREFIX },
        endpoints: ICEBERG_REST_ENDPOINTS,
      });
    case 'list-namespaces':
      return json(listNamespaces(deps.store, parameters));
    case 'load-namespace':
      requireNamespace(deps.store, route.database);
      return json({ namespace: [route.database], properties: {} });
    case 'namespace-exists':
      requireNamespace(deps.store, route.database);
      return { status: 204, text: null };
    case 'list-tables':
      return json(listTables(deps.store, route.database, parameters));
    case 'table-exists':
      requireTable(deps.store, route);
      return { status: 204, text: null };
    case 'load-table':
      return loadTable(await serveTable(requireTable(deps.store, route), deps), request);
    case 'create-table':
      requireNamespace(deps.store, route.database);
      return tableAnswer(await createTable(route.database, await readJson(request), deps));
    case 'commit-table':
      requireNamespace(deps.store, route.database);
      return tableAnswer(await commitUpdates(route, await readJson(request), deps));
    case 'drop-table':
      return dropTable(requireTable(deps.store, route), parameters, deps.store);
  }
}

/** Ids of 64 bits stay exact. Throws 400 for what is no JSON. */
async function readJson(request: IncomingMessage): Promise<unknown> {
  const body = await readBody(request, MAX_JSON_BODY_BYTES);
  try {
    return parseBigintJson(body.toString('utf8'));
  } catch {
    throw new IcebergRestError(400, 'BadRequestException', 'request body is not JSON');
  }
}

/** The entry goes, the files stay: nothing here deletes data. */
function dropTable(
  { databaseName, name }: StoredTable,
  parameters: URLSearchParams,
  store: CatalogStore,
): Answer {
  if (parameters.get('purgeRequested')?.toLowerCase() === 'true') {
    throw new IcebergRestError(
      406,
      'UnsupportedOperationException',
      'the local cloud does not purge the files of a table; drop it with purgeRequested=false',
    );
  }
  store.deleteTable(databaseName, name);
  return { status: 204, text: null };
}

function loadTable(served: ServedTable, request: IncomingMessage): Answer {
  const answer = tableAnswer(served);
  const isKnown = request.headers['if-none-match'] === answer.headers?.['etag'];
  return isKnown ? { ...answer, status: 304, text: null } : answer;
}

/** The metadata goes in as text. A state has a file of its own, so the file's name is its tag. */
function tableAnswer({ location, metadata }: ServedTable): Answer {
  const tag = location?.split('/').at(-1)?.replaceAll('"', '');
  return {
    status: 200,
    text: `{"metadata-location":${JSON.stringify(location)},"metadata":${metadata},"config":{}}`,
    ...(tag === undefined ? {} : { headers: { etag: `"${tag}"` } }),
  };
}

function listNamespaces(store: CatalogStore, parameters: URLSearchParams): unknown {
  // Databases have no databases below them.
  const parent = parameters.get('parent') ?? '';
  if (parent !== '') requireNamespace(store, parent.toLowerCase());
  const names = parent === '' ? store.databases().map(({ name }) => name) : [];
  const { page, nextToken } = pageOf(names, parameters);
  return { namespaces: page.map((name) => [name]), 'next-page-token': nextToken };
}

function listTables(store: CatalogStore, database: string, parameters: URLSearchParams): unknown {
  requireNamespace(store, database);
  const names = store.tables(database).map(({ name }) => name);
  const { page, nextToken } = pageOf(names, parameters);
  return {
    identifiers: page.map((name) => ({ namespace: [database], name })),
    'next-page-token': nextToken,
  };
}

/** Names after the token, in their order; everything for a client that names no size. */
function pageOf(
  names: readonly string[],
  parameters: URLSearchParams,
): { readonly page: readonly string[]; readonly nextToken: string | null } {
  const after = parameters.get('pageToken') ?? '';
  const asked = parameters.get('pageSize');
  const size = asked === null ? names.length : Number(asked);
  if (asked !== null && !(Number.isInteger(size) && size > 0)) {
    throw new IcebergRestError(
      400,
      'BadRequestException',
      `pageSize is ${asked}, expected 1 or more`,
    );
  }
  const rest = names.filter((name) => name > after);
  const page = rest.slice(0, size);
  return { page, nextToken: rest.length > page.length ? (page.at(-1) ?? null) : null };
}

function requireNamespace(store: CatalogStore, database: string): void {
  if (store.database(database) !== null) return;
  const message = `Database ${database} not found.`;
  throw new IcebergRestError(404, 'NoSuchNamespaceException', message);
}

function requireTable(
  store: CatalogStore,
  route: Extract<IcebergRestRoute, { readonly table: string }>,
): StoredTable {
  const table = store.table(route.database, route.table);
  if (table !== null) return table;
  const message = `Table ${route.table} not found.`;
  throw new IcebergRestError(404, 'NoSuchTableException', message);
}

function json(value: unknown): Answer {
  return { status: 200, text: JSON.stringify(value) };
}

/** What the client asked for and cannot have. */
const REFUSALS: ReadonlySet<string> = new Set([
  'TABLE_INVALID',
  'SCHEMA_INCOMPATIBLE',
  'FEATURE_UNSUPPORTED',
]);

/** Source: Iceberg REST catalog API, IcebergErrorResponse. */
function failure(error: unknown): Answer {
  const { status, type, message } = refusalOf(error);
  return { status, text: JSON.stringify({ error: { message, type, code: status } }) };
}

function refusalOf(error: unknown): IcebergRestError {
  if (error instanceof IcebergRestError) return error;
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof AwsError) return new IcebergRestError(error.status, error.code, message);
  if (hasCode(error, 'COMMIT_CONFLICT')) {
    return new IcebergRestError(409, 'CommitFailedException', message);
  }
  // A request nested beyond the stack.
  const isRefusal =
    error instanceof RangeError || (error instanceof SluiceError && REFUSALS.has(error.code));
  return isRefusal
    ? new IcebergRestError(400, 'BadRequestException', message)
    : new IcebergRestError(500, 'InternalServerError', message);
}
