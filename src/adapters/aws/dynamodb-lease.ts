import {
  type AttributeValue,
  ConditionalCheckFailedException,
  type DynamoDBClient,
  UpdateItemCommand,
  type UpdateItemCommandInput,
} from '@aws-sdk/client-dynamodb';
import { SluiceError } from '#core/errors.ts';

/** An item that one owner holds; its fence goes up with every holder, so that an earlier one is known. */
export interface ItemLease<Key> {
  readonly key: Key;
  readonly fence: number;
}

/** Changes of an item. Source: DynamoDB API, UpdateItem. */
export type ItemUpdate = Pick<
  UpdateItemCommandInput,
  'UpdateExpression' | 'ExpressionAttributeNames' | 'ExpressionAttributeValues'
>;

/**
 * Leases on items of a table, as attributes `leaseOwner`, `leaseUntilMs` and `fence`. Single-item conditional writes only; a call
 * that the client repeats finds its own condition true.
 */
export interface DynamoDbLeases<Key> {
  update(key: Key, input: Omit<UpdateItemCommandInput, 'TableName' | 'Key'>): Promise<Item>;
  /** Null while somebody else holds the item, which runs out at or before `freeBeforeMs` when nobody does. */
  acquire(
    key: Key,
    of: { readonly owner: string; readonly freeBeforeMs: number; readonly untilMs: number },
  ): Promise<{ readonly lease: ItemLease<Key>; readonly item: Item } | null>;
  /** Throws COMMIT_CONFLICT when somebody else has the item by now. */
  updateHeld(lease: ItemLease<Key>, change: ItemUpdate): Promise<void>;
  /** Nothing happens when somebody else has it by now. */
  release(lease: ItemLease<Key>): Promise<void>;
}

type Item = Readonly<Record<string, AttributeValue>>;

export function createDynamoDbLeases<Key>(
  client: DynamoDBClient,
  tableName: string,
  describe: {
    readonly itemKey: (key: Key) => Record<string, AttributeValue>;
    /** `the state of connector prices`: what somebody else holds. */
    readonly nameOf: (key: Key) => string;
  },
): DynamoDbLeases<Key> {
  const update: DynamoDbLeases<Key>['update'] = async (key, input) => {
    const { Attributes = {} } = await client.send(
      new UpdateItemCommand({ TableName: tableName, Key: describe.itemKey(key), ...input }),
    );
    return Attributes;
  };
  const updateIfHeld = ({ key, fence }: ItemLease<Key>, change: ItemUpdate): Promise<Item> =>
    update(key, {
      ...change,
      ConditionExpression: 'fence = :fence',
      ExpressionAttributeValues: {
        ...change.ExpressionAttributeValues,
        ':fence': { N: String(fence) },
      },
    });
  return {
    update,
    async acquire(key, { owner, freeBeforeMs, untilMs }) {
      try {
        const item = await update(key, {
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
        return { lease: { key, fence: Number(item['fence']?.N) }, item };
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
        return null;
      }
    },
    async updateHeld(lease, change) {
      try {
        await updateIfHeld(lease, change);
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
        throw new SluiceError(
          'COMMIT_CONFLICT',
          `${describe.nameOf(lease.key)} is held by another invocation`,
          { cause: error },
        );
      }
    },
    async release(lease) {
      try {
        await updateIfHeld(lease, { UpdateExpression: 'REMOVE leaseOwner, leaseUntilMs' });
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
      }
    },
  };
}

/** Sets the text of an item's state. */
export function stateUpdate(state: string): ItemUpdate {
  return {
    UpdateExpression: 'SET #state = :state',
    ExpressionAttributeNames: { '#state': 'state' },
    ExpressionAttributeValues: { ':state': { S: state } },
  };
}
