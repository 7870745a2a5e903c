import { createDynamoDbStagingLog } from '#adapters/aws/dynamodb-staging-log.ts';
import type { StagingLog } from '#ports/staging-log.ts';
import { type AwsTarget, createDynamoDbClient } from './aws-clients.ts';

/** The staging log as tools see it. */
export interface StagingAccess {
  readonly log: StagingLog;
  close(): void;
}

export function openStagingLog(
  target: AwsTarget,
  options: { readonly stagingTable: string },
): StagingAccess {
  const client = createDynamoDbClient(target);
  return {
    log: createDynamoDbStagingLog(client, options.stagingTable),
    close: () => client.destroy(),
  };
}
