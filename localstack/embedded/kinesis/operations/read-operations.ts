import { AwsError, type JsonOperation } from '#embedded/gateway/json-protocol.ts';
import type { LoggedRecord } from '#embedded/kinesis/log/record-frame.ts';
import {
  comparePositions,
  formatSequenceNumber,
  parseSequenceNumber,
  type ShardPosition,
} from '#embedded/kinesis/log/sequence-number.ts';
import { isOpen, type Shard, shardIdOf } from '#embedded/kinesis/shard-map.ts';
import { oldestKeptMs, type Stream } from '#embedded/kinesis/stream-store.ts';
import { LOCAL_ACCOUNT } from '#embedded/services.ts';
import { describeChildren } from './describe-shard.ts';
import type { KinesisContext } from './kinesis-context.ts';
import {
  constraintViolation,
  invalidArgument,
  optionalInteger,
  optionalString,
  optionalTimestampMs,
  type RequestInput,
  requireName,
  requireStreamName,
  requireString,
} from './request-members.ts';
import { decodeIterator, encodeIterator, type IteratorState } from './shard-iterator.ts';
import { throughputExceeded } from './shard-throttle.ts';

const MAX_RECORDS = 10_000;
const MAX_RESPONSE_BYTES = 10 * 1024 * 1024;
const ITERATOR_TYPES = [
  'AT_SEQUENCE_NUMBER',
  'AFTER_SEQUENCE_NUMBER',
  'TRIM_HORIZON',
  'LATEST',
  'AT_TIMESTAMP',
] as const;
type IteratorType = (typeof ITERATOR_TYPES)[number];

/** GetShardIterator and GetRecords. Source: Kinesis API reference. */
export function readOperations(context: KinesisContext): Record<string, JsonOperation> {
  return {
    GetShardIterator: (input) => getShardIterator(context, input),
    GetRecords: (input) => getRecords(context, input),
  };
}

function getShardIterator(context: KinesisContext, input: RequestInput): unknown {
  const stream = context.store.require(requireStreamName(input));
  const shard = requireShard(stream, requireName(input, 'ShardId'));
  const type = readIteratorType(input);
  const after = startPosition(context, { input, stream, shard, type });
  const state = { streamName: stream.name, folder: stream.folder, shardIndex: shard.index };
  return { ShardIterator: encodeIterator({ ...state, after, issuedMs: context.nowMs() }) };
}

function readIteratorType(input: RequestInput): IteratorType {
  const value = requireString(input, 'ShardIteratorType');
  const type = ITERATOR_TYPES.find((candidate) => candidate === value);
  if (type === undefined) {
    const constraint = `Member must satisfy enum value set: [${ITERATOR_TYPES.join(', ')}]`;
    throw constraintViolation('ShardIteratorType', value, constraint);
  }
  return type;
}

/** The position that the iterator's first record comes after. */
function startPosition(
  context: KinesisContext,
  request: {
    readonly input: RequestInput;
    readonly stream: Stream;
    readonly shard: Shard;
    readonly type: IteratorType;
  },
): ShardPosition {
  const { input, stream, shard, type } = request;
  const sequenceNumber = optionalString(input, 'StartingSequenceNumber');
  const takesSequenceNumber = type === 'AT_SEQUENCE_NUMBER' || type === 'AFTER_SEQUENCE_NUMBER';
  if (takesSequenceNumber !== (sequenceNumber !== undefined)) {
    throw invalidArgument(
      'Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and StartingSequenceNumber or ' +
        '(2) TRIM_HORIZON, LATEST or AT_TIMESTAMP and no StartingSequenceNumber. Request specified ' +
        `${type} and ${takesSequenceNumber ? 'no' : 'also a'} StartingSequenceNumber.`,
    );
  }
  if (sequenceNumber !== undefined) {
    const position = readPosition(sequenceNumber, stream, shard);
    if (type === 'AFTER_SEQUENCE_NUMBER') return position;
    return { arrivalMs: position.arrivalMs, ordinal: position.ordinal - 1 };
  }
  if (type === 'LATEST') return context.store.log(stream, shard).last;
  if (type === 'AT_TIMESTAMP') {
    return { arrivalMs: readTimestampMs(input, context.nowMs()), ordinal: 0 };
  }
  return shard.start;
}

