import {
  type AttributeValue,
  ConditionalCheckFailedException,
  DeleteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  paginateQuery,
} from '@aws-sdk/client-dynamodb';
import type { FileRunKey, FileRunRecord, FileRunStore } from '#ports/file-run-store.ts';
import { createDynamoDbLeases, stateUpdate } from './dynamodb-lease.ts';

type Item = Readonly<Record<string, AttributeValue>>;

/**
 * In the table of connector states. A run: `pk` = `<domain>#files#<entry>`, `sk` = `<name>@<version>`, with state, lease and
 * fence. What the ledger has not booked: `pk` = `<domain>#files`, `sk` = `<entry>#<name>@<version>`. Single-item writes only.
 */
export function createDynamoDbFileRunStore(
  client: DynamoDBClient,
  tableName: string,
): FileRunStore {
  const leases = createDynamoDbLeases<FileRunKey>(client, tableName, {
    itemKey: runKey,
    nameOf: ({ file }) => `the run of file ${file}`,
  });
  const query = async function* (pk: string): AsyncGenerator<Item> {
    const pages = paginateQuery(
      { client },
      {
        TableName: tableName,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': { S: pk } },
        ConsistentRead: true,
      },
    );
    for await (const page of pages) yield* page.Items ?? [];
  };
  return {
    async acquire(key, of) {
      const held = await leases.acquire(key, of);
      if (held !== null) {
        return { kind: 'held', lease: held.lease, state: held.item['state']?.S ?? null };
      }
      const { Item: item } = await client.send(
        new GetItemCommand({ TableName: tableName, Key: runKey(key), ConsistentRead: true }),
      );
      return {
        kind: 'busy',
        owner: item?.['leaseOwner']?.S ?? '',
        untilMs: Number(item?.['leaseUntilMs']?.N ?? of.untilMs),
      };
    },
    renew: (lease, untilMs) =>
      leases.updateHeld(lease, {
        UpdateExpression: 'SET leaseUntilMs = :until',
        ExpressionAttributeValues: { ':until': { N: String(untilMs) } },
      }),
    save: (lease, state) => leases.updateHeld(lease, stateUpdate(state)),
    release: (lease) => leases.release(lease),
    async get(key) {
      const { Item: item } = await client.send(
        new GetItemCommand({ TableName: tableName, Key: runKey(key), ConsistentRead: true }),
      );
      return item === undefined ? null : (recordsOf(key, item)[0] ?? null);
    },
    async *list(domain, entry) {
      for await (const item of query(runPartition({ domain, entry }))) {
        yield* recordsOf({ domain, entry, file: item['sk']?.S ?? '' }, item);
      }
    },
    async announce({ domain, entry, file }) {
      await client.send(
        new PutItemCommand({
          TableName: tableName,
          Item: announcementKey({ domain, entry, file }),
        }),
      );
    },
    async *announced(domain) {
      for await (const { sk } of query(`${domain}#files`)) {
        const text = sk?.S ?? '';
        // Names of entries hold no #.
        const at = text.indexOf('#');
        yield { domain, entry: text.slice(0, at), file: text.slice(at + 1) };
      }
    },
    async settle(key) {
      try {
        await leases.update(key, {
          UpdateExpression: 'SET booked = :true',
          ConditionExpression: 'attribute_exists(pk)',
          ExpressionAttributeValues: { ':true': { BOOL: true } },
        });
      } catch (error) {
        // There never was a run: nothing to mark.
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
      }
      await client.send(new DeleteItemCommand({ TableName: tableName, Key: announcementKey(key) }));
    },
  };
}

function runPartition({ domain, entry }: Pick<FileRunKey, 'domain' | 'entry'>): string {
  return `${domain}#files#${entry}`;
}

function runKey(key: FileRunKey): Record<string, AttributeValue> {
  return { pk: { S: runPartition(key) }, sk: { S: key.file } };
}

function announcementKey({ domain, entry, file }: FileRunKey): Record<string, AttributeValue> {
  return { pk: { S: `${domain}#files` }, sk: { S: `${entry}#${file}` } };
}

function recordsOf(key: FileRunKey, item: Item): FileRunRecord[] {
  const state = item['state']?.S;
  return state === undefined ? [] : [{ key, state, isBooked: item['booked']?.BOOL === true }];
}
