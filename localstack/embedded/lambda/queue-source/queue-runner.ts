import { AwsError } from '#embedded/gateway/json-protocol.ts';
import type { EventSourceMappingState } from '#embedded/services.ts';
import type { QueueMappingConfig, QueueMappingView } from '../queue-mapping-service.ts';
import { type QueueLaneOptions, runQueueLane } from './queue-lane.ts';

export type QueueRunnerOptions = Omit<QueueLaneOptions, 'mapping' | 'signal'>;

/** Lambda starts with five concurrent batches and adds more; the local cloud keeps to these. */
const LANES = 5;

interface Session {
  readonly stop: AbortController;
  readonly done: Promise<unknown>;
  readonly lanes: number;
}

/** One mapping with its state; a change of it takes effect when nothing of the old setting is in flight. */
export class QueueRunner {
  readonly #options: QueueRunnerOptions;
  #config: QueueMappingConfig;
  #state: EventSourceMappingState = 'Creating';
  #lastModifiedMs = Date.now();
  #hasStarted = false;
  #session: Session | null = null;
  #transition: Promise<void> = Promise.resolve();

  constructor(config: QueueMappingConfig, options: QueueRunnerOptions) {
    this.#config = config;
    this.#options = options;
  }

  get config(): QueueMappingConfig {
    return this.#config;
  }

  get view(): QueueMappingView {
    return { config: this.#config, state: this.#state, lastModifiedMs: this.#lastModifiedMs };
  }

  start(): void {
    if (this.#hasStarted) return;
    this.#hasStarted = true;
    this.#change(async () => this.#startSession());
  }

  update(config: QueueMappingConfig): void {
    const before = this.#config;
    this.#config = config;
    this.#lastModifiedMs = Date.now();
    if (!this.#hasStarted) return;
    if (config.enabled === before.enabled) this.#state = 'Updating';
    else this.#state = config.enabled ? 'Enabling' : 'Disabling';
    this.#change(async () => {
      if (!config.enabled || lanesOf(config) !== this.#session?.lanes) await this.#stopSession();
      this.#startSession();
    });
  }

  async remove(): Promise<void> {
    this.#state = 'Deleting';
    this.#change(() => this.#stopSession(), 'Deleting');
    await this.#transition;
  }

  /** Throws ResourceInUseException while an earlier change is under way. */
  requireSettled(verb: 'update' | 'delete'): void {
    if (this.#state === 'Enabled' || this.#state === 'Disabled') return;
    throw new AwsError(
      'ResourceInUseException',
      `Cannot ${verb} the event source mapping because it is in use.`,
    );
  }

  /** Receives nothing new and waits, up to `graceMs`, for invocations in flight. */
  async close(graceMs: number): Promise<void> {
    this.#session?.stop.abort();
    const stopped = this.#transition.then(() => this.#stopSession());
    let timer: NodeJS.Timeout | undefined;
    const grace = new Promise((resolve) => {
      timer = setTimeout(resolve, graceMs);
    });
    await Promise.race([stopped, grace]);
    clearTimeout(timer);
  }

  #change(apply: () => Promise<void>, settledState?: EventSourceMappingState): void {
    const change = this.#transition.then(apply).then(() => {
      if (this.#transition !== change) return;
      this.#state = settledState ?? (this.#config.enabled ? 'Enabled' : 'Disabled');
    });
    this.#transition = change;
  }

  #startSession(): void {
    if (this.#session !== null || !this.#config.enabled) return;
    const stop = new AbortController();
    const lanes = lanesOf(this.#config);
    const options = { ...this.#options, mapping: () => this.#config, signal: stop.signal };
    const runs = Array.from({ length: lanes }, () => runQueueLane(options));
    this.#session = { stop, lanes, done: Promise.all(runs) };
  }

  async #stopSession(): Promise<void> {
    const session = this.#session;
    session?.stop.abort();
    await session?.done;
    this.#session = null;
  }
}

function lanesOf({ maxConcurrency }: QueueMappingConfig): number {
  return Math.min(LANES, maxConcurrency ?? LANES);
}
