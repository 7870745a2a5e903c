import { describe, expect, it } from 'vitest';
import { dynamoDbCalls } from '#embedded/iam/actions/dynamodb-calls.ts';

const calls = dynamoDbCalls({
  partitionKeyOf: (table) => (table === 'staging' ? 'domain' : null),
});
const TABLE = 'arn:aws:dynamodb:us-east-1:000000000000:table/staging';

/** Action, resource and partition key of every permission that a call needs. */
function keysOf(operation: string, input: Readonly<Record<string, unknown>>): readonly unknown[] {
  const needed = calls[operation]?.({ TableName: 'staging', ...input }) ?? [];
  return needed.map((call) =>
    typeof call === 'string'
      ? [call]
      : [call.action, call.resource, call.context?.['dynamodb:LeadingKeys']],
  );
}

const market = { domain: { S: 'market' }, source: { S: 's' } };
const city = { domain: { S: 'city' }, source: { S: 's' } };

describe('calls of DynamoDB', () => {
  it.each([
    ['GetItem', { Key: market }],
    ['PutItem', { Item: { ...market, other: { S: 'city' } } }],
    ['DeleteItem', { Key: market }],
    ['UpdateItem', { Key: market }],
  ])('%s carries the partition key of its item', (operation, input) => {
    expect(keysOf(operation, input)).toEqual([[`dynamodb:${operation}`, TABLE, 'market']]);
  });

  it('know a table by its ARN too', () => {
    expect(keysOf('GetItem', { TableName: TABLE, Key: market })).toEqual([
      ['dynamodb:GetItem', TABLE, 'market'],
    ]);
  });

  it.each([
    ['#d = :d', 'market'],
    ['#s = :s AND #d = :d', 'market'],
    ['(#d=:d) and begins_with(#s, :s)', 'market'],
    ['#s = :d AND #d > :d', ''],
  ])('Query finds it in %s', (KeyConditionExpression, expected) => {
    const query = {
      KeyConditionExpression,
      ExpressionAttributeNames: { '#d': 'domain', '#s': 'source' },
      ExpressionAttributeValues: { ':d': { S: 'market' }, ':s': { S: 'city' } },
    };
    expect(keysOf('Query', query)).toEqual([['dynamodb:Query', TABLE, expected]]);
  });

  it('of a batch need every item', () => {
    const get = { RequestItems: { staging: { Keys: [market, city] } } };
    expect(keysOf('BatchGetItem', get)).toEqual([
      ['dynamodb:BatchGetItem', TABLE, 'market'],
      ['dynamodb:BatchGetItem', TABLE, 'city'],
    ]);
    const write = {
      RequestItems: {
        staging: [{ PutRequest: { Item: market } }, { DeleteRequest: { Key: city } }],
      },
    };
    expect(keysOf('BatchWriteItem', write)).toEqual([
      ['dynamodb:BatchWriteItem', TABLE, 'market'],
      ['dynamodb:BatchWriteItem', TABLE, 'city'],
    ]);
  });

  it.each([
    ['a table that no template has', { TableName: 'other', Key: market }],
    ['a key that is not there', { Key: { source: { S: 's' } } }],
    ['a key that is no text', { Key: { domain: 7 } }],
    ['no key', {}],
  ])('carry a key that no policy names for %s', (_case, input) => {
    expect(keysOf('GetItem', input)).toEqual([['dynamodb:GetItem', expect.anything(), '']]);
  });
});
