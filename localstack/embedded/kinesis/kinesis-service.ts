import type { IncomingMessage, ServerResponse } from 'node:http';
import { isDeepStrictEqual } from 'node:util';
import { AwsError, type JsonOperation, serveJson } from '#embedded/gateway/json-protocol.ts';
import {
  formatSequenceNumber,
  parseSequenceNumber,
  type ShardPosition,
} from '#embedded/kinesis/log/sequence-number.ts';
import type { KinesisContext } from '#embedded/kinesis/operations/kinesis-context.ts';
import { listShardsOperation } from '#embedded/kinesis/operations/list-shards.ts';
import { putOperations } from '#embedded/kinesis/operations/put-operations.ts';
import { readOperations, requireShard } from '#embedded/kinesis/operations/read-operations.ts';
import { scaleStream, shardOperations } from '#embedded/kinesis/operations/shard-operations.ts';
import { ShardThrottle, throughputExceeded } from '#embedded/kinesis/operations/shard-throttle.ts';
import {
  createStream,
  MAX_RETENTION_HOURS,
  MIN_RETENTION_HOURS,
  streamOperations,
} from '#embedded/kinesis/operations/stream-operations.ts';
import type { KinesisRecordView, KinesisService } from '#embedded/services.ts';
import { isOpen, type Shard, shardIdOf } from './shard-map.ts';
import {
  DEFAULT_RECORD_KIB,
  MAX_RECORD_KIB,
  oldestKeptMs,
  type Stream,
  StreamStore,
  streamArn,
  withRetention,
} from './stream-store.ts';

export interface KinesisOptions {
  /** Folder of streams.json and the shard logs; created when missing. One process at a time. */
  readonly stateDir: string;
  /** Epoch milliseconds. @default Date.now */
  readonly nowMs?: () => number;
  /** Enforces the throughput limits of a provisioned shard. @default false */
  readonly throttle?: boolean;
  /** Size after which a shard starts a new file. @default DEFAULT_SEGMENT_BYTES */
  readonly segmentBytes?: number;
}

const CONTENT_TYPE = 'application/x-amz-json-1.1';
const EXPIRY_INTERVAL_MS = 60_000;

/** Kinesis Data Streams over the AWS JSON 1.1 protocol; records and shard maps survive SIGKILL. */
export function createKinesisService(options: KinesisOptions): KinesisService {
  const nowMs = options.nowMs ?? Date.now;
  const store = new StreamStore(options.stateDir, { segmentBytes: options.segmentBytes });
  const listeners = new Map<string, Set<(shardId: string) => void>>();
  const context: KinesisContext = {
    store,
    nowMs,
    throttle: options.throttle === true ? new ShardThrottle() : null,
    notify: (streamName, shardIds) => {
      for (const shardId of shardIds) {
        for (const listener of [...(listeners.get(streamName) ?? [])]) listener(shardId);
      }
    },
  };
  const operations: Readonly<Record<string, JsonOperation>> = {
    ...streamOperations(context),
    ...shardOperations(context),
    ...listShardsOperation(context),
    ...putOperations(context),
    ...readOperations(context),
  };
  store.expire(nowMs());
  const expiry = setInterval(() => {
    try {
      store.expire(nowMs());
    } catch {
      // A file that cannot be deleted now stays, unread, for the next round; nothing is lost by waiting.
    }
  }, EXPIRY_INTERVAL_MS);
  expiry.unref();

  return {
    handle: (request, response) => serve(operations, request, response),
    close: async () => {
      clearInterval(expiry);
      listeners.clear();
      store.close();
    },
    ensureStream: (stream) => ensureStream(context, stream),
    putRecord: (streamName, { partitionKey, data }) => {
      const record = { PartitionKey: partitionKey, Data: data.toString('base64') };
      operations['PutRecord']?.({ StreamName: streamName, ...record });
    },
    listShards: (streamName) =>
      store.require(streamName).shards.map((shard) => ({
        shardId: shardIdOf(shard.index),
        parentShardIds: shard.parentIndexes.map(shardIdOf),
        closed: !isOpen(shard),
      })),
    readAfter: (streamName, shardId, read) => readAfter(context, { streamName, shardId, ...read }),
    latestSequenceNumber: (streamName, shardId) => {
      const stream = store.require(streamName);
      const shard = requireShard(stream, shardId);
      const log = store.log(stream, shard);
      return log.isEmpty ? null : formatSequenceNumber(shard.index, log.last);
    },
    positionBefore: (streamName, shardId, timestampMs) => {
      const shard = requireShard(store.require(streamName), shardId);
      return formatSequenceNumber(shard.index, { arrivalMs: timestampMs, ordinal: 0 });
    },
    onChange: (streamName, listener) => {
      const set = listeners.get(streamName) ?? new Set();
      listeners.set(streamName, set.add(listener));
      return () => set.delete(listener);
    },
  };
}

