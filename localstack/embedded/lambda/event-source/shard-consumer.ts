import { setTimeout as delay } from 'node:timers/promises';
import type {
  EventSourceMappingConfig,
  KinesisService,
  LambdaOutcome,
} from '#embedded/services.ts';
import { MAX_REQUEST_BYTES } from '../sandbox/invocation-outcome.ts';
import { type DeliveryContext, deliverBatch } from './batch-delivery.ts';
import type { CheckpointFile } from './checkpoint-file.ts';
import type { Discard } from './failure-record.ts';
import {
  type BatchRecord,
  EMPTY_EVENT_BYTES,
  encodeEvent,
  toBatchRecord,
} from './kinesis-event.ts';

export interface ShardConsumerOptions {
  readonly shardId: string;
  readonly mapping: () => EventSourceMappingConfig;
  readonly kinesis: KinesisService;
  readonly checkpoints: CheckpointFile;
  readonly nowMs: () => number;
  readonly pollIntervalMs: number;
  readonly backOffMs: { readonly initial: number; readonly max: number };
  /** Aborted when the mapping stops. */
  readonly stop: AbortSignal;
  readonly invoke: (payload: Buffer) => Promise<LambdaOutcome>;
  readonly discard: (records: readonly BatchRecord[], discard: Discard) => Promise<void>;
  /** The shard is read to its end for now, or for ever. */
  readonly onProgress: () => void;
  readonly notice: (text: string) => void;
}

/** Reads one shard, batch by batch, and delivers each before it reads on: memory holds one event at most. */
export class ShardConsumer {
  readonly #options: ShardConsumerOptions;
  readonly #done: Promise<void>;
  /** Newest record of the shard when a read found nothing left; undefined while there is work. */
  #caughtUpAt: string | null | undefined;
  #isFinished = false;
  #wake: () => void = () => undefined;
  #hasChanged = false;

  constructor(options: ShardConsumerOptions) {
    this.#options = options;
    this.#done = Promise.resolve().then(() => this.#run());
  }

  /** True once the shard is closed and every record of it is done with. */
  get isFinished(): boolean {
    return this.#isFinished;
  }

  /** Resolves after a stop, when nothing is in flight. */
  get done(): Promise<void> {
    return this.#done;
  }

  /** True when the shard has no record that is not done with. */
  isCaughtUp(): boolean {
    const { kinesis, shardId, mapping } = this.#options;
    if (this.#isFinished) return true;
    const latest = kinesis.latestSequenceNumber(mapping().streamName, shardId);
    return this.#caughtUpAt !== undefined && this.#caughtUpAt === latest;
  }

  /** The shard has new records, or was closed, or the mapping stops. */
  wake(): void {
    this.#hasChanged = true;
    this.#wake();
  }

  async #run(): Promise<void> {
    const { stop, pollIntervalMs, notice, onProgress } = this.#options;
    while (!stop.aborted && !this.#isFinished) {
      try {
        const batch = await this.#gather();
        if (batch === 'finished') this.#isFinished = true;
        else await deliverBatch(batch, this.#deliveryContext());
      } catch (error) {
        notice(error instanceof Error ? error.message : String(error));
        await this.#sleep(pollIntervalMs);
      }
    }
    onProgress();
  }

  /**
   * Reads until the batch is full, its window is over, or the shard ends; an empty batch after a stop.
   * Source: AWS Lambda developer guide, "Batching behavior".
   */
  async #gather(): Promise<readonly BatchRecord[] | 'finished'> {
    const { checkpoints, shardId, nowMs, stop } = this.#options;
    const batch: BatchRecord[] = [];
    let sizeBytes = EMPTY_EVENT_BYTES;
    let windowEndMs = Number.POSITIVE_INFINITY;
    while (!stop.aborted) {
      const mapping = this.#options.mapping();
      const after = batch.at(-1)?.sequenceNumber ?? checkpoints.get(shardId);
      this.#hasChanged = false;
      const shard = this.#look();
      const room = {
        records: mapping.batchSize - batch.length,
        bytes: MAX_REQUEST_BYTES - sizeBytes,
      };
      const found = await this.#read(after, room);
      for (const record of found.records) {
        batch.push(record);
        sizeBytes += record.sizeBytes + 1;
      }
      if (batch.length > 0) {
        this.#caughtUpAt = undefined;
        windowEndMs = Math.min(windowEndMs, nowMs() + mapping.batchingWindowMs);
        const isFull = found.isFull || batch.length >= mapping.batchSize;
        if (isFull || nowMs() >= windowEndMs) return batch;
      }
      if (found.records.length > 0) continue;
      if (shard.isClosed) return batch.length > 0 ? batch : 'finished';
      if (batch.length === 0) this.#markCaughtUp(shard.latest);
      await this.#waitForChange(windowEndMs - nowMs());
    }
    return [];
  }

