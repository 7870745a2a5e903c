import {
  CreateTableCommand,
  DescribeTableCommand,
  type DynamoDBClient,
  ListTablesCommand,
  ResourceNotFoundException,
} from '@aws-sdk/client-dynamodb';
import { SluiceError } from '#core/errors.ts';
import type { DynamoDbService } from '#embedded/services.ts';
import { createDynamoDbClient, localTarget } from '#runtime/aws-clients.ts';
import type { DelegateEndpoint } from '#runtime/backend-endpoints.ts';
import {
  partitionKeyOf,
  requireUnchangedKey,
  type TableShape,
} from '../embedded/dynamodb/table-shape.ts';
import { forwardJsonRequest } from './forward-json-request.ts';
import { createForwarder } from './forward-request.ts';

const ACTIVE_TIMEOUT_MS = 60_000;
const ACTIVE_POLL_MS = 20;

/** DynamoDB as another program serves it. Throws SOURCE_UNAVAILABLE when the program does not answer. */
export async function openDynamoDbDelegate(endpoint: DelegateEndpoint): Promise<DynamoDbService> {
  const { accessKeyId, secretAccessKey } = endpoint;
  const client = createDynamoDbClient({
    ...localTarget(endpoint.url),
    credentials: { accessKeyId, secretAccessKey },
  });
  const forwarder = createForwarder('dynamodb', endpoint);
  const partitionKeys = new Map<string, string>();
  const close = async (): Promise<void> => {
    client.destroy();
    forwarder.close();
  };
  try {
    await client.send(new ListTablesCommand({ Limit: 1 }));
  } catch (cause) {
    await close();
    throw new SluiceError(
      'SOURCE_UNAVAILABLE',
      `dynamodb is to be served by ${endpoint.url}, which does not list its tables (${(cause as Error).message}); start it`,
      { cause },
    );
  }
  return {
    handle: (request, response) => forwardJsonRequest(request, response, { forwarder }),
    close,
    ensureTable: async (table) => {
      await ensureTable(client, table);
      partitionKeys.set(table.name, partitionKeyOf(table));
    },
    partitionKeyOf: (table) => partitionKeys.get(table) ?? null,
  };
}

async function ensureTable(
  client: DynamoDBClient,
  table: Parameters<DynamoDbService['ensureTable']>[0],
): Promise<void> {
  const existing = await describeTable(client, table.name);
  if (existing !== null) {
    requireUnchangedKey(table, existing);
    return;
  }
  await client.send(
    new CreateTableCommand({
      TableName: table.name,
      KeySchema: [...table.keySchema],
      AttributeDefinitions: [...table.attributeDefinitions],
      BillingMode: 'PAY_PER_REQUEST',
    }),
  );
  const deadline = performance.now() + ACTIVE_TIMEOUT_MS;
  while ((await describeTable(client, table.name))?.status !== 'ACTIVE') {
    if (performance.now() > deadline) throw new Error(`table ${table.name} did not become active`);
    await new Promise((resolve) => setTimeout(resolve, ACTIVE_POLL_MS));
  }
}

async function describeTable(
  client: DynamoDBClient,
  name: string,
): Promise<(TableShape & { readonly status: string | undefined }) | null> {
  try {
    const { Table } = await client.send(new DescribeTableCommand({ TableName: name }));
    return {
      status: Table?.TableStatus,
      keySchema: (Table?.KeySchema ?? []) as TableShape['keySchema'],
      attributeDefinitions: (Table?.AttributeDefinitions ??
        []) as TableShape['attributeDefinitions'],
    };
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return null;
    throw error;
  }
}
