import { hasCode, SluiceError } from '#core/errors.ts';
import type { Clock, Random } from '#ports/clock.ts';
import type { EventStream, ShardInfo, StreamLayout } from '#ports/event-stream.ts';
import { DEFAULT_PRODUCER_LIMITS } from './produce-events.ts';
import { type ProducedEvent, ProducerLane, packRecords } from './producer-lane.ts';
import { isOnly, type RetryLimits, sendRecords } from './send-records.ts';

export interface PutLimits extends RetryLimits {
  readonly maxRecordBytes: number;
  /** No further record is begun after this time: the caller waits for an answer. */
  readonly budgetMs: number;
  /** The shard map is asked for again after this time: an execution environment may have been frozen for hours. */
  readonly shardMapAgeMs: number;
}

export const DEFAULT_PUT_LIMITS: PutLimits = {
  maxRecordBytes: DEFAULT_PRODUCER_LIMITS.maxRecordBytes,
  maxRetries: DEFAULT_PRODUCER_LIMITS.maxRetries,
  retryBaseMs: DEFAULT_PRODUCER_LIMITS.retryBaseMs,
  budgetMs: 12_000,
  shardMapAgeMs: 60_000,
};

export interface PutDeps {
  readonly stream: EventStream;
  readonly clock: Clock;
  readonly random: Random;
}

/** Puts small batches to a stream, one call after the other, and says which events it acknowledged. */
export interface EventPutter {
  /**
   * Order is kept per shard, in the way of produceEvents: a failed record is repeated before anything later of its
   * shard goes out. What comes behind one that is given up is not sent. Events that are not in the result may be in
   * the stream all the same, when an answer was lost. Throws what is no failure of the stream.
   */
  put(events: readonly ProducedEvent[]): Promise<ReadonlySet<ProducedEvent>>;
}

export function createEventPutter(
  deps: PutDeps,
  options: { readonly streamName: string; readonly limits?: Partial<PutLimits> },
): EventPutter {
  const limits = { ...DEFAULT_PUT_LIMITS, ...options.limits };
  const layout = deps.stream.layoutOf(options.streamName);
  let shardMap: { readonly shards: readonly ShardInfo[]; readonly atMs: number } | null = null;

  const openShards = async (): Promise<readonly ShardInfo[]> => {
    const nowMs = deps.clock.nowMs();
    if (shardMap === null || nowMs - shardMap.atMs > limits.shardMapAgeMs) {
      const shards = await deps.stream.listShards(options.streamName);
      shardMap = { shards: shards.filter((shard) => shard.open), atMs: nowMs };
    }
    return shardMap.shards;
  };

  return {
    async put(events) {
      const acknowledged = new Set<ProducedEvent>();
      const send = { deps, limits, streamName: options.streamName, acknowledged };
      const untilMs = deps.clock.nowMs() + limits.budgetMs;
      let waiting = events;
      try {
        while (waiting.length > 0) {
          const lanes = fillLanes(layout, await openShards(), waiting);
          const sent = await Promise.allSettled(
            lanes.map((lane) => sendLane(lane, { ...send, untilMs })),
          );
          const moved = sent.flatMap(movedEvents);
          waiting = moved.flat();
          if (moved.length > 0) shardMap = null;
        }
      } catch (error) {
        if (!hasCode(error, 'SOURCE_UNAVAILABLE')) throw error;
      }
      if (acknowledged.size < events.length) shardMap = null;
      return acknowledged;
    },
  };
}

function fillLanes(
  layout: StreamLayout,
  shards: readonly ShardInfo[],
  events: readonly ProducedEvent[],
): readonly ProducerLane[] {
  const lanes = shards.map((shard) => new ProducerLane(shard));
  for (const event of events) {
    const shard = layout.shardOf(shards, event.partitionKey);
    const lane = lanes.find((candidate) => candidate.shard === shard);
    if (lane === undefined) {
      throw new SluiceError(
        'SOURCE_UNAVAILABLE',
        'no open shard covers a partition key; is the domain deployed?',
      );
    }
    lane.add(event);
  }
  return lanes.filter((lane) => lane.queuedBytes > 0);
}

interface LaneSending {
  readonly deps: PutDeps;
  readonly limits: PutLimits;
  readonly streamName: string;
  readonly untilMs: number;
  /** Grows as records are acknowledged. */
  readonly acknowledged: Set<ProducedEvent>;
}

/** Sends a lane's records one by one; null, or what is left of a lane whose shard turns out to be another one. */
async function sendLane(
  lane: ProducerLane,
  { deps, limits, streamName, untilMs, acknowledged }: LaneSending,
): Promise<readonly ProducedEvent[] | null> {
  while (lane.queuedBytes > 0 && deps.clock.nowMs() < untilMs) {
    const batch = lane.takeBatch(limits.maxRecordBytes);
    try {
      const records = packRecords(deps.stream.layoutOf(streamName).packing, lane.shard, batch);
      const { shardIds } = await sendRecords(deps, records, { streamName, limits });
      for (const event of batch) acknowledged.add(event);
      if (!isOnly(shardIds, lane.shard.shardId)) return lane.takeAll();
    } catch (error) {
      if (!hasCode(error, 'DELIVERY_FAILED')) throw error;
      return null;
    }
  }
  return null;
}

/** What moved to other shards, as one list per lane. */
function movedEvents(
  result: PromiseSettledResult<readonly ProducedEvent[] | null>,
): readonly (readonly ProducedEvent[])[] {
  if (result.status === 'rejected') throw result.reason;
  return result.value === null ? [] : [result.value];
}
