import { setMaxListeners } from 'node:events';
import type {
  EventSourceMappingConfig,
  KinesisService,
  LambdaService,
  S3Service,
} from '#embedded/services.ts';
import type { CheckpointFile } from './checkpoint-file.ts';
import { createFailureRecord } from './failure-record.ts';
import { ShardConsumer } from './shard-consumer.ts';

export interface MappingRunnerOptions {
  readonly kinesis: KinesisService;
  readonly lambda: LambdaService;
  readonly checkpoints: CheckpointFile;
  readonly s3: Pick<S3Service, 'putObject'>;
  readonly nowMs: () => number;
  readonly newId: () => string;
  readonly pollIntervalMs: number;
  readonly backOffMs: { readonly initial: number; readonly max: number };
  readonly onProgress: () => void;
  readonly notice: (text: string) => void;
}

/** Consumes the shards of one mapping: each by itself, children after all of their parents are done with. */
export class MappingRunner {
  readonly #options: MappingRunnerOptions;
  readonly #consumers = new Map<string, ShardConsumer>();
  readonly #stop = new AbortController();
  #config: EventSourceMappingConfig;
  #stopListening: () => void = () => undefined;
  #timer: NodeJS.Timeout | undefined;
  #lastNotice = '';

  constructor(config: EventSourceMappingConfig, options: MappingRunnerOptions) {
    this.#config = config;
    this.#options = options;
    // Every shard that backs off listens.
    setMaxListeners(0, this.#stop.signal);
  }

  get config(): EventSourceMappingConfig {
    return this.#config;
  }

  /** Applies to the next batch of every shard. */
  update(config: EventSourceMappingConfig): void {
    this.#config = config;
  }

  start(): void {
    const { kinesis, pollIntervalMs } = this.#options;
    this.#stopListening = kinesis.onChange(this.#config.streamName, (shardId) => {
      const consumer = this.#consumers.get(shardId);
      if (consumer === undefined) this.#startConsumers();
      else consumer.wake();
    });
    this.#timer = setInterval(() => this.#startConsumers(), pollIntervalMs);
    this.#startConsumers();
  }

  checkpoint(shardId: string): string | null {
    return this.#options.checkpoints.get(shardId);
  }

  /** True when every shard is read to its end and nothing is in flight. */
  isDrained(): boolean {
    try {
      const shards = this.#options.kinesis.listShards(this.#config.streamName);
      return shards.every(({ shardId, closed }) => {
        const consumer = this.#consumers.get(shardId);
        if (consumer === undefined) return false;
        return closed ? consumer.isFinished : consumer.isCaughtUp();
      });
    } catch {
      // The stream was deleted: what it held cannot be called processed.
      return false;
    }
  }

  /** Starts nothing new and waits, up to `graceMs`, for invocations in flight; later ones are not recorded. */
  async close(graceMs: number): Promise<void> {
    clearInterval(this.#timer);
    this.#stopListening();
    this.#stop.abort();
    const consumers = [...this.#consumers.values()];
    for (const consumer of consumers) consumer.wake();
    const done = Promise.all(consumers.map((consumer) => consumer.done));
    let timer: NodeJS.Timeout | undefined;
    const grace = new Promise((resolve) => {
      timer = setTimeout(resolve, graceMs);
    });
    await Promise.race([done, grace]);
    clearTimeout(timer);
    this.#options.checkpoints.close();
  }

  #startConsumers(): void {
    if (this.#stop.signal.aborted) return;
    try {
      const shards = this.#options.kinesis.listShards(this.#config.streamName);
      const listed = new Set(shards.map((shard) => shard.shardId));
      for (const { shardId, parentShardIds } of shards) {
        // A parent that is no longer listed is past its retention.
        const isReady = parentShardIds.every(
          (parent) => !listed.has(parent) || this.#consumers.get(parent)?.isFinished === true,
        );
        if (isReady && !this.#consumers.has(shardId)) this.#startConsumer(shardId);
      }
      for (const shardId of this.#consumers.keys()) {
        if (!listed.has(shardId)) this.#consumers.delete(shardId);
      }
      this.#options.checkpoints.retain(listed);
    } catch (error) {
      this.#notice(error instanceof Error ? error.message : String(error));
    }
  }

  #startConsumer(shardId: string): void {
    const { kinesis, lambda, checkpoints, nowMs, pollIntervalMs, backOffMs } = this.#options;
    const consumer = new ShardConsumer({
      shardId,
      mapping: () => this.#config,
      kinesis,
      checkpoints,
      nowMs,
      pollIntervalMs,
      backOffMs,
      stop: this.#stop.signal,
      invoke: (payload) => lambda.invoke(this.#config.functionName, payload),
      discard: async (records, discard) => {
        const { onFailureBucket } = this.#config;
        if (onFailureBucket === null) {
          const range = `${records[0]?.sequenceNumber} to ${records.at(-1)?.sequenceNumber}`;
          this.#notice(
            `${records.length} records of ${shardId} (${range}) are lost: ${discard.condition} and the mapping has no on-failure destination`,
          );
          return;
        }
        const { newId } = this.#options;
        const options = { mapping: this.#config, shardId, nowMs: nowMs(), newId };
        const { key, body } = createFailureRecord(records, discard, options);
        await this.#options.s3.putObject(onFailureBucket, key, { body });
      },
      onProgress: () => {
        if (consumer.isFinished) this.#startConsumers();
        this.#options.onProgress();
      },
      notice: (text) => this.#notice(`${shardId}: ${text}`),
    });
    this.#consumers.set(shardId, consumer);
  }

  /** The same trouble again and again is told once. */
  #notice(text: string): void {
    if (text === this.#lastNotice) return;
    this.#lastNotice = text;
    this.#options.notice(`event source mapping ${this.#config.id}: ${text}`);
  }
}
