import {
  ExpiredIteratorException,
  GetRecordsCommand,
  GetShardIteratorCommand,
  InvalidArgumentException,
  type KinesisClient,
  type _Record as KinesisRecord,
} from '@aws-sdk/client-kinesis';
import type { KinesisRecordView, KinesisService } from '#embedded/services.ts';

interface ShardName {
  readonly streamName: string;
  readonly shardId: string;
}
type Read = Parameters<KinesisService['readAfter']>[2];

/** Empty pages in a row before a read gives up until the next poll: gaps of a shard are short. */
const MAX_EMPTY_PAGES = 50;
/** Largest answer of one call. Source: Kinesis API reference, GetRecords. */
const MAX_LIMIT = 10_000;

/** Reads shards by positions, which the API knows only for iterators. */
export function createShardRecords(client: KinesisClient): {
  readAfter(shard: ShardName, read: Read): Promise<readonly KinesisRecordView[]>;
} {
  /** Where the last read of a shard ended, and the iterator that goes on from there. */
  const iterators = new Map<string, { readonly after: string | null; readonly iterator: string }>();
  const iteratorFor = async (shard: ShardName, after: string | null): Promise<string | null> => {
    const key = `${shard.streamName}/${shard.shardId}`;
    const kept = iterators.get(key);
    iterators.delete(key);
    if (kept !== undefined && kept.after === after) return kept.iterator;
    return await openIterator(client, shard, after);
  };
  const readOnce = async (shard: ShardName, read: Read): Promise<readonly KinesisRecordView[]> => {
    let iterator = await iteratorFor(shard, read.afterSequenceNumber);
    for (let page = 0; iterator !== null && page < MAX_EMPTY_PAGES; page += 1) {
      const limit = Math.min(read.limit, MAX_LIMIT);
      const answer = await client.send(
        new GetRecordsCommand({ ShardIterator: iterator, Limit: limit }),
      );
      iterator = answer.NextShardIterator ?? null;
      const found = (answer.Records ?? []).map(toView);
      const taken = withinBytes(found, read.maxBytes);
      const isAtTip = (answer.MillisBehindLatest ?? 0) === 0;
      if (taken.length === 0 && !isAtTip) continue;
      if (iterator !== null && taken.length === found.length) {
        const after = taken.at(-1)?.sequenceNumber ?? read.afterSequenceNumber;
        iterators.set(`${shard.streamName}/${shard.shardId}`, { after, iterator });
      }
      return taken;
    }
    return [];
  };
  return {
    async readAfter(shard, read) {
      try {
        return await readOnce(shard, read);
      } catch (error) {
        // The kept iterator is older than five minutes; it was dropped, so this opens another.
        if (error instanceof ExpiredIteratorException) return await readOnce(shard, read);
        throw error;
      }
    },
  };
}

async function openIterator(
  client: KinesisClient,
  { streamName, shardId }: ShardName,
  after: string | null,
): Promise<string | null> {
  const shard = { StreamName: streamName, ShardId: shardId };
  const oldest = { ...shard, ShardIteratorType: 'TRIM_HORIZON' } as const;
  const request =
    after === null
      ? oldest
      : ({
          ...shard,
          ShardIteratorType: 'AFTER_SEQUENCE_NUMBER',
          StartingSequenceNumber: after,
        } as const);
  try {
    const { ShardIterator } = await client.send(new GetShardIteratorCommand(request));
    return ShardIterator ?? null;
  } catch (error) {
    // LocalStack keeps nothing over a restart: the stream is another one, which knows no earlier position.
    if (after === null || !(error instanceof InvalidArgumentException)) throw error;
    const { ShardIterator } = await client.send(new GetShardIteratorCommand(oldest));
    return ShardIterator ?? null;
  }
}

/** The first records that fit, and at least one. */
function withinBytes(
  records: readonly KinesisRecordView[],
  maxBytes: number,
): readonly KinesisRecordView[] {
  let sizeBytes = 0;
  const end = records.findIndex((record, index) => {
    sizeBytes += record.data.length;
    return index > 0 && sizeBytes > maxBytes;
  });
  return end < 0 ? records : records.slice(0, end);
}

function toView(record: KinesisRecord): KinesisRecordView {
  return {
    sequenceNumber: record.SequenceNumber ?? '',
    partitionKey: record.PartitionKey ?? '',
    data: Buffer.from(record.Data ?? []),
    arrivalMs: record.ApproximateArrivalTimestamp?.getTime() ?? 0,
  };
}
