import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { createDynamoDbStagingLog } from '#adapters/aws/dynamodb-staging-log.ts';
import { createGlueTableCatalog } from '#adapters/aws/glue-table-catalog.ts';
import { createS3ObjectStore } from '#adapters/aws/s3-object-store.ts';
import { createHyparquetColumnReader } from '#adapters/parquet/hyparquet-column-reader.ts';
import { createHyparquetTableReader } from '#adapters/parquet/hyparquet-table-reader.ts';
import { systemClock, systemRandom } from '#adapters/system/system-clock.ts';
import {
  type CommitReport,
  type CommitStagedConfig,
  type CommitStagedDeps,
  commitStaged,
} from '#app/commit-staged.ts';
import { createInstanceMemory } from '#app/stage/instance-memory.ts';
import { type LakeWriterConfig, parseLakeWriterConfig } from '#core/config/lambda-config.ts';
import { databaseName } from '#core/config/project.ts';
import { REJECTED_TABLE } from '#core/schema/rejected-table.ts';
import { createDynamoDbClient, createGlueClient, createS3Client } from './aws-clients.ts';
import { readCommitterEnv } from './env.ts';

export interface Committer {
  readonly domain: string;
  /** Commits everything that is staged of the domain. */
  commit(): Promise<CommitRun>;
}

export interface CommitRun {
  readonly report: CommitReport;
  /** What is left after the run, or was staged meanwhile. */
  readonly stagedLinks: number;
  /** Of the oldest one; 0 when none is left. */
  readonly oldestStagedSeconds: number;
}

/** The function's one composition, made once per execution environment. */
export async function createCommitter(): Promise<Committer> {
  const env = readCommitterEnv();
  const text = await readFile(path.join(env.taskRoot, 'config.json'), 'utf8');
  const config = committerConfig(parseLakeWriterConfig(text));
  const store = createS3ObjectStore(createS3Client());
  const deps: CommitStagedDeps = {
    store,
    reader: createHyparquetTableReader(store),
    columns: createHyparquetColumnReader(store),
    catalog: createGlueTableCatalog(createGlueClient()),
    stagingLog: createDynamoDbStagingLog(createDynamoDbClient(), env.stagingTable),
    memory: createInstanceMemory(),
    clock: systemClock,
    random: systemRandom,
  };
  return {
    domain: config.domain,
    commit: async () => summarize(await commitStaged(deps, config), systemClock.nowMs()),
  };
}

/** The committer has the memory of a writer, and with it the room for identities. */
export function committerConfig(config: LakeWriterConfig): CommitStagedConfig {
  const { environment, domain, streams } = config;
  return {
    domain,
    rejectedTable: {
      database: databaseName(environment, domain, 'bronze'),
      table: REJECTED_TABLE,
    },
    maxCommittedIds: new Map(
      streams.map(({ table, maxCommittedIds }) => [
        `${table.database}.${table.table}`,
        maxCommittedIds,
      ]),
    ),
  };
}

function summarize(report: CommitReport, nowMs: number): CommitRun {
  const { pending } = report;
  const oldestMs = Math.min(nowMs, ...pending.map(({ oldestStagedAtMs }) => oldestStagedAtMs));
  return {
    report,
    stagedLinks: pending.reduce((sum, { links }) => sum + links, 0),
    oldestStagedSeconds: (nowMs - oldestMs) / 1000,
  };
}
