import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { createDynamoDbFileRunStore } from '#adapters/aws/dynamodb-file-run-store.ts';
import { createDynamoDbReceiptStore } from '#adapters/aws/dynamodb-receipt-store.ts';
import { createDynamoDbStagingLog } from '#adapters/aws/dynamodb-staging-log.ts';
import { createGlueTableCatalog } from '#adapters/aws/glue-table-catalog.ts';
import { createS3ObjectStore } from '#adapters/aws/s3-object-store.ts';
import { createHyparquetTableReader } from '#adapters/parquet/hyparquet-table-reader.ts';
import { systemClock, systemRandom } from '#adapters/system/system-clock.ts';
import {
  DEFAULT_MAX_EVENTS,
  DEFAULT_MAX_FAILURE_BYTES,
  DEFAULT_MAX_FAILURES,
  type LedgerConfig,
  type LedgerDeps,
} from '#app/ledger/ledger-config.ts';
import { type LedgerRun, rollUpLedger } from '#app/roll-up-ledger.ts';
import { createSchemaLookup, type SchemaLookup } from '#app/schema-lookup.ts';
import {
  type LedgerFunctionConfig,
  parseLedgerFunctionConfig,
} from '#core/config/ledger-function-config.ts';
import { createSchemaIdentifier } from '#core/schema/identify-schema.ts';
import { createDynamoDbClient, createGlueClient, createS3Client } from './aws-clients.ts';
import { openFunctionBuffer } from './buffer-access.ts';
import { type LedgerEnv, readLedgerEnv, readTopicGeneration } from './env.ts';
import { openFunctionRegistry } from './schema-registry-access.ts';

/** Payload of the function; the schedule sends an empty one. */
export interface LedgerEvent {
  /** Nothing is produced any more and the writer has taken in all: every hour must balance. */
  readonly standstill?: boolean;
}

export interface Ledger {
  /** `remainingMs` until the function is stopped. */
  rollUp(event: LedgerEvent, remainingMs: number): Promise<LedgerRun>;
}

/** Kept for the commit after the shards are read: a lost swap is repeated with pauses. */
const COMMIT_MS = 60_000;

/** The function's one composition, made once per execution environment. */
export async function createLedger(): Promise<Ledger> {
  const env = readLedgerEnv();
  const text = await readFile(path.join(env.taskRoot, 'config.json'), 'utf8');
  const config = ledgerConfig(parseLedgerFunctionConfig(text), env);
  const store = createS3ObjectStore(createS3Client());
  const deps: LedgerDeps = {
    store,
    reader: createHyparquetTableReader(store),
    catalog: createGlueTableCatalog(createGlueClient()),
    stream: openFunctionBuffer(),
    receipts: createDynamoDbReceiptStore(createDynamoDbClient(), env.receiptsTable),
    stagingLog: createDynamoDbStagingLog(createDynamoDbClient(), env.stagingTable),
    fileRuns: openFileRuns(env),
    clock: systemClock,
    random: systemRandom,
  };
  return {
    rollUp: ({ standstill = false }, remainingMs) => {
      const readingMs = Math.max(remainingMs - COMMIT_MS, remainingMs / 2);
      return rollUpLedger(deps, config, {
        standstill,
        limits: {
          deadlineMs: systemClock.nowMs() + readingMs,
          maxEvents: DEFAULT_MAX_EVENTS,
          maxFailures: DEFAULT_MAX_FAILURES,
          maxFailureBytes: DEFAULT_MAX_FAILURE_BYTES,
        },
      });
    },
  };
}

function openFileRuns({ connectorsTable }: LedgerEnv): LedgerDeps['fileRuns'] {
  if (connectorsTable === null) return undefined;
  return createDynamoDbFileRunStore(createDynamoDbClient(), connectorsTable);
}

function ledgerConfig(config: LedgerFunctionConfig, env: LedgerEnv): LedgerConfig {
  const streams = new Map(
    config.streams.flatMap(({ name, schemaVersionIds }) =>
      schemaVersionIds.map((id) => [id, name] as const),
    ),
  );
  return {
    ...config,
    schemas: openSchemas(config),
    streamOfSchema: (schemaVersionId) => streams.get(schemaVersionId) ?? null,
    deadLetterUri: `s3://${env.deadLetterBucket}`,
    mappingIds: env.mappingIds,
    topicGeneration: readTopicGeneration(),
  };
}

/** Schema versions that only the registry knows belong to the streams that the writer takes them for. */
function openSchemas(config: LedgerFunctionConfig): SchemaLookup<string> | undefined {
  const registry = openFunctionRegistry();
  if (registry === null) return undefined;
  const { domain } = config;
  const identify = createSchemaIdentifier(
    config.streams.map(({ name }) => ({ domain, name, schemas: [] })),
  );
  return createSchemaLookup(
    { registry, clock: systemClock },
    (registered) => identify(registered)?.stream.name ?? null,
  );
}
