import { mkdir } from 'node:fs/promises';
import { SluiceError } from '#core/errors.ts';
import { AwsError, type JsonOperation, serveJson } from '#embedded/gateway/json-protocol.ts';
import type { DynamoDbService } from '#embedded/services.ts';
import { LOCAL_ACCOUNT, LOCAL_REGION } from '#embedded/services.ts';
import {
  createStore,
  type DynaliteStore,
  type DynaliteTable,
  OPERATION_NAMES,
  runOperation,
} from './dynalite-engine.ts';

type TableDefinition = Parameters<DynamoDbService['ensureTable']>[0];

/** How often a new table is looked at until it is active. */
const ACTIVE_POLL_MS = 2;
const ACTIVE_POLLS = 2500;

/**
 * DynamoDB on a folder, by dynalite over LevelDB: an acknowledged write survives SIGKILL.
 * Throws USAGE when another process has the folder open.
 */
export async function openDynamoDbService(options: {
  /** Folder of this service alone; created when missing. */
  readonly stateDir: string;
}): Promise<DynamoDbService> {
  await mkdir(options.stateDir, { recursive: true });
  const store = createStore(options.stateDir);
  await openDatabase(store, options.stateDir);
  store.tableDb.awsAccountId = LOCAL_ACCOUNT;
  store.tableDb.awsRegion = LOCAL_REGION;
  await finishTableChanges(store);
  const operations: Record<string, JsonOperation> = {};
  for (const name of OPERATION_NAMES) {
    operations[name] = (input) => runOperation(store, name, input);
  }
  return {
    handle: (request, response) =>
      serveJson(operations, request, { response, contentType: 'application/x-amz-json-1.0' }),
    ensureTable: (table) => ensureTable(store, table),
    close: () => store.db.close(),
  };
}

async function openDatabase(store: DynaliteStore, stateDir: string): Promise<void> {
  try {
    await store.db.open();
  } catch (error) {
    const cause = (error as Error).cause as NodeJS.ErrnoException | undefined;
    if (cause?.code !== 'LEVEL_LOCKED') throw error;
    throw new SluiceError(
      'USAGE',
      `state folder ${stateDir} is open in another process, expected it to be free; stop the other local cloud or choose another folder`,
      { cause: error },
    );
  }
}

/**
 * dynalite switches tables to ACTIVE, and removes deleted ones, by a timer: a process killed before that
 * leaves them in between for ever. A table in creation holds no items, so it can simply be activated.
 */
async function finishTableChanges(store: DynaliteStore): Promise<void> {
  const tables: DynaliteTable[] = [];
  for await (const value of store.tableDb.createValueStream({}))
    tables.push(value as DynaliteTable);
  for (const table of tables) {
    const { TableName: name } = table;
    if (table.TableStatus === 'DELETING') {
      await settle((done) => store.deleteItemDb(name, done));
      await settle((done) => store.tableDb.del(name, done));
    } else if (table.TableStatus !== 'ACTIVE') {
      const active = activated(table);
      await settle((done) => store.tableDb.put(name, active, done));
    }
  }
}

function activated(table: DynaliteTable): DynaliteTable {
  const indexes = table.GlobalSecondaryIndexes?.map((index) => ({
    ...index,
    IndexStatus: 'ACTIVE',
  }));
  const withIndexes = indexes === undefined ? {} : { GlobalSecondaryIndexes: indexes };
  return { ...table, ...withIndexes, TableStatus: 'ACTIVE' };
}

function settle(start: (done: (error?: Error | null) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    start((error) => (error ? reject(error) : resolve()));
  });
}

async function ensureTable(store: DynaliteStore, table: TableDefinition): Promise<void> {
  const existing = await describeTable(store, table.name);
  if (existing !== null) {
    requireUnchanged(table, existing);
    return;
  }
  await runOperation(store, 'CreateTable', {
    TableName: table.name,
    KeySchema: table.keySchema,
    AttributeDefinitions: table.attributeDefinitions,
    BillingMode: 'PAY_PER_REQUEST',
  });
  for (let poll = 0; poll < ACTIVE_POLLS; poll += 1) {
    if ((await describeTable(store, table.name))?.TableStatus === 'ACTIVE') return;
    await new Promise((resolve) => setTimeout(resolve, ACTIVE_POLL_MS));
  }
  throw new Error(`table ${table.name} did not become active`);
}

interface TableDescription extends DynaliteTable {
  readonly KeySchema: TableDefinition['keySchema'];
  readonly AttributeDefinitions: TableDefinition['attributeDefinitions'];
}

async function describeTable(store: DynaliteStore, name: string): Promise<TableDescription | null> {
  try {
    const output = await runOperation(store, 'DescribeTable', { TableName: name });
    return (output as { readonly Table: TableDescription }).Table;
  } catch (error) {
    if (error instanceof AwsError && error.code.endsWith('#ResourceNotFoundException')) return null;
    throw error;
  }
}

/** CloudFormation replaces a table whose key changes, and with it the data: that is refused here. */
function requireUnchanged(wanted: TableDefinition, existing: TableDescription): void {
  const keyOf = (schema: TableDefinition['keySchema']): string =>
    schema.map((key) => `${key.KeyType} ${key.AttributeName}`).join(', ');
  const attributesOf = (definitions: TableDefinition['attributeDefinitions']): string =>
    definitions
      .map((attribute) => `${attribute.AttributeName} ${attribute.AttributeType}`)
      .sort()
      .join(', ');
  const checks = [
    ['KeySchema', keyOf(existing.KeySchema), keyOf(wanted.keySchema)],
    [
      'AttributeDefinitions',
      attributesOf(existing.AttributeDefinitions),
      attributesOf(wanted.attributeDefinitions),
    ],
  ] as const;
  for (const [property, before, after] of checks) {
    if (before === after) continue;
    throw new Error(
      `table ${wanted.name}: property ${property} changed from "${before}" to "${after}", which would replace the table and lose its items; restore it or name another table`,
    );
  }
}
