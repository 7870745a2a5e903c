import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { createDynamoDbReceiptStore } from '#adapters/aws/dynamodb-receipt-store.ts';
import { openDynamoDbService } from '#embedded/dynamodb/dynamodb-service.ts';
import { startGateway } from '#embedded/gateway/gateway.ts';
import { createDynamoDbClient, localTarget } from '#runtime/aws-clients.ts';
import { describeReceiptStore } from '#test/contracts/receipt-store.contract.ts';
import { jsonError, startFaultyEndpoint } from './faulty-endpoint.ts';

describeReceiptStore('DynamoDB', async () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'sluice-dynamodb-adapter-'));
  const service = await openDynamoDbService({ stateDir: folder });
  await service.ensureTable({
    name: 'receipts',
    keySchema: [
      { AttributeName: 'pk', KeyType: 'HASH' },
      { AttributeName: 'sk', KeyType: 'RANGE' },
    ],
    attributeDefinitions: [
      { AttributeName: 'pk', AttributeType: 'S' },
      { AttributeName: 'sk', AttributeType: 'S' },
    ],
  });
  const services = { dynamodb: service };
  const gateway = await startGateway({ port: 0, services, health: () => null });
  const client = createDynamoDbClient(localTarget(gateway.endpoint));
  return {
    store: createDynamoDbReceiptStore(client, 'receipts'),
    async close() {
      client.destroy();
      await gateway.close();
      await service.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
});

describe('DynamoDB receipt store on a failing service', () => {
  it('does not take a failure for a receipt that is stored', async () => {
    const { endpoint } = await startFaultyEndpoint([jsonError('AccessDeniedException')]);
    const store = createDynamoDbReceiptStore(
      createDynamoDbClient(localTarget(endpoint)),
      'receipts',
    );
    const receipt = { domain: 'market', stream: 'trade', producer: 'demo-1', events: 1 };
    await expect(store.record(receipt)).rejects.toThrow('because of AccessDeniedException');
    await expect(store.list('market', 'trade')).rejects.toThrow('because of AccessDeniedException');
  });

  it('takes a refused condition for a total that is stored already', async () => {
    const { endpoint } = await startFaultyEndpoint([jsonError('ConditionalCheckFailedException')]);
    const store = createDynamoDbReceiptStore(
      createDynamoDbClient(localTarget(endpoint)),
      'receipts',
    );
    const receipt = { domain: 'market', stream: 'trade', producer: 'demo-1', events: 1 };
    await expect(store.record(receipt)).resolves.toBeUndefined();
  });
});
