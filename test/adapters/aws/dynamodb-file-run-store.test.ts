import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDynamoDbFileRunStore } from '#adapters/aws/dynamodb-file-run-store.ts';
import { openDynamoDbService } from '#embedded/dynamodb/dynamodb-service.ts';
import { type Gateway, startGateway } from '#embedded/gateway/gateway.ts';
import { createDynamoDbClient, localTarget } from '#runtime/aws-clients.ts';
import { describeFileRunStore } from '#test/contracts/file-run-store.contract.ts';
import { jsonError, startFaultyEndpoint } from './faulty-endpoint.ts';

const folder = mkdtempSync(path.join(os.tmpdir(), 'sluice-file-runs-'));
let service: Awaited<ReturnType<typeof openDynamoDbService>>;
let gateway: Gateway;
let tables = 0;

beforeAll(async () => {
  service = await openDynamoDbService({ stateDir: folder });
  gateway = await startGateway({ port: 0, services: { dynamodb: service }, health: () => null });
});

afterAll(async () => {
  await gateway.close();
  await service.close();
  rmSync(folder, { recursive: true, force: true });
});

describeFileRunStore('DynamoDB', async () => {
  const table = `connectors-${tables++}`;
  await service.ensureTable({
    name: table,
    keySchema: [
      { AttributeName: 'pk', KeyType: 'HASH' },
      { AttributeName: 'sk', KeyType: 'RANGE' },
    ],
    attributeDefinitions: [
      { AttributeName: 'pk', AttributeType: 'S' },
      { AttributeName: 'sk', AttributeType: 'S' },
    ],
  });
  const client = createDynamoDbClient(localTarget(gateway.endpoint));
  return {
    store: createDynamoDbFileRunStore(client, table),
    close: async () => client.destroy(),
  };
});

describe('DynamoDB file run store on a failing service', () => {
  it('does not take a failure for a lease that is lost', async () => {
    const { endpoint } = await startFaultyEndpoint([jsonError('AccessDeniedException')]);
    const client = createDynamoDbClient(localTarget(endpoint));
    const store = createDynamoDbFileRunStore(client, 'connectors');
    const key = { domain: 'market', entry: 'trades', file: 'a@0' };
    const denied = { name: 'AccessDeniedException' };
    await expect(store.renew({ key, fence: 1 }, 1)).rejects.toMatchObject(denied);
    await expect(store.save({ key, fence: 1 }, 'one')).rejects.toMatchObject(denied);
    client.destroy();
  });
});
