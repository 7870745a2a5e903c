import { formatSequenceNumber } from '#embedded/kinesis/log/sequence-number.ts';
import { type Shard, shardIdOf, startingSequenceNumber } from '#embedded/kinesis/shard-map.ts';
import type { Stream } from '#embedded/kinesis/stream-store.ts';

/** A shard as DescribeStream and ListShards show it. */
export function describeShard(shard: Shard): unknown {
  const [parent, adjacentParent] = shard.parentIndexes;
  return {
    ShardId: shardIdOf(shard.index),
    ParentShardId: parent === undefined ? undefined : shardIdOf(parent),
    AdjacentParentShardId: adjacentParent === undefined ? undefined : shardIdOf(adjacentParent),
    HashKeyRange: describeRange(shard),
    SequenceNumberRange: {
      StartingSequenceNumber: startingSequenceNumber(shard),
      EndingSequenceNumber:
        shard.end === null ? undefined : formatSequenceNumber(shard.index, shard.end),
    },
  };
}

/** The shards that follow a closed one, as GetRecords shows them at its end. */
export function describeChildren(stream: Stream, parent: Shard): readonly unknown[] {
  return stream.shards
    .filter((shard) => shard.parentIndexes.includes(parent.index))
    .map((child) => ({
      ShardId: shardIdOf(child.index),
      ParentShards: child.parentIndexes.map(shardIdOf),
      HashKeyRange: describeRange(child),
    }));
}

function describeRange(shard: Shard): unknown {
  return {
    StartingHashKey: shard.startingHashKey.toString(),
    EndingHashKey: shard.endingHashKey.toString(),
  };
}
