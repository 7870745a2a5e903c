import type { SourceRecord } from '#app/ingest-batch.ts';
import { kinesisSource } from '#core/delivery/position.ts';
import { SluiceError } from '#core/errors.ts';

/** The event Lambda sends for a Kinesis batch. Source: AWS Lambda developer guide, "Using AWS Lambda with Amazon Kinesis". */
export interface KinesisStreamEvent {
  readonly Records: readonly KinesisEventRecord[];
}

export interface KinesisEventRecord {
  /** `shardId-000000000000:<sequence number>` */
  readonly eventID: string;
  readonly eventSourceARN: string;
  readonly kinesis: {
    readonly partitionKey: string;
    readonly sequenceNumber: string;
    /** Base64. */
    readonly data: string;
    /** Seconds since the epoch with milliseconds as fraction. */
    readonly approximateArrivalTimestamp: number;
  };
}

/** One batch is always of one shard. Throws FORMAT_CORRUPT on anything else. */
export function kinesisBatch(event: KinesisStreamEvent): {
  readonly source: string;
  readonly records: readonly SourceRecord[];
} {
  const sources = new Set(event.Records?.map(sourceOf));
  const [source] = sources;
  if (source === undefined || sources.size !== 1) {
    throw new SluiceError(
      'FORMAT_CORRUPT',
      `Kinesis event: expected records of one shard, got ${sources.size} shards`,
    );
  }
  const records = event.Records.map(({ kinesis }) => ({
    sequenceNumber: kinesis.sequenceNumber,
    partitionKey: kinesis.partitionKey,
    arrivalMs: Math.round(kinesis.approximateArrivalTimestamp * 1000),
    data: kinesis.data,
  }));
  return { source, records };
}

function sourceOf({ eventID, eventSourceARN }: KinesisEventRecord): string {
  const streamName = eventSourceARN.split(':stream/')[1];
  const shardId = eventID.split(':')[0];
  if (streamName === undefined || shardId === undefined) {
    throw new SluiceError(
      'FORMAT_CORRUPT',
      `Kinesis event: expected a stream ARN and a shard id, got "${eventSourceARN}" and "${eventID}"`,
    );
  }
  return kinesisSource(streamName, shardId);
}
