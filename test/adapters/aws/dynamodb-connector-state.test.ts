import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDynamoDbConnectorState } from '#adapters/aws/dynamodb-connector-state.ts';
import { openDynamoDbService } from '#embedded/dynamodb/dynamodb-service.ts';
import { type Gateway, startGateway } from '#embedded/gateway/gateway.ts';
import { createDynamoDbClient, localTarget } from '#runtime/aws-clients.ts';
import { describeConnectorState } from '#test/contracts/connector-state.contract.ts';
import { jsonError, startFaultyEndpoint } from './faulty-endpoint.ts';

const folder = mkdtempSync(path.join(os.tmpdir(), 'sluice-connector-state-'));
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

describeConnectorState('DynamoDB', async () => {
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
    store: createDynamoDbConnectorState(client, table),
    close: async () => client.destroy(),
  };
});

describe('DynamoDB connector state on a failing service', () => {
  it('does not take a failure for a lease, a state or a conflict', async () => {
    const { endpoint } = await startFaultyEndpoint([jsonError('AccessDeniedException')]);
    const client = createDynamoDbClient(localTarget(endpoint));
    const store = createDynamoDbConnectorState(client, 'connectors');
    const key = { domain: 'market', connector: 'prices' };
    const lease = { key, fence: 1 };
    const denied = 'because of AccessDeniedException';
    await expect(store.acquire(key, { owner: 'a', nowMs: 0, untilMs: 1 })).rejects.toThrow(denied);
    await expect(store.save(lease, 'one')).rejects.toThrow(denied);
    await expect(store.release(lease)).rejects.toThrow(denied);
    client.destroy();
  });
});
