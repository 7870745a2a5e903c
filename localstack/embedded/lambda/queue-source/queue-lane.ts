import type {
  LambdaOutcome,
  LambdaService,
  MetricsService,
  SqsMessageView,
  SqsService,
} from '../../services.ts';
import { systemClock } from '../event-source/mapping-clock.ts';
import type { PlatformAccess } from '../event-source/platform-access.ts';
import { isThrottle } from '../lambda-functions.ts';
import type { QueueMappingConfig } from '../queue-mapping-service.ts';
import { eventRecordBytes, queueEvent } from './queue-event.ts';
import { messagesDone } from './queue-response.ts';

export interface QueueLaneOptions {
  readonly mapping: () => QueueMappingConfig;
  readonly sqs: Pick<SqsService, 'receive' | 'delete' | 'giveBack' | 'attributesOf'>;
  /** What failed the first time comes again after it; doubled with each failure. */
  readonly retryDelayMs: number;
  readonly lambda: Pick<LambdaService, 'invoke'>;
  readonly access: PlatformAccess;
  readonly metrics: MetricsService | undefined;
  readonly onNotice: (text: string) => void;
  /** Ends the polling; a batch at work is finished. */
  readonly signal: AbortSignal;
}

/** Lambda polls with long waits of 20 seconds. */
const WAIT_MS = 20_000;
const MAX_PER_RECEIVE = 10;
/** Of one event. Source: Lambda quotas, synchronous invocation. */
const MAX_EVENT_BYTES = 6_291_456;
const ENVELOPE_BYTES = 64;
const PROBLEM_WAIT_MS = 1000;
const THROTTLED_WAIT_MS = 500;

/** Of what failed again and again; the queue's visibility timeout when that is shorter. */
const MAX_RETRY_DELAY_MS = 60_000;

/**
 * Reads batches, one after the other, until the signal: receive, invoke, delete what is done, give back what failed. In AWS that
 * waits out its visibility timeout, which is longer than the function may run; here whoever works on it is known to have ended.
 */
export async function runQueueLane(options: QueueLaneOptions): Promise<void> {
  const { signal, onNotice } = options;
  let lastProblem = '';
  while (!signal.aborted) {
    try {
      const batch = await readBatch(options);
      await processParts(options, batch);
      lastProblem = '';
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      // The same trouble again and again is told once.
      if (problem !== lastProblem)
        onNotice(`event source mapping ${options.mapping().id}: ${problem}`);
      lastProblem = problem;
      await systemClock.sleep(PROBLEM_WAIT_MS, signal);
    }
  }
}

/** Waits for a first message, then gathers more until the batch is full, its window is over, or the event is at its limit. */
async function readBatch(options: QueueLaneOptions): Promise<readonly SqsMessageView[]> {
  const { mapping, sqs, access, signal } = options;
  const { queueArn, functionName, batchSize, batchingWindowMs } = mapping();
  const batch: SqsMessageView[] = [];
  let sizeBytes = ENVELOPE_BYTES;
  let deadlineMs = 0;
  for (;;) {
    access.require(functionName, 'sqs:ReceiveMessage', queueArn);
    const waitMs = batch.length === 0 ? WAIT_MS : Math.max(0, deadlineMs - Date.now());
    const limit = Math.min(MAX_PER_RECEIVE, batchSize - batch.length);
    const received = await sqs.receive(queueArn, { limit, waitMs, signal });
    count(options, 'PolledEventCount', received.length);
    if (batch.length === 0) deadlineMs = Date.now() + batchingWindowMs;
    batch.push(...received);
    for (const message of received) sizeBytes += eventRecordBytes(queueArn, message);
    const isFull = batch.length >= batchSize || sizeBytes >= MAX_EVENT_BYTES / 2;
    const isOver = received.length === 0 || Date.now() >= deadlineMs;
    // Without a window, what is there already still fills the batch.
    if (batch.length === 0 || isFull || (isOver && received.length < limit) || signal.aborted) {
      return batch;
    }
  }
}

