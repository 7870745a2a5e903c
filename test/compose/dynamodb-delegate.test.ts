import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDynamoDbReceiptStore } from '#adapters/aws/dynamodb-receipt-store.ts';
import { openDynamoDbService } from '#embedded/dynamodb/dynamodb-service.ts';
import type { DynamoDbService } from '#embedded/services.ts';
import { createDynamoDbClient, localTarget } from '#runtime/aws-clients.ts';
import { describeReceiptStore } from '#test/contracts/receipt-store.contract.ts';
import { openDynamoDbDelegate } from '../../localstack/compose/dynamodb-delegate.ts';
import { type DelegatedGateway, startDelegated } from './delegated-gateway.ts';

const RECEIPTS = {
  name: 'receipts',
  keySchema: [
    { AttributeName: 'pk', KeyType: 'HASH' },
    { AttributeName: 'sk', KeyType: 'RANGE' },
  ],
  attributeDefinitions: [
    { AttributeName: 'pk', AttributeType: 'S' },
    { AttributeName: 'sk', AttributeType: 'S' },
  ],
} as const;
const startDynamoDb = (): Promise<DelegatedGateway<DynamoDbService>> =>
  startDelegated('dynamodb', {
    outside: (stateDir) => openDynamoDbService({ stateDir }),
    delegate: openDynamoDbDelegate,
  });

describeReceiptStore('delegated DynamoDB', async () => {
  const started = await startDynamoDb();
  await started.delegate.ensureTable(RECEIPTS);
  const client = createDynamoDbClient(localTarget(started.endpoint));
  return {
    store: createDynamoDbReceiptStore(client, 'receipts'),
    async close() {
      client.destroy();
      await started.close();
    },
  };
});

describe('delegated DynamoDB', () => {
  let started: DelegatedGateway<DynamoDbService>;
  beforeAll(async () => {
    started = await startDynamoDb();
  });
  afterAll(() => started.close());

  it('accepts a table that is there already, and refuses another key for it', async () => {
    const { delegate } = started;
    await delegate.ensureTable(RECEIPTS);
    await delegate.ensureTable(RECEIPTS);
    const other = { ...RECEIPTS, keySchema: RECEIPTS.keySchema.slice(0, 1) };
    await expect(delegate.ensureTable(other)).rejects.toThrow('property KeySchema changed');
  });
});
