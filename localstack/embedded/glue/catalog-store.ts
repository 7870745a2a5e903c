import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { replaceFile } from '#embedded/replace-file.ts';
import { AwsError } from '../gateway/json-protocol.ts';
import { readStateFile } from '../read-state-file.ts';

/** What a client sent, kept as it came: `DatabaseInput` and `TableInput` are echoed member by member. */
export type ResourceInput = Readonly<Record<string, unknown>>;

export interface StoredDatabase {
  readonly name: string;
  readonly input: ResourceInput;
  readonly createdMs: number;
}

export interface StoredTable {
  readonly databaseName: string;
  readonly name: string;
  readonly input: ResourceInput;
  readonly createdMs: number;
  readonly updatedMs: number;
  /** Starts at 0 and grows by one with every update. */
  readonly version: number;
  /** `IcebergTableInput` of the template that created the table; null for a table a client created. */
  readonly templateInput: ResourceInput | null;
}

/**
 * Databases and tables, one JSON file each, so that a commit rewrites one small file.
 *
 *     <state>/<database>/database.json
 *     <state>/<database>/tables/<table>.json
 *
 * Every change is one synchronous call that replaces one file: it is atomic against other requests,
 * because nothing else runs in between, and against SIGKILL, because a file is replaced as a whole.
 */
export interface CatalogStore {
  database(name: string): StoredDatabase | null;
  databases(): readonly StoredDatabase[];
  putDatabase(database: StoredDatabase): void;
  /** Deletes the database with its tables. */
  deleteDatabase(name: string): void;
  table(databaseName: string, name: string): StoredTable | null;
  /** Tables of a database by name. */
  tables(databaseName: string): readonly StoredTable[];
  putTable(table: StoredTable): void;
  deleteTable(databaseName: string, name: string): void;
}

const DATABASE_FILE = 'database.json';
const TABLE_FOLDER = 'tables';

export function openCatalogStore(stateDir: string): CatalogStore {
  mkdirSync(stateDir, { recursive: true });
  const databases = new Map<string, StoredDatabase>();
  const tables = new Map<string, Map<string, StoredTable>>();
  for (const folder of readdirSync(stateDir)) {
    loadDatabase(path.join(stateDir, folder), databases, tables);
  }
  const tablesOf = (name: string): Map<string, StoredTable> => tables.get(name) ?? new Map();
  return {
    database: (name) => databases.get(name) ?? null,
    databases: () => sortByName([...databases.values()]),
    putDatabase(database) {
      writeJson(path.join(databaseDir(stateDir, database.name), DATABASE_FILE), database);
      databases.set(database.name, database);
      if (!tables.has(database.name)) tables.set(database.name, new Map());
    },
    deleteDatabase(name) {
      // The database file goes first: a crash after it leaves a folder that loadDatabase removes.
      rmSync(path.join(databaseDir(stateDir, name), DATABASE_FILE), { force: true });
      rmSync(databaseDir(stateDir, name), { recursive: true, force: true });
      databases.delete(name);
      tables.delete(name);
    },
    table: (databaseName, name) => tablesOf(databaseName).get(name) ?? null,
    tables: (databaseName) => sortByName([...tablesOf(databaseName).values()]),
    putTable(table) {
      writeJson(tableFile(stateDir, table.databaseName, table.name), table);
      tablesOf(table.databaseName).set(table.name, table);
    },
    deleteTable(databaseName, name) {
      rmSync(tableFile(stateDir, databaseName, name), { force: true });
      tablesOf(databaseName).delete(name);
    },
  };
}

function loadDatabase(
  folder: string,
  databases: Map<string, StoredDatabase>,
  tables: Map<string, Map<string, StoredTable>>,
): void {
  const database = readStateFile<StoredDatabase>(path.join(folder, DATABASE_FILE), 'catalog state');
  if (database === null) {
    rmSync(folder, { recursive: true, force: true });
    return;
  }
  const loaded = new Map<string, StoredTable>();
  const tableDir = path.join(folder, TABLE_FOLDER);
  mkdirSync(tableDir, { recursive: true });
  for (const file of readdirSync(tableDir).filter((name) => name.endsWith('.json'))) {
    const table = readStateFile<StoredTable>(path.join(tableDir, file), 'catalog state');
    if (table !== null) loaded.set(table.name, table);
  }
  databases.set(database.name, database);
  tables.set(database.name, loaded);
}

function writeJson(file: string, value: unknown): void {
  try {
    replaceFile(file, JSON.stringify(value));
  } catch (error) {
    throw new AwsError('InternalServiceException', `cannot store the catalog: ${error}`, 500);
  }
}

function databaseDir(stateDir: string, name: string): string {
  return path.join(stateDir, fileName(name));
}

function tableFile(stateDir: string, databaseName: string, name: string): string {
  return path.join(databaseDir(stateDir, databaseName), TABLE_FOLDER, `${fileName(name)}.json`);
}

/** Names may hold any character; `.` and `..` must not become paths. */
function fileName(name: string): string {
  return encodeURIComponent(name).replaceAll('.', '%2E').replaceAll('*', '%2A');
}

function sortByName<T extends { readonly name: string }>(items: T[]): T[] {
  return items.sort((a, b) => (a.name < b.name ? -1 : 1));
}
