import { LOCAL_ACCOUNT } from '../services.ts';

/** What a request to the Iceberg REST endpoint of Glue is about; names as Glue keeps them, in lower case. */
export type IcebergRestRoute =
  | { readonly operation: 'get-config' | 'list-namespaces' }
  | {
      readonly operation: 'load-namespace' | 'namespace-exists' | 'list-tables' | 'create-table';
      readonly database: string;
    }
  | {
      readonly operation: 'load-table' | 'table-exists' | 'commit-table' | 'drop-table';
      readonly database: string;
      readonly table: string;
    };

/** Below it Glue speaks the Iceberg REST protocol. Source: AWS Glue developer guide, "Iceberg REST endpoint". */
export const ICEBERG_REST_PATH = '/iceberg/v1/';
/** The account's own catalogue, as `prefix` of every path that is about it. */
export const ICEBERG_REST_PREFIX = `catalogs/${LOCAL_ACCOUNT}`;
/** What `GET /v1/config` says that there is. Source: Iceberg REST catalog API, CatalogConfig. */
export const ICEBERG_REST_ENDPOINTS: readonly string[] = [
  'GET /v1/{prefix}/namespaces',
  'GET /v1/{prefix}/namespaces/{namespace}',
  'HEAD /v1/{prefix}/namespaces/{namespace}',
  'GET /v1/{prefix}/namespaces/{namespace}/tables',
  'POST /v1/{prefix}/namespaces/{namespace}/tables',
  'GET /v1/{prefix}/namespaces/{namespace}/tables/{table}',
  'HEAD /v1/{prefix}/namespaces/{namespace}/tables/{table}',
  'POST /v1/{prefix}/namespaces/{namespace}/tables/{table}',
  'DELETE /v1/{prefix}/namespaces/{namespace}/tables/{table}',
];

export function isIcebergRest(path: string): boolean {
  return path.startsWith(ICEBERG_REST_PATH);
}

/** Null for what is not served: other methods, other paths, another account's catalogue. */
export function icebergRestRoute(method: string, path: string): IcebergRestRoute | null {
  const rest = path.slice(ICEBERG_REST_PATH.length);
  if (rest === 'config') return method === 'GET' ? { operation: 'get-config' } : null;
  const below = decodedSegments(rest);
  if (below === null) return null;
  const [catalogs, account, namespaces, database, tables, table, ...others] = below;
  const isOurs = catalogs === 'catalogs' && account === LOCAL_ACCOUNT;
  if (!isOurs || namespaces !== 'namespaces' || others.length > 0) return null;
  if (database === undefined) return method === 'GET' ? { operation: 'list-namespaces' } : null;
  if (tables === undefined) return namespaceRoute(method, database);
  if (tables !== 'tables') return null;
  if (table === undefined) return tablesRoute(method, database);
  return tableRoute(method, database, table);
}

function namespaceRoute(method: string, database: string): IcebergRestRoute | null {
  if (method === 'GET') return { operation: 'load-namespace', database };
  return method === 'HEAD' ? { operation: 'namespace-exists', database } : null;
}

function tablesRoute(method: string, database: string): IcebergRestRoute | null {
  if (method === 'GET') return { operation: 'list-tables', database };
  return method === 'POST' ? { operation: 'create-table', database } : null;
}

const TABLE_OPERATIONS = {
  GET: 'load-table',
  HEAD: 'table-exists',
  POST: 'commit-table',
  DELETE: 'drop-table',
} as const;

function tableRoute(method: string, database: string, table: string): IcebergRestRoute | null {
  if (!Object.hasOwn(TABLE_OPERATIONS, method)) return null;
  const operation = TABLE_OPERATIONS[method as keyof typeof TABLE_OPERATIONS];
  return { operation, database, table };
}

/** Null where an escape is broken or a segment is empty. */
function decodedSegments(path: string): readonly string[] | null {
  try {
    const segments = path.split('/').map((segment) => decodeURIComponent(segment).toLowerCase());
    return segments.includes('') ? null : segments;
  } catch {
    return null;
  }
}
