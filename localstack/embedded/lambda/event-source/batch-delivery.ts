import type { EventSourceMappingConfig, LambdaOutcome } from '#embedded/services.ts';
import { type BatchVerdict, judgeOutcome } from './batch-response.ts';
import type { Discard } from './failure-record.ts';
import { type BatchRecord, MAX_RECORDS_BYTES } from './kinesis-event.ts';

/** What the delivery of a batch needs of the world. */
export interface DeliveryContext {
  readonly mapping: () => EventSourceMappingConfig;
  readonly nowMs: () => number;
  /** True once no new invocation may start. */
  readonly isStopping: () => boolean;
  /** Rejects when the function could not be invoked at all. */
  readonly invoke: (records: readonly BatchRecord[]) => Promise<LambdaOutcome>;
  /** What the answer means for the records; null when the function was not reached. */
  readonly onVerdict: (verdict: BatchVerdict | null, records: readonly BatchRecord[]) => void;
  /** Everything of this lane up to the record is done with. */
  readonly settle: (sequenceNumber: string) => void;
  /** Stores the records for good or gives them up, or rejects: then it is called again. */
  readonly discard: (records: readonly BatchRecord[], discard: Discard) => Promise<void>;
  /** The oldest sequence number the stream still holds of the lane's records; null when there is none. */
  readonly oldestKept: () => Promise<string | null>;
  /** Waits after `failures` in a row, not longer than `limitMs`, and not beyond a stop. */
  readonly backOff: (failures: number, limitMs: number) => Promise<void>;
  readonly notice: (text: string) => void;
}

/** Records that are delivered together, with what was tried on them. */
interface Part {
  readonly records: readonly BatchRecord[];
  /** True after an attempt, even one that did not reach the function. */
  readonly wasTried: boolean;
  /** Failed invocations that count against the retry quota. */
  readonly failedAttempts: number;
  readonly invokeCount: number;
  readonly lastInvocation: Discard['lastInvocation'];
}

const UNTRIED = { wasTried: false, failedAttempts: 0, invokeCount: 0, lastInvocation: null };

/**
 * Delivers a batch until every record is processed, discarded, or the mapping stops. Parts are processed
 * in record order and settled one by one, so that a kill at any moment repeats records but never skips
 * one. Source: AWS Lambda developer guide, "Retain discarded batch records": splitting does not consume the
 * retry quota; a batch that never reached the function is retried until its records are too old.
 */
export async function deliverBatch(
  records: readonly BatchRecord[],
  context: DeliveryContext,
): Promise<void> {
  const waiting: Part[] = [{ ...UNTRIED, records }];
  let failures = 0;
  for (let part = waiting.pop(); part !== undefined; part = waiting.pop()) {
    const rest = await attempt(part, context);
    waiting.push(...rest.toReversed());
    const left = rest.reduce((sum, each) => sum + each.records.length, 0);
    failures = left < part.records.length ? 0 : failures + 1;
    const [next] = rest;
    if (next !== undefined) await context.backOff(Math.max(1, failures), msToExpiry(next, context));
    if (context.isStopping()) return;
  }
}

/** Time until the part's first record is too old: a wait beyond it would hold up what comes after. */
function msToExpiry(part: Part, context: DeliveryContext): number {
  const { maxRecordAgeSeconds } = context.mapping();
  const [first] = part.records;
  if (maxRecordAgeSeconds === -1 || first === undefined) return Number.POSITIVE_INFINITY;
  return Math.max(0, first.arrivalMs + maxRecordAgeSeconds * 1000 + 1 - context.nowMs());
}

/** One invocation with a part; returns the parts that are left of it, in record order. */
async function attempt(part: Part, context: DeliveryContext): Promise<readonly Part[]> {
  const live = await discardExpired(part, context);
  // A stop can come before the expired records are stored: what follows must not be settled before them.
  const [first] = live.records;
  if (first === undefined || context.isStopping()) return [];
  if (first.sizeBytes > MAX_RECORDS_BYTES) {
    // It fits into no invocation. Source: Kinesis Data Streams developer guide, "Handle large records".
    await discardFor('RetryAttemptsExhausted', { ...live, records: [first] }, context);
    return live.records.length > 1 ? [{ ...live, records: live.records.slice(1) }] : [];
  }
  let outcome: LambdaOutcome;
  try {
    outcome = await context.invoke(live.records);
  } catch (error) {
    if (context.isStopping()) return [live];
    context.notice(`invocation not possible: ${error instanceof Error ? error.message : error}`);
    context.onVerdict(null, live.records);
    return [{ ...live, wasTried: true }];
  }
  const verdict = judgeOutcome(outcome, live.records, context.mapping());
  context.onVerdict(verdict, live.records);
  const { requestId } = outcome;
  const lastInvocation = { requestId, isFunctionError: outcome.kind === 'error' };
  const invokeCount = live.invokeCount + 1;
  return goOn({ ...live, wasTried: true, invokeCount, lastInvocation }, verdict, context);
}

/** Settles what is done of a part that was invoked; returns what is left. */
async function goOn(
  part: Part,
  verdict: BatchVerdict,
  context: DeliveryContext,
): Promise<readonly Part[]> {
  const { records } = part;
  if (verdict.kind === 'done') {
    settleAll(records, context);
    return [];
  }
  if (verdict.kind === 'partial') {
    settleAll(records.slice(0, verdict.firstFailed), context);
    // Progress makes a new batch of the rest, with all its attempts: recorded from AWS, with and without bisecting.
    return [{ ...UNTRIED, records: records.slice(verdict.firstFailed) }];
  }
  if (context.mapping().bisectOnError && records.length > 1) return splitInHalf(part);
  return countFailure(part, context);
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
  const isTooOld = (record: BatchRecord): boolean =>
    maxRecordAgeSeconds !== -1 && record.arrivalMs < oldestMs;
  const oldestKept = part.wasTried ? await context.oldestKept() : undefined;
  const isGone = (record: BatchRecord): boolean =>
    oldestKept !== undefined && (oldestKept === null || record.sequenceNumber < oldestKept);
  // Arrival times never fall inside a shard: what has expired lies at the front.
  const aged = countLeading(records, isTooOld);
  const gone = aged + countLeading(records.slice(aged), isGone);
  if (aged > 0) {
    await discardFor('RecordAgeExceeded', { ...part, records: records.slice(0, aged) }, context);
  }
  if (gone > aged && !context.isStopping()) {
    await discardFor('RecordExpired', { ...part, records: records.slice(aged, gone) }, context);
  }
  return gone === 0 ? part : { ...part, records: records.slice(gone) };
}

function countLeading<T>(items: readonly T[], holds: (item: T) => boolean): number {
  const end = items.findIndex((item) => !holds(item));
  return end === -1 ? items.length : end;
}

/** Hands the records to the on-failure destination, however often that takes, and goes on behind them; a stop leaves them. */
async function discardFor(
  reason: Discard['reason'],
  part: Part,
  context: DeliveryContext,
): Promise<void> {
  const { records, invokeCount, lastInvocation } = part;
  for (let failures = 1; !context.isStopping(); failures++) {
    try {
      await context.discard(records, { reason, invokeCount, lastInvocation });
      settleAll(records, context);
      return;
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      context.notice(`on-failure destination not reached: ${text}`);
      await context.backOff(failures, Number.POSITIVE_INFINITY);
    }
  }
}

function settleAll(records: readonly BatchRecord[], context: DeliveryContext): void {
  const last = records.at(-1);
  if (last !== undefined) context.settle(last.sequenceNumber);
}
