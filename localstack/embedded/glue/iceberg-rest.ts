import type { IncomingMessage, ServerResponse } from 'node:http';
import { gunzipSync } from 'node:zlib';
import type { S3Service } from '../services.ts';
import type { CatalogStore, StoredTable } from './catalog-store.ts';
import { IcebergRestError } from './iceberg-rest-error.ts';
import {
  ICEBERG_REST_ENDPOINTS,
  ICEBERG_REST_PREFIX,
  type IcebergRestRoute,
  icebergRestRoute,
} from './iceberg-rest-route.ts';

export interface IcebergRestDeps {
  readonly store: CatalogStore;
  readonly s3: Pick<S3Service, 'getObject'>;
}

const GZIP_MAGIC = Buffer.of(0x1f, 0x8b);

/** JSON text of an answer; none where the status says it all. */
interface Answer {
  readonly status: number;
  readonly text: string | null;
}

/**
 * The Iceberg REST catalog of Glue (`https://glue.<region>.amazonaws.com/iceberg`): how Trino, Spark and PyIceberg
 * read the tables. Everything that writes is refused by name: tables and databases are created by the template, and
 * only the project's own functions commit.
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
      `the local cloud does not serve ${method} ${path}, it reads only: ${ICEBERG_REST_ENDPOINTS.join(', ')} with the prefix ${ICEBERG_REST_PREFIX}`,
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
      return { status: 200, text: await loadTable(requireTable(deps.store, route), deps) };
  }
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

/** The metadata goes in as text: ids of 64 bits are not for JSON.parse. */
async function loadTable(table: StoredTable, deps: IcebergRestDeps): Promise<string> {
  const parameters = table.input['Parameters'] as Readonly<Record<string, string>>;
  const location = parameters['metadata_location'] ?? '';
  const metadata = await readMetadata(location, deps);
  return `{"metadata-location":${JSON.stringify(location)},"metadata":${metadata},"config":{}}`;
}

async function readMetadata(location: string, deps: IcebergRestDeps): Promise<string> {
  const [, bucket = '', key = ''] = /^s3[an]?:\/\/([^/]+)\/(.+)$/s.exec(location) ?? [];
  const bytes = await deps.s3.getObject(bucket, key);
  if (bytes === null) {
    const message = `metadata file ${location} is missing`;
    throw new IcebergRestError(404, 'NoSuchTableException', message);
  }
  const isZipped = bytes.subarray(0, GZIP_MAGIC.length).equals(GZIP_MAGIC);
  return (isZipped ? gunzipSync(bytes) : bytes).toString('utf8').trim();
}

function json(value: unknown): Answer {
  return { status: 200, text: JSON.stringify(value) };
}

/** Source: Iceberg REST catalog API, IcebergErrorResponse. */
function failure(error: unknown): Answer {
  const { status, type, message } =
    error instanceof IcebergRestError
      ? error
      : { status: 500, type: 'InternalServerError', message: (error as Error).message };
  return { status, text: JSON.stringify({ error: { message, type, code: status } }) };
}
