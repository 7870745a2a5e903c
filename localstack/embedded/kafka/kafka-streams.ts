import type {
  KafkaLog,
  KafkaLogRecord,
  PartitionEnds,
  PartitionReader,
} from '#runtime/kafka-access.ts';
import type { StreamSource } from '../lambda/event-source/shard-reader.ts';
import type { KafkaRecordView } from '../lambda/event-source/source-format.ts';
import type { TopicWatch } from './topic-watch.ts';

const OFFSET_DIGITS = 20;
const WAIT_MS = 100;

/** Offsets as sequence numbers of one length: text order is record order. */
export function toSequence(offset: bigint): string {
  return offset.toString().padStart(OFFSET_DIGITS, '0');
}

/**
 * Partitions as a mapping reads them: a shard is a partition of one topic id, `<partition>:<id>`, so a topic that was
 * created again has other shards, which are read from their start, as a consumer group does whose offsets Kafka drops
 * with the topic.
 */
export function createKafkaStreams(options: {
  readonly watch: TopicWatch;
  readonly log: () => KafkaLog;
}): StreamSource & { close(): Promise<void> } {
  const { watch, log } = options;
  const readers = new Map<string, PartitionReader>();
  const readerOf = (streamName: string, shardId: string): PartitionReader => {
    const key = `${streamName}/${shardId}`;
    const { topic } = watch.view(streamName);
    const reader = readers.get(key) ?? log().openPartition(topic, partitionOf(shardId));
    readers.set(key, reader);
    return reader;
  };
  const reading = new Map<string, Promise<void>>();
  /** Records of a page that were too many for one read, by the offset before them. */
  const left = new Map<
    string,
    { readonly after: bigint; readonly records: readonly KafkaLogRecord[] }
  >();
  const readOn = async (
    streamName: string,
    shardId: string,
    room: Parameters<StreamSource['readAfter']>[2],
  ): Promise<readonly KafkaRecordView[]> => {
    const key = `${streamName}/${shardId}`;
    const take = (records: readonly KafkaLogRecord[]): readonly KafkaRecordView[] => {
      const taken = records.slice(0, room.limit);
      const rest = records.slice(room.limit);
      const last = taken.at(-1);
      left.delete(key);
      if (rest.length > 0 && last !== undefined) {
        left.set(key, { after: last.offset, records: rest });
      }
      return taken.map(toView);
    };
    const { afterSequenceNumber: after, maxBytes } = room;
    const kept = left.get(key);
    if (kept !== undefined && after !== null && BigInt(after) === kept.after) {
      return take(kept.records);
    }
    const { start, end } = endsOf(watch, streamName, shardId);
    let offset = after === null ? start : BigInt(after) + 1n;
    if (offset < start) offset = start;
    while (offset < end) {
      const page = await readerOf(streamName, shardId).read(offset, { maxBytes, waitMs: WAIT_MS });
      if (page === 'past-retention') {
        await watch.refresh();
        offset = endsOf(watch, streamName, shardId).start;
        continue;
      }
      if (page.records.length > 0) return take(page.records);
      offset = page.nextOffset;
    }
    return [];
  };
  return {
    listShards: (streamName) => {
      const { topic, ends } = watch.view(streamName);
      return ends.map((_ends, partition) => ({
        shardId: `${partition}:${topic.id}`,
        parentShardIds: [],
        closed: false,
      }));
    },
    readAfter: (streamName, shardId, room) => {
      const key = `${streamName}/${shardId}`;
      // A fetch session serves one fetch at a time.
      const read = (reading.get(key) ?? Promise.resolve()).then(() =>
        readOn(streamName, shardId, room),
      );
      reading.set(
        key,
        read.then(
          () => undefined,
          () => undefined,
        ),
      );
      return read;
    },
    latestSequenceNumber: (streamName, shardId) => {
      const { end } = endsOf(watch, streamName, shardId);
      return end === 0n ? null : toSequence(end - 1n);
    },
    positionBefore: () => {
      throw new Error('StartingPosition AT_TIMESTAMP of a Kafka topic is not emulated');
    },
    onChange: (streamName, listener) =>
      watch.onChange(streamName, (partition) => {
        const { topic } = watch.view(streamName);
        listener(`${partition}:${topic.id}`);
      }),
    close: async () => {
      await Promise.all([...readers.values()].map((reader) => reader.close()));
    },
  };
}

function endsOf(watch: TopicWatch, streamName: string, shardId: string): PartitionEnds {
  return watch.view(streamName).ends[partitionOf(shardId)] ?? { start: 0n, end: 0n };
}

export function partitionOf(shardId: string): number {
  return Number(shardId.split(':')[0]);
}

function toView(record: KafkaLogRecord): KafkaRecordView {
  const { key, value, headers, timestampType } = record;
  return {
    sequenceNumber: toSequence(record.offset),
    partitionKey: key === null ? '' : Buffer.from(key).toString('utf8'),
    data: Buffer.from(value ?? []),
    arrivalMs: record.timestampMs,
    kafka: {
      key: key === null ? null : Buffer.from(key).toString('base64'),
      value: value === null ? null : Buffer.from(value).toString('base64'),
      headers: headers.map(([name, header]) => ({ [name]: [...(header ?? [])] })),
      timestampType,
    },
  };
}
