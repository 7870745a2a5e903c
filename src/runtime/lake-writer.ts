import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { createDynamoDbStagingLog } from '#adapters/aws/dynamodb-staging-log.ts';
import { createGlueTableCatalog } from '#adapters/aws/glue-table-catalog.ts';
import { createS3ObjectStore } from '#adapters/aws/s3-object-store.ts';
import { createSqsMessageQueue } from '#adapters/aws/sqs-message-queue.ts';
import { createHyparquetColumnReader } from '#adapters/parquet/hyparquet-column-reader.ts';
import { createHyparquetTableReader } from '#adapters/parquet/hyparquet-table-reader.ts';
import { systemClock, systemRandom } from '#adapters/system/system-clock.ts';
import { ingestBatch, type SourceRecord } from '#app/ingest-batch.ts';
import type {
  CommitMode,
  IngestConfig,
  IngestDeps,
  IngestedTable,
  IngestStream,
} from '#app/ingest-stream.ts';
import { sumIngested } from '#app/ingested-tables.ts';
import { createSchemaLookup } from '#app/schema-lookup.ts';
import { createInstanceMemory } from '#app/stage/instance-memory.ts';
import {
  type LakeWriterConfig,
  type LakeWriterStream,
  parseLakeWriterConfig,
} from '#core/config/lambda-config.ts';
import { databaseName } from '#core/config/project.ts';
import { compileStreamPlan } from '#core/delivery/stream-plan.ts';
import { hasCode } from '#core/errors.ts';
import { migrateTable } from '#core/schema/migrate-table.ts';
import { REJECTED_TABLE } from '#core/schema/rejected-table.ts';
import type { Clock } from '#ports/clock.ts';
import type { MessageQueue } from '#ports/message-queue.ts';
import type { SchemaRegistry } from '#ports/schema-registry.ts';
import {
  createDynamoDbClient,
  createGlueClient,
  createS3Client,
  createSqsClient,
} from './aws-clients.ts';
import { type BufferBatch, type BufferEvent, bufferBatches } from './buffer-batches.ts';
import { readLakeWriterEnv } from './env.ts';
import { extensionFunctions } from './extension-functions.ts';
import { compileOwnReaders, createReaderInterpreter } from './record-readers.ts';
import { openFunctionRegistry } from './schema-registry-access.ts';

export interface LakeWriter {
  ingest(batch: {
    readonly source: string;
    readonly records: readonly SourceRecord[];
  }): Promise<readonly IngestedTable[]>;
  /** Takes in what an event source mapping delivers. `failure` is thrown once the tables are reported. */
  takeIn(event: BufferEvent): Promise<TakenIn>;
}

export interface TakenIn {
  readonly ingested: readonly IngestedTable[];
  /** Why a part of the event was not taken in; null when all of it was. */
  readonly failure: unknown;
  /** Messages to the committer that could not be sent: it looks by itself, a little later. */
  readonly lostDoorbells: number;
}

/** The function's one composition, made once per execution environment. */
export async function createLakeWriter(): Promise<LakeWriter> {
  const env = readLakeWriterEnv();
  const config = parseLakeWriterConfig(
    await readFile(path.join(env.taskRoot, 'config.json'), 'utf8'),
  );
  const ingestConfig = compileIngestConfig(config, {
    deadLetterUri: `s3://${env.deadLetterBucket}`,
    registry: openFunctionRegistry(),
    commit: env.commitQueueUrl === null ? 'direct' : 'group',
  });
  const doorbell = openDoorbell(env.commitQueueUrl);
  const store = createS3ObjectStore(createS3Client());
  const deps: IngestDeps = {
    store,
    reader: createHyparquetTableReader(store),
    columns: createHyparquetColumnReader(store),
    stagingLog: createDynamoDbStagingLog(createDynamoDbClient(), env.stagingTable),
    memory: createInstanceMemory(),
    doorbell: doorbell?.queue,
    catalog: createGlueTableCatalog(createGlueClient()),
    clock: systemClock,
    random: systemRandom,
  };
  const ingest: LakeWriter['ingest'] = (batch) => ingestBatch(deps, ingestConfig, batch);
  return {
    ingest,
    takeIn: async (event) => {
      const taken = await takeInBatches(bufferBatches(event), ingest);
      return { ...taken, lostDoorbells: doorbell?.takeLost() ?? 0 };
    },
  };
}

