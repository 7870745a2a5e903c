import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { AwsError } from '#embedded/gateway/json-protocol.ts';
import type {
  EventSourceMappingChanges,
  EventSourceMappingConfig,
  EventSourceMappings,
  EventSourceMappingView,
  LambdaService,
  MetricsService,
  S3Service,
} from '#embedded/services.ts';
import { type CheckpointStorage, Checkpoints, checkpointFile } from './event-source/checkpoints.ts';
import { checkDestinationAccess, checkStreamAccess } from './event-source/mapping-access.ts';
import { type MappingClock, systemClock } from './event-source/mapping-clock.ts';
import { MappingDefinitions } from './event-source/mapping-definitions.ts';
import { checkMapping } from './event-source/mapping-limits.ts';
import { MappingRunner } from './event-source/mapping-runner.ts';
import { PlatformAccess, type RoleCalls } from './event-source/platform-access.ts';
import type { StreamSource } from './event-source/shard-reader.ts';
import { startingPositions } from './event-source/starting-position.ts';

export interface EventSourceMappingsOptions {
  /** Folder of the mappings' settings and checkpoints. */
  readonly stateDir: string;
  readonly kinesis: StreamSource;
  /** @default there are no topics */
  readonly kafka?: StreamSource;
  readonly lambda: Pick<LambdaService, 'hasFunction' | 'roleArnOf' | 'invoke'>;
  /** Keeps the objects of on-failure destinations; is called again after it rejected. */
  readonly s3: Pick<S3Service, 'putObject'>;
  /** Decides and counts what a mapping does in the role of its function. @default everything is allowed */
  readonly iam?: RoleCalls;
  readonly metrics?: MetricsService;
  /** What a developer should know: failed destinations, lost records, a missing stream. @default ignored */
  readonly onNotice?: (text: string) => void;
  /** Epoch milliseconds. @default Date.now */
  readonly nowMs?: () => number;
  /** As MappingClock has it. @default a timer */
  readonly sleep?: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Keeps the positions of a mapping. @default a file in stateDir */
  readonly checkpointStorage?: (mappingId: string) => CheckpointStorage;
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

/** Event source mappings from Kinesis to Lambda: per key in order, at least once, over restarts and reshards. */
export function createEventSourceMappings(
  options: EventSourceMappingsOptions,
): EventSourceMappings {
  return new MappingRegistry(options);
}

interface Waiter {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** The mappings of the template and of the API, each with its runner. */
class MappingRegistry implements EventSourceMappings {
  readonly #options: EventSourceMappingsOptions;
  readonly #definitions: MappingDefinitions;
  readonly #access: PlatformAccess;
  readonly #clock: MappingClock;
  readonly #runners = new Map<string, MappingRunner>();
  /** Those who wait until everything is drained. */
  readonly #waiters = new Set<Waiter>();
  #phase: 'deploying' | 'started' | 'closed' = 'deploying';

  constructor(options: EventSourceMappingsOptions) {
    const { nowMs = systemClock.nowMs, sleep = systemClock.sleep } = options;
    this.#options = options;
    this.#clock = { nowMs, sleep };
    this.#definitions = new MappingDefinitions(options.stateDir);
    this.#access = new PlatformAccess(options.iam, options.lambda.roleArnOf);
    for (const config of this.#definitions.listCreated()) {
      this.#addRunner(config, this.#openCheckpoints(config));
    }
  }

