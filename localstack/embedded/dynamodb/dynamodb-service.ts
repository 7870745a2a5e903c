import { mkdir } from 'node:fs/promises';
import { AwsError, type JsonOperation, serveJson } from '#embedded/gateway/json-protocol.ts';
import type { DynamoDbService } from '#embedded/services.ts';
import { OPERATION_NAMES } from './dynalite-engine.ts';
import { type DynaliteThread, startDynaliteThread } from './dynalite-thread.ts';
import { partitionKeyOf, requireUnchangedKey } from './table-shape.ts';

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
  const thread = await startDynaliteThread(options.stateDir);
  const partitionKeys = new Map<string, string>();
  const operations: Record<string, JsonOperation> = {};
  for (const name of OPERATION_NAMES) {
    operations[name] = async (input) => withoutForeignMembers(await thread.run(name, input));
  }
  return {
    handle: (request, response) =>
      serveJson(operations, request, { response, contentType: 'application/x-amz-json-1.0' }),
    ensureTable: async (table) => {
      await ensureTable(thread, table);
      partitionKeys.set(table.name, partitionKeyOf(table));
    },
    partitionKeyOf: (table) => partitionKeys.get(table) ?? null,
    close: () => thread.close(),
  };
}

/** dynalite describes tables with a member that DynamoDB's API does not have (any more). */
function withoutForeignMembers(output: unknown): unknown {
  const { Table, TableDescription } = (output ?? {}) as Record<string, Record<string, unknown>>;
  for (const table of [Table, TableDescription]) delete table?.['TableThroughputModeSummary'];
  return output;
}

async function ensureTable(thread: DynaliteThread, table: TableDefinition): Promise<void> {
  const existing = await describeTable(thread, table.name);
  if (existing !== null) {
    requireUnchangedKey(table, {
      keySchema: existing.KeySchema,
      attributeDefinitions: existing.AttributeDefinitions,
    });
    return;
  }
  await thread.run('CreateTable', {
    TableName: table.name,
    KeySchema: table.keySchema,
    AttributeDefinitions: table.attributeDefinitions,
    BillingMode: 'PAY_PER_REQUEST',
  });
  for (let poll = 0; poll < ACTIVE_POLLS; poll += 1) {
    const created = await describeTable(thread, table.name);
    if (created?.TableStatus === 'ACTIVE') return;
    await new Promise((resolve) => setTimeout(resolve, ACTIVE_POLL_MS));
  }
  throw new Error(`table ${table.name} did not become active`);
}

interface TableDescription {
  readonly TableStatus: string;
  readonly KeySchema: TableDefinition['keySchema'];
  readonly AttributeDefinitions: TableDefinition['attributeDefinitions'];
}

async function describeTable(
  thread: DynaliteThread,
  name: string,
): Promise<TableDescription | null> {
  try {
    const output = await thread.run('DescribeTable', { TableName: name });
    return (output as { readonly Table: TableDescription }).Table;
  } catch (error) {
    if (error instanceof AwsError && error.code.endsWith('#ResourceNotFoundException')) return null;
    throw error;
  }
}
