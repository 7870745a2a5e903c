/**
 * One open or closed shard of a stream: a Kinesis shard, whose hash keys are 128-bit integers (Kinesis API, `Shard`), or
 * a Kafka partition, whose one hash key is its number.
 */
export interface ShardInfo {
  /** Unique within the stream; of a Kafka partition its number. */
  readonly shardId: string;
  /** Name of the shard as a source of rows (core/delivery/position). */
  readonly source: string;
  readonly startingHashKey: bigint;
  readonly endingHashKey: bigint;
  /** Closed shards (after a split or merge) take no more records. */
  readonly open: boolean;
  readonly parentShardIds: readonly string[];
}

export interface StreamRecordIn {
  readonly partitionKey: string;
  /** Places the record in the shard that has this hash key, whatever its partition key. */
  readonly explicitHashKey?: bigint;
  readonly data: Uint8Array;
}

export interface StreamRecordOut {
  readonly partitionKey: string;
  readonly sequenceNumber: string;
  readonly arrivalMs: number;
  readonly data: Uint8Array;
}

/** Outcome of one record of a put, in the order of the request. */
export type PutOutcome =
  | { readonly kind: 'accepted'; readonly shardId: string; readonly sequenceNumber: string }
  | { readonly kind: 'failed'; readonly errorCode: string; readonly message: string };

/** How a producer lays events out on a stream. */
export interface StreamLayout {
  /** What goes into one record: several events in the KPL's format, or each event by itself. */
  readonly packing: 'aggregated' | 'plain';
  /** The one of a stream's open shards that takes records of a key; undefined when none does. */
  readonly shardOf: (
    openShards: readonly ShardInfo[],
    partitionKey: string,
  ) => ShardInfo | undefined;
}

/** A durable, ordered-per-shard, replayable buffer (Kinesis Data Streams, Kafka). */
export interface EventStream {
  layoutOf(streamName: string): StreamLayout;
  listShards(streamName: string): Promise<readonly ShardInfo[]>;
  /**
   * One request: at most 500 records and 5 MiB (Kinesis API, PutRecords), on Kafka any number. Records may
   * fail one by one, on Kafka those of a partition together; the call itself throws SOURCE_UNAVAILABLE when the whole
   * request failed.
   */
  putRecords(
    streamName: string,
    records: readonly StreamRecordIn[],
  ): Promise<readonly PutOutcome[]>;
  /** Records of one shard after a position (null: from the oldest kept), in order, until the shard is read to its present end. */
  readShard(
    streamName: string,
    shardId: string,
    afterSequenceNumber: string | null,
  ): AsyncIterable<readonly StreamRecordOut[]>;
}
