import {
  DescribeStreamSummaryCommand,
  type KinesisClient,
  ListShardsCommand,
  MergeShardsCommand,
  SplitShardCommand,
} from '@aws-sdk/client-kinesis';
import type { EventStreamUnderTest } from './event-stream.contract.ts';

/** Resharding through the Kinesis API; each call ends when the stream is active again. */
export function kinesisResharding(
  client: KinesisClient,
  streamName: string,
): Pick<EventStreamUnderTest, 'split' | 'merge'> {
  return {
    async split(shardId) {
      const { Shards = [] } = await client.send(new ListShardsCommand({ StreamName: streamName }));
      const range = Shards.find(({ ShardId }) => ShardId === shardId)?.HashKeyRange;
      const start = BigInt(range?.StartingHashKey ?? 0);
      const end = BigInt(range?.EndingHashKey ?? 0);
      await client.send(
        new SplitShardCommand({
          StreamName: streamName,
          ShardToSplit: shardId,
          NewStartingHashKey: String((start + end + 1n) / 2n),
        }),
      );
      await waitUntilActive(client, streamName);
    },
    async merge(shardId, neighbour) {
      await client.send(
        new MergeShardsCommand({
          StreamName: streamName,
          ShardToMerge: shardId,
          AdjacentShardToMerge: neighbour,
        }),
      );
      await waitUntilActive(client, streamName);
    },
  };
}

/** Throws when the stream is not active within ten seconds. */
export async function waitUntilActive(client: KinesisClient, streamName: string): Promise<void> {
  for (let poll = 0; poll < 500; poll++) {
    const { StreamDescriptionSummary: stream } = await client.send(
      new DescribeStreamSummaryCommand({ StreamName: streamName }),
    );
    if (stream?.StreamStatus === 'ACTIVE') return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`stream ${streamName} did not become active within 10 s`);
}
