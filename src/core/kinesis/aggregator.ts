import {
  AGGREGATION_DIGEST_BYTES,
  AGGREGATION_MAGIC,
  delimitedSize,
  encodeAggregatedRecord,
  recordSize,
  type UserRecordInput,
} from './aggregated-record.ts';
import { type HashKeyRange, hashKey, shardForHashKey } from './hash-key.ts';

/** The KPL's default AggregationMaxSize. Source: KPL configuration, default_config.properties. */
export const DEFAULT_AGGREGATION_MAX_BYTES = 51_200;
/** Keeps the work of unpacking one Kinesis record bounded; more than 50 KiB of events of 4 bytes. */
export const DEFAULT_AGGREGATION_MAX_RECORDS = 10_000;

const FRAME_BYTES = AGGREGATION_MAGIC.length + AGGREGATION_DIGEST_BYTES;

/** One Kinesis record ready to be put. All its user records belong to `shardId`. */
export interface AggregatedBatch<Shard extends HashKeyRange = HashKeyRange> {
  readonly shard: Shard;
  /** Partition key of the first user record. */
  readonly partitionKey: string;
  /** Hash key of the first user record: it keeps the whole record in the shard of its content. */
  readonly explicitHashKey: bigint;
  readonly data: Uint8Array;
  readonly recordCount: number;
}

export interface Aggregator<Shard extends HashKeyRange = HashKeyRange> {
  /** Adds one record; returns the batch of its shard that it no longer fitted into, or null. */
  add(record: UserRecordInput): AggregatedBatch<Shard> | null;
  /** Returns what is pending, one batch per shard at most, and starts anew. */
  flush(): AggregatedBatch<Shard>[];
}

export interface AggregatorOptions<Shard extends HashKeyRange> {
  /** One shard map; after a reshard flush and create a new aggregator with the new map. */
  readonly shards: readonly Shard[];
  /** Largest encoded record. @default DEFAULT_AGGREGATION_MAX_BYTES */
  readonly maxBytes?: number;
  /** Most user records in one record. @default DEFAULT_AGGREGATION_MAX_RECORDS */
  readonly maxRecords?: number;
}

interface PendingBatch<Shard extends HashKeyRange> {
  readonly shard: Shard;
  readonly explicitHashKey: bigint;
  readonly records: UserRecordInput[];
  readonly partitionKeys: Map<string, number>;
  readonly explicitHashKeys: Map<bigint, number>;
  encodedBytes: number;
}

/**
 * Packs user records per shard, in order, so that no Kinesis record holds keys of two shards. The encoded size is
 * kept exact while adding. A single record larger than `maxBytes` becomes a batch of its own: the stream decides.
 */
export function createAggregator<Shard extends HashKeyRange>(
  options: AggregatorOptions<Shard>,
): Aggregator<Shard> {
  const maxBytes = options.maxBytes ?? DEFAULT_AGGREGATION_MAX_BYTES;
  const maxRecords = options.maxRecords ?? DEFAULT_AGGREGATION_MAX_RECORDS;
  const pending = new Map<string, PendingBatch<Shard>>();

  return {
    add(record) {
      const placement = record.explicitHashKey ?? hashKey(record.partitionKey);
      const shard = shardForHashKey(options.shards, placement);
      const open = pending.get(shard.shardId);
      if (open !== undefined && open.records.length < maxRecords) {
        const grownBytes = sizeWith(open, record);
        if (grownBytes <= maxBytes) {
          push(open, record, grownBytes);
          return null;
        }
      }
      const fresh = emptyBatch(shard, placement);
      push(fresh, record, sizeWith(fresh, record));
      pending.set(shard.shardId, fresh);
      return open === undefined ? null : close(open);
    },
    flush() {
      const batches = [...pending.values()].map(close);
      pending.clear();
      return batches;
    },
  };
}

function emptyBatch<Shard extends HashKeyRange>(
  shard: Shard,
  explicitHashKey: bigint,
): PendingBatch<Shard> {
  return {
    shard,
    explicitHashKey,
    records: [],
    partitionKeys: new Map(),
    explicitHashKeys: new Map(),
    encodedBytes: FRAME_BYTES,
  };
}

/** Encoded size of the batch if the record were added; the batch stays as it is. */
function sizeWith(batch: PendingBatch<HashKeyRange>, record: UserRecordInput): number {
  let bytes = batch.encodedBytes;
  let partitionKeyIndex = batch.partitionKeys.get(record.partitionKey);
  if (partitionKeyIndex === undefined) {
    partitionKeyIndex = batch.partitionKeys.size;
    bytes += delimitedSize(Buffer.byteLength(record.partitionKey));
  }
  let explicitIndex: number | null = null;
  if (record.explicitHashKey !== undefined) {
    const known = batch.explicitHashKeys.get(record.explicitHashKey);
    explicitIndex = known ?? batch.explicitHashKeys.size;
    if (known === undefined) bytes += delimitedSize(`${record.explicitHashKey}`.length);
  }
  return (
    bytes + delimitedSize(recordSize(partitionKeyIndex, explicitIndex, record.data.byteLength))
  );
}

function push(
  batch: PendingBatch<HashKeyRange>,
  record: UserRecordInput,
  encodedBytes: number,
): void {
  batch.records.push(record);
  if (!batch.partitionKeys.has(record.partitionKey)) {
    batch.partitionKeys.set(record.partitionKey, batch.partitionKeys.size);
  }
  if (record.explicitHashKey !== undefined && !batch.explicitHashKeys.has(record.explicitHashKey)) {
    batch.explicitHashKeys.set(record.explicitHashKey, batch.explicitHashKeys.size);
  }
  batch.encodedBytes = encodedBytes;
}

function close<Shard extends HashKeyRange>(batch: PendingBatch<Shard>): AggregatedBatch<Shard> {
  return {
    shard: batch.shard,
    partitionKey: batch.records[0]?.partitionKey ?? '',
    explicitHashKey: batch.explicitHashKey,
    data: encodeAggregatedRecord(batch.records),
    recordCount: batch.records.length,
  };
}