/** One event after the other where a batch is too large for one. What comes behind a failure in a FIFO queue waits with it. */
async function processParts(
  options: QueueLaneOptions,
  batch: readonly SqsMessageView[],
): Promise<void> {
  const { queueArn } = options.mapping();
  const parts = splitBySize(queueArn, batch);
  for (const [index, part] of parts.entries()) {
    const isDone = await processBatch(options, part);
    if (isDone || !queueArn.endsWith('.fifo')) continue;
    giveBack(options, parts.slice(index + 1).flat());
    return;
  }
}

function giveBack(
  { mapping, sqs, retryDelayMs }: QueueLaneOptions,
  messages: readonly SqsMessageView[],
): void {
  for (const { receiptHandle, system } of messages) {
    const receives = Number(system['ApproximateReceiveCount'] ?? '1');
    const delayMs = Math.min(retryDelayMs * 2 ** (receives - 1), MAX_RETRY_DELAY_MS);
    sqs.giveBack(mapping().queueArn, receiptHandle, delayMs);
  }
}

function splitBySize(
  queueArn: string,
  batch: readonly SqsMessageView[],
): readonly (readonly SqsMessageView[])[] {
  const parts: SqsMessageView[][] = [];
  let sizeBytes = MAX_EVENT_BYTES;
  for (const message of batch) {
    const recordBytes = eventRecordBytes(queueArn, message);
    const last = parts.at(-1);
    if (last === undefined || sizeBytes + recordBytes > MAX_EVENT_BYTES) {
      parts.push([message]);
      sizeBytes = ENVELOPE_BYTES + recordBytes;
    } else {
      last.push(message);
      sizeBytes += recordBytes;
    }
  }
  return parts;
}

/** True when every message is done with. */
async function processBatch(
  options: QueueLaneOptions,
  batch: readonly SqsMessageView[],
): Promise<boolean> {
  const { queueArn, functionName, reportBatchItemFailures } = options.mapping();
  const payload = queueEvent(queueArn, batch);
  count(options, 'InvokedEventCount', batch.length);
  const outcome = await invokePatiently(options, payload);
  if (outcome === null) return false;
  const done = messagesDone(outcome, batch, { reportBatchItemFailures });
  count(options, 'FailedInvokeEventCount', batch.length - done.length);
  const finished = new Set(done);
  giveBack(
    options,
    batch.filter((message) => !finished.has(message)),
  );
  if (done.length === 0) return false;
  options.access.require(functionName, 'sqs:DeleteMessage', queueArn);
  for (const message of done) {
    options.sqs.delete(queueArn, message.receiptHandle);
  }
  count(options, 'DeletedEventCount', done.length);
  return done.length === batch.length;
}

/** A throttled function is asked again as long as the messages are hidden from others; null when that time is over. */
async function invokePatiently(
  { mapping, lambda, sqs, signal }: QueueLaneOptions,
  payload: Buffer,
): Promise<LambdaOutcome | null> {
  const { queueArn, functionName } = mapping();
  const visibilitySeconds = Number(sqs.attributesOf(queueArn)?.['VisibilityTimeout'] ?? '0');
  const deadlineMs = Date.now() + (visibilitySeconds * 1000) / 2;
  for (;;) {
    try {
      return await lambda.invoke(functionName, payload);
    } catch (error) {
      if (!isThrottle(error)) throw error;
      if (Date.now() >= deadlineMs || signal.aborted) return null;
      await systemClock.sleep(THROTTLED_WAIT_MS, signal);
    }
  }
}

function count({ mapping, metrics }: QueueLaneOptions, name: string, value: number): void {
  const { countEvents, id } = mapping();
  if (!countEvents) return;
  const dimensions = { EventSourceMappingUUID: id };
  metrics?.put({ namespace: 'AWS/Lambda', name, dimensions, value, atMs: Date.now() });
}
