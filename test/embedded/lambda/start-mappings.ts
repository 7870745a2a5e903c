import { onTestFinished } from 'vitest';
import { createKinesisService } from '#embedded/kinesis/kinesis-service.ts';
import {
  createEventSourceMappings,
  type EventSourceMappingsOptions,
} from '#embedded/lambda/event-source-mappings.ts';
import type {
  EventSourceMappingConfig,
  EventSourceMappings,
  KinesisService,
  LambdaOutcome,
  LambdaService,
} from '#embedded/services.ts';
import { callKinesis } from '../kinesis/call-kinesis.ts';
import { temporaryFolder } from '../kinesis/temporary-folder.ts';

export const SHARD_0 = 'shardId-000000000000';
export const SHARD_1 = 'shardId-000000000001';
export const SHARD_2 = 'shardId-000000000002';

export const mapping: EventSourceMappingConfig = {
  id: '0b5a2c3e-0000-4000-8000-000000000001',
  streamName: 'orders',
  streamArn: 'arn:aws:kinesis:us-east-1:000000000000:stream/orders',
  functionName: 'writer',
  batchSize: 100,
  batchingWindowMs: 0,
  parallelizationFactor: 1,
  startingPosition: 'TRIM_HORIZON',
  startingTimestampMs: null,
  bisectOnError: false,
  maxRetryAttempts: -1,
  maxRecordAgeSeconds: -1,
  reportBatchItemFailures: false,
  onFailureBucket: 'dead-letters',
  enabled: true,
  countEvents: false,
};

export interface KinesisEventRecord {
  readonly eventID: string;
  readonly invokeIdentityArn: string;
  readonly kinesis: { readonly data: string; readonly sequenceNumber: string };
}

/** The data of an event's records, as text. */
export function textsOf(records: readonly KinesisEventRecord[]): string[] {
  return records.map((record) => Buffer.from(record.kinesis.data, 'base64').toString());
}

export type Handler = (records: readonly KinesisEventRecord[]) => Promise<unknown> | unknown;

/** A Lambda service whose one function runs in this process: for what does not depend on processes. */
export function createInProcessLambda(handler: Handler): LambdaService {
  let count = 0;
  return {
    handle: () => undefined,
    close: async () => undefined,
    ensureFunction: () => undefined,
    hasFunction: (name) => name === 'writer',
    roleArnOf: () => null,
    timeoutMsOf: () => null,
    invokeLater: () => undefined,
    onLog: () => () => undefined,
    childPids: () => [],
    invoke: async (_name, payload): Promise<LambdaOutcome> => {
      const requestId = `request-${++count}`;
      const event = JSON.parse(payload.toString()) as { Records: KinesisEventRecord[] };
      try {
        const answer = (await handler(event.Records)) ?? null;
        return { kind: 'success', payload: Buffer.from(JSON.stringify(answer)), requestId };
      } catch (error) {
        const errorMessage = error instanceof Error ? error.message : String(error);
        const payloadOut = Buffer.from(JSON.stringify({ errorType: 'Error', errorMessage }));
        return { kind: 'error', errorType: 'Error', errorMessage, payload: payloadOut, requestId };
      }
    },
  };
}

export interface RunningMappings {
  readonly kinesis: KinesisService;
  readonly mappings: EventSourceMappings;
  readonly objects: Map<string, unknown>;
  readonly notices: string[];
  put(texts: readonly string[], hashKey?: bigint): Promise<void>;
}

/** Kinesis and event source mappings on one state folder, with quick retries, closed when the test ends. */
export function startMappings(
  lambda: LambdaService,
  options: {
    readonly stateDir?: string;
    readonly mapping?: Partial<EventSourceMappingConfig>;
    readonly shardCount?: number;
    readonly kinesis?: KinesisService;
  } & Partial<EventSourceMappingsOptions> = {},
): RunningMappings {
  const { stateDir = temporaryFolder(), shardCount = 1, mapping: changes, ...rest } = options;
  const nowMs = options.nowMs ?? Date.now;
  const kinesis =
    options.kinesis ?? createKinesisService({ stateDir: `${stateDir}/kinesis`, nowMs });
  const { streamName: name } = mapping;
  if (options.kinesis === undefined) {
    kinesis.ensureStream({ name, shardCount, retentionHours: 24 });
  }
  const objects = new Map<string, unknown>();
  const notices: string[] = [];
  const mappings = createEventSourceMappings({
    s3: {
      putObject: async (bucket, key, { body }) => {
        objects.set(`${bucket}/${key}`, JSON.parse(Buffer.from(body).toString()));
        return true;
      },
    },
    backOffMs: { initial: 1, max: 20 },
    onNotice: (text) => notices.push(text),
    ...rest,
    stateDir: `${stateDir}/mappings`,
    kinesis,
    lambda,
  });
  mappings.ensureMapping({ ...mapping, ...changes });
  onTestFinished(async () => {
    await mappings.close();
    await kinesis.close();
  });
  const put = async (texts: readonly string[], hashKey = 0n): Promise<void> => {
    for (let start = 0; start < texts.length; start += 500) {
      const Records = texts.slice(start, start + 500).map((text) => ({
        PartitionKey: 'key',
        ExplicitHashKey: hashKey.toString(),
        Data: Buffer.from(text).toString('base64'),
      }));
      const { status } = await callKinesis(kinesis, 'PutRecords', { StreamName: name, Records });
      if (status !== 200) throw new Error(`PutRecords answered ${status}`);
    }
  };
  return { kinesis, mappings, objects, notices, put };
}

export function numbered(count: number, prefix = 'record'): string[] {
  return Array.from({ length: count }, (_, i) => `${prefix}-${i}`);
}
