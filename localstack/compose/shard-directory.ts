import {
  type KinesisClient,
  ListShardsCommand,
  ResourceNotFoundException,
  type Shard,
} from '@aws-sdk/client-kinesis';
import { AwsError } from '#embedded/gateway/json-protocol.ts';
import type { KinesisShardView } from '#embedded/services.ts';

const DEFAULT_REFRESH_MS = 1000;

/** What is known of the shards of delegated streams, for callers that cannot wait. */
export interface ShardDirectory {
  /** Asks for the shards of a stream, and keeps them fresh from now on. */
  refresh(streamName: string): Promise<void>;
  /** Throws ResourceNotFoundException for a stream that is not there. */
  shards(streamName: string): readonly KinesisShardView[];
  /** Newest record that was put or read through here; null when there was none. */
  latest(streamName: string, shardId: string): string | null;
  hearOfRecord(streamName: string, shardId: string, sequenceNumber: string | null): void;
  onChange(streamName: string, listener: (shardId: string) => void): () => void;
  close(): void;
}

export function openShardDirectory(
  client: KinesisClient,
  refreshIntervalMs: number = DEFAULT_REFRESH_MS,
): ShardDirectory {
  const streams = new Map<string, readonly KinesisShardView[]>();
  const newest = new Map<string, bigint>();
  const listeners = new Map<string, Set<(shardId: string) => void>>();
  const notify = (streamName: string, shardId: string): void => {
    for (const listener of [...(listeners.get(streamName) ?? [])]) listener(shardId);
  };

  const refresh = async (streamName: string): Promise<void> => {
    // Known from now on, so that a stream which cannot be listed yet is asked for again.
    if (!streams.has(streamName)) streams.set(streamName, []);
    const shards = await listShards(client, streamName);
    const before = streams.get(streamName) ?? [];
    if (shards === null) streams.delete(streamName);
    else streams.set(streamName, shards);
    for (const shard of shards ?? []) {
      const known = before.find(({ shardId }) => shardId === shard.shardId);
      if (known?.closed !== shard.closed) notify(streamName, shard.shardId);
    }
  };
  const timer = setInterval(() => {
    for (const streamName of streams.keys()) {
      // A program that does not answer now is asked again; reads say so meanwhile.
      refresh(streamName).catch(() => undefined);
    }
  }, refreshIntervalMs);
  timer.unref();

  return {
    refresh,
    shards(streamName) {
      const shards = streams.get(streamName);
      if (shards !== undefined) return shards;
      throw new AwsError(
        'ResourceNotFoundException',
        `stream ${streamName} is not known; it was not created through the local cloud`,
      );
    },
    latest: (streamName, shardId) => newest.get(`${streamName}/${shardId}`)?.toString() ?? null,
    hearOfRecord(streamName, shardId, sequenceNumber) {
      if (sequenceNumber === null) return;
      const key = `${streamName}/${shardId}`;
      const heard = BigInt(sequenceNumber);
      if (heard <= (newest.get(key) ?? -1n)) return;
      newest.set(key, heard);
      notify(streamName, shardId);
    },
    onChange(streamName, listener) {
      const set = listeners.get(streamName) ?? new Set();
      listeners.set(streamName, set.add(listener));
      return () => set.delete(listener);
    },
    close() {
      clearInterval(timer);
      listeners.clear();
    },
  };
}

/** Null when there is no such stream. */
async function listShards(
  client: KinesisClient,
  streamName: string,
): Promise<readonly KinesisShardView[] | null> {
  const shards: Shard[] = [];
  let token: string | undefined;
  try {
    do {
      const page = await client.send(
        new ListShardsCommand(
          token === undefined ? { StreamName: streamName } : { NextToken: token },
        ),
      );
      shards.push(...(page.Shards ?? []));
      token = page.NextToken;
    } while (token !== undefined);
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return null;
    throw error;
  }
  return shards.map((shard) => ({
    shardId: shard.ShardId ?? '',
    parentShardIds: [shard.ParentShardId, shard.AdjacentParentShardId].filter(
      (id) => id !== undefined,
    ),
    closed: shard.SequenceNumberRange?.EndingSequenceNumber !== undefined,
  }));
}
