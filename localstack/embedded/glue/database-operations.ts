import { AwsError, type JsonOperation } from '../gateway/json-protocol.ts';
import { LOCAL_ACCOUNT } from '../services.ts';
import type { CatalogStore, StoredDatabase } from './catalog-store.ts';
import {
  checkCatalogId,
  refuseUnknownMembers,
  requiredName,
  requiredStructure,
} from './check-input.ts';
import { paginateByName } from './paginate.ts';

const DATABASE_INPUT_MEMBERS = [
  'Name',
  'Description',
  'LocationUri',
  'Parameters',
  'CreateTableDefaultPermissions',
];

/** CreateDatabase, GetDatabase, GetDatabases, DeleteDatabase. Source: AWS Glue API, Database API. */
export function databaseOperations(
  store: CatalogStore,
  nowMs: () => number,
): Readonly<Record<string, JsonOperation>> {
  return {
    CreateDatabase(input) {
      refuseUnknownMembers(input, ['CatalogId', 'DatabaseInput', 'Tags'], 'CreateDatabase');
      checkCatalogId(input);
      const database = requiredStructure(input, 'DatabaseInput');
      refuseUnknownMembers(database, DATABASE_INPUT_MEMBERS, 'DatabaseInput');
      const name = requiredName(database, 'Name');
      if (store.database(name) !== null) {
        throw new AwsError('AlreadyExistsException', 'Database already exists.');
      }
      store.putDatabase({ name, input: database, createdMs: nowMs() });
      return {};
    },
    GetDatabase(input) {
      refuseUnknownMembers(input, ['CatalogId', 'Name'], 'GetDatabase');
      checkCatalogId(input);
      return { Database: describeDatabase(requireDatabase(store, requiredName(input, 'Name'))) };
    },
    GetDatabases(input) {
      const members = [
        'CatalogId',
        'NextToken',
        'MaxResults',
        'ResourceShareType',
        'AttributesToGet',
      ];
      refuseUnknownMembers(input, members, 'GetDatabases');
      checkCatalogId(input);
      const { page, nextToken } = paginateByName(store.databases(), input);
      return { DatabaseList: page.map(describeDatabase), NextToken: nextToken };
    },
    DeleteDatabase(input) {
      refuseUnknownMembers(input, ['CatalogId', 'Name'], 'DeleteDatabase');
      checkCatalogId(input);
      const { name } = requireDatabase(store, requiredName(input, 'Name'));
      store.deleteDatabase(name);
      return {};
    },
  };
}

/** Throws EntityNotFoundException with AWS's wording. */
export function requireDatabase(store: CatalogStore, name: string): StoredDatabase {
  const database = store.database(name);
  if (database === null) {
    throw new AwsError('EntityNotFoundException', `Database ${name} not found.`);
  }
  return database;
}

function describeDatabase(database: StoredDatabase): Record<string, unknown> {
  return {
    ...database.input,
    Name: database.name,
    CreateTime: database.createdMs / 1000,
    CatalogId: LOCAL_ACCOUNT,
  };
}
