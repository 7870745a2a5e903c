import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  paginateQuery,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import type { ProducerTotal } from '#core/ledger/book-receipts.ts';
import type { Receipt, ReceiptStore } from '#ports/receipt-store.ts';

/**
 * Receipts in one DynamoDB table: `pk` = `receipt#<domain>.<stream>`, `sk` = producer, `events` = total.
 * Single-item conditional writes only.
 */
export function createDynamoDbReceiptStore(
  client: DynamoDBClient,
  tableName: string,
): ReceiptStore {
  return {
    record: (receipt) => recordReceipt(client, tableName, receipt),
    list: (domain, stream) => listReceipts(client, tableName, partitionKey(domain, stream)),
  };
}

function partitionKey(domain: string, stream: string): string {
  return `receipt#${domain}.${stream}`;
}

async function recordReceipt(
  client: DynamoDBClient,
  tableName: string,
  receipt: Receipt,
): Promise<void> {
  try {
    await client.send(
      new UpdateItemCommand({
        TableName: tableName,
        Key: {
          pk: { S: partitionKey(receipt.domain, receipt.stream) },
          sk: { S: receipt.producer },
        },
        UpdateExpression: 'SET events = :events',
        ConditionExpression: 'attribute_not_exists(events) OR events < :events',
        ExpressionAttributeValues: { ':events': { N: String(receipt.events) } },
      }),
    );
  } catch (error) {
    // A total at least as high is stored already: a repeated or late call.
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
  }
}

async function listReceipts(
  client: DynamoDBClient,
  tableName: string,
  pk: string,
): Promise<readonly ProducerTotal[]> {
  const totals: ProducerTotal[] = [];
  const pages = paginateQuery(
    { client },
    {
      TableName: tableName,
      KeyConditionExpression: 'pk = :pk',
      ExpressionAttributeValues: { ':pk': { S: pk } },
      ConsistentRead: true,
    },
  );
  for await (const page of pages) {
    for (const item of page.Items ?? []) {
      totals.push({ producer: item['sk']?.S ?? '', events: Number(item['events']?.N ?? 0) });
    }
  }
  return totals;
}
