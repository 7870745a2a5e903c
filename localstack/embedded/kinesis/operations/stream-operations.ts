import { AwsError, type JsonOperation } from '#embedded/gateway/json-protocol.ts';
import { createShards, isOpen, type Shard, shardIdOf } from '#embedded/kinesis/shard-map.ts';
import {
  DEFAULT_RECORD_KIB,
  MAX_RECORD_KIB,
  type Stream,
  streamArn,
  withRetention,
} from '#embedded/kinesis/stream-store.ts';
import { LOCAL_ACCOUNT } from '#embedded/services.ts';
import { describeShard } from './describe-shard.ts';
import type { KinesisContext } from './kinesis-context.ts';
import {
  constraintViolation,
  invalidArgument,
  optionalInteger,
  optionalName,
  optionalString,
  type RequestInput,
  requireInteger,
  requireName,
  requireStreamName,
} from './request-members.ts';

export const MIN_RETENTION_HOURS = 24;
export const MAX_RETENTION_HOURS = 8760;
const RECORD_KIB_RANGE = { min: DEFAULT_RECORD_KIB, max: MAX_RECORD_KIB };
const MAX_PAGE = 10_000;
const DEFAULT_PAGE = 100;

/** Operations on whole streams. Streams are ACTIVE at once. Source: Kinesis API reference. */
export function streamOperations(context: KinesisContext): Record<string, JsonOperation> {
  return {
    CreateStream: (input) => createFromRequest(context, input),
    DeleteStream: (input) => context.store.delete(context.store.require(requireStreamName(input))),
    DescribeStream: (input) => describeStream(context, input),
    DescribeStreamSummary: (input) => describeSummary(context, input),
    ListStreams: (input) => listStreams(context, input),
    ListTagsForStream: (input) => ({
      Tags: context.store.require(requireStreamName(input)).tags,
      HasMoreTags: false,
    }),
    IncreaseStreamRetentionPeriod: (input) => changeRetention(context, input, 'increase'),
    DecreaseStreamRetentionPeriod: (input) => changeRetention(context, input, 'decrease'),
    UpdateMaxRecordSize: (input) => updateMaxRecordSize(context, input),
  };
}

function createFromRequest(context: KinesisContext, input: RequestInput): undefined {
  const name = requireName(input, 'StreamName');
  refuseUnsupported(input);
  const shardCount = requireInteger(input, 'ShardCount', { min: 1, max: 10_000 });
  const tags = Object.entries(readObject(input, 'Tags')).map(([Key, value]) => ({
    Key,
    Value: String(value),
  }));
  const maxRecordKib = optionalInteger(input, 'MaxRecordSizeInKiB', RECORD_KIB_RANGE);
  const retentionHours = MIN_RETENTION_HOURS;
  createStream(context, { name, shardCount, retentionHours, tags, maxRecordKib });
  return undefined;
}

/** What would change behaviour here and is not emulated is refused, not ignored. */
function refuseUnsupported(input: RequestInput): void {
  const { StreamMode: mode = 'PROVISIONED' } = readObject(input, 'StreamModeDetails');
  if (mode !== 'PROVISIONED') {
    const constraint = 'the local cloud emulates PROVISIONED streams; set StreamMode: PROVISIONED';
    throw constraintViolation('StreamModeDetails', mode, constraint);
  }
  const throughput = input['WarmThroughputMiBps'] ?? null;
  if (throughput === null) return;
  const constraint = 'the local cloud does not emulate it; leave it out';
  throw constraintViolation('WarmThroughputMiBps', throughput, constraint);
}

function readObject(input: RequestInput, member: string): Record<string, unknown> {
  const value = input[member] ?? {};
  if (typeof value !== 'object' || Array.isArray(value)) {
    throw new AwsError('SerializationException', `${member} can not be converted to a structure`);
  }
  return value as Record<string, unknown>;
}

export function createStream(
  context: KinesisContext,
  stream: {
    readonly name: string;
    readonly shardCount: number;
    readonly retentionHours: number;
    readonly tags: Stream['tags'];
    readonly maxRecordKib?: number | undefined;
  },
): void {
  if (context.store.find(stream.name) !== undefined) {
    throw new AwsError(
      'ResourceInUseException',
      `Stream ${stream.name} under account ${LOCAL_ACCOUNT} already exists.`,
    );
  }
  const createdMs = context.nowMs();
  context.store.create({
    name: stream.name,
    createdMs,
    retentionHours: stream.retentionHours,
    maxRecordKib: stream.maxRecordKib ?? DEFAULT_RECORD_KIB,
    declaredShardCount: stream.shardCount,
    tags: stream.tags,
    shards: createShards(stream.shardCount, createdMs),
  });
  context.notify(stream.name, []);
}