  list(): readonly EventSourceMappingConfig[] {
    return [...this.#runners.values()].map((runner) => runner.config);
  }

  views(): readonly EventSourceMappingView[] {
    return [...this.#runners.values()].map((runner) => runner.view);
  }

  checkpoint(mappingId: string, shardId: string): string | null {
    return this.#runners.get(mappingId)?.checkpoint(shardId) ?? null;
  }

  pending(): boolean {
    return [...this.#runners.values()].some((runner) => !runner.isDrained());
  }

  ensureMapping(declared: EventSourceMappingConfig): void {
    checkMapping(declared);
    if (!this.#options.lambda.hasFunction(declared.functionName)) {
      throw new Error(
        `event source mapping ${declared.id}: FunctionName ${declared.functionName} does not exist`,
      );
    }
    // First: it checks what may not change.
    const checkpoints = this.#openCheckpoints(declared);
    const config = this.#definitions.declare(declared);
    const existing = this.#runners.get(declared.id);
    if (existing === undefined) this.#addRunner(config, checkpoints);
    else existing.update(config);
  }

  create(wanted: Omit<EventSourceMappingConfig, 'id'>): EventSourceMappingView {
    const { newId = randomUUID } = this.#options;
    const config = { ...wanted, id: newId() };
    requireNoSuchMapping(config, this.list());
    const checkpoints = this.#openCheckpoints(config);
    this.#definitions.change(config);
    return this.#addRunner(config, checkpoints).view;
  }

  update(mappingId: string, changes: EventSourceMappingChanges): EventSourceMappingView {
    const runner = this.#requireRunner(mappingId);
    runner.requireSettled('update');
    const config = { ...runner.config, ...changes };
    checkDestinationAccess(config, this.#access);
    this.#definitions.change(config);
    runner.update(config);
    return runner.view;
  }

  delete(mappingId: string): EventSourceMappingView {
    const runner = this.#requireRunner(mappingId);
    runner.requireSettled('delete');
    this.#definitions.remove(mappingId);
    void runner
      .remove()
      .catch((error) => this.#options.onNotice?.(`event source mapping ${mappingId}: ${error}`))
      .then(() => {
        this.#runners.delete(mappingId);
        this.#settleWaiters();
      });
    return runner.view;
  }

  start(): void {
    if (this.#phase !== 'deploying') return;
    this.#phase = 'started';
    for (const runner of this.#runners.values()) runner.start();
  }

  drained(): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#phase === 'closed') {
        reject(closedError());
        return;
      }
      this.#waiters.add({ resolve, reject });
      this.#settleWaiters();
    });
  }

  async close(): Promise<void> {
    this.#phase = 'closed';
    for (const waiter of this.#waiters) waiter.reject(closedError());
    this.#waiters.clear();
    const graceMs = this.#options.closeGraceMs ?? CLOSE_GRACE_MS;
    await Promise.all([...this.#runners.values()].map((runner) => runner.close(graceMs)));
  }

  #settleWaiters(): void {
    if (this.#waiters.size === 0 || this.#phase !== 'started' || this.pending()) return;
    for (const waiter of this.#waiters) waiter.resolve();
    this.#waiters.clear();
  }

  #requireRunner(mappingId: string): MappingRunner {
    const runner = this.#runners.get(mappingId);
    if (runner !== undefined) return runner;
    const message = 'The resource you requested does not exist.';
    throw new AwsError('ResourceNotFoundException', message, 404);
  }

  #addRunner(config: EventSourceMappingConfig, checkpoints: Checkpoints): MappingRunner {
    const { lambda, s3, metrics, onNotice, newId } = this.#options;
    const runner = new MappingRunner(config, {
      kinesis: this.#sourceOf(config),
      lambda,
      s3,
      metrics,
      checkpoints,
      access: this.#access,
      clock: this.#clock,
      newId: newId ?? randomUUID,
      pollIntervalMs: this.#options.pollIntervalMs ?? POLL_INTERVAL_MS,
      backOffMs: this.#options.backOffMs ?? BACK_OFF_MS,
      onProgress: () => this.#settleWaiters(),
      onNotice: onNotice ?? (() => undefined),
    });
    this.#runners.set(config.id, runner);
    if (this.#phase === 'started') runner.start();
    return runner;
  }

  #sourceOf({ id, kafka }: EventSourceMappingConfig): StreamSource {
    if (kafka === undefined) return this.#options.kinesis;
    if (this.#options.kafka !== undefined) return this.#options.kafka;
    throw new Error(`event source mapping ${id} reads a Kafka topic, and there is no broker`);
  }

  /** The mapping's positions; a new mapping gets its access checked and its starting position here, once and for all. */
  #openCheckpoints(config: EventSourceMappingConfig): Checkpoints {
    const { stateDir, checkpointStorage = fileStorage(stateDir) } = this.#options;
    const { streamArn, startingPosition, startingTimestampMs } = config;
    const identity = { streamArn, startingPosition, startingTimestampMs };
    const storage = checkpointStorage(config.id);
    const existing = Checkpoints.open(storage, identity);
    if (existing !== null) return existing;
    const shards = startingPositions(config, this.#sourceOf(config), this.#clock.nowMs());
    checkStreamAccess(config, this.#access);
    checkDestinationAccess(config, this.#access);
    return Checkpoints.create(storage, identity, { shards });
  }
}

function closedError(): Error {
  return new Error('the event source mappings are closed');
}

function fileStorage(stateDir: string): (mappingId: string) => CheckpointStorage {
  return (mappingId) =>
    checkpointFile(path.join(stateDir, `mapping-${encodeURIComponent(mappingId)}.json`));
}

/** A function reads a stream once. Source: recorded from the Lambda API. */
function requireNoSuchMapping(
  wanted: EventSourceMappingConfig,
  mappings: readonly EventSourceMappingConfig[],
): void {
  const { streamArn, functionName } = wanted;
  const existing = mappings.find(
    (each) => each.streamArn === streamArn && each.functionName === functionName,
  );
  if (existing === undefined) return;
  throw new AwsError(
    'ResourceConflictException',
    `The event source arn (" ${streamArn} ") and function (" ${functionName} ") provided mapping already exists. ` +
      `Please update or delete the existing mapping with UUID ${existing.id}`,
    409,
  );
}
