import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  UpdateItemCommand,
  type UpdateItemCommandInput,
} from '@aws-sdk/client-dynamodb';
import { SluiceError } from '#core/errors.ts';
import type { ConnectorKey, ConnectorStateStore } from '#ports/connector-state.ts';

/**
 * One item per connector: `pk` = `<domain>#<connector>`, `sk` = `cursor`, with the state as text, the lease and its
 * fence. Single-item conditional writes only. A call that is repeated by the client finds its own condition true.
 */
export function createDynamoDbConnectorState(
  client: DynamoDBClient,
  tableName: string,
): ConnectorStateStore {
  const update = (key: ConnectorKey, input: Omit<UpdateItemCommandInput, 'TableName' | 'Key'>) =>
    client.send(
      new UpdateItemCommand({
        TableName: tableName,
        Key: { pk: { S: `${key.domain}#${key.connector}` }, sk: { S: 'cursor' } },
        ...input,
      }),
    );
  return {
    async acquire(key, { owner, nowMs, untilMs }) {
      try {
        const { Attributes: item } = await update(key, {
          UpdateExpression: 'SET leaseOwner = :owner, leaseUntilMs = :until ADD fence :one',
          ConditionExpression:
            'attribute_not_exists(leaseOwner) OR leaseOwner = :owner OR leaseUntilMs <= :now',
          ExpressionAttributeValues: {
            ':owner': { S: owner },
            ':until': { N: String(untilMs) },
            ':now': { N: String(nowMs) },
            ':one': { N: '1' },
          },
          ReturnValues: 'ALL_NEW',
        });
        const fence = Number(item?.['fence']?.N);
        return { kind: 'held', lease: { key, fence }, state: item?.['state']?.S ?? null };
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
        return { kind: 'busy' };
      }
    },
    async save({ key, fence }, state) {
      try {
        await update(key, {
          UpdateExpression: 'SET #state = :state',
          ConditionExpression: 'fence = :fence',
          ExpressionAttributeNames: { '#state': 'state' },
          ExpressionAttributeValues: { ':state': { S: state }, ':fence': { N: String(fence) } },
        });
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
        throw new SluiceError(
          'COMMIT_CONFLICT',
          `the state of connector ${key.connector} is held by another run`,
          { cause: error },
        );
      }
    },
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
  };
}
