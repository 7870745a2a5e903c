const SEED = 0x9747b28c;
const MULTIPLIER = 0x5bd1e995;

/**
 * 32-bit MurmurHash2 as Kafka's Java client computes it, as a signed integer.
 * Source: Apache Kafka, org.apache.kafka.common.utils.Utils#murmur2.
 */
export function murmur2(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const wholeBytes = bytes.length - (bytes.length % 4);
  let hash = SEED ^ bytes.length;
  for (let at = 0; at < wholeBytes; at += 4) {
    let word = Math.imul(view.getInt32(at, true), MULTIPLIER);
    word = Math.imul(word ^ (word >>> 24), MULTIPLIER);
    hash = Math.imul(hash, MULTIPLIER) ^ word;
  }
  if (wholeBytes < bytes.length) {
    for (let at = bytes.length - 1; at >= wholeBytes; at--) {
      hash ^= (bytes[at] ?? 0) << (8 * (at - wholeBytes));
    }
    hash = Math.imul(hash, MULTIPLIER);
  }
  hash = Math.imul(hash ^ (hash >>> 13), MULTIPLIER);
  return hash ^ (hash >>> 15);
}

/**
 * Partition of a key, as Java's default partitioner chooses it: producers of any language that keep to it put a key
 * into the same partition. Source: Apache Kafka, BuiltInPartitioner#partitionForKey.
 * @param partitions 1 or more
 */
export function partitionOfKey(key: Uint8Array, partitions: number): number {
  return (murmur2(key) & 0x7fffffff) % partitions;
}
