import { partitionOfKey } from './murmur2.ts';

/** How events lie in a Kafka topic: each a record, in the partition that Java's default partitioner chooses. */
export const KAFKA_LAYOUT = {
  packing: 'plain',
  /** @param partitions all of the topic, by number */
  shardOf: <Partition>(
    partitions: readonly Partition[],
    partitionKey: string,
  ): Partition | undefined =>
    partitions.length === 0
      ? undefined
      : partitions[partitionOfKey(Buffer.from(partitionKey), partitions.length)],
} as const;
