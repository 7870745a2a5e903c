import { encodeAggregatedRecord } from '#core/kinesis/aggregated-record.ts';
import type { ShardInfo, StreamLayout, StreamRecordIn } from '#ports/event-stream.ts';

/** One encoded event on its way to a stream. */
export interface ProducedEvent {
  /** Stream of the domain (not the Kinesis stream): counts and receipts are kept per stream. */
  readonly stream: string;
  readonly partitionKey: string;
  readonly data: Uint8Array;
  /** Goes into the same record as the event before it, which must have the same partition key. */
  readonly withPrevious?: boolean;
}

/** Largest data blob plus partition key of one record. Source: Kinesis API, PutRecords. */
export const MAX_STREAM_RECORD_BYTES = 1024 * 1024;

/** Bytes an event adds to an aggregated record beyond data and key: tags, lengths, indexes. An upper bound. */
const EVENT_OVERHEAD_BYTES = 32;

/** Events that wait for one shard, in order. */
export class ProducerLane {
  readonly shard: ShardInfo;
  readonly #events: ProducedEvent[] = [];
  #head = 0;
  #bytes = 0;

  constructor(shard: ShardInfo) {
    this.shard = shard;
  }

  get queuedBytes(): number {
    return this.#bytes;
  }

  add(event: ProducedEvent): void {
    this.#events.push(event);
    this.#bytes += queuedSize(event);
  }

  /**
   * Removes and returns the oldest events that fit in one record; at least one, and never a part of a group
   * that belongs together, unless the group is larger than a record can be.
   */
  takeBatch(maxBytes: number): readonly ProducedEvent[] {
    const start = this.#head;
    let bytes = 0;
    while (this.#head < this.#events.length) {
      const event = this.#events[this.#head]!;
      const size = queuedSize(event);
      const limit =
        event.withPrevious === true ? Math.max(maxBytes, MAX_STREAM_RECORD_BYTES) : maxBytes;
      if (bytes > 0 && bytes + size > limit) break;
      bytes += size;
      this.#head++;
    }
    const batch = this.#events.slice(start, this.#head);
    this.#bytes -= bytes;
    this.#forgetTaken();
    return batch;
  }

  /** Removes and returns everything that waits. */
  takeAll(): readonly ProducedEvent[] {
    return this.takeBatch(Number.POSITIVE_INFINITY);
  }

  #forgetTaken(): void {
    if (this.#head < 4096 && this.#head < this.#events.length) return;
    this.#events.splice(0, this.#head);
    this.#head = 0;
  }
}

export function queuedSize(event: ProducedEvent): number {
  return event.data.length + Buffer.byteLength(event.partitionKey) + EVENT_OVERHEAD_BYTES;
}

/**
 * The stream records of a batch. Plain packing has one per event. Aggregated packing has one in all: a
 * single event stays as it is; for several an explicit hash key places the record in its shard whatever its
 * partition key.
 */
export function packRecords(
  packing: StreamLayout['packing'],
  shard: ShardInfo,
  batch: readonly ProducedEvent[],
): readonly StreamRecordIn[] {
  const [first] = batch;
  if (first === undefined) return [];
  if (packing === 'plain' || batch.length === 1) {
    return batch.map(({ partitionKey, data }) => ({ partitionKey, data }));
  }
  return [
    {
      partitionKey: first.partitionKey,
      explicitHashKey: shard.startingHashKey,
      data: encodeAggregatedRecord(batch),
    },
  ];
}
