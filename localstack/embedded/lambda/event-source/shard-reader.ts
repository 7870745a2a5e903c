import type {
  EventSourceMappingConfig,
  KinesisRecordView,
  KinesisService,
} from '#embedded/services.ts';
import type { BatchRecord } from './kinesis-event.ts';
import { formatOf } from './mapping-format.ts';
import type { ShardPosition } from './shard-position.ts';
import type { KafkaRecordView, SourceCall } from './source-format.ts';

/** One shard as its consumer sees it. */
export interface ShardReader {
  /** True when no record can come any more: the shard was closed, or is past its retention. */
  isClosed(): boolean;
  /** Sequence number of the newest record; null when there is none. */
  latest(): string | null;
  /** The records after a position, oldest first. Throws when the role may not read. */
  read(
    after: ShardPosition,
    room: { readonly limit: number; readonly maxBytes: number },
  ): Promise<readonly BatchRecord[]>;
  /** The oldest sequence number after a position that the stream still holds; null when there is none. */
  oldestKept(after: ShardPosition): Promise<string | null>;
}

/** What a mapping needs of its source, Kinesis or Kafka. */
export type StreamSource = Pick<
  KinesisService,
  'listShards' | 'latestSequenceNumber' | 'positionBefore' | 'onChange'
> & {
  readAfter(
    ...request: Parameters<KinesisService['readAfter']>
  ): Promise<readonly (KinesisRecordView | KafkaRecordView)[]>;
};

/** Reads a shard in the role of the function. */
export function createShardReader(
  source: StreamSource,
  shard: { readonly mapping: EventSourceMappingConfig; readonly shardId: string },
  access: {
    readonly roleArn: () => string;
    /** Throws when the role may not make the call. */
    readonly require: (call: SourceCall) => void;
  },
): ShardReader {
  const { mapping, shardId } = shard;
  const { streamName } = mapping;
  const format = formatOf(mapping);
  const find = () => source.listShards(streamName).find((each) => each.shardId === shardId);
  let hasOpened = false;
  return {
    isClosed: () => find()?.closed ?? true,
    latest: () => (find() === undefined ? null : source.latestSequenceNumber(streamName, shardId)),
    read: async (afterSequenceNumber, room) => {
      for (const call of hasOpened ? format.readCalls : format.openCalls) access.require(call);
      hasOpened = true;
      if (find() === undefined) return [];
      const views = await source.readAfter(streamName, shardId, { afterSequenceNumber, ...room });
      const roleArn = access.roleArn();
      return views.map((view) => format.toBatchRecord(view, { shardId, roleArn }));
    },
    oldestKept: async (afterSequenceNumber) => {
      if (find() === undefined) return null;
      const read = { afterSequenceNumber, limit: 1, maxBytes: 1 };
      const [oldest] = await source.readAfter(streamName, shardId, read);
      return oldest?.sequenceNumber ?? null;
    },
  };
}
