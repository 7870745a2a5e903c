import type { KinesisService } from '#embedded/services.ts';
import { type BatchRecord, toBatchRecord } from './kinesis-event.ts';
import type { ShardPosition } from './shard-position.ts';

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

/** The part of Kinesis that a mapping needs. */
export type StreamSource = Pick<
  KinesisService,
  'listShards' | 'readAfter' | 'latestSequenceNumber' | 'positionBefore' | 'onChange'
>;

/** Reads a shard of the emulated Kinesis in the role of the function. */
export function createShardReader(
  source: StreamSource,
  shard: { readonly streamName: string; readonly streamArn: string; readonly shardId: string },
  access: {
    readonly roleArn: () => string;
    /** Throws when the role may not make the call on the stream. */
    readonly require: (action: string) => void;
  },
): ShardReader {
  const { streamName, streamArn, shardId } = shard;
  const find = () => source.listShards(streamName).find((each) => each.shardId === shardId);
  let hasIterator = false;
  return {
    isClosed: () => find()?.closed ?? true,
    latest: () => (find() === undefined ? null : source.latestSequenceNumber(streamName, shardId)),
    read: async (afterSequenceNumber, room) => {
      if (!hasIterator) access.require('kinesis:GetShardIterator');
      access.require('kinesis:GetRecords');
      hasIterator = true;
      if (find() === undefined) return [];
      const views = await source.readAfter(streamName, shardId, { afterSequenceNumber, ...room });
      const roleArn = access.roleArn();
      return views.map((view) => toBatchRecord(view, { streamArn, shardId, roleArn }));
    },
    oldestKept: async (afterSequenceNumber) => {
      if (find() === undefined) return null;
      const read = { afterSequenceNumber, limit: 1, maxBytes: 1 };
      const [oldest] = await source.readAfter(streamName, shardId, read);
      return oldest?.sequenceNumber ?? null;
    },
  };
}
