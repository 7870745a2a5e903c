import type { EventSourceMappingConfig } from '#embedded/services.ts';
import { textsOf } from '../start-mappings.ts';

/** A record as the model knows it. */
export interface ModelRecord {
  readonly text: string;
  readonly key: string;
  readonly shardId: string;
  readonly sequenceNumber: string;
  readonly arrivalMs: number;
  /** The function never takes it. */
  readonly isPoison: boolean;
  /** Processed by the function, or at the failure destination. */
  isSettled: boolean;
}

/** A failure document, as far as the model reads it. */
interface Letter {
  readonly requestContext: { readonly condition: string; readonly approximateInvokeCount: number };
  readonly KinesisBatchInfo: { readonly batchSize: number };
  readonly payload: string;
}

/**
 * What a mapping may do, whatever happens: a pure model of the stream and of what is settled of it. It says nothing of
 * when something happens, only what must have happened before. Broken rules are collected: thrown, they would
 * look like failures of the function.
 */
export class DeliveryModel {
  readonly broken: string[] = [];
  readonly #config: EventSourceMappingConfig;
  readonly #records: ModelRecord[] = [];
  readonly #byText = new Map<string, ModelRecord>();
  readonly #parents = new Map<string, readonly string[]>();
  readonly #positions = new Map<string, string>();
  /** Batches in flight, of the process that is alive. */
  readonly #running = new Map<number, readonly ModelRecord[]>();

  constructor(config: EventSourceMappingConfig) {
    this.#config = config;
  }

  get recordCount(): number {
    return this.#records.length;
  }

  add(record: ModelRecord): void {
    this.#records.push(record);
    this.#byText.set(record.text, record);
  }

  find(texts: readonly string[]): readonly ModelRecord[] {
    return texts.flatMap((text) => this.#byText.get(text) ?? []);
  }

  addChild(shardId: string, parents: readonly string[]): void {
    this.#parents.set(shardId, parents);
  }

  /** The process is gone: nobody waits for what it started. */
  forgetRunning(): void {
    this.#running.clear();
  }

  begin(invocation: number, records: readonly ModelRecord[]): void {
    this.#checkBatch(records);
    this.#running.set(invocation, records);
  }

  end(invocation: number): void {
    this.#running.delete(invocation);
  }

  /** Every record was processed, or lies at the failure destination. */
  checkEnd(): void {
    for (const { text, isSettled } of this.#records) {
      if (!isSettled) this.broken.push(`${text} was never settled`);
    }
  }

  /** A batch at the failure destination: given up for a reason that the settings name. */
  keepLetter(letter: Letter, nowMs: number, isAlive: boolean): void {
    const records = this.find(textsOf(JSON.parse(letter.payload).Records));
    if (isAlive) this.#checkLetter(letter, records, nowMs);
    for (const record of records) record.isSettled = true;
  }

  /** Positions never fall, and nothing unsettled lies behind them. */
  checkCheckpoints(text: string): void {
    const { shards } = JSON.parse(text) as { shards: Record<string, (string | null)[]> };
    for (const [shardId, lanes] of Object.entries(shards)) {
      const lowest = lanes.map((position) => position ?? '').sort()[0] ?? '';
      const before = this.#positions.get(shardId) ?? '';
      if (lowest < before) this.broken.push(`checkpoint of ${shardId} fell to ${lowest}`);
      this.#positions.set(shardId, lowest);
      for (const record of this.#records) {
        const isBehind = record.shardId === shardId && record.sequenceNumber <= lowest;
        if (isBehind && !record.isSettled) this.broken.push(`${record.text} was skipped`);
      }
    }
  }

  #checkBatch(records: readonly ModelRecord[]): void {
    const { batchSize, parallelizationFactor } = this.#config;
    const batch = `[${records.map((record) => record.text).join(' ')}]`;
    const [first] = records;
    if (first === undefined || records.length > batchSize) {
      this.broken.push(`${records.length} records in ${batch}`);
      return;
    }
    const atWork = [...this.#running.values()].filter(
      ([other]) => other?.shardId === first.shardId,
    );
    if (atWork.length >= parallelizationFactor) this.broken.push(`too many at once: ${batch}`);
    for (const [i, record] of records.entries()) {
      const before = records[i - 1]?.sequenceNumber ?? '';
      const isNext = record.shardId === first.shardId && before < record.sequenceNumber;
      if (!isNext) this.broken.push(`not in the order of one shard: ${batch}`);
    }
    const inBatch = new Set(records);
    const ancestors = this.#ancestorsOf(first.shardId);
    for (const record of this.#records) {
      if (record.isSettled || inBatch.has(record)) continue;
      const isDue = ancestors.has(record.shardId) || this.#comesBefore(record, records);
      if (isDue) this.broken.push(`${record.text} is not settled before ${batch}`);
    }
  }

  /** True when the order of the shard, or of the key in it, puts the record before one of the batch. */
  #comesBefore(record: ModelRecord, batch: readonly ModelRecord[]): boolean {
    const isOneLane = this.#config.parallelizationFactor === 1;
    return batch.some(
      (other) =>
        record.shardId === other.shardId &&
        record.sequenceNumber < other.sequenceNumber &&
        (isOneLane || record.key === other.key),
    );
  }

  #ancestorsOf(shardId: string): ReadonlySet<string> {
    const found = new Set<string>();
    const waiting = [...(this.#parents.get(shardId) ?? [])];
    for (let parent = waiting.pop(); parent !== undefined; parent = waiting.pop()) {
      found.add(parent);
      waiting.push(...(this.#parents.get(parent) ?? []));
    }
    return found;
  }

  #checkLetter(letter: Letter, records: readonly ModelRecord[], nowMs: number): void {
    const { maxRetryAttempts, maxRecordAgeSeconds } = this.#config;
    const { condition, approximateInvokeCount } = letter.requestContext;
    const batch = records.map((record) => record.text).join(' ');
    if (letter.KinesisBatchInfo.batchSize !== records.length) this.broken.push(`size of ${batch}`);
    if (condition === 'RetryAttemptsExhausted') {
      const isExhausted = maxRetryAttempts >= 0 && approximateInvokeCount > maxRetryAttempts;
      if (!isExhausted) this.broken.push(`${batch}: given up at call ${approximateInvokeCount}`);
      return;
    }
    const oldestMs = nowMs - maxRecordAgeSeconds * 1000;
    const isOld = records.every((record) => record.arrivalMs < oldestMs);
    if (maxRecordAgeSeconds === -1 || !isOld) this.broken.push(`${batch}: given up while young`);
  }
}
