import { DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { openDynamoDbService } from '#embedded/dynamodb/dynamodb-service.ts';
import { startGateway } from '#embedded/gateway/gateway.ts';

/** Child process of the kill test: counts up in one item and prints each value after it was acknowledged. */
const [, , stateDir = ''] = process.argv;
const dynamodb = await openDynamoDbService({ stateDir });
await dynamodb.ensureTable({
  name: 'receipts',
  keySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
  attributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
});
const gateway = await startGateway({ port: 0, services: { dynamodb }, health: () => null });
const client = new DynamoDBClient({
  endpoint: gateway.endpoint,
  region: 'us-east-1',
  credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
});
for (;;) {
  const { Attributes } = await client.send(
    new UpdateItemCommand({
      TableName: 'receipts',
      Key: { pk: { S: 'counter' } },
      UpdateExpression: 'ADD #n :one',
      ExpressionAttributeNames: { '#n': 'n' },
      ExpressionAttributeValues: { ':one': { N: '1' } },
      ReturnValues: 'ALL_NEW',
    }),
  );
  process.stdout.write(`${Attributes?.['n']?.N}\n`);
}
