import { type ClusterTopicMetadata, Producer } from '@platformatic/kafka';
import { kafkaSource } from '#core/delivery/position.ts';
import { SluiceError } from '#core/errors.ts';
import { KAFKA_LAYOUT } from '#core/kafka/kafka-layout.ts';
import { partitionOfKey } from '#core/kafka/murmur2.ts';
import type {
  EventStream,
  PutOutcome,
  ShardInfo,
  StreamRecordIn,
  StreamRecordOut,
} from '#ports/event-stream.ts';
import { clientOptions, type KafkaConnection } from './kafka-connection.ts';
import { type KafkaLog, openKafkaLog, replaced, unavailableOnFailure } from './kafka-log.ts';

export interface KafkaEventStream extends EventStream {
  close(): Promise<void>;
}

const CLIENT_ID = 'sluice-producer';
const PAGE_BYTES = 4 * 1024 * 1024;
const WAIT_MS = 500;

/**
 * EventStream on Kafka: the partitions of a topic are its shards, offsets their sequence numbers. Writes are idempotent
 * and acknowledged by all replicas in sync; a key goes where Java's default partitioner puts it. Reads see committed
 * records only.
 * @param options.generation in the names of the sources (see kafkaSource)
 */
export function createKafkaEventStream(
  connection: KafkaConnection,
  options: { readonly generation: number },
): KafkaEventStream {
  const log = openKafkaLog(connection);
  const producer = new Producer({
    ...clientOptions(connection, CLIENT_ID),
    idempotent: true,
    // Left to itself an idempotent producer of this library tries for ever.
    retries: 2,
  });
  return {
    layoutOf: () => KAFKA_LAYOUT,
    listShards: async (topic) => {
      const { leaders } = await log.describeTopic(topic);
      return leaders.map((_leader, partition) => toShard(topic, partition, options));
    },
    putRecords: (topic, records) => putRecords(producer, topic, records),
    readShard: (topic, shardId, after) => readPartition(log, topic, { shardId, after }),
    close: async () => {
      await Promise.all([producer.close(), log.close()]);
    },
  };
}

function toShard(
  topic: string,
  partition: number,
  options: { readonly generation: number },
): ShardInfo {
  return {
    shardId: String(partition),
    source: kafkaSource(topic, partition, options),
    startingHashKey: BigInt(partition),
    endingHashKey: BigInt(partition),
    open: true,
    parentShardIds: [],
  };
}

/** Each partition gets requests of its own, and with them outcomes of its own. */
async function putRecords(
  producer: Producer,
  topic: string,
  records: readonly StreamRecordIn[],
): Promise<readonly PutOutcome[]> {
  const metadata = await topicMetadata(producer, topic);
  const placed = records.map((record, index) => ({
    record,
    index,
    partition: placeRecord(record, metadata),
  }));
  const outcomes: PutOutcome[] = [];
  const failures: unknown[] = [];
  const groups = [...Map.groupBy(placed, ({ partition }) => partition)];
  await Promise.all(
    groups.map(async ([partition, group]) => {
      let appended = 0;
      try {
        // One after the other: what comes behind a batch that failed must not overtake it.
        for (const batch of cutBatches(group)) {
          const base = await appendRecords(producer, { topic, partition }, batch);
          for (const [at, { index }] of batch.entries()) {
            const sequenceNumber = String(base + BigInt(at));
            outcomes[index] = { kind: 'accepted', shardId: String(partition), sequenceNumber };
          }
          appended += batch.length;
        }
      } catch (error) {
        if (appended === 0) failures.push(error);
        for (const { index } of group.slice(appended)) outcomes[index] = toFailure(error);
      }
    }),
  );
  const [failure] = failures;
  if (failures.length < groups.length || failure === undefined) return outcomes;
  return await unavailableOnFailure(`put ${records.length} records to ${topic}`, () =>
    Promise.reject(failure),
  );
}

async function topicMetadata(producer: Producer, topic: string): Promise<ClusterTopicMetadata> {
  return await unavailableOnFailure(`list the partitions of ${topic}`, async () => {
    const found = (await producer.metadata({ topics: [topic] })).topics.get(topic);
    if (found === undefined) throw new Error('the cluster has no such topic');
    return found;
  });
}

