import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { createDynamoDbFileRunStore } from '#adapters/aws/dynamodb-file-run-store.ts';
import { createDynamoDbStagingLog } from '#adapters/aws/dynamodb-staging-log.ts';
import { createGlueTableCatalog } from '#adapters/aws/glue-table-catalog.ts';
import { createS3ObjectStore } from '#adapters/aws/s3-object-store.ts';
import { createSqsMessageQueue } from '#adapters/aws/sqs-message-queue.ts';
import { createHyparquetColumnReader } from '#adapters/parquet/hyparquet-column-reader.ts';
import { createHyparquetTableReader } from '#adapters/parquet/hyparquet-table-reader.ts';
import { systemClock, systemRandom } from '#adapters/system/system-clock.ts';
import type { IngestFileConfig, IngestFileDeps } from '#app/ingest-file/file-deps.ts';
import { type FileOutcome, ingestFile } from '#app/ingest-file.ts';
import { createInstanceMemory } from '#app/stage/instance-memory.ts';
import { type FileIngestConfig, parseFileIngestConfig } from '#core/file/file-ingest-config.ts';
import { type FileMessage, goOnMessage, readFileMessage } from '#core/file/file-notice.ts';
import type { MessageQueue } from '#ports/message-queue.ts';
import {
  createDynamoDbClient,
  createGlueClient,
  createS3Client,
  createSqsClient,
} from './aws-clients.ts';
import { readFileIngestEnv } from './env.ts';
import { compileIngestConfig } from './lake-writer.ts';

/** What the function reads of a message. Source: AWS Lambda, "Using Lambda with Amazon SQS". */
export interface QueueRecord {
  readonly messageId: string;
  readonly body: string;
}

/** What became of a message; names and counts only may be logged of it. */
export interface HandledMessage {
  readonly messageId: string;
  /** Null for a message that says nothing of a file. */
  readonly message: FileMessage | null;
  readonly outcome: FileOutcome | null;
  /** The message has to come again. */
  readonly failed: boolean;
}

export type FileIngestHandler = (
  record: QueueRecord,
  options: { readonly remainingMs: number },
) => Promise<HandledMessage>;

/** The function's one composition, made once per execution environment. */
export async function openFileIngest(): Promise<FileIngestHandler> {
  const env = readFileIngestEnv();
  const text = await readFile(path.join(env.taskRoot, 'config.json'), 'utf8');
  const store = createS3ObjectStore(createS3Client());
  const dynamoDb = createDynamoDbClient();
  const deps: IngestFileDeps = {
    store,
    runs: createDynamoDbFileRunStore(dynamoDb, env.connectorsTable),
    reader: createHyparquetTableReader(store),
    columns: createHyparquetColumnReader(store),
    stagingLog: createDynamoDbStagingLog(dynamoDb, env.stagingTable),
    memory: createInstanceMemory(),
    catalog: createGlueTableCatalog(createGlueClient()),
    clock: systemClock,
    random: systemRandom,
  };
  const config = compileFileIngest(parseFileIngestConfig(text), {
    landingUri: `s3://${env.landingBucket}`,
    deadLetterUri: `s3://${env.deadLetterBucket}`,
  });
  return createFileIngestHandler(deps, config, {
    queue: createSqsMessageQueue(createSqsClient(), env.queueUrl),
    landingBucket: env.landingBucket,
  });
}

/** Rules, mappings and entries as ingestFile takes them. */
export function compileFileIngest(
  config: FileIngestConfig,
  options: { readonly landingUri: string; readonly deadLetterUri: string },
): IngestFileConfig {
  const { writer, entries } = config;
  // The role of the function reads the tables that files feed, and no others.
  const streams = writer.streams.filter(({ name }) =>
    entries.some(({ stream }) => stream === name),
  );
  return {
    ingest: compileIngestConfig({ ...writer, streams }, options),
    landingUri: options.landingUri,
    entries,
    schemaVersions: new Map(
      writer.streams.map(({ name, schemas }) => [name, schemas.at(-1)?.version ?? 1]),
    ),
    chunkBytes: writer.maxSliceBytes,
  };
}

/** Kept for the commit of the last chunk and the end of a run. */
const CLOSING_MS = 120_000;

/** From a message to a file. Throws what the file's ingestion throws: the message comes again. */
export function createFileIngestHandler(
  deps: IngestFileDeps,
  config: IngestFileConfig,
  options: { readonly queue: MessageQueue; readonly landingBucket: string },
): FileIngestHandler {
  return async ({ messageId, body }, { remainingMs }) => {
    const message = readFileMessage(body);
    if (message === null || message.bucket !== options.landingBucket) {
      return { messageId, message, outcome: null, failed: true };
    }
    const nowMs = deps.clock.nowMs();
    const outcome = await ingestFile(deps, config, {
      notice: message,
      owner: `${messageId} ${Buffer.from(deps.random.bytes(8)).toString('hex')}`,
      deadlineMs: nowMs + Math.max(remainingMs - CLOSING_MS, remainingMs / 2),
    });
    if (outcome.kind === 'unfinished') {
      await options.queue.send(goOnMessage({ ...message, checksum: outcome.checksum }));
    }
    return { messageId, message, outcome, failed: mustComeAgain(outcome, messageId) };
  };
}

/**
 * The invocation that works on a file has a message of its own, which comes again should it fail: another message for the
 * file has done its duty. Not so the same message, delivered twice at once.
 */
function mustComeAgain(outcome: FileOutcome, messageId: string): boolean {
  if (outcome.kind !== 'busy') return false;
  return outcome.owner === '' || outcome.owner.startsWith(`${messageId} `);
}
