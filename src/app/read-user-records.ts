import { decodeRecord } from '#core/kinesis/aggregated-record.ts';
import type { EventStream } from '#ports/event-stream.ts';

/** Last sequence number read per shard, by its name as a source; a shard that is missing is read from its oldest kept record. */
export type ReadCheckpoint = Readonly<Record<string, string>>;

/** One event as it stands in the stream, before any decoding. */
export interface UserRecordRead {
  readonly source: string;
  readonly sequenceNumber: string;
  readonly subSequence: number;
  readonly partitionKey: string;
  readonly data: Uint8Array;
}

/**
 * Reads every shard from a checkpoint to its present end, aggregated records taken apart, and returns
 * the checkpoint for the next call. A record whose aggregation is broken counts as one event.
 */
export async function readUserRecords(
  stream: EventStream,
  options: {
    readonly streamName: string;
    readonly from: ReadCheckpoint;
    readonly onRecord: (record: UserRecordRead) => void;
  },
): Promise<ReadCheckpoint> {
  const { streamName, from, onRecord } = options;
  const checkpoint: Record<string, string> = { ...from };
  for (const { shardId, source } of await stream.listShards(streamName)) {
    for await (const page of stream.readShard(streamName, shardId, from[source] ?? null)) {
      for (const record of page) {
        for (const part of takeApart(record.data, record.partitionKey)) {
          onRecord({ source, sequenceNumber: record.sequenceNumber, ...part });
        }
        checkpoint[source] = record.sequenceNumber;
      }
    }
  }
  return checkpoint;
}

function takeApart(
  data: Uint8Array,
  partitionKey: string,
): readonly Pick<UserRecordRead, 'subSequence' | 'partitionKey' | 'data'>[] {
  try {
    return decodeRecord(data, partitionKey);
  } catch {
    // Whatever is wrong with it, the writer files the record as one event (see openRecord).
    return [{ subSequence: 0, partitionKey, data }];
  }
}
