import { hash } from 'node:crypto';
import type { EventSourceMappingConfig, LambdaOutcome } from '#embedded/services.ts';
import { type DeliveryContext, deliverBatch } from './batch-delivery.ts';
import type { Checkpoints } from './checkpoints.ts';
import type { Discard } from './failure-record.ts';
import { type BatchRecord, MAX_RECORDS_BYTES } from './kinesis-event.ts';
import type { MappingClock } from './mapping-clock.ts';
import { formatOf } from './mapping-format.ts';
import type { MappingTelemetry } from './mapping-telemetry.ts';
import { RecordLane } from './record-lane.ts';
import { lowestPosition, type ShardPosition } from './shard-position.ts';
import type { ShardReader } from './shard-reader.ts';
import { WakeSignal } from './wake-signal.ts';

export interface ShardConsumerOptions {
  readonly shardId: string;
  readonly mapping: () => EventSourceMappingConfig;
  readonly reader: ShardReader;
  readonly checkpoints: Checkpoints;
  readonly clock: MappingClock;
  readonly telemetry: MappingTelemetry;
  readonly pollIntervalMs: number;
  readonly backOffMs: { readonly initial: number; readonly max: number };
  /** Aborted when the mapping stops. */
  readonly stop: AbortSignal;
  readonly invoke: (payload: Buffer) => Promise<LambdaOutcome>;
  readonly discard: (records: readonly BatchRecord[], discard: Discard) => Promise<void>;
  /** The shard is read to its end for now, or for ever. */
  readonly onProgress: () => void;
}

/** Fewest records asked for at once: with a small batch size a read would cost more than it brings. */
const MIN_READ_RECORDS = 100;
const MAX_READ_RECORDS = 10_000;
/** Data of a full event: base64 makes it a third longer. */
const MAX_READ_BYTES = Math.floor((MAX_RECORDS_BYTES * 3) / 4);

/** Reads one shard and hands its records to its lanes; a lane that is full stops the reading. */
export class ShardConsumer {
  readonly #options: ShardConsumerOptions;
  readonly #lanes: readonly RecordLane[];
  readonly #wake: WakeSignal;
  readonly #done: Promise<void>;
  /** Last record handed to a lane. */
  #routed: ShardPosition;
  /** Newest record of the shard when a read found nothing left; undefined while there is work. */
  #caughtUpAt: string | null | undefined;
  #isFinished = false;

  constructor(options: ShardConsumerOptions) {
    const { checkpoints, shardId, clock, mapping } = options;
    this.#options = options;
    this.#wake = new WakeSignal(clock);
    const positions = checkpoints.lanes(shardId, mapping().parallelizationFactor);
    this.#routed = lowestPosition(positions);
    this.#lanes = positions.map((position) => this.#createLane(position));
    this.#done = Promise.resolve().then(() => this.#run());
  }

  /** True once the shard is closed and every record of it is done with. */
  get isFinished(): boolean {
    return this.#isFinished;
  }

  /** Resolves after a stop, when nothing is in flight, or when the shard is finished. */
  get done(): Promise<void> {
    return this.#done;
  }