function describeStream(context: KinesisContext, input: RequestInput): unknown {
  const stream = context.store.require(requireStreamName(input));
  const limit = optionalInteger(input, 'Limit', { min: 1, max: MAX_PAGE }) ?? DEFAULT_PAGE;
  const shards = shardsAfter(stream.shards, optionalName(input, 'ExclusiveStartShardId'));
  return {
    StreamDescription: {
      ...describeCommon(stream),
      Shards: shards.slice(0, limit).map(describeShard),
      HasMoreShards: shards.length > limit,
    },
  };
}

/** Shards behind an id, which need not exist (any more). */
export function shardsAfter(
  shards: readonly Shard[],
  exclusiveStartShardId: string | undefined,
): readonly Shard[] {
  if (exclusiveStartShardId === undefined) return shards;
  return shards.filter((shard) => shardIdOf(shard.index) > exclusiveStartShardId);
}

function describeSummary(context: KinesisContext, input: RequestInput): unknown {
  const stream = context.store.require(requireStreamName(input));
  return {
    StreamDescriptionSummary: {
      ...describeCommon(stream),
      OpenShardCount: stream.shards.filter(isOpen).length,
      ConsumerCount: 0,
      MaxRecordSizeInKiB: stream.maxRecordKib ?? DEFAULT_RECORD_KIB,
    },
  };
}

function describeCommon(stream: Stream): Record<string, unknown> {
  return {
    ...describeForList(stream),
    RetentionPeriodHours: stream.retentionHours,
    EnhancedMonitoring: [{ ShardLevelMetrics: [] }],
    EncryptionType: 'NONE',
  };
}

function describeForList(stream: Stream): Record<string, unknown> {
  return {
    StreamName: stream.name,
    StreamARN: streamArn(stream.name),
    StreamStatus: 'ACTIVE',
    StreamModeDetails: { StreamMode: 'PROVISIONED' },
    StreamCreationTimestamp: stream.createdMs / 1000,
  };
}

function listStreams(context: KinesisContext, input: RequestInput): unknown {
  const limit = optionalInteger(input, 'Limit', { min: 1, max: MAX_PAGE }) ?? DEFAULT_PAGE;
  const start =
    optionalString(input, 'NextToken') ?? optionalName(input, 'ExclusiveStartStreamName');
  const streams = context.store.list().filter(({ name }) => start === undefined || name > start);
  const page = streams.slice(0, limit);
  const hasMore = streams.length > limit;
  return {
    StreamNames: page.map((stream) => stream.name),
    StreamSummaries: page.map(describeForList),
    HasMoreStreams: hasMore,
    NextToken: hasMore ? page.at(-1)?.name : undefined,
  };
}

function changeRetention(
  context: KinesisContext,
  input: RequestInput,
  direction: 'increase' | 'decrease',
): undefined {
  const stream = context.store.require(requireStreamName(input));
  const range = { min: 1, max: MAX_RETENTION_HOURS };
  const retentionHours = requireInteger(input, 'RetentionPeriodHours', range);
  if (retentionHours < MIN_RETENTION_HOURS) {
    throw invalidArgument(
      `Minimum allowed retention period is ${MIN_RETENTION_HOURS} hours. Requested retention period ` +
        `(${retentionHours} hours) is too short.`,
    );
  }
  const isWrongWay =
    direction === 'increase'
      ? retentionHours < stream.retentionHours
      : retentionHours > stream.retentionHours;
  if (isWrongWay) {
    const [relation, other] =
      direction === 'increase' ? ['shorter', 'Decrease'] : ['longer', 'Increase'];
    throw invalidArgument(
      `Requested retention period (${retentionHours} hours) for stream ${stream.name} can not be ` +
        `${relation} than existing retention period (${stream.retentionHours} hours). ` +
        `Use ${other}RetentionPeriod API.`,
    );
  }
  context.store.update(withRetention(stream, retentionHours, context.nowMs()));
  return undefined;
}

function updateMaxRecordSize(context: KinesisContext, input: RequestInput): undefined {
  const stream = context.store.require(requireStreamName(input));
  const maxRecordKib = requireInteger(input, 'MaxRecordSizeInKiB', RECORD_KIB_RANGE);
  context.store.update({ ...stream, maxRecordKib });
  return undefined;
}
