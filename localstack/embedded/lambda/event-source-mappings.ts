import { randomUUID } from 'node:crypto';
import path from 'node:path';
import type {
  EventSourceMappingConfig,
  EventSourceMappings,
  KinesisService,
  LambdaService,
  S3Service,
} from '#embedded/services.ts';
import { CheckpointFile } from './event-source/checkpoint-file.ts';
import { checkMapping } from './event-source/mapping-limits.ts';
import { MappingRunner } from './event-source/mapping-runner.ts';

export interface EventSourceMappingsOptions {
  /** Folder of one checkpoint file per mapping. */
  readonly stateDir: string;
  readonly kinesis: KinesisService;
  readonly lambda: LambdaService;
  /** Keeps the objects of on-failure destinations; is called again after it rejected. */
  readonly s3: Pick<S3Service, 'putObject'>;
  /** What a developer should know: failed destinations, lost records, a missing stream. @default ignored */
  readonly onNotice?: (text: string) => void;
  /** Epoch milliseconds. @default Date.now */
  readonly nowMs?: () => number;
  /** @default randomUUID */
  readonly newId?: () => string;
  /** How often a quiet shard is looked at; changes wake it up at once. @default 1000 */
  readonly pollIntervalMs?: number;
  /** Waits after failures in a row, doubling. @default 100 to 30_000 */
  readonly backOffMs?: { readonly initial: number; readonly max: number };
  /** How long `close` waits for invocations in flight. @default 5000 */
  readonly closeGraceMs?: number;
}

const POLL_INTERVAL_MS = 1000;
const BACK_OFF_MS = { initial: 100, max: 30_000 };
const CLOSE_GRACE_MS = 5000;

/** Event source mappings from Kinesis to Lambda: per shard in order, at least once, over restarts and reshards. */
export function createEventSourceMappings(
  options: EventSourceMappingsOptions,
): EventSourceMappings {
  const runners = new Map<string, MappingRunner>();
  const waiters = new Set<{ resolve: () => void; reject: (error: Error) => void }>();
  let phase: 'deploying' | 'started' | 'closed' = 'deploying';

  const isPending = (): boolean => [...runners.values()].some((runner) => !runner.isDrained());

  const settleDrained = (): void => {
    if (waiters.size === 0 || phase !== 'started' || isPending()) return;
    for (const waiter of waiters) waiter.resolve();
    waiters.clear();
  };

  const createRunner = (config: EventSourceMappingConfig): MappingRunner => {
    const runner = new MappingRunner(config, {
      kinesis: options.kinesis,
      lambda: options.lambda,
      checkpoints: openCheckpoints(config, options),
      s3: options.s3,
      nowMs: options.nowMs ?? Date.now,
      newId: options.newId ?? randomUUID,
      pollIntervalMs: options.pollIntervalMs ?? POLL_INTERVAL_MS,
      backOffMs: options.backOffMs ?? BACK_OFF_MS,
      onProgress: settleDrained,
      notice: options.onNotice ?? (() => undefined),
    });
    if (phase === 'started') runner.start();
    return runner;
  };

  return {
    list: () => [...runners.values()].map((runner) => runner.config),
    pending: isPending,
    ensureMapping: (config) => {
      checkMapping(config);
      if (!options.lambda.hasFunction(config.functionName)) {
        throw new Error(
          `event source mapping ${config.id}: FunctionName ${config.functionName} does not exist`,
        );
      }
      const runner = runners.get(config.id);
      if (runner === undefined) {
        runners.set(config.id, createRunner(config));
        return;
      }
      // Opening the file checks what may not change.
      openCheckpoints(config, options);
      runner.update(config);
    },
    start: () => {
      if (phase !== 'deploying') return;
      phase = 'started';
      for (const runner of runners.values()) runner.start();
    },
    checkpoint: (mappingId, shardId) => runners.get(mappingId)?.checkpoint(shardId) ?? null,
    drained: () =>
      new Promise((resolve, reject) => {
        if (phase === 'closed') {
          reject(closedError());
          return;
        }
        waiters.add({ resolve, reject });
        settleDrained();
      }),
    close: async () => {
      phase = 'closed';
      for (const waiter of waiters) waiter.reject(closedError());
      waiters.clear();
      const graceMs = options.closeGraceMs ?? CLOSE_GRACE_MS;
      await Promise.all([...runners.values()].map((runner) => runner.close(graceMs)));
    },
  };
}

function closedError(): Error {
  return new Error('the event source mappings are closed');
}

/** The mapping's positions; a new mapping gets its starting position here, once and for all. */
function openCheckpoints(
  config: EventSourceMappingConfig,
  options: EventSourceMappingsOptions,
): CheckpointFile {
  const { streamName, streamArn, startingPosition } = config;
  const identity = { streamArn, startingPosition };
  const file = path.join(options.stateDir, `mapping-${encodeURIComponent(config.id)}.json`);
  const existing = CheckpointFile.open(file, identity);
  if (existing !== null) return existing;
  const { kinesis } = options;
  const shards = kinesis.listShards(streamName).map(({ shardId }) => {
    const isLatest = startingPosition === 'LATEST';
    const position = isLatest ? kinesis.latestSequenceNumber(streamName, shardId) : null;
    return [shardId, position] as const;
  });
  return CheckpointFile.create(file, identity, { shards: new Map(shards) });
}
