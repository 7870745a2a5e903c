import { AwsError, type JsonOperation } from '../gateway/json-protocol.ts';
import { LOCAL_ACCOUNT } from '../services.ts';
import type { CatalogStore, ResourceInput, StoredTable } from './catalog-store.ts';
import {
  checkCatalogId,
  type Input,
  invalidInput,
  optionalString,
  refuseUnknownMembers,
  requiredName,
  requiredStructure,
} from './check-input.ts';
import { requireDatabase } from './database-operations.ts';
import { paginateByName } from './paginate.ts';
import { compileTableExpression } from './table-expression.ts';

/** Members of `TableInput`. Source: AWS Glue API, TableInput structure. */
const TABLE_INPUT_MEMBERS = [
  'Name',
  'Description',
  'Owner',
  'LastAccessTime',
  'LastAnalyzedTime',
  'Retention',
  'StorageDescriptor',
  'PartitionKeys',
  'ViewOriginalText',
  'ViewExpandedText',
  'TableType',
  'Parameters',
];

/** CreateTable, GetTable, GetTables, UpdateTable, DeleteTable. Source: AWS Glue API, Table API. */
export function tableOperations(
  store: CatalogStore,
  nowMs: () => number,
): Readonly<Record<string, JsonOperation>> {
  return {
    CreateTable(input) {
      refuseUnknownMembers(input, ['CatalogId', 'DatabaseName', 'TableInput'], 'CreateTable');
      const { databaseName, name, tableInput } = readTableInput(store, input);
      if (store.table(databaseName, name) !== null) {
        throw new AwsError('AlreadyExistsException', 'Table already exists.');
      }
      const createdMs = nowMs();
      store.putTable({
        databaseName,
        name,
        input: tableInput,
        createdMs,
        updatedMs: createdMs,
        version: 0,
        templateInput: null,
      });
      return {};
    },
    GetTable(input) {
      refuseUnknownMembers(input, ['CatalogId', 'DatabaseName', 'Name'], 'GetTable');
      return { Table: describeTable(requireTable(store, input, 'Name')) };
    },
    GetTables: (input) => getTables(store, input),
    UpdateTable: (input) => updateTable(store, input, nowMs()),
    DeleteTable(input) {
      refuseUnknownMembers(input, ['CatalogId', 'DatabaseName', 'Name'], 'DeleteTable');
      const table = requireTable(store, input, 'Name');
      store.deleteTable(table.databaseName, table.name);
      return {};
    },
  };
}

function getTables(store: CatalogStore, input: Input): unknown {
  const members = ['CatalogId', 'DatabaseName', 'Expression', 'NextToken', 'MaxResults'];
  refuseUnknownMembers(input, members, 'GetTables');
  checkCatalogId(input);
  const { name } = requireDatabase(store, requiredName(input, 'DatabaseName'));
  const expression = optionalString(input, 'Expression');
  const matches = expression === null ? () => true : compileTableExpression(expression);
  const tables = store.tables(name).filter((table) => matches(table.name));
  const { page, nextToken } = paginateByName(tables, input);
  return { TableList: page.map(describeTable), NextToken: nextToken };
}

/**
 * The commit point of Iceberg in Glue: with `VersionId` the update happens only if it names the
 * present version. Check and replacement are one synchronous step.
 */
function updateTable(store: CatalogStore, input: Input, updatedMs: number): unknown {
  const members = ['CatalogId', 'DatabaseName', 'TableInput', 'VersionId', 'SkipArchive'];
  refuseUnknownMembers(input, members, 'UpdateTable');
  const { databaseName, name, tableInput } = readTableInput(store, input);
  const current = findTable(store, databaseName, name);
  const versionId = optionalString(input, 'VersionId');
  if (versionId !== null && versionId !== String(current.version)) {
    throw new AwsError(
      'ConcurrentModificationException',
      'Update table failed due to concurrent modifications.',
    );
  }
  store.putTable({ ...current, input: tableInput, updatedMs, version: current.version + 1 });
  return {};
}

function readTableInput(
  store: CatalogStore,
  input: Input,
): { databaseName: string; name: string; tableInput: ResourceInput } {
  checkCatalogId(input);
  const databaseName = requireDatabase(store, requiredName(input, 'DatabaseName')).name;
  const tableInput = requiredStructure(input, 'TableInput');
  refuseUnknownMembers(tableInput, TABLE_INPUT_MEMBERS, 'TableInput');
  const name = requiredName(tableInput, 'Name');
  checkIcebergParameters(tableInput);
  return { databaseName, name, tableInput };
}

/** An entry without these parameters would be no Iceberg table any more: its data would be lost from sight. */
function checkIcebergParameters(tableInput: Input): void {
  const parameters = requiredStructure(tableInput, 'Parameters');
  const type = parameters['table_type'];
  if (typeof type !== 'string' || type.toUpperCase() !== 'ICEBERG') {
    throw invalidInput(
      `TableInput.Parameters.table_type: the local cloud keeps Iceberg tables only, got ${String(type)}`,
    );
  }
  if (!/^s3:\/\/[^/]+\/.+/.test(String(parameters['metadata_location'] ?? ''))) {
    throw invalidInput(
      'TableInput.Parameters.metadata_location: expected the s3:// URI of a metadata file',
    );
  }
}

function requireTable(store: CatalogStore, input: Input, member: string): StoredTable {
  checkCatalogId(input);
  const databaseName = requireDatabase(store, requiredName(input, 'DatabaseName')).name;
  return findTable(store, databaseName, requiredName(input, member));
}

function findTable(store: CatalogStore, databaseName: string, name: string): StoredTable {
  const table = store.table(databaseName, name);
  if (table === null) throw new AwsError('EntityNotFoundException', `Table ${name} not found.`);
  return table;
}

function describeTable(table: StoredTable): Record<string, unknown> {
  return {
    ...table.input,
    Name: table.name,
    DatabaseName: table.databaseName,
    CreateTime: table.createdMs / 1000,
    UpdateTime: table.updatedMs / 1000,
    Retention: table.input['Retention'] ?? 0,
    CreatedBy: `arn:aws:iam::${LOCAL_ACCOUNT}:root`,
    IsRegisteredWithLakeFormation: false,
    CatalogId: LOCAL_ACCOUNT,
    VersionId: String(table.version),
  };
}
