import { createAthenaQueryEngine } from '#adapters/aws/athena-query-engine.ts';
import { createGlueTableCatalog } from '#adapters/aws/glue-table-catalog.ts';
import { createS3ObjectStore } from '#adapters/aws/s3-object-store.ts';
import { systemClock } from '#adapters/system/system-clock.ts';
import type { ObjectStore } from '#ports/object-store.ts';
import type { QueryEngine } from '#ports/query-engine.ts';
import type { TableCatalog } from '#ports/table-catalog.ts';
import {
  type AwsTarget,
  createAthenaClient,
  createGlueClient,
  createS3Client,
} from './aws-clients.ts';

/** The lake as tools see it: objects, catalogue, SQL. */
export interface LakeAccess {
  readonly store: ObjectStore;
  readonly catalog: TableCatalog;
  readonly queries: QueryEngine;
  close(): void;
}

export function openLake(target: AwsTarget, options: { readonly workGroup: string }): LakeAccess {
  const s3 = createS3Client(target);
  const glue = createGlueClient(target);
  const athena = createAthenaClient(target);
  return {
    store: createS3ObjectStore(s3),
    catalog: createGlueTableCatalog(glue),
    queries: createAthenaQueryEngine(athena, { workGroup: options.workGroup, clock: systemClock }),
    close: () => {
      for (const client of [s3, glue, athena]) client.destroy();
    },
  };
}
