import { SluiceError } from '#core/errors.ts';
import type { Clock, Random } from '#ports/clock.ts';
import type { EventStream, ShardInfo, StreamLayout } from '#ports/event-stream.ts';
import type { ReceiptStore } from '#ports/receipt-store.ts';
import {
  MAX_STREAM_RECORD_BYTES,
  type ProducedEvent,
  ProducerLane,
  packRecords,
  queuedSize,
} from './producer-lane.ts';
import { isOnly, type RetryLimits, sendRecords } from './send-records.ts';

export interface ProduceRequest {
  readonly streamName: string;
  readonly domain: string;
  /** Names this run in the receipts; a resumed run keeps its name. */
  readonly producer: string;
  /** Events in order, in chunks of any size. */
  readonly events: AsyncIterable<readonly ProducedEvent[]>;
  /** Events of this producer that the stream holds from before a restart, per stream of the domain; asked at every receipt. */
  readonly alreadyAcknowledged?: { get(stream: string): number | undefined };
  readonly limits?: Partial<ProducerLimits>;
  readonly onProgress?: (acknowledgedEvents: number) => void;
}

export interface ProducerLimits extends RetryLimits {
  /** Size of a request, which is one record where events are aggregated: that keeps order on a shard. */
  readonly maxRecordBytes: number;
  /** The source is not read while more than this waits: memory stays bounded when the stream is slow. */
  readonly maxQueuedBytes: number;
  /** A slow source's last events wait at most this long for company. */
  readonly lingerMs: number;
  readonly receiptIntervalMs: number;
}

export const DEFAULT_PRODUCER_LIMITS: ProducerLimits = {
  maxRecordBytes: 256 * 1024,
  maxQueuedBytes: 16 * 1024 * 1024,
  lingerMs: 100,
  maxRetries: 3,
  retryBaseMs: 100,
  receiptIntervalMs: 1000,
};

export interface ProduceResult {
  /** Events the stream acknowledged in this call, per stream of the domain. */
  readonly acknowledged: ReadonlyMap<string, number>;
  /** Events too large for any record; they were not sent. */
  readonly oversized: number;
  readonly records: number;
  readonly bytes: number;
  readonly retries: number;
}

export interface ProducerDeps {
  readonly stream: EventStream;
  readonly receipts: ReceiptStore;
  readonly clock: Clock;
  readonly random: Random;
}

/**
 * Sends events. Order is kept per shard: one request is in flight per shard (of one aggregated record, where the
 * stream takes those), and what failed of it is repeated before anything later goes out.
 * The source is held back while the stream is slow. A changed shard map re-packs what still waits.
 * Throws DELIVERY_FAILED after the last retry; everything acknowledged until then has its receipt.
 */
export async function produceEvents(
  deps: ProducerDeps,
  request: ProduceRequest,
): Promise<ProduceResult> {
  const producer = new Producer(deps, request);
  try {
    await producer.loadShards();
    await producer.consume();
  } finally {
    await producer.settle();
  }
  return producer.result();
}

class Producer {
  readonly #deps: ProducerDeps;
  readonly #request: ProduceRequest;
  readonly #limits: ProducerLimits;
  readonly #layout: StreamLayout;
  readonly #acknowledged = new Map<string, number>();
  readonly #sending = new Map<ProducerLane, Promise<void>>();
  #openShards: readonly ShardInfo[] = [];
  /** One per open shard. */
  #lanes: readonly ProducerLane[] = [];
  /** Partly filled records are sent too. */
  #flushing = false;
  #shardMapChanged = false;
  #failure: { readonly error: unknown } | null = null;
  #receiptsAtMs: number;
  #oversized = 0;
  #records = 0;
  #bytes = 0;
  #retries = 0;

  constructor(deps: ProducerDeps, request: ProduceRequest) {
    this.#deps = deps;
    this.#request = request;
    this.#layout = deps.stream.layoutOf(request.streamName);
    this.#limits = { ...DEFAULT_PRODUCER_LIMITS, ...request.limits };
    this.#receiptsAtMs = deps.clock.nowMs();
  }

  async loadShards(): Promise<void> {
    const { streamName } = this.#request;
    const shards = await this.#deps.stream.listShards(streamName);
    const waiting = this.#lanes.flatMap((lane) => lane.takeAll());
    this.#openShards = shards.filter((shard) => shard.open);
    this.#lanes = this.#openShards.map((shard) => new ProducerLane(shard));
    this.#shardMapChanged = false;
    if (this.#lanes.length === 0) {
      throw new SluiceError(
        'SOURCE_UNAVAILABLE',
        `stream ${streamName} has no open shard; is the domain deployed?`,
      );
    }
    for (const event of waiting) this.#enqueue(event);
  }

