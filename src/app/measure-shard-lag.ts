import type { EventStream } from '#ports/event-stream.ts';

/** How far a reader of a shard is behind. */
export interface ShardLag {
  readonly stream: string;
  readonly shard: string;
  /** False once a split or merge closed it. */
  readonly open: boolean;
  /** Sequence number the reader is done with; null before the first. */
  readonly checkpoint: string | null;
  /** Records behind the checkpoint, at most as many as one request reads. */
  readonly waiting: number;
  /** More records wait than `waiting` says. */
  readonly isMore: boolean;
  /** Arrival of the oldest record that waits; null when none does. */
  readonly oldestArrivalMs: number | null;
}

/**
 * Lag of the readers whose checkpoints are given as `stream/shard` to sequence number, read off the stream itself: a
 * reader that stands still has a lag too. Throws SOURCE_UNAVAILABLE.
 */
export async function measureShardLag(
  stream: Pick<EventStream, 'listShards' | 'readShard'>,
  checkpoints: Readonly<Record<string, string | null>>,
): Promise<readonly ShardLag[]> {
  const names = [...new Set(Object.keys(checkpoints).map((key) => key.split('/')[0] ?? ''))];
  const lags: ShardLag[] = [];
  for (const name of names) {
    for (const { shardId, open } of await stream.listShards(name)) {
      const checkpoint = checkpoints[`${name}/${shardId}`];
      if (checkpoint === undefined) continue;
      const place = { stream: name, shard: shardId, open, checkpoint };
      lags.push({ ...place, ...(await readFirstPage(stream, place)) });
    }
  }
  return lags;
}

async function readFirstPage(
  stream: Pick<EventStream, 'readShard'>,
  place: Pick<ShardLag, 'stream' | 'shard' | 'checkpoint'>,
): Promise<Pick<ShardLag, 'waiting' | 'isMore' | 'oldestArrivalMs'>> {
  let lag = { waiting: 0, isMore: false, oldestArrivalMs: null as number | null };
  for await (const page of stream.readShard(place.stream, place.shard, place.checkpoint)) {
    const [oldest] = page;
    if (oldest === undefined) continue;
    // A second page says enough: how long a long queue is would take as long to count as to work off.
    if (lag.waiting > 0) return { ...lag, isMore: true };
    lag = { waiting: page.length, isMore: false, oldestArrivalMs: oldest.arrivalMs };
  }
  return lag;
}