  /** True when the shard has no record that is not done with. */
  isCaughtUp(): boolean {
    if (this.#isFinished) return true;
    if (!this.#lanes.every((lane) => lane.isIdle)) return false;
    return this.#caughtUpAt !== undefined && this.#caughtUpAt === this.#options.reader.latest();
  }

  /** The shard has new records, or was closed, or the mapping changed or stops. */
  wake(): void {
    this.#wake.notify();
    for (const lane of this.#lanes) lane.wake();
  }

  async #run(): Promise<void> {
    const { stop, pollIntervalMs, clock, telemetry, shardId, onProgress } = this.#options;
    while (!stop.aborted && !this.#isFinished) {
      try {
        await this.#readOn();
      } catch (error) {
        telemetry.onProblem(error, shardId);
        await clock.sleep(pollIntervalMs, stop);
      }
    }
    await Promise.all(this.#lanes.map((lane) => lane.done));
    onProgress();
  }

  /** One read, or the wait for something to read. */
  async #readOn(): Promise<void> {
    const { reader, shardId, pollIntervalMs, mapping, stop, telemetry } = this.#options;
    // Looked at before the read: what the read does not find then is not there.
    const isClosed = reader.isClosed();
    const latest = isClosed ? null : reader.latest();
    const { batchSize, parallelizationFactor } = mapping();
    const wanted = Math.max(MIN_READ_RECORDS, batchSize * parallelizationFactor);
    const limit = Math.min(MAX_READ_RECORDS, wanted);
    const records = await reader.read(this.#routed, { limit, maxBytes: MAX_READ_BYTES });
    telemetry.onWell(shardId);
    telemetry.onPolled(records.length);
    if (records.length > 0) {
      this.#caughtUpAt = undefined;
      await this.#routeAll(records);
      return;
    }
    if (stop.aborted) return;
    if (isClosed) {
      await this.#finish();
      return;
    }
    this.#caughtUpAt = latest;
    this.#reportIfCaughtUp();
    await this.#wake.wait(pollIntervalMs);
  }

  /** Hands records to their lanes without a pause, so that what was read together goes out together; waits only for room. */
  async #routeAll(records: readonly BatchRecord[]): Promise<void> {
    for (const record of records) {
      const lane = this.#lanes[laneOf(record.partitionKey, this.#lanes.length)];
      while (lane?.offer(record, this.#routed) === false) {
        await this.#wake.wait(Number.POSITIVE_INFINITY);
        if (this.#options.stop.aborted) return;
      }
      this.#routed = record.sequenceNumber;
    }
  }

  async #finish(): Promise<void> {
    for (const lane of this.#lanes) lane.end();
    await Promise.all(this.#lanes.map((lane) => lane.done));
    this.#isFinished = !this.#options.stop.aborted;
  }

  #createLane(position: ShardPosition): RecordLane {
    const { mapping, clock, stop, telemetry, shardId, pollIntervalMs } = this.#options;
    const lane: RecordLane = new RecordLane(position, {
      mapping,
      clock,
      stop,
      deliver: (records) => deliverBatch(records, this.#deliveryContext(lane)),
      onChange: () => {
        this.#wake.notify();
        this.#reportIfCaughtUp();
      },
      notice: (text) => telemetry.notice(`${shardId}: ${text}`),
      retryDelayMs: pollIntervalMs,
    });
    return lane;
  }

  #reportIfCaughtUp(): void {
    if (this.#caughtUpAt === undefined || !this.#lanes.every((lane) => lane.isIdle)) return;
    this.#options.onProgress();
  }

  #deliveryContext(lane: RecordLane): DeliveryContext {
    const { shardId, mapping, reader, clock, telemetry, stop, backOffMs } = this.#options;
    return {
      mapping,
      nowMs: () => clock.nowMs(),
      isStopping: () => stop.aborted,
      invoke: (records) => {
        telemetry.onInvoke(records);
        return this.#options.invoke(formatOf(mapping()).encodeEvent(records, shardId));
      },
      onVerdict: (verdict, records) => telemetry.onVerdict(verdict, records),
      settle: (sequenceNumber) => {
        lane.settle(sequenceNumber);
        this.#saveCheckpoint();
      },
      discard: this.#options.discard,
      oldestKept: () => reader.oldestKept(lane.position),
      backOff: (failures, limitMs) => {
        const delayMs = backOffMs.initial * 2 ** Math.min(failures - 1, 30);
        return clock.sleep(Math.min(delayMs, backOffMs.max, limitMs), stop);
      },
      notice: (text) => telemetry.notice(`${shardId}: ${text}`),
    };
  }

  /** An idle lane has nothing unsettled up to the last record that was handed out. */
  #saveCheckpoint(): void {
    const positions = this.#lanes.map((lane) => (lane.isIdle ? this.#routed : lane.position));
    this.#options.checkpoints.set(this.#options.shardId, positions);
  }
}

/** Equal keys share a lane. Low bits of the MD5: a shard holds a range of the high ones. */
function laneOf(partitionKey: string, lanes: number): number {
  if (lanes === 1) return 0;
  return hash('md5', partitionKey, 'buffer').readUInt32BE(12) % lanes;
}
