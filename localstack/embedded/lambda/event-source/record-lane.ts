import type { EventSourceMappingConfig } from '#embedded/services.ts';
import type { BatchRecord } from './kinesis-event.ts';
import type { MappingClock } from './mapping-clock.ts';
import { formatOf } from './mapping-format.ts';
import { isAfter, type ShardPosition } from './shard-position.ts';
import { WakeSignal } from './wake-signal.ts';

export interface RecordLaneOptions {
  readonly mapping: () => EventSourceMappingConfig;
  readonly clock: MappingClock;
  /** Aborted when the mapping stops. */
  readonly stop: AbortSignal;
  /** Returns when every record is settled, or after a stop. */
  readonly deliver: (records: readonly BatchRecord[]) => Promise<void>;
  /** The lane has room again, or has become idle. */
  readonly onChange: () => void;
  readonly notice: (text: string) => void;
  readonly retryDelayMs: number;
}

interface QueuedRecord {
  readonly record: BatchRecord;
  readonly readMs: number;
}

/**
 * Forms batches of the records that one reader hands over, in their order, and delivers one at a time. A shard has as many
 * lanes as its parallelization factor. Source: AWS Lambda developer guide, "Batching behavior": a batch goes out
 * when it is full, when its window is over, or when the payload is at its limit, whatever comes first.
 */
export class RecordLane {
  readonly #options: RecordLaneOptions;
  readonly #queue: QueuedRecord[] = [];
  readonly #wake: WakeSignal;
  readonly #done: Promise<void>;
  readonly #maxRecordsBytes: number;
  #queuedBytes = 0;
  #inFlight: readonly BatchRecord[] = [];
  #position: ShardPosition;
  #hasEnded = false;

  constructor(position: ShardPosition, options: RecordLaneOptions) {
    this.#position = position;
    this.#options = options;
    this.#maxRecordsBytes = formatOf(options.mapping()).maxRecordsBytes;
    this.#wake = new WakeSignal(options.clock);
    this.#done = Promise.resolve().then(() => this.#run());
  }

  /** True when nothing waits and nothing is in flight. */
  get isIdle(): boolean {
    return this.#queue.length === 0 && this.#inFlight.length === 0;
  }

  /** Resolves when the input has ended and everything is settled, or after a stop when nothing is in flight. */
  get done(): Promise<void> {
    return this.#done;
  }

  /** Everything of this lane up to here is settled. */
  get position(): ShardPosition {
    return this.#position;
  }

  /**
   * Takes the next record of the lane; false while there is no room for it. `routed` is the last record of the
   * shard that was handed to any lane: an idle lane has nothing unsettled up to there.
   */
  offer(record: BatchRecord, routed: ShardPosition): boolean {
    if (!isAfter(record.sequenceNumber, this.#position)) return true;
    const isFull =
      this.#queue.length >= this.#options.mapping().batchSize ||
      this.#queuedBytes > this.#maxRecordsBytes;
    if (isFull) return false;
    if (this.isIdle && routed !== null && isAfter(routed, this.#position)) this.#position = routed;
    this.#queue.push({ record, readMs: this.#options.clock.nowMs() });
    this.#queuedBytes += record.sizeBytes;
    this.#wake.notify();
    return true;
  }

  settle(sequenceNumber: string): void {
    this.#position = sequenceNumber;
    this.#inFlight = this.#inFlight.filter((record) => this.#isUnsettled(record));
  }

  /** Nothing more comes: what waits goes out without waiting for its window. */
  end(): void {
    this.#hasEnded = true;
    this.#wake.notify();
  }

  /** The mapping changed or stops. */
  wake(): void {
    this.#wake.notify();
  }

  async #run(): Promise<void> {
    const { stop } = this.#options;
    while (!stop.aborted) {
      const [first] = this.#queue;
      if (first === undefined) {
        if (this.#hasEnded) return;
        await this.#wake.wait(Number.POSITIVE_INFINITY);
        continue;
      }
      const windowLeftMs = this.#windowLeftMs(first);
      if (windowLeftMs > 0) await this.#wake.wait(windowLeftMs);
      else await this.#deliverNext();
    }
  }

  /** Zero when the batch is to go out now. */
  #windowLeftMs(first: QueuedRecord): number {
    const { batchingWindowMs, batchSize } = this.#options.mapping();
    const isFull = this.#queue.length >= batchSize || this.#queuedBytes > this.#maxRecordsBytes;
    if (isFull || this.#hasEnded) return 0;
    return first.readMs + batchingWindowMs - this.#options.clock.nowMs();
  }

  async #deliverNext(): Promise<void> {
    const { stop, deliver, onChange, notice, clock, retryDelayMs } = this.#options;
    this.#inFlight = this.#takeBatch();
    onChange();
    while (this.#inFlight.length > 0 && !stop.aborted) {
      try {
        await deliver(this.#inFlight);
      } catch (error) {
        notice(error instanceof Error ? error.message : String(error));
        await clock.sleep(retryDelayMs, stop);
      }
    }
    onChange();
  }

  /** The records at the front that fit into one event: at least one, which may be too large for any. */
  #takeBatch(): readonly BatchRecord[] {
    const { batchSize } = this.#options.mapping();
    let count = 0;
    let sizeBytes = 0;
    for (const { record } of this.#queue) {
      if (
        count >= batchSize ||
        (count > 0 && sizeBytes + record.sizeBytes > this.#maxRecordsBytes)
      ) {
        break;
      }
      sizeBytes += record.sizeBytes;
      count++;
    }
    this.#queuedBytes -= sizeBytes;
    return this.#queue.splice(0, count).map(({ record }) => record);
  }

  #isUnsettled(record: BatchRecord): boolean {
    return isAfter(record.sequenceNumber, this.#position);
  }
}
