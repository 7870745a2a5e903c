import {
  createEventSourceMappings,
  type EventSourceMappingsOptions,
} from '#embedded/lambda/event-source-mappings.ts';
import type { EventSourceMappingConfig, EventSourceMappings } from '#embedded/services.ts';
import {
  createInProcessLambda,
  type KinesisEventRecord,
  mapping,
  textsOf,
} from '../start-mappings.ts';
import { DeliveryModel, type ModelRecord } from './delivery-model.ts';
import { MemoryStreamSource } from './memory-stream-source.ts';
import { MemoryCheckpoints } from './start-virtual-mapping.ts';
import { VirtualClock } from './virtual-clock.ts';

export type Step =
  | { readonly kind: 'put'; readonly keys: readonly number[] }
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'split' | 'merge' | 'kill' | 'stop' | 'disable' | 'enable' };

export interface History {
  readonly shardCount: number;
  readonly mapping: Partial<EventSourceMappingConfig>;
  readonly steps: readonly Step[];
  /** Draws from [0, 1). */
  readonly random: () => number;
  /** Share of invocations that do something else than succeed. */
  readonly troubleShare: number;
  /** Share of records that always fail. */
  readonly poisonShare: number;
}

const TROUBLE = [
  'throw',
  /** Ends with an error after three seconds. */
  'time-out',
  /** Succeeds after three seconds. */
  'slow',
  /** Names a record somewhere in the batch as the first failed one. */
  'partial',
  'unknown-identifier',
  'malformed-answer',
] as const;
const THROTTLED_SHARE = 0.05;
const DESTINATION_AWAY_SHARE = 0.2;
const MAX_OPEN_SHARDS = 6;

/** Plays a history of a stream, a mapping and a scripted function; a model judges every move of the mapping. */
export class MappingHistory {
  readonly model: DeliveryModel;
  readonly #history: History;
  readonly #config: EventSourceMappingConfig;
  readonly #stateDir: string;
  readonly #clock = new VirtualClock();
  readonly #source: MemoryStreamSource;
  readonly #checkpoints = new MemoryCheckpoints();
  readonly #closed: Promise<void>[] = [];
  #mappings: EventSourceMappings;
  /** Number of the process that is alive: a kill or a stop starts the next one. */
  #process = 0;
  #invocations = 0;
  /** True at the end: the function and the destination have no more trouble. */
  #isHealed = false;

  constructor(history: History, stateDir: string) {
    this.#history = history;
    this.#stateDir = stateDir;
    this.#config = { ...mapping, ...history.mapping };
    this.model = new DeliveryModel(this.#config);
    this.#source = new MemoryStreamSource(history.shardCount, () => this.#clock.nowMs());
    this.#checkpoints.onSave = (text) => this.model.checkCheckpoints(text);
    this.#mappings = this.#start();
  }

  get invocations(): number {
    return this.#invocations;
  }

  /** Plays the history, heals everything, and goes on until nothing is left to do. */
  async play(): Promise<void> {
    for (const step of this.#history.steps) await this.#take(step);
    this.#isHealed = true;
    await this.#setEnabled(true);
    let isDrained = false;
    void this.#mappings.drained().then(() => {
      isDrained = true;
    });
    await this.#clock
      .until(() => isDrained)
      .catch((error: Error) => this.model.broken.push(error.message));
    this.model.checkEnd();
    await this.#restart('stop');
    await this.#clock.advance(5000);
    await Promise.all([this.#mappings.close(), ...this.#closed]);
  }

  async #take(step: Step): Promise<void> {
    switch (step.kind) {
      case 'put':
        for (const key of step.keys) this.#put(key);
        return;
      case 'wait':
        return this.#clock.advance(step.ms);
      case 'split':
        return this.#split();
      case 'merge':
        return this.#merge();
      case 'kill':
      case 'stop':
        return this.#restart(step.kind);
      default:
        return this.#setEnabled(step.kind === 'enable');
    }
  }

  #put(key: number): void {
    const open = this.#source.openShardIds;
    const shardId = open[key % open.length] ?? '';
    const text = `key-${key}/${this.model.recordCount}`;
    this.model.add({
      text,
      key: `key-${key}`,
      shardId,
      sequenceNumber: this.#source.put(shardId, `key-${key}`, text),
      arrivalMs: this.#clock.nowMs(),
      isPoison: this.#history.random() < this.#history.poisonShare,
      isSettled: false,
    });
  }