  /** Reads the source to its end and sends everything. */
  async consume(): Promise<void> {
    const iterator = this.#request.events[Symbol.asyncIterator]();
    for (let next = iterator.next(); ; next = iterator.next()) {
      await this.#flushWhileIdle(next);
      const chunk = await next;
      if (chunk.done === true) break;
      for (const event of chunk.value) this.#enqueue(event);
      await this.#sendUntil(() => this.#queuedBytes() <= this.#limits.maxQueuedBytes);
    }
    this.#flushing = true;
    await this.#sendUntil(() => this.#queuedBytes() === 0 && this.#sending.size === 0);
  }

  /** Waits for requests under way and writes the last receipts, after success and after failure alike. */
  async settle(): Promise<void> {
    await Promise.all(this.#sending.values());
    await this.#writeReceipts();
  }

  result(): ProduceResult {
    return {
      acknowledged: this.#acknowledged,
      oversized: this.#oversized,
      records: this.#records,
      bytes: this.#bytes,
      retries: this.#retries,
    };
  }

  #queuedBytes(): number {
    return this.#lanes.reduce((sum, lane) => sum + lane.queuedBytes, 0);
  }

  #enqueue(event: ProducedEvent): void {
    if (queuedSize(event) > MAX_STREAM_RECORD_BYTES) {
      this.#oversized++;
      return;
    }
    const shard = this.#layout.shardOf(this.#openShards, event.partitionKey);
    const lane = this.#lanes.find((candidate) => candidate.shard === shard);
    if (lane === undefined) {
      throw new SluiceError(
        'SOURCE_UNAVAILABLE',
        `no open shard of ${this.#request.streamName} covers a partition key; list its shards`,
      );
    }
    lane.add(event);
  }

  /** When the source stays silent for longer than the linger time, what waits is sent. */
  async #flushWhileIdle(next: Promise<unknown>): Promise<void> {
    if (this.#queuedBytes() === 0) return;
    const silent = await Promise.race([
      next.then(
        () => false,
        () => false,
      ),
      this.#deps.clock.sleep(this.#limits.lingerMs).then(() => true),
    ]);
    if (!silent) return;
    this.#flushing = true;
    await this.#sendUntil(() => this.#queuedBytes() === 0);
    this.#flushing = false;
  }

  /** Keeps every shard busy until `done`; throws the first failure. */
  async #sendUntil(done: () => boolean): Promise<void> {
    for (;;) {
      if (this.#failure !== null) throw this.#failure.error;
      if (this.#shardMapChanged && this.#sending.size === 0) await this.loadShards();
      this.#startLanes();
      if (done() || this.#sending.size === 0) return;
      await Promise.race(this.#sending.values());
    }
  }

  #startLanes(): void {
    // After a shard map change nothing new goes out until all is quiet: a key may move to another lane.
    if (this.#failure !== null || this.#shardMapChanged) return;
    for (const lane of this.#lanes) {
      const enough =
        lane.queuedBytes >= this.#limits.maxRecordBytes || (this.#flushing && lane.queuedBytes > 0);
      if (!enough || this.#sending.has(lane)) continue;
      const sending = this.#sendBatch(lane)
        .catch((error: unknown) => {
          this.#failure ??= { error };
        })
        .finally(() => {
          this.#sending.delete(lane);
          this.#startLanes();
        });
      this.#sending.set(lane, sending);
    }
  }

  async #sendBatch(lane: ProducerLane): Promise<void> {
    const batch = lane.takeBatch(this.#limits.maxRecordBytes);
    const records = packRecords(this.#layout.packing, lane.shard, batch);
    const sent = await sendRecords(this.#deps, records, {
      streamName: this.#request.streamName,
      limits: this.#limits,
    });
    this.#records += records.length;
    for (const { data } of records) this.#bytes += data.length;
    this.#retries += sent.retries;
    if (!isOnly(sent.shardIds, lane.shard.shardId)) this.#shardMapChanged = true;
    for (const { stream } of batch)
      this.#acknowledged.set(stream, (this.#acknowledged.get(stream) ?? 0) + 1);
    this.#request.onProgress?.(
      [...this.#acknowledged.values()].reduce((sum, count) => sum + count, 0),
    );
    if (this.#deps.clock.nowMs() - this.#receiptsAtMs >= this.#limits.receiptIntervalMs)
      await this.#writeReceipts();
  }

  async #writeReceipts(): Promise<void> {
    this.#receiptsAtMs = this.#deps.clock.nowMs();
    const { domain, producer, alreadyAcknowledged } = this.#request;
    for (const [stream, events] of this.#acknowledged) {
      await this.#deps.receipts.record({
        domain,
        stream,
        producer,
        events: events + (alreadyAcknowledged?.get(stream) ?? 0),
      });
    }
  }
}