function readPosition(sequenceNumber: string, stream: Stream, shard: Shard): ShardPosition {
  const parsed = parseSequenceNumber(sequenceNumber);
  if (parsed === null) {
    throw invalidArgument(
      `StartingSequenceNumber ${sequenceNumber} used in GetShardIterator on shard ${shardIdOf(shard.index)} ` +
        `in stream ${stream.name} under account ${LOCAL_ACCOUNT} is invalid.`,
    );
  }
  if (parsed.shardIndex !== shard.index) {
    throw invalidArgument(
      `Invalid StartingSequenceNumber. It encodes ${shardIdOf(parsed.shardIndex)}, while it was used in ` +
        `a call to a shard with ${shardIdOf(shard.index)}`,
    );
  }
  return parsed.position;
}

function readTimestampMs(input: RequestInput, nowMs: number): number {
  const timestampMs = optionalTimestampMs(input, 'Timestamp');
  if (timestampMs === undefined) {
    throw invalidArgument(
      'Must specify timestampInMillis parameter for iterator of type AT_TIMESTAMP. ' +
        'Current request has no timestamp parameter.',
    );
  }
  if (timestampMs > nowMs) {
    throw invalidArgument(
      'The timestampInMillis parameter cannot be greater than the currentTimestampInMillis. ' +
        `timestampInMillis: ${timestampMs}, currentTimestampInMillis: ${nowMs}`,
    );
  }
  return Math.max(0, timestampMs);
}

export function requireShard(stream: Stream, shardId: string): Shard {
  const shard = stream.shards.find((candidate) => shardIdOf(candidate.index) === shardId);
  if (shard === undefined) {
    throw new AwsError(
      'ResourceNotFoundException',
      `Shard ${shardId} in stream ${stream.name} under account ${LOCAL_ACCOUNT} does not exist`,
    );
  }
  return shard;
}

async function getRecords(context: KinesisContext, input: RequestInput): Promise<unknown> {
  const nowMs = context.nowMs();
  const iterator = decodeIterator(requireString(input, 'ShardIterator'), nowMs);
  const limit = optionalInteger(input, 'Limit', { min: 1, max: MAX_RECORDS }) ?? MAX_RECORDS;
  const { stream, shard } = resolveIterator(context, iterator);
  const shardKey = `${stream.folder}/${shard.index}`;
  if (context.throttle?.admitRead(shardKey, nowMs) === false) {
    throw throughputExceeded(stream.name, shardIdOf(shard.index));
  }
  const log = context.store.log(stream, shard);
  const tip = log.last;
  const records = await log.read({
    after: iterator.after,
    limit,
    maxBytes: MAX_RESPONSE_BYTES,
    oldestArrivalMs: oldestKeptMs(stream, nowMs),
  });
  const sizeBytes = records.reduce((sum, record) => sum + record.data.length, 0);
  context.throttle?.chargeRead(shardKey, sizeBytes, nowMs);
  const newest = records.at(-1);
  // An empty answer read the log up to the tip: what lies before it is past its retention.
  const after = newest ?? (comparePositions(tip, iterator.after) > 0 ? tip : iterator.after);
  const atTip = comparePositions(after, tip) >= 0;
  const body = {
    Records: records.map((record) => describeRecord(shard, record)),
    MillisBehindLatest: atTip || newest === undefined ? 0 : Math.max(1, nowMs - newest.arrivalMs),
  };
  if (atTip && !isOpen(shard)) return { ...body, ChildShards: describeChildren(stream, shard) };
  return { ...body, NextShardIterator: encodeIterator({ ...iterator, after, issuedMs: nowMs }) };
}

/** The iterator's shard, or ResourceNotFoundException when it expired or its stream was deleted. */
function resolveIterator(
  context: KinesisContext,
  iterator: IteratorState,
): { readonly stream: Stream; readonly shard: Shard } {
  const shardId = shardIdOf(iterator.shardIndex);
  const stream = context.store.find(iterator.streamName);
  if (stream === undefined || stream.folder !== iterator.folder) {
    throw new AwsError(
      'ResourceNotFoundException',
      `Shard ${shardId} in stream ${iterator.streamName} under account ${LOCAL_ACCOUNT} does not exist`,
    );
  }
  return { stream, shard: requireShard(stream, shardId) };
}

function describeRecord(shard: Shard, record: LoggedRecord): unknown {
  return {
    SequenceNumber: formatSequenceNumber(shard.index, record),
    ApproximateArrivalTimestamp: record.arrivalMs / 1000,
    Data: record.data.toString('base64'),
    PartitionKey: record.partitionKey,
    EncryptionType: 'NONE',
  };
}