  #split(): void {
    const open = this.#source.openShardIds;
    if (open.length >= MAX_OPEN_SHARDS) return;
    const parent = open[Math.floor(this.#history.random() * open.length)] ?? '';
    for (const child of this.#source.split(parent)) this.model.addChild(child, [parent]);
  }

  #merge(): void {
    const [first, second] = this.#source.openShardIds;
    if (first === undefined || second === undefined) return;
    this.model.addChild(this.#source.merge(first, second), [first, second]);
  }

  /** A killed process records nothing any more; a stopped one ends what is in flight. */
  async #restart(kind: 'kill' | 'stop'): Promise<void> {
    if (kind === 'kill') this.#process++;
    const closed = this.#mappings.close();
    this.#closed.push(closed);
    if (kind === 'stop') {
      let isClosed = false;
      void closed.then(() => {
        isClosed = true;
      });
      await this.#clock.until(() => isClosed);
      this.#process++;
    }
    this.model.forgetRunning();
    this.#mappings = this.#start();
    await this.#clock.settle();
  }

  async #setEnabled(enabled: boolean): Promise<void> {
    const { id } = this.#config;
    const state = () => this.#mappings.views()[0]?.state ?? '';
    await this.#clock.until(() => ['Enabled', 'Disabled'].includes(state()));
    this.#mappings.update(id, { enabled });
    await this.#clock.settle();
  }

  #start(): EventSourceMappings {
    const process = this.#process;
    const isAlive = () => process === this.#process;
    const { random } = this.#history;
    const lambda = createInProcessLambda((events) => this.#run(events, isAlive));
    const options: EventSourceMappingsOptions = {
      stateDir: this.#stateDir,
      kinesis: this.#source,
      lambda: {
        ...lambda,
        invoke: async (name, payload) => {
          const isThrottled = !this.#isHealed && random() < THROTTLED_SHARE;
          if (isThrottled) throw new Error('Rate Exceeded.');
          return lambda.invoke(name, payload);
        },
      },
      s3: { putObject: (_bucket, _key, { body }) => this.#keep(body, isAlive) },
      nowMs: () => this.#clock.nowMs(),
      sleep: (ms, signal) => this.#clock.sleep(ms, signal),
      checkpointStorage: () => ({
        name: 'memory',
        load: () => this.#checkpoints.load(),
        save: (text) => {
          if (isAlive()) this.#checkpoints.save(text);
        },
        remove: () => undefined,
      }),
      pollIntervalMs: 5000,
    };
    const mappings = createEventSourceMappings(options);
    mappings.ensureMapping(this.#config);
    mappings.start();
    return mappings;
  }

  /** The function. What a killed process started may still run to its end, and nobody learns of it. */
  async #run(events: readonly KinesisEventRecord[], isAlive: () => boolean): Promise<unknown> {
    const invocation = ++this.#invocations;
    const records = this.model.find(textsOf(events));
    if (isAlive()) this.model.begin(invocation, records);
    try {
      return await this.#act(events, records);
    } finally {
      this.model.end(invocation);
    }
  }

  async #act(
    events: readonly KinesisEventRecord[],
    records: readonly ModelRecord[],
  ): Promise<unknown> {
    const { random, troubleShare } = this.#history;
    const hasTrouble = !this.#isHealed && random() < troubleShare;
    const deed = hasTrouble ? TROUBLE[Math.floor(random() * TROUBLE.length)] : 'success';
    if (deed === 'time-out' || deed === 'slow') await this.#clock.sleep(3000);
    const failed = this.#firstFailed(records, deed === 'partial');
    const canReport = this.#config.reportBatchItemFailures;
    const isError = deed === 'throw' || deed === 'time-out';
    if (isError || (failed < records.length && !canReport)) throw new Error(deed);
    if (canReport && deed === 'malformed-answer') return 'done';
    if (canReport && deed === 'unknown-identifier') {
      return { batchItemFailures: [{ itemIdentifier: 'nobody' }] };
    }
    for (const record of records.slice(0, failed)) record.isSettled = true;
    const itemIdentifier = events[failed]?.kinesis.sequenceNumber;
    return itemIdentifier === undefined ? null : { batchItemFailures: [{ itemIdentifier }] };
  }

  /** Index of the first record that is not processed; the batch size when all are. */
  #firstFailed(records: readonly ModelRecord[], isPartial: boolean): number {
    const { maxRetryAttempts, maxRecordAgeSeconds } = this.#config;
    // A poison record that the settings hold for ever would end no history.
    const isCured = this.#isHealed && maxRetryAttempts === -1 && maxRecordAgeSeconds === -1;
    const poison = isCured ? -1 : records.findIndex((record) => record.isPoison);
    const drawn = isPartial ? Math.floor(this.#history.random() * records.length) : records.length;
    return poison === -1 ? drawn : Math.min(drawn, poison);
  }

  async #keep(body: Uint8Array, isAlive: () => boolean): Promise<boolean> {
    const { random } = this.#history;
    if (random() < DESTINATION_AWAY_SHARE) await this.#clock.sleep(100);
    const isAway = !this.#isHealed && random() < DESTINATION_AWAY_SHARE;
    if (isAway) throw new Error('the bucket is away');
    const letter = JSON.parse(Buffer.from(body).toString());
    this.model.keepLetter(letter, this.#clock.nowMs(), isAlive());
    return true;
  }
}
