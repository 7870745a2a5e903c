/** One open or closed shard of a stream. Hash keys are decimal 128-bit integers. Source: Kinesis API, `Shard`. */
export interface ShardInfo {
  readonly shardId: string;
  readonly startingHashKey: bigint;
  readonly endingHashKey: bigint;
  /** Closed shards (after a split or merge) take no more records. */
  readonly open: boolean;
  readonly parentShardIds: readonly string[];
}

export interface StreamRecordIn {
  readonly partitionKey: string;
  /** Places the record in a shard whatever its partition key. */
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

/** A durable, ordered-per-shard, replayable buffer (Kinesis Data Streams). */
export interface EventStream {
  listShards(streamName: string): Promise<readonly ShardInfo[]>;
  /**
   * One request: at most 500 records and 5 MiB. Records may fail one by one; the call itself throws
   * SOURCE_UNAVAILABLE when the whole request failed. Source: Kinesis API, PutRecords.
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
