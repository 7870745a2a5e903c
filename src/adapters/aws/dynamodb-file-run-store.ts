import {
  type AttributeValue,
  ConditionalCheckFailedException,
  DeleteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  paginateQuery,
  UpdateItemCommand,
  type UpdateItemCommandInput,
} from '@aws-sdk/client-dynamodb';
import { SluiceError } from '#core/errors.ts';
import type {
  FileRunKey,
  FileRunLease,
  FileRunRecord,
  FileRunStore,
} from '#ports/file-run-store.ts';

type Item = Readonly<Record<string, AttributeValue>>;

/**
 * In the table of connector states. A run: `pk` = `<domain>#files#<entry>`, `sk` = `<name>@<version>`, with state, lease and
 * fence. What the ledger has not booked: `pk` = `<domain>#files`, `sk` = `<entry>#<name>@<version>`. Single-item writes only.
 */
export function createDynamoDbFileRunStore(
  client: DynamoDBClient,
  tableName: string,
): FileRunStore {
  const update = (key: FileRunKey, input: Omit<UpdateItemCommandInput, 'TableName' | 'Key'>) =>
    client.send(new UpdateItemCommand({ TableName: tableName, Key: runKey(key), ...input }));
  /** Throws COMMIT_CONFLICT when the lease is somebody else's by now. */
  const updateHeld = async (
    { key, fence }: FileRunLease,
    input: Pick<
      UpdateItemCommandInput,
      'UpdateExpression' | 'ExpressionAttributeNames' | 'ExpressionAttributeValues'
    >,
  ): Promise<void> => {
    try {
      await update(key, {
        ...input,
        ConditionExpression: 'fence = :fence',
        ExpressionAttributeValues: {
          ...input.ExpressionAttributeValues,
          ':fence': { N: String(fence) },
        },
      });
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
      throw new SluiceError(
        'COMMIT_CONFLICT',
        `the run of file ${key.file} is held by another invocation`,
        { cause: error },
      );
    }
  };
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
    async acquire(key, { owner, freeBeforeMs, untilMs }) {
      try {
        const { Attributes: item } = await update(key, {
          UpdateExpression: 'SET leaseOwner = :owner, leaseUntilMs = :until ADD fence :one',
          ConditionExpression:
            'attribute_not_exists(leaseOwner) OR leaseOwner = :owner OR leaseUntilMs <= :free',
          ExpressionAttributeValues: {
            ':owner': { S: owner },
            ':until': { N: String(untilMs) },
            ':free': { N: String(freeBeforeMs) },
            ':one': { N: '1' },
          },
          ReturnValues: 'ALL_NEW',
        });
        const fence = Number(item?.['fence']?.N);
        return { kind: 'held', lease: { key, fence }, state: item?.['state']?.S ?? null };
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
        const { Item: item } = await client.send(
          new GetItemCommand({ TableName: tableName, Key: runKey(key), ConsistentRead: true }),
        );
        const holder = item?.['leaseOwner']?.S ?? '';
        return {
          kind: 'busy',
          owner: holder,
          untilMs: Number(item?.['leaseUntilMs']?.N ?? untilMs),
        };
      }
    },
    renew: (lease, untilMs) =>
      updateHeld(lease, {
        UpdateExpression: 'SET leaseUntilMs = :until',
        ExpressionAttributeValues: { ':until': { N: String(untilMs) } },
      }),
    save: (lease, state) =>
      updateHeld(lease, {
        UpdateExpression: 'SET #state = :state',
        ExpressionAttributeNames: { '#state': 'state' },
        ExpressionAttributeValues: { ':state': { S: state } },
      }),
    async release({ key, fence }) {
      try {
        await update(key, {
          UpdateExpression: 'REMOVE leaseOwner, leaseUntilMs',
          ConditionExpression: 'fence = :fence',
          ExpressionAttributeValues: { ':fence': { N: String(fence) } },
        });
      } catch (error) {
        // Somebody else has it by now: nothing to give back.
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
      }
    },
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
        await update(key, {
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
