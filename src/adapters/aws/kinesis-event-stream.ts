import {
  GetRecordsCommand,
  GetShardIteratorCommand,
  type KinesisClient,
  ListShardsCommand,
  PutRecordsCommand,
  type PutRecordsResultEntry,
  type Shard,
} from '@aws-sdk/client-kinesis';
import { SluiceError } from '#core/errors.ts';
import type {
  EventStream,
  PutOutcome,
  ShardInfo,
  StreamRecordIn,
  StreamRecordOut,
} from '#ports/event-stream.ts';

/** Records asked for per GetRecords call; the API's maximum. */
const READ_LIMIT = 10_000;

/**
 * EventStream on Kinesis Data Streams. The client is expected to make one attempt per call: the
 * producer owns retries, because only it knows what must keep its order.
 */
export function createKinesisEventStream(client: KinesisClient): EventStream {
  return {
    listShards: (streamName) => listShards(client, streamName),
    putRecords: (streamName, records) => putRecords(client, streamName, records),
    readShard: (streamName, shardId, after) => readShard(client, streamName, { shardId, after }),
  };
}

async function listShards(
  client: KinesisClient,
  streamName: string,
): Promise<readonly ShardInfo[]> {
  const shards: ShardInfo[] = [];
  let nextToken: string | undefined;
  do {
    const page = await unavailableOnFailure(`list the shards of ${streamName}`, () =>
      client.send(
        new ListShardsCommand(
          nextToken === undefined ? { StreamName: streamName } : { NextToken: nextToken },
        ),
      ),
    );
    for (const shard of page.Shards ?? []) shards.push(toShardInfo(shard));
    nextToken = page.NextToken;
  } while (nextToken !== undefined);
  return shards;
}

function toShardInfo(shard: Shard): ShardInfo {
  const parents = [shard.ParentShardId, shard.AdjacentParentShardId];
  return {
    shardId: shard.ShardId ?? '',
    startingHashKey: BigInt(shard.HashKeyRange?.StartingHashKey ?? '0'),
    endingHashKey: BigInt(shard.HashKeyRange?.EndingHashKey ?? '0'),
    open: shard.SequenceNumberRange?.EndingSequenceNumber === undefined,
    parentShardIds: parents.filter((id) => id !== undefined),
  };
}

async function putRecords(
  client: KinesisClient,
  streamName: string,
  records: readonly StreamRecordIn[],
): Promise<readonly PutOutcome[]> {
  const response = await unavailableOnFailure(
    `put ${records.length} records to ${streamName}`,
    () =>
      client.send(
        new PutRecordsCommand({
          StreamName: streamName,
          Records: records.map((record) => ({
            PartitionKey: record.partitionKey,
            Data: record.data,
            ...(record.explicitHashKey === undefined
              ? {}
              : { ExplicitHashKey: record.explicitHashKey.toString() }),
          })),
        }),
      ),
  );
  return (response.Records ?? []).map(toPutOutcome);
}

function toPutOutcome(entry: PutRecordsResultEntry): PutOutcome {
  if (entry.ShardId !== undefined && entry.SequenceNumber !== undefined) {
    return { kind: 'accepted', shardId: entry.ShardId, sequenceNumber: entry.SequenceNumber };
  }
  return {
    kind: 'failed',
    errorCode: entry.ErrorCode ?? 'Unknown',
    message: entry.ErrorMessage ?? 'the service gave no reason',
  };
}

async function* readShard(
  client: KinesisClient,
  streamName: string,
  options: { readonly shardId: string; readonly after: string | null },
): AsyncGenerator<readonly StreamRecordOut[]> {
  const { shardId, after } = options;
  const start = await unavailableOnFailure(`open shard ${shardId} of ${streamName}`, () =>
    client.send(
      new GetShardIteratorCommand({
        StreamName: streamName,
        ShardId: shardId,
        ...(after === null
          ? { ShardIteratorType: 'TRIM_HORIZON' }
          : { ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', StartingSequenceNumber: after }),
      }),
    ),
  );
  let iterator = start.ShardIterator;
  while (iterator !== undefined) {
    const ShardIterator: string = iterator;
    const page = await unavailableOnFailure(`read shard ${shardId} of ${streamName}`, () =>
      client.send(new GetRecordsCommand({ ShardIterator, Limit: READ_LIMIT })),
    );
    const records = (page.Records ?? []).map((record) => ({
      partitionKey: record.PartitionKey ?? '',
      sequenceNumber: record.SequenceNumber ?? '',
      arrivalMs: record.ApproximateArrivalTimestamp?.getTime() ?? 0,
      data: record.Data ?? new Uint8Array(),
    }));
    if (records.length > 0) yield records;
    // An empty page may lie before later records; only "not behind" means the present end.
    if ((page.MillisBehindLatest ?? 0) === 0 && records.length === 0) return;
    iterator = page.NextShardIterator;
  }
}

async function unavailableOnFailure<T>(what: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (cause) {
    const reason = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
    throw new SluiceError('SOURCE_UNAVAILABLE', `cannot ${what}: ${reason}`, { cause });
  }
}
