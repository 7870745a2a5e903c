import { hash } from 'node:crypto';
import { SluiceError } from '../errors.ts';

/** One past the largest hash key: hash keys are 128-bit. */
export const HASH_KEY_SPACE = 1n << 128n;

/** The part of a shard that decides which records it takes; both ends are inclusive. */
export interface HashKeyRange {
  readonly shardId: string;
  readonly startingHashKey: bigint;
  readonly endingHashKey: bigint;
  /** Closed shards (after a split or merge) take no more records. */
  readonly open: boolean;
}

/** Hash key of a partition key: the MD5 of its UTF-8 bytes, big-endian. Source: Kinesis API, PutRecord. */
export function hashKey(partitionKey: string): bigint {
  return BigInt(`0x${hash('md5', partitionKey, 'hex')}`);
}

/** The open shard whose range holds the hash key. Throws SOURCE_UNAVAILABLE when the shard map is stale. */
export function shardForHashKey<Shard extends HashKeyRange>(
  shards: readonly Shard[],
  key: bigint,
): Shard {
  for (const shard of shards) {
    if (shard.open && key >= shard.startingHashKey && key <= shard.endingHashKey) {
      return shard;
    }
  }
  throw new SluiceError(
    'SOURCE_UNAVAILABLE',
    `hash key ${key} is in none of ${shards.length} known shards, expected one open shard; list the shards again`,
    { context: { hashKey: key, knownShards: shards.length } },
  );
}

/** The one of a stream's open shards that takes records of a key; undefined when the map has a gap. */
export function shardOfKey<Shard extends HashKeyRange>(
  openShards: readonly Shard[],
  partitionKey: string,
): Shard | undefined {
  // An MD5 per event only where there is a choice.
  if (openShards.length <= 1) return openShards[0];
  const key = hashKey(partitionKey);
  return openShards.find(
    ({ startingHashKey, endingHashKey }) => key >= startingHashKey && key <= endingHashKey,
  );
}

/** How events lie on a Kinesis stream: aggregated, by the hash of their key. */
export const KINESIS_LAYOUT = { packing: 'aggregated', shardOf: shardOfKey } as const;
