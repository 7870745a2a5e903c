import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { createAthenaQueryEngine } from '#adapters/aws/athena-query-engine.ts';
import { createDynamoDbStagingLog } from '#adapters/aws/dynamodb-staging-log.ts';
import { createGlueTableCatalog } from '#adapters/aws/glue-table-catalog.ts';
import { createS3ObjectStore } from '#adapters/aws/s3-object-store.ts';
import { createHyparquetColumnReader } from '#adapters/parquet/hyparquet-column-reader.ts';
import { systemClock, systemRandom } from '#adapters/system/system-clock.ts';
import { type MaintenanceRun, maintainDomain } from '#app/maintain/maintain-domain.ts';
import { parseMaintenanceFunctionConfig } from '#core/config/maintenance-function-config.ts';
import {
  createAthenaClient,
  createDynamoDbClient,
  createGlueClient,
  createS3Client,
} from './aws-clients.ts';
import { readMaintenanceEnv } from './env.ts';

export interface Maintenance {
  /** `remainingMs` until the function is stopped. */
  run(remainingMs: number): Promise<MaintenanceRun>;
}

/** Kept for what is under way at the deadline: a group of files is rewritten and committed whole. */
const FINISH_MS = 120_000;

/** The function's one composition, made once per execution environment. */
export async function createMaintenance(): Promise<Maintenance> {
  const env = readMaintenanceEnv();
  const text = await readFile(path.join(env.taskRoot, 'config.json'), 'utf8');
  const config = parseMaintenanceFunctionConfig(text);
  const store = createS3ObjectStore(createS3Client());
  const deps = {
    store,
    catalog: createGlueTableCatalog(createGlueClient()),
    columns: createHyparquetColumnReader(store),
    stagingLog: createDynamoDbStagingLog(createDynamoDbClient(), env.stagingTable),
    queries:
      env.workGroup === null
        ? null
        : createAthenaQueryEngine(createAthenaClient(), {
            workGroup: env.workGroup,
            clock: systemClock,
          }),
    clock: systemClock,
    random: systemRandom,
  };
  return {
    run: (remainingMs) => {
      const workingMs = Math.max(remainingMs - FINISH_MS, remainingMs / 2);
      return maintainDomain(deps, config, { deadlineMs: systemClock.nowMs() + workingMs });
    },
  };
}
