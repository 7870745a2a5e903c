import { type IcebergRestRoute, icebergRestRoute } from '#embedded/glue/iceberg-rest-route.ts';
import { SCHEMA_REGISTRY_CALLS } from './schema-registry-calls.ts';
import {
  arnOf,
  type CallInput,
  type JsonCallTable,
  type ServiceCall,
  textMember,
} from './service-call.ts';

/** Glue compares names without case and keeps them in lower case. */
function name(input: CallInput, member: string): string {
  return textMember(input, member).toLowerCase();
}

function databaseArns(database: string): readonly string[] {
  return [arnOf('glue', 'catalog'), arnOf('glue', `database/${database}`)];
}

function tableArns(database: string, table: string): readonly string[] {
  return [...databaseArns(database), arnOf('glue', `table/${database}/${table}`)];
}

const namedTable = (input: CallInput) =>
  tableArns(name(input, 'DatabaseName'), name(input, 'Name'));

function describedTable(input: CallInput): readonly string[] {
  const tableInput = (input['TableInput'] ?? {}) as CallInput;
  return tableArns(name(input, 'DatabaseName'), name(tableInput, 'Name'));
}

/**
 * A call needs its resource and everything above it; deleting needs everything below it too.
 * Source: AWS Glue developer guide, "Specifying AWS Glue resource ARNs".
 */
export const GLUE_CALLS: JsonCallTable = {
  ...SCHEMA_REGISTRY_CALLS,
  CreateTable: describedTable,
  DeleteDatabase: (input) => [
    ...tableArns(name(input, 'Name'), '*'),
    arnOf('glue', `userDefinedFunction/${name(input, 'Name')}/*`),
  ],
  DeleteTable: namedTable,
  GetDatabase: (input) => databaseArns(name(input, 'Name')),
  GetTable: namedTable,
  GetTables: (input) => tableArns(name(input, 'DatabaseName'), '*'),
  UpdateTable: describedTable,
};

/** Permissions of the Iceberg REST operations. Source: AWS Glue developer guide, "AWS Glue REST APIs for Apache Iceberg". */
const REST_ACTIONS: Readonly<Record<IcebergRestRoute['operation'], string>> = {
  'get-config': 'glue:GetCatalog',
  'list-namespaces': 'glue:GetDatabases',
  'load-namespace': 'glue:GetDatabase',
  'namespace-exists': 'glue:GetDatabase',
  'list-tables': 'glue:GetTables',
  'load-table': 'glue:GetTable',
  'table-exists': 'glue:GetTable',
  'create-table': 'glue:CreateTable',
  'commit-table': 'glue:UpdateTable',
  'drop-table': 'glue:DeleteTable',
};

/** What a request to the Iceberg REST endpoint needs; null for what has no entry. `body` is that of a POST. */
export function icebergRestCalls(
  method: string,
  path: string,
  body: CallInput = {},
): readonly ServiceCall[] | null {
  const route = icebergRestRoute(method, path);
  if (route === null) return null;
  if (route.operation === 'create-table') {
    // The name of a new table is in the body alone.
    return callsOn('glue:CreateTable', tableArns(route.database, name(body, 'name')));
  }
  const calls = callsOn(REST_ACTIONS[route.operation], resourcesOf(route));
  const creates = route.operation === 'commit-table' && assertsCreate(body);
  return creates ? [...calls, ...callsOn('glue:CreateTable', resourcesOf(route))] : calls;
}

function callsOn(action: string, resources: readonly string[]): readonly ServiceCall[] {
  return resources.map((resource) => ({ action, resource }));
}

/** A commit that makes the table. */
function assertsCreate(body: CallInput): boolean {
  const { requirements } = body;
  return (
    Array.isArray(requirements) &&
    requirements.some((each: unknown) => (each as CallInput | null)?.['type'] === 'assert-create')
  );
}

function resourcesOf(route: IcebergRestRoute): readonly string[] {
  if ('table' in route) return tableArns(route.database, route.table);
  if (!('database' in route)) return [arnOf('glue', 'catalog')];
  return route.operation === 'list-tables'
    ? tableArns(route.database, '*')
    : databaseArns(route.database);
}