  /** The shard before a read: what the read does not find then is not there. */
  #look(): { readonly isClosed: boolean; readonly latest: string | null } {
    const { kinesis, shardId, mapping } = this.#options;
    const { streamName } = mapping();
    const shard = kinesis.listShards(streamName).find((each) => each.shardId === shardId);
    // A closed shard past its retention is gone from the list: nothing is left to read.
    if (shard === undefined) return { isClosed: true, latest: null };
    return {
      isClosed: shard.closed,
      latest: kinesis.latestSequenceNumber(streamName, shardId),
    };
  }

  /** The next records that fit into the event. */
  async #read(
    afterSequenceNumber: string | null,
    room: { readonly records: number; readonly bytes: number },
  ): Promise<{ readonly records: readonly BatchRecord[]; readonly isFull: boolean }> {
    const { kinesis, shardId, mapping } = this.#options;
    const { streamName, streamArn, functionName } = mapping();
    const isListed = kinesis.listShards(streamName).some((shard) => shard.shardId === shardId);
    if (!isListed) return { records: [], isFull: false };
    const views = await kinesis.readAfter(streamName, shardId, {
      afterSequenceNumber,
      limit: room.records,
      // In base64, which is a third longer.
      maxBytes: Math.max(1, Math.floor((room.bytes * 3) / 4)),
    });
    const records: BatchRecord[] = [];
    let leftBytes = room.bytes;
    for (const view of views) {
      const record = toBatchRecord(view, { streamArn, shardId, functionName });
      leftBytes -= record.sizeBytes + 1;
      if (leftBytes < 0) return { records, isFull: true };
      records.push(record);
    }
    return { records, isFull: false };
  }

  #markCaughtUp(latest: string | null): void {
    this.#caughtUpAt = latest;
    this.#options.onProgress();
  }

  /** Waits for a change of the shard, at most one poll interval, the rest of the window, or until the stop. */
  async #waitForChange(windowLeftMs: number): Promise<void> {
    const limitMs = Math.max(1, Math.min(windowLeftMs, this.#options.pollIntervalMs));
    await new Promise<void>((resolve) => {
      if (this.#hasChanged) return resolve();
      const timer = setTimeout(resolve, limitMs);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** Resolves early, without an error, at the stop. */
  async #sleep(ms: number): Promise<void> {
    await delay(ms, undefined, { signal: this.#options.stop }).catch(() => undefined);
  }

  #deliveryContext(): DeliveryContext {
    const { shardId, mapping, kinesis, checkpoints, stop, backOffMs } = this.#options;
    return {
      mapping,
      nowMs: this.#options.nowMs,
      isStopping: () => stop.aborted,
      invoke: (records) => this.#options.invoke(encodeEvent(records)),
      checkpoint: (sequenceNumber) => checkpoints.set(shardId, sequenceNumber),
      discard: this.#options.discard,
      oldestKept: async () => {
        const read = { afterSequenceNumber: checkpoints.get(shardId), limit: 1, maxBytes: 1 };
        const [oldest] = await kinesis.readAfter(mapping().streamName, shardId, read);
        return oldest?.sequenceNumber ?? null;
      },
      backOff: (failures) => {
        const delayMs = backOffMs.initial * 2 ** Math.min(failures - 1, 30);
        return this.#sleep(Math.min(delayMs, backOffMs.max));
      },
      notice: this.#options.notice,
    };
  }
}
