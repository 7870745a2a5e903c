import type { KinesisRecordView } from '#embedded/services.ts';
import type { BatchRecord } from './kinesis-event.ts';

/** A call that Lambda makes in the function's role. */
export interface SourceCall {
  readonly action: string;
  readonly resource: string;
}

/** What the kinds of sources do differently. */
export interface SourceFormat {
  /** To learn the shards. */
  readonly discoveryCalls: readonly SourceCall[];
  /** For the first read of a shard, and for every further one. */
  readonly openCalls: readonly SourceCall[];
  readonly readCalls: readonly SourceCall[];
  /** How CreateEventSourceMapping refuses a role that may not make one of them. */
  readonly refusal: string;
  /** Bytes of records that fit into one event. */
  readonly maxRecordsBytes: number;
  toBatchRecord(
    view: KinesisRecordView,
    place: {
      readonly shardId: string;
      /** Execution role of the function. */
      readonly roleArn: string;
    },
  ): BatchRecord;
  /** Records of one shard as an event. */
  encodeEvent(records: readonly BatchRecord[], shardId: string): Buffer;
  /** Member of an invocation record that says which records it is about. */
  batchInfo(records: readonly BatchRecord[], shardId: string): Readonly<Record<string, unknown>>;
  /** Shard as it stands in the names of invocation records. */
  shardName(shardId: string): string;
}

/** A record of a Kafka partition: what its event shows besides. */
export interface KafkaRecordView extends KinesisRecordView {
  readonly kafka: {
    /** Base64; null for a record without a key. */
    readonly key: string | null;
    /** Base64; null for a tombstone. */
    readonly value: string | null;
    readonly headers: readonly Readonly<Record<string, readonly number[]>>[];
    readonly timestampType: 'CREATE_TIME' | 'LOG_APPEND_TIME';
  };
}
