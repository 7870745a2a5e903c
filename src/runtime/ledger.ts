import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { createDynamoDbReceiptStore } from '#adapters/aws/dynamodb-receipt-store.ts';
import { createGlueTableCatalog } from '#adapters/aws/glue-table-catalog.ts';
import { createKinesisEventStream } from '#adapters/aws/kinesis-event-stream.ts';
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
import {
  type LedgerFunctionConfig,
  parseLedgerFunctionConfig,
} from '#core/config/ledger-function-config.ts';
import {
  createDynamoDbClient,
  createGlueClient,
  createKinesisClient,
  createS3Client,
} from './aws-clients.ts';
import { type LedgerEnv, readLedgerEnv } from './env.ts';

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
    stream: createKinesisEventStream(createKinesisClient()),
    receipts: createDynamoDbReceiptStore(createDynamoDbClient(), env.receiptsTable),
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

function ledgerConfig(config: LedgerFunctionConfig, env: LedgerEnv): LedgerConfig {
  const streams = new Map(
    config.streams.flatMap(({ name, schemaVersionIds }) =>
      schemaVersionIds.map((id) => [id, name] as const),
    ),
  );
  return {
    ...config,
    streamName: env.streamName,
    streamOfSchema: (schemaVersionId) => streams.get(schemaVersionId) ?? null,
    deadLetterUri: `s3://${env.deadLetterBucket}`,
    mappingId: env.mappingId,
  };
}
