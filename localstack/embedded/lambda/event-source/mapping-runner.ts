import { AwsError } from '#embedded/gateway/json-protocol.ts';
import type {
  EventSourceMappingConfig,
  EventSourceMappingState,
  EventSourceMappingView,
} from '#embedded/services.ts';
import { MappingTelemetry } from './mapping-telemetry.ts';
import { PollingSession, type PollingSessionOptions } from './polling-session.ts';

export type MappingRunnerOptions = Omit<
  PollingSessionOptions,
  'mapping' | 'telemetry' | 'onProgress'
> &
  Pick<ConstructorParameters<typeof MappingTelemetry>[1], 'metrics' | 'onNotice'> & {
    /** The mapping may have become drained. */
    readonly onProgress: () => void;
  };

/**
 * One mapping with its state. A change of it is accepted at once and takes effect when nothing of the old setting is in
 * flight, as the states of the Lambda API show: Creating, Updating, Disabling …
 */
export class MappingRunner {
  readonly #options: MappingRunnerOptions;
  readonly #telemetry: MappingTelemetry;
  #config: EventSourceMappingConfig;
  #state: EventSourceMappingState = 'Creating';
  #lastModifiedMs: number;
  #hasStarted = false;
  #session: PollingSession | null = null;
  /** The change under way, after all before it. */
  #transition: Promise<void> = Promise.resolve();

  constructor(config: EventSourceMappingConfig, options: MappingRunnerOptions) {
    this.#config = config;
    this.#options = options;
    this.#lastModifiedMs = options.clock.nowMs();
    const { metrics, onNotice, clock } = options;
    const nowMs = () => clock.nowMs();
    this.#telemetry = new MappingTelemetry(() => this.#config, { nowMs, metrics, onNotice });
  }

  get config(): EventSourceMappingConfig {
    return this.#config;
  }

  get view(): EventSourceMappingView {
    return {
      config: this.#config,
      state: this.#state,
      lastModifiedMs: this.#lastModifiedMs,
      lastProcessingResult: this.#telemetry.lastProcessingResult,
    };
  }

  checkpoint(shardId: string): string | null {
    return this.#options.checkpoints.get(shardId);
  }

  /** Starts polling, unless the mapping is disabled. */
  start(): void {
    if (this.#hasStarted) return;
    this.#hasStarted = true;
    this.#change(async () => this.#startSession());
  }

  /** Applies to the next batch of every shard; disabling it and another number of lanes, when nothing is in flight. */
  update(config: EventSourceMappingConfig): void {
    const before = this.#config;
    this.#config = config;
    this.#lastModifiedMs = this.#options.clock.nowMs();
    if (!this.#hasStarted) return;
    if (config.enabled !== before.enabled) {
      this.#state = config.enabled ? 'Enabling' : 'Disabling';
    } else {
      this.#state = 'Updating';
    }
    const mustRestart =
      !config.enabled || config.parallelizationFactor !== before.parallelizationFactor;
    this.#change(async () => {
      if (mustRestart) await this.#stopSession();
      this.#startSession();
      this.#session?.wake();
    });
  }

  /** Ends polling for good and forgets the positions; resolves when nothing is in flight. */
  async remove(): Promise<void> {
    this.#state = 'Deleting';
    this.#change(() => this.#stopSession(), 'Deleting');
    await this.#transition;
    this.#options.checkpoints.remove();
  }

  /** Throws ResourceInUseException while an earlier change is under way. */
  requireSettled(verb: 'update' | 'delete'): void {
    if (this.#state === 'Enabled' || this.#state === 'Disabled') return;
    throw new AwsError(
      'ResourceInUseException',
      `Cannot ${verb} the event source mapping because it is in use.`,
    );
  }

  /** True when every shard is read to its end and nothing is in flight; a disabled mapping has nothing to do. */
  isDrained(): boolean {
    if (this.#state === 'Disabled') return true;
    return this.#state === 'Enabled' && this.#session?.isDrained() === true;
  }

  /** Starts nothing new and waits, up to `graceMs`, for invocations in flight; later ones are not recorded. */
  async close(graceMs: number): Promise<void> {
    const stopped = this.#transition.then(() => this.#stopSession());
    void this.#session?.stop();
    let timer: NodeJS.Timeout | undefined;
    const grace = new Promise((resolve) => {
      timer = setTimeout(resolve, graceMs);
    });
    await Promise.race([stopped, grace]);
    clearTimeout(timer);
    this.#options.checkpoints.close();
  }

  #change(apply: () => Promise<void>, settledState?: EventSourceMappingState): void {
    const applied = this.#transition
      .then(apply)
      .catch((error) => this.#telemetry.onProblem(error, 'change of the mapping'));
    const change = applied.then(() => {
      if (this.#transition !== change) return;
      this.#state = settledState ?? (this.#config.enabled ? 'Enabled' : 'Disabled');
      this.#options.onProgress();
    });
    this.#transition = change;
  }

  #startSession(): void {
    if (this.#session !== null || !this.#config.enabled) return;
    this.#session = new PollingSession({
      ...this.#options,
      mapping: () => this.#config,
      telemetry: this.#telemetry,
    });
  }

  async #stopSession(): Promise<void> {
    const session = this.#session;
    await session?.stop();
    this.#session = null;
  }
}
