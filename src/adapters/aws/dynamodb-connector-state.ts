import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { ConnectorKey, ConnectorStateStore } from '#ports/connector-state.ts';
import { createDynamoDbLeases, stateUpdate } from './dynamodb-lease.ts';

/** One item per connector: `pk` = `<domain>#<connector>`, `sk` = `cursor`, with the state as text under a lease. */
export function createDynamoDbConnectorState(
  client: DynamoDBClient,
  tableName: string,
): ConnectorStateStore {
  const leases = createDynamoDbLeases<ConnectorKey>(client, tableName, {
    itemKey: ({ domain, connector }) => ({
      pk: { S: `${domain}#${connector}` },
      sk: { S: 'cursor' },
    }),
    nameOf: ({ connector }) => `the state of connector ${connector}`,
  });
  return {
    async acquire(key, { owner, nowMs, untilMs }) {
      const held = await leases.acquire(key, { owner, freeBeforeMs: nowMs, untilMs });
      if (held === null) return { kind: 'busy' };
      return { kind: 'held', lease: held.lease, state: held.item['state']?.S ?? null };
    },
    save: (lease, state) => leases.updateHeld(lease, stateUpdate(state)),
    release: (lease) => leases.release(lease),
  };
}
