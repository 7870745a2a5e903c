import type { EventSourceMappingConfig, LambdaOutcome } from '#embedded/services.ts';
import { judgeOutcome } from './batch-response.ts';
import type { Discard } from './failure-record.ts';
import type { BatchRecord } from './kinesis-event.ts';

/** What the delivery of a batch needs of the world. */
export interface DeliveryContext {
  readonly mapping: () => EventSourceMappingConfig;
  readonly nowMs: () => number;
  /** True once no new invocation may start. */
  readonly isStopping: () => boolean;
  /** Rejects when the function could not be invoked at all. */
  readonly invoke: (records: readonly BatchRecord[]) => Promise<LambdaOutcome>;
  /** Everything up to this record is done with. */
  readonly checkpoint: (sequenceNumber: string) => void;
  /** Stores the records for good, or rejects. */
  readonly discard: (records: readonly BatchRecord[], discard: Discard) => Promise<void>;
  /** The oldest sequence number the stream still holds after the checkpoint; null when there is none. */
  readonly oldestKept: () => Promise<string | null>;
  /** Waits, but not beyond a stop. `failures` counts those in a row. */
  readonly backOff: (failures: number) => Promise<void>;
  readonly notice: (text: string) => void;
}

/** Records that are delivered together, with what was tried on them. */
interface Part {
  readonly records: readonly BatchRecord[];
  /** Failed invocations that count against the retry quota. */
  readonly failedAttempts: number;
  readonly invokeCount: number;
  readonly lastInvocation: Discard['lastInvocation'];
}

/**
 * Delivers a batch until every record is processed, discarded, or the mapping stops. Parts are processed
 * in record order, and the checkpoint follows each of them, so that a kill at any moment repeats
 * records but never skips one. Source: AWS Lambda developer guide, "Retain discarded batch records":
 * splitting does not consume the retry quota; a batch that never reached the function is retried until
 * its records are too old.
 */
export async function deliverBatch(
  records: readonly BatchRecord[],
  context: DeliveryContext,
): Promise<void> {
  const waiting: Part[] = [{ records, failedAttempts: 0, invokeCount: 0, lastInvocation: null }];
  let failures = 0;
  for (let part = waiting.pop(); part !== undefined; part = waiting.pop()) {
    const rest = await attempt(part, context);
    if (context.isStopping()) return;
    waiting.push(...rest.toReversed());
    const left = rest.reduce((sum, each) => sum + each.records.length, 0);
    failures = left < part.records.length ? 0 : failures + 1;
    if (rest.length > 0) await context.backOff(Math.max(1, failures));
    if (context.isStopping()) return;
  }
}

/** One invocation with a part; returns the parts that are left of it, in record order. */
async function attempt(part: Part, context: DeliveryContext): Promise<readonly Part[]> {
  const live = await discardExpired(part, context);
  // A stop can come before the expired records are stored: what follows must not move the checkpoint over them.
  if (live.records.length === 0 || context.isStopping()) return [];
  let outcome: LambdaOutcome;
  try {
    outcome = await context.invoke(live.records);
  } catch (error) {
    context.notice(`invocation not possible: ${error instanceof Error ? error.message : error}`);
    return [live];
  }
  const tried: Part = {
    ...live,
    invokeCount: live.invokeCount + 1,
    lastInvocation: {
      requestId: outcome.requestId,
      isFunctionError: outcome.kind === 'error',
    },
  };
  const mapping = context.mapping();
  const verdict = judgeOutcome(outcome, live.records, mapping);
  if (verdict.kind === 'done') {
    checkpointAfter(live.records, context);
    return [];
  }
  if (verdict.kind === 'partial') {
    checkpointAfter(live.records.slice(0, verdict.firstFailed), context);
    const remaining = { ...tried, records: live.records.slice(verdict.firstFailed) };
    return mapping.bisectOnError ? [remaining] : countFailure(remaining, context);
  }
  if (mapping.bisectOnError && live.records.length > 1) return splitInHalf(tried);
  return countFailure(tried, context);
}

function splitInHalf(part: Part): readonly Part[] {
  const middle = Math.ceil(part.records.length / 2);
  return [
    { ...part, records: part.records.slice(0, middle) },
    { ...part, records: part.records.slice(middle) },
  ];
}

/** Keeps the part for another attempt, or discards it when its attempts are used up. */
async function countFailure(part: Part, context: DeliveryContext): Promise<readonly Part[]> {
  const { maxRetryAttempts } = context.mapping();
  const failedAttempts = part.failedAttempts + 1;
  if (maxRetryAttempts === -1 || failedAttempts <= maxRetryAttempts) {
    return [{ ...part, failedAttempts }];
  }
  await discardFor('RetryAttemptsExhausted', part, context);
  return [];
}

/** Discards the records at the front that are too old, or that the stream itself has dropped. */
async function discardExpired(part: Part, context: DeliveryContext): Promise<Part> {
  const { maxRecordAgeSeconds } = context.mapping();
  const { records } = part;
  const oldestMs = context.nowMs() - maxRecordAgeSeconds * 1000;
  const oldestKept = part.failedAttempts > 0 ? await context.oldestKept() : undefined;
  const isExpired = (record: BatchRecord): boolean => {
    if (maxRecordAgeSeconds !== -1 && record.arrivalMs < oldestMs) return true;
    if (oldestKept === undefined) return false;
    return oldestKept === null || record.sequenceNumber < oldestKept;
  };
  // Arrival times never fall inside a shard: what has expired lies at the front.
  const firstLive = records.findIndex((record) => !isExpired(record));
  const count = firstLive === -1 ? records.length : firstLive;
  if (count === 0) return part;
  const expired = { ...part, records: records.slice(0, count) };
  await discardFor('RecordAgeExceeded', expired, context);
  return { ...part, records: records.slice(count) };
}

/** Stores the records at the on-failure destination, however often that takes, and goes on behind them; a stop leaves them. */
async function discardFor(
  condition: Discard['condition'],
  part: Part,
  context: DeliveryContext,
): Promise<void> {
  const { records, invokeCount, lastInvocation } = part;
  for (let failures = 1; !context.isStopping(); failures++) {
    try {
      await context.discard(records, { condition, invokeCount, lastInvocation });
      checkpointAfter(records, context);
      return;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      context.notice(`on-failure destination not reached: ${reason}`);
      await context.backOff(failures);
    }
  }
}

function checkpointAfter(records: readonly BatchRecord[], context: DeliveryContext): void {
  const last = records.at(-1);
  if (last !== undefined) context.checkpoint(last.sequenceNumber);
}