/** One source that fails does not hold up the others of the event: what they commit is left out of the next delivery. */
async function takeInBatches(
  batches: readonly BufferBatch[],
  ingest: LakeWriter['ingest'],
): Promise<Omit<TakenIn, 'lostDoorbells'>> {
  const ingested: IngestedTable[] = [];
  const failures: unknown[] = [];
  for (const batch of batches) {
    try {
      ingested.push(...(await ingest(batch)));
    } catch (error) {
      failures.push(error);
    }
  }
  return { ingested: sumIngested(ingested), failure: failures[0] ?? null };
}

/** What is staged is safe without a message about it: nobody waits long for the queue, and nothing fails with it. */
const DOORBELL_LIMITS = { requestTimeoutMs: 3_000 };

interface Doorbell {
  /** Never throws. */
  readonly queue: MessageQueue;
  /** Messages lost since the last call. */
  takeLost(): number;
}

function openDoorbell(queueUrl: string | null): Doorbell | null {
  if (queueUrl === null) return null;
  return createDoorbell(createSqsMessageQueue(createSqsClient({}, DOORBELL_LIMITS), queueUrl));
}

/** A queue that counts what it cannot send. */
export function createDoorbell(queue: MessageQueue): Doorbell {
  let lost = 0;
  return {
    queue: {
      send: async (body) => {
        try {
          await queue.send(body);
        } catch (error) {
          if (!hasCode(error, 'SOURCE_UNAVAILABLE')) throw error;
          lost += 1;
        }
      },
    },
    takeLost: () => {
      const count = lost;
      lost = 0;
      return count;
    },
  };
}

export interface CompileOptions {
  readonly deadLetterUri: string;
  /** Who knows further schema versions; null: nobody. @default null */
  readonly registry?: SchemaRegistry | null;
  readonly clock?: Clock;
  /** @default direct */
  readonly commit?: CommitMode;
}

/** Rules, mappings and decoders compiled for every stream and every schema version the buffer may hold. */
export function compileIngestConfig(
  config: LakeWriterConfig,
  options: CompileOptions,
): IngestConfig {
  const compiled = config.streams.map((stream) => ({
    config: stream,
    stream: compileStream(stream),
    relaxed: (fields: LakeWriterStream['fields']) => compileStream({ ...stream, fields }),
  }));
  const readers = compileOwnReaders(compiled);
  const { registry = null } = options;
  const schemas =
    registry === null
      ? undefined
      : createSchemaLookup(
          { registry, clock: options.clock ?? systemClock },
          createReaderInterpreter(compiled, readers),
        );
  return {
    domain: config.domain,
    streams: compiled.map(({ stream }) => stream),
    readerOf: (id) => readers.get(id) ?? schemas?.valueOf(id) ?? null,
    schemas,
    rejectedTable: {
      database: databaseName(config.environment, config.domain, 'bronze'),
      table: REJECTED_TABLE,
    },
    deadLetterUri: options.deadLetterUri,
    maxSliceBytes: config.maxSliceBytes,
    commit: options.commit,
  };
}

function compileStream(stream: LakeWriterStream): IngestStream {
  return {
    plan: compileStreamPlan(stream, {
      mappingVersion: stream.mappingVersion,
      functions: extensionFunctions(),
    }),
    table: stream.table,
    evolveSchema: (metadata) => migrateTable(metadata, stream.migrations),
    maxCommittedIds: stream.maxCommittedIds,
  };
}
