import { createDynamoDbStagingLog } from '#adapters/aws/dynamodb-staging-log.ts';
import { createGlueTableCatalog } from '#adapters/aws/glue-table-catalog.ts';
import { createS3ObjectStore } from '#adapters/aws/s3-object-store.ts';
import { createHyparquetColumnReader } from '#adapters/parquet/hyparquet-column-reader.ts';
import { systemClock, systemRandom } from '#adapters/system/system-clock.ts';
import type { CompactionDeps } from '#app/maintain/compact-table.ts';
import type { OrphanDeps } from '#app/maintain/remove-orphans.ts';
import {
  type AwsTarget,
  createDynamoDbClient,
  createGlueClient,
  createS3Client,
} from './aws-clients.ts';

/** Tables as the maintenance commands work on them. */
export interface MaintenanceAccess extends CompactionDeps, OrphanDeps {
  close(): void;
}

export function openMaintenanceAccess(
  target: AwsTarget,
  options: { readonly stagingTable: string },
): MaintenanceAccess {
  const s3 = createS3Client(target);
  const glue = createGlueClient(target);
  const dynamo = createDynamoDbClient(target);
  const store = createS3ObjectStore(s3);
  return {
    store,
    catalog: createGlueTableCatalog(glue),
    columns: createHyparquetColumnReader(store),
    stagingLog: createDynamoDbStagingLog(dynamo, options.stagingTable),
    clock: systemClock,
    random: systemRandom,
    close: () => {
      for (const client of [s3, glue, dynamo]) client.destroy();
    },
  };
}
