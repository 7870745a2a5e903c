import type { EventSourceMappingConfig, MetricsService } from '#embedded/services.ts';
import type { BatchVerdict } from './batch-response.ts';
import type { Discard } from './failure-record.ts';
import type { BatchRecord } from './kinesis-event.ts';
import { AccessDeniedError } from './platform-access.ts';

const NAMESPACE = 'AWS/Lambda';
const FAILED_CALL = 'PROBLEM: Function call failed';

/** What became of discarded records: kept at the destination, given up without one, or refused by it. */
export type DiscardFate = 'delivered' | 'none-configured' | 'refused';

/**
 * What a mapping tells of its work: the last processing result, its metrics, and notices.
 * Source: AWS Lambda developer guide, "Types of metrics for Lambda functions".
 */
export class MappingTelemetry {
  readonly #mapping: () => EventSourceMappingConfig;
  readonly #nowMs: () => number;
  readonly #metrics: MetricsService | undefined;
  readonly #onNotice: (text: string) => void;
  #lastNotice = '';
  #result = 'No records processed';
  /** What the role may not do, by the place where it was needed. */
  readonly #accessProblems = new Map<string, string>();

  constructor(
    mapping: () => EventSourceMappingConfig,
    options: {
      readonly nowMs: () => number;
      readonly metrics: MetricsService | undefined;
      readonly onNotice: (text: string) => void;
    },
  ) {
    this.#mapping = mapping;
    this.#nowMs = options.nowMs;
    this.#metrics = options.metrics;
    this.#onNotice = options.onNotice;
  }

  get lastProcessingResult(): string {
    const [problem] = this.#accessProblems.values();
    return problem === undefined ? this.#result : `PROBLEM: ${problem}`;
  }

  /** The same trouble again and again is told once. */
  notice(text: string): void {
    if (text === this.#lastNotice) return;
    this.#lastNotice = text;
    this.#onNotice(`event source mapping ${this.#mapping().id}: ${text}`);
  }

  /** Reading a shard, or the list of shards, did not work. */
  onProblem(error: unknown, place: string): void {
    const message = error instanceof Error ? error.message : String(error);
    if (error instanceof AccessDeniedError) this.#accessProblems.set(place, message);
    this.notice(`${place}: ${message}`);
  }

  /** It works there (again). */
  onWell(place: string): void {
    if (this.#accessProblems.delete(place)) this.#result = 'OK';
  }

  /** A poll without records counts, as zero: it shows that the mapping is alive. */
  onPolled(count: number): void {
    this.#countEvents('PolledEventCount', count);
  }

  onInvoke(records: readonly BatchRecord[]): void {
    this.#countEvents('InvokedEventCount', records.length);
    const last = records.at(-1);
    if (last === undefined) return;
    this.#putFunctionMetric('IteratorAge', Math.max(0, this.#nowMs() - last.arrivalMs));
  }

  onVerdict(verdict: BatchVerdict | null, records: readonly BatchRecord[]): void {
    this.#result = verdict?.kind === 'done' ? 'OK' : FAILED_CALL;
    const processed = verdict?.kind === 'partial' ? verdict.firstFailed : 0;
    const failed = verdict?.kind === 'done' ? 0 : records.length - processed;
    this.#countEvents('FailedInvokeEventCount', failed);
  }

  onDiscard(records: readonly BatchRecord[], discard: Discard, fate: DiscardFate): void {
    const { length } = records;
    if (fate === 'delivered') {
      this.#countEvents('OnFailureDestinationDeliveredEventCount', length);
      return;
    }
    if (fate === 'refused') this.#putFunctionMetric('DestinationDeliveryFailures', 1);
    // Events that the stream itself dropped do not count as dropped by Lambda.
    if (discard.reason !== 'RecordExpired') this.#countEvents('DroppedEventCount', length);
  }

  #countEvents(name: string, value: number): void {
    const { countEvents, id } = this.#mapping();
    if (!countEvents) return;
    this.#put(name, { EventSourceMappingUUID: id }, value);
  }

  #putFunctionMetric(name: string, value: number): void {
    this.#put(name, { FunctionName: this.#mapping().functionName }, value);
  }

  #put(name: string, dimensions: Readonly<Record<string, string>>, value: number): void {
    this.#metrics?.put({ namespace: NAMESPACE, name, dimensions, value, atMs: this.#nowMs() });
  }
}