function placeRecord(
  { partitionKey, explicitHashKey }: StreamRecordIn,
  { partitionsCount }: ClusterTopicMetadata,
): number {
  if (explicitHashKey === undefined) {
    return partitionOfKey(Buffer.from(partitionKey), partitionsCount);
  }
  if (explicitHashKey < partitionsCount) return Number(explicitHashKey);
  throw new SluiceError(
    'SOURCE_UNAVAILABLE',
    `no partition ${explicitHashKey} in a topic of ${partitionsCount}; list its shards again`,
  );
}

/** A batch of one large record may be larger, as far as the topic takes it (max.message.bytes). */
const MAX_BATCH_BYTES = 900_000;
/** Lengths, attributes and deltas of a record. Source: Apache Kafka, "Record". */
const RECORD_OVERHEAD_BYTES = 32;

/** Cuts records into batches that any topic takes. Source: Apache Kafka, max.message.bytes, 1 MiB by default. */
function cutBatches<Placed extends { readonly record: StreamRecordIn }>(
  group: readonly Placed[],
): readonly (readonly Placed[])[] {
  const batches: Placed[][] = [];
  let roomBytes = 0;
  for (const placed of group) {
    const { data, partitionKey } = placed.record;
    const sizeBytes = data.length + Buffer.byteLength(partitionKey) + RECORD_OVERHEAD_BYTES;
    if (sizeBytes > roomBytes) {
      batches.push([]);
      roomBytes = MAX_BATCH_BYTES;
    }
    batches.at(-1)?.push(placed);
    roomBytes -= sizeBytes;
  }
  return batches;
}

/** Offset of the first of them; the others follow it without a gap, since a request is one batch of the broker's. */
async function appendRecords(
  producer: Producer,
  place: { readonly topic: string; readonly partition: number },
  group: readonly { readonly record: StreamRecordIn }[],
): Promise<bigint> {
  const { offsets } = await producer.send({
    messages: group.map(({ record: { partitionKey, data } }) => ({
      ...place,
      key: Buffer.from(partitionKey),
      value: Buffer.from(data.buffer, data.byteOffset, data.byteLength),
    })),
  });
  const appended = offsets?.find(({ partition }) => partition === place.partition);
  if (appended === undefined) throw new Error('the broker named no offset');
  return appended.offset;
}

function toFailure(error: unknown): PutOutcome {
  const { message, code } = error as { message?: string; code?: string };
  return {
    kind: 'failed',
    errorCode: code ?? 'Unknown',
    message: message ?? 'the client gave no reason',
  };
}

/** Up to the end the partition has when the reading begins. */
async function* readPartition(
  log: KafkaLog,
  topicName: string,
  position: { readonly shardId: string; readonly after: string | null },
): AsyncGenerator<readonly StreamRecordOut[]> {
  const topic = await log.describeTopic(topicName);
  const ends = await log.partitionEnds(topic);
  const partition = Number(position.shardId);
  const found = ends[partition];
  if (found === undefined) {
    throw new SluiceError(
      'SOURCE_UNAVAILABLE',
      `topic ${topicName} has no partition ${position.shardId}, it has ${ends.length}; list its shards again`,
    );
  }
  const { start, end } = found;
  let offset = position.after === null ? start : BigInt(position.after) + 1n;
  if (offset > end) {
    throw replaced(
      topicName,
      `${position.after} was read of partition ${partition}, which ends before ${end}`,
    );
  }
  if (offset < start) offset = start;
  if (offset >= end) return;
  const reader = log.openPartition(topic, partition);
  try {
    while (offset < end) {
      const page = await reader.read(offset, { maxBytes: PAGE_BYTES, waitMs: WAIT_MS });
      if (page === 'past-retention') {
        offset = (await log.partitionEnds(topic))[partition]?.start ?? end;
        continue;
      }
      if (page.records.length > 0) yield page.records.map(toRecord);
      offset = page.nextOffset;
    }
  } finally {
    await reader.close();
  }
}

function toRecord(record: {
  readonly offset: bigint;
  readonly timestampMs: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
}): StreamRecordOut {
  return {
    partitionKey: record.key === null ? '' : Buffer.from(record.key).toString('utf8'),
    sequenceNumber: record.offset.toString(),
    arrivalMs: record.timestampMs,
    // A tombstone carries no event; an event without bytes is kept as undecodable wherever it is met.
    data: record.value ?? new Uint8Array(),
  };
}
