import { AwsError, type JsonOperation } from '#embedded/gateway/json-protocol.ts';
import {
  isOpen,
  mergeShards,
  openShards,
  type ReshardContext,
  type Shard,
  scaleUniformly,
  shardIdOf,
  splitShard,
} from '#embedded/kinesis/shard-map.ts';
import { type Stream, streamArn } from '#embedded/kinesis/stream-store.ts';
import { LOCAL_ACCOUNT } from '#embedded/services.ts';
import type { KinesisContext } from './kinesis-context.ts';
import {
  constraintViolation,
  invalidArgument,
  optionalHashKey,
  type RequestInput,
  requireInteger,
  requireName,
  requireStreamName,
  requireString,
} from './request-members.ts';

/** SplitShard, MergeShards, UpdateShardCount. They take effect at once. Source: Kinesis API reference. */
export function shardOperations(context: KinesisContext): Record<string, JsonOperation> {
  return {
    SplitShard: (input) => split(context, input),
    MergeShards: (input) => merge(context, input),
    UpdateShardCount: (input) => updateShardCount(context, input),
  };
}

function split(context: KinesisContext, input: RequestInput): undefined {
  const stream = context.store.require(requireStreamName(input));
  const shard = requireOpenShard(stream, requireName(input, 'ShardToSplit'));
  requireString(input, 'NewStartingHashKey');
  const newStartingHashKey = optionalHashKey(input, 'NewStartingHashKey') ?? 0n;
  const { startingHashKey, endingHashKey } = shard;
  if (newStartingHashKey <= startingHashKey + 1n || newStartingHashKey >= endingHashKey) {
    throw invalidArgument(
      `NewStartingHashKey ${newStartingHashKey} used in SplitShard() on shard ${shardIdOf(shard.index)} ` +
        `in stream ${stream.name} under account ${LOCAL_ACCOUNT} is not both greater than one plus the ` +
        `shard's StartingHashKey ${startingHashKey} and less than the shard's EndingHashKey ${endingHashKey}.`,
    );
  }
  const options = { ...reshardContext(context, stream), newStartingHashKey };
  applyShards(context, stream, splitShard(stream.shards, shard, options));
  return undefined;
}

function merge(context: KinesisContext, input: RequestInput): undefined {
  const stream = context.store.require(requireStreamName(input));
  const shard = requireOpenShard(stream, requireName(input, 'ShardToMerge'));
  const adjacent = requireOpenShard(stream, requireName(input, 'AdjacentShardToMerge'));
  const areAdjacent =
    shard.endingHashKey + 1n === adjacent.startingHashKey ||
    adjacent.endingHashKey + 1n === shard.startingHashKey;
  if (!areAdjacent) {
    throw invalidArgument(
      `Shards ${shardIdOf(shard.index)} and ${shardIdOf(adjacent.index)} in stream ${stream.name} under ` +
        `account ${LOCAL_ACCOUNT} are not an adjacent pair of shards eligible for merging`,
    );
  }
  const merged = mergeShards(stream.shards, [shard, adjacent], reshardContext(context, stream));
  applyShards(context, stream, merged);
  return undefined;
}

function updateShardCount(context: KinesisContext, input: RequestInput): unknown {
  const stream = context.store.require(requireStreamName(input));
  const scalingType = requireString(input, 'ScalingType');
  if (scalingType !== 'UNIFORM_SCALING') {
    const constraint = 'Member must satisfy enum value set: [UNIFORM_SCALING]';
    throw constraintViolation('ScalingType', scalingType, constraint);
  }
  const target = requireInteger(input, 'TargetShardCount', { min: 1, max: 10_000 });
  const current = openShards(stream.shards).length;
  scaleStream(context, stream, target);
  return {
    StreamName: stream.name,
    StreamARN: streamArn(stream.name),
    CurrentShardCount: current,
    TargetShardCount: target,
  };
}

/** Reshards to equal ranges. Throws as UpdateShardCount does beyond twice, or below half, the open shards. */
export function scaleStream(context: KinesisContext, stream: Stream, target: number): void {
  const current = openShards(stream.shards).length;
  if (target > current * 2 || target * 2 < current) {
    throw invalidArgument(
      `UpdateShardCount cannot scale stream ${stream.name} from ${current} to ${target} open shards: the ` +
        'target must be between half and twice the current count.',
    );
  }
  const scaled = scaleUniformly(stream.shards, target, reshardContext(context, stream));
  applyShards(context, stream, scaled);
}

function requireOpenShard(stream: Stream, shardId: string): Shard {
  const shard = stream.shards.find((candidate) => shardIdOf(candidate.index) === shardId);
  if (shard === undefined) {
    throw new AwsError(
      'ResourceNotFoundException',
      `Could not find shard ${shardId} in stream ${stream.name} under account ${LOCAL_ACCOUNT}.`,
    );
  }
  if (!isOpen(shard)) {
    throw invalidArgument(
      `Shard ${shardId} in stream ${stream.name} under account ${LOCAL_ACCOUNT} is closed already.`,
    );
  }
  return shard;
}

function reshardContext(context: KinesisContext, stream: Stream): ReshardContext {
  return {
    nowMs: context.nowMs(),
    lastPosition: (shard) => context.store.log(stream, shard).last,
  };
}

function applyShards(context: KinesisContext, stream: Stream, shards: readonly Shard[]): void {
  context.store.update({ ...stream, shards });
  const before = new Map(stream.shards.map((shard) => [shard.index, isOpen(shard)]));
  const changed = shards.filter((shard) => before.get(shard.index) !== isOpen(shard));
  context.notify(
    stream.name,
    changed.map((shard) => shardIdOf(shard.index)),
  );
}
