import { setMaxListeners } from 'node:events';
import type {
  EventSourceMappingConfig,
  KinesisShardView,
  LambdaService,
  S3Service,
} from '#embedded/services.ts';
import type { Checkpoints } from './checkpoints.ts';
import { storeDiscarded } from './failure-destination.ts';
import type { Discard } from './failure-record.ts';
import type { BatchRecord } from './kinesis-event.ts';
import type { MappingClock } from './mapping-clock.ts';
import { formatOf } from './mapping-format.ts';
import type { MappingTelemetry } from './mapping-telemetry.ts';
import type { PlatformAccess } from './platform-access.ts';
import { ShardConsumer } from './shard-consumer.ts';
import { createShardReader, type StreamSource } from './shard-reader.ts';
import { WakeSignal } from './wake-signal.ts';

export interface PollingSessionOptions {
  readonly mapping: () => EventSourceMappingConfig;
  readonly kinesis: StreamSource;
  readonly lambda: Pick<LambdaService, 'invoke'>;
  readonly s3: Pick<S3Service, 'putObject'>;
  readonly access: PlatformAccess;
  readonly checkpoints: Checkpoints;
  readonly clock: MappingClock;
  readonly telemetry: MappingTelemetry;
  readonly newId: () => string;
  readonly pollIntervalMs: number;
  readonly backOffMs: { readonly initial: number; readonly max: number };
  readonly onProgress: () => void;
}

/** Consumes the shards of a stream from `start` to `stop`: each by itself, children after all of their parents are done with. */
export class PollingSession {
  readonly #options: PollingSessionOptions;
  readonly #consumers = new Map<string, ShardConsumer>();
  readonly #stop = new AbortController();
  readonly #wake: WakeSignal;
  readonly #stopListening: () => void;
  readonly #discovery: Promise<void>;

  constructor(options: PollingSessionOptions) {
    this.#options = options;
    this.#wake = new WakeSignal(options.clock);
    // Every shard that backs off listens.
    setMaxListeners(0, this.#stop.signal);
    this.#stopListening = options.kinesis.onChange(options.mapping().streamName, (shardId) => {
      const consumer = this.#consumers.get(shardId);
      if (consumer === undefined) this.#wake.notify();
      else consumer.wake();
    });
    this.#discovery = Promise.resolve().then(() => this.#discover());
  }

  /** True when every shard is read to its end and nothing is in flight. */
  isDrained(): boolean {
    const { kinesis, mapping } = this.#options;
    try {
      const shards = kinesis.listShards(mapping().streamName);
      const isEveryShardTaken = shards.every(({ shardId }) => this.#consumers.has(shardId));
      const consumers = [...this.#consumers.values()];
      return isEveryShardTaken && consumers.every((consumer) => consumer.isCaughtUp());
    } catch {
      // The stream was deleted: what it held cannot be called processed.
      return false;
    }
  }

  /** The mapping's settings changed. */
  wake(): void {
    this.#wake.notify();
    for (const consumer of this.#consumers.values()) consumer.wake();
  }

  /** Starts nothing new; resolves when nothing is in flight. */
  async stop(): Promise<void> {
    this.#stopListening();
    this.#stop.abort();
    this.wake();
    await this.#discovery;
    await Promise.all([...this.#consumers.values()].map((consumer) => consumer.done));
  }

  async #discover(): Promise<void> {
    const { access, mapping, telemetry, pollIntervalMs } = this.#options;
    while (!this.#stop.signal.aborted) {
      const { functionName, streamName } = mapping();
      try {
        for (const { action, resource } of formatOf(mapping()).discoveryCalls) {
          access.require(functionName, action, resource);
        }
        telemetry.onWell(streamName);
        this.#startConsumers();
      } catch (error) {
        telemetry.onProblem(error, streamName);
      }
      await this.#wake.wait(pollIntervalMs);
    }
  }

  #startConsumers(): void {
    const { kinesis, checkpoints, mapping } = this.#options;
    const shards = kinesis.listShards(mapping().streamName);
    const listed = new Set(shards.map((shard) => shard.shardId));
    for (const [shardId, consumer] of this.#consumers) {
      if (consumer.isFinished && !listed.has(shardId)) this.#consumers.delete(shardId);
    }
    for (const shard of shards) {
      if (this.#isReady(shard, listed)) this.#startConsumer(shard.shardId);
    }
    checkpoints.retain(new Set([...listed, ...this.#consumers.keys()]));
  }

  #isReady(shard: KinesisShardView, listed: ReadonlySet<string>): boolean {
    const consumer = this.#consumers.get(shard.shardId);
    // A finished shard that is open belongs to a new stream of the same name.
    if (consumer !== undefined && (!consumer.isFinished || shard.closed)) return false;
    // A parent that is neither listed nor still consumed is past its retention.
    return shard.parentShardIds.every((parentId) => {
      const parent = this.#consumers.get(parentId);
      return parent === undefined ? !listed.has(parentId) : parent.isFinished;
    });
  }

  #startConsumer(shardId: string): void {
    const { mapping, kinesis, lambda, access, onProgress } = this.#options;
    const reader = createShardReader(
      kinesis,
      { mapping: mapping(), shardId },
      {
        roleArn: () => access.roleArn(mapping().functionName),
        require: ({ action, resource }) => access.require(mapping().functionName, action, resource),
      },
    );
    const consumer = new ShardConsumer({
      ...this.#options,
      shardId,
      reader,
      stop: this.#stop.signal,
      invoke: (payload) => lambda.invoke(mapping().functionName, payload),
      discard: (records, discard) => this.#discard(shardId, records, discard),
      onProgress: () => {
        if (consumer.isFinished) this.#wake.notify();
        onProgress();
      },
    });
    this.#consumers.set(shardId, consumer);
  }

  async #discard(
    shardId: string,
    records: readonly BatchRecord[],
    discard: Discard,
  ): Promise<void> {
    const { mapping, s3, access, clock, newId, telemetry } = this.#options;
    const options = { mapping: mapping(), shardId, s3, access, nowMs: clock.nowMs(), newId };
    const { fate, reason } = await storeDiscarded(records, discard, options);
    telemetry.onDiscard(records, discard, fate);
    if (fate === 'delivered') return;
    const range = `${records[0]?.sequenceNumber} to ${records.at(-1)?.sequenceNumber}`;
    telemetry.notice(
      `${records.length} records of ${shardId} (${range}) are lost: ${discard.reason}, and ${reason}`,
    );
  }
}
