import { setTimeout as delay } from 'node:timers/promises';
import {
  GetRecordsCommand,
  type GetRecordsCommandOutput,
  GetShardIteratorCommand,
  type KinesisClient,
  ListShardsCommand,
  PutRecordsCommand,
  type PutRecordsResultEntry,
  type Shard,
} from '@aws-sdk/client-kinesis';
import { kinesisSource } from '#core/delivery/position.ts';
import { SluiceError } from '#core/errors.ts';
import { KINESIS_LAYOUT } from '#core/kinesis/hash-key.ts';
import type { Clock, Random } from '#ports/clock.ts';
import type {
  EventStream,
  PutOutcome,
  ShardInfo,
  StreamRecordIn,
  StreamRecordOut,
} from '#ports/event-stream.ts';

/** Records asked for per GetRecords call; the API's maximum. */
const READ_LIMIT = 10_000;

/** A shard may be read five times a second by all readers together. Source: Kinesis quotas. */
const FIRST_PAUSE_MS = 200;
const MAX_PAUSE_MS = 3_000;
/** Half a minute in all: then another reader has the shard to itself, which somebody has to know. */
const MAX_READ_ATTEMPTS = 15;

/** How a throttled read waits. */
export interface ReadPauses {
  readonly clock: Pick<Clock, 'sleep'>;
  readonly random: Pick<Random, 'next'>;
}

const REAL_PAUSES: ReadPauses = {
  clock: {
    sleep: async (ms) => {
      await delay(ms);
    },
  },
  random: { next: () => Math.random() },
};

/**
 * EventStream on Kinesis Data Streams. The client is expected to make one attempt per call: the
 * producer owns retries, because only it knows what must keep its order. Reads that the stream throttles are
 * repeated here, with growing random pauses.
 * @param pauses real time and chance by default
 */
export function createKinesisEventStream(
  client: KinesisClient,
  pauses: ReadPauses = REAL_PAUSES,
): EventStream {
  return {
    layoutOf: () => KINESIS_LAYOUT,
    listShards: (streamName) => listShards(client, streamName),
    putRecords: (streamName, records) => putRecords(client, streamName, records),
    readShard: (streamName, shardId, after) =>
      readShard({ client, pauses }, streamName, { shardId, after }),
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
    for (const shard of page.Shards ?? []) shards.push(toShardInfo(streamName, shard));
    nextToken = page.NextToken;
  } while (nextToken !== undefined);
  return shards;
}

function toShardInfo(streamName: string, shard: Shard): ShardInfo {
  const parents = [shard.ParentShardId, shard.AdjacentParentShardId];
  return {
    shardId: shard.ShardId ?? '',
    source: kinesisSource(streamName, shard.ShardId ?? ''),
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

interface ShardReader {
  readonly client: KinesisClient;
  readonly pauses: ReadPauses;
}

async function* readShard(
  reader: ShardReader,
  streamName: string,
  options: { readonly shardId: string; readonly after: string | null },
): AsyncGenerator<readonly StreamRecordOut[]> {
  const { shardId } = options;
  let { after } = options;
  let iterator = await openShard(reader, streamName, { shardId, after });
  while (iterator !== undefined) {
    const page = await readPage(reader, `read shard ${shardId} of ${streamName}`, iterator);
    if (page === 'expired') {
      iterator = await openShard(reader, streamName, { shardId, after });
      continue;
    }
    const records = (page.Records ?? []).map((record) => ({
      partitionKey: record.PartitionKey ?? '',
      sequenceNumber: record.SequenceNumber ?? '',
      arrivalMs: record.ApproximateArrivalTimestamp?.getTime() ?? 0,
      data: record.Data ?? new Uint8Array(),
    }));
    if (records.length > 0) yield records;
    // An empty page may lie before later records; only "not behind" means the present end.
    if ((page.MillisBehindLatest ?? 0) === 0 && records.length === 0) return;
    after = records.at(-1)?.sequenceNumber ?? after;
    iterator = page.NextShardIterator;
  }
}

async function openShard(
  { client, pauses }: ShardReader,
  streamName: string,
  position: { readonly shardId: string; readonly after: string | null },
): Promise<string | undefined> {
  const { shardId, after } = position;
  const { ShardIterator } = await unavailableOnFailure(
    `open shard ${shardId} of ${streamName}`,
    () =>
      withPauses(pauses, () =>
        client.send(
          new GetShardIteratorCommand({
            StreamName: streamName,
            ShardId: shardId,
            ...(after === null
              ? { ShardIteratorType: 'TRIM_HORIZON' }
              : { ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', StartingSequenceNumber: after }),
          }),
        ),
      ),
  );
  return ShardIterator;
}

/** An iterator lives five minutes: pauses, or a slow consumer, may outlast it. Source: Kinesis API, GetShardIterator. */
async function readPage(
  { client, pauses }: ShardReader,
  what: string,
  ShardIterator: string,
): Promise<GetRecordsCommandOutput | 'expired'> {
  return await unavailableOnFailure(what, () =>
    withPauses(pauses, () =>
      client.send(new GetRecordsCommand({ ShardIterator, Limit: READ_LIMIT })),
    ).catch((error: unknown) => {
      if (isNamed(error, ['ExpiredIteratorException'])) return 'expired' as const;
      throw error;
    }),
  );
}

/** Errors that mean "later". Source: Kinesis API, GetRecords, errors. */
const THROTTLED = ['ProvisionedThroughputExceededException', 'KMSThrottlingException'];

async function withPauses<T>({ clock, random }: ReadPauses, call: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await call();
    } catch (error) {
      if (!isNamed(error, THROTTLED) || attempt === MAX_READ_ATTEMPTS) throw error;
    }
    const ceilingMs = Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (attempt - 1));
    // At least half: all readers of a shard that begin at once would meet again and again.
    await clock.sleep(Math.ceil((ceilingMs * (1 + random.next())) / 2));
  }
}

function isNamed(error: unknown, names: readonly string[]): boolean {
  return error instanceof Error && names.includes(error.name);
}

async function unavailableOnFailure<T>(what: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (cause) {
    const reason = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
    throw new SluiceError('SOURCE_UNAVAILABLE', `cannot ${what}: ${reason}`, { cause });
  }
}