async function serve(
  operations: Readonly<Record<string, JsonOperation>>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (!String(request.headers['content-type'] ?? '').includes('cbor')) {
    return serveJson(operations, request, { response, contentType: CONTENT_TYPE });
  }
  request.resume();
  response.writeHead(415, { 'content-type': CONTENT_TYPE });
  const message = `the local cloud speaks ${CONTENT_TYPE} only; switch CBOR off in the client (AWS_CBOR_DISABLE=true)`;
  response.end(JSON.stringify({ __type: 'UnsupportedMediaTypeException', message }));
}

/** Creates the stream or brings it to the template's properties; a reshard by hand stays until the template changes. */
function ensureStream(
  context: KinesisContext,
  wanted: Parameters<KinesisService['ensureStream']>[0],
): { readonly arn: string } {
  const { name, shardCount, retentionHours, maxRecordKib } = wanted;
  checkStream(wanted);
  const { store } = context;
  const existing = store.find(name);
  if (existing === undefined) {
    createStream(context, { name, shardCount, retentionHours, maxRecordKib, tags: [] });
    return { arn: streamArn(name) };
  }
  if (existing.declaredShardCount !== shardCount) scaleStream(context, existing, shardCount);
  const stream = store.require(name);
  const updated: Stream = {
    ...withRetention(stream, retentionHours, context.nowMs()),
    declaredShardCount: shardCount,
    ...(maxRecordKib === undefined ? {} : { maxRecordKib }),
  };
  if (!isDeepStrictEqual(updated, stream)) store.update(updated);
  return { arn: streamArn(name) };
}

function checkStream(wanted: Parameters<KinesisService['ensureStream']>[0]): void {
  const { name, shardCount, retentionHours, maxRecordKib = DEFAULT_RECORD_KIB } = wanted;
  if (!Number.isInteger(shardCount) || shardCount < 1) {
    throw new Error(`stream ${name}: ShardCount is ${shardCount}, expected a whole number above 0`);
  }
  if (
    !Number.isInteger(retentionHours) ||
    retentionHours < MIN_RETENTION_HOURS ||
    retentionHours > MAX_RETENTION_HOURS
  ) {
    throw new Error(
      `stream ${name}: RetentionPeriodHours is ${retentionHours}, expected ${MIN_RETENTION_HOURS} to ${MAX_RETENTION_HOURS}`,
    );
  }
  if (
    !Number.isInteger(maxRecordKib) ||
    maxRecordKib < DEFAULT_RECORD_KIB ||
    maxRecordKib > MAX_RECORD_KIB
  ) {
    throw new Error(
      `stream ${name}: MaxRecordSizeInKiB is ${maxRecordKib}, expected ${DEFAULT_RECORD_KIB} to ${MAX_RECORD_KIB}`,
    );
  }
}

async function readAfter(
  context: KinesisContext,
  request: {
    readonly streamName: string;
    readonly shardId: string;
    readonly afterSequenceNumber: string | null;
    readonly limit: number;
    readonly maxBytes: number;
  },
): Promise<readonly KinesisRecordView[]> {
  const stream = context.store.require(request.streamName);
  const shard = requireShard(stream, request.shardId);
  const { throttle, nowMs } = context;
  const shardKey = `${stream.folder}/${shard.index}`;
  if (throttle?.admitRead(shardKey, nowMs()) === false) {
    throw throughputExceeded(stream.name, request.shardId);
  }
  const records = await context.store.log(stream, shard).read({
    after: readPosition(shard, request.afterSequenceNumber),
    limit: request.limit,
    maxBytes: request.maxBytes,
    oldestArrivalMs: oldestKeptMs(stream, nowMs()),
  });
  const sizeBytes = records.reduce((sum, record) => sum + record.data.length, 0);
  throttle?.chargeRead(shardKey, sizeBytes, nowMs());
  return records.map((record) => ({
    sequenceNumber: formatSequenceNumber(shard.index, record),
    partitionKey: record.partitionKey,
    data: record.data,
    arrivalMs: record.arrivalMs,
  }));
}

function readPosition(shard: Shard, sequenceNumber: string | null): ShardPosition {
  if (sequenceNumber === null) return shard.start;
  const parsed = parseSequenceNumber(sequenceNumber);
  if (parsed === null || parsed.shardIndex !== shard.index) {
    throw new AwsError(
      'InvalidArgumentException',
      `${sequenceNumber} is not a sequence number of ${shardIdOf(shard.index)}`,
    );
  }
  return parsed.position;
}
