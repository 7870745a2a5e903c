import { SluiceError } from '#core/errors.ts';
import type { Clock, Random } from '#ports/clock.ts';
import type { EventStream, PutOutcome, StreamRecordIn } from '#ports/event-stream.ts';

export interface RetryLimits {
  /** After the first attempt. */
  readonly maxRetries: number;
  readonly retryBaseMs: number;
}

const NO_OUTCOME = {
  errorCode: 'NoOutcome',
  message: 'the service named no outcome',
};

export interface SentRecords {
  /** Shards that took the records. */
  readonly shardIds: ReadonlySet<string>;
  readonly retries: number;
}

/**
 * Puts the records of one batch, in one request, until each is accepted: exponential backoff with full jitter
 * between attempts, which repeat what failed. Order is kept where the records of a shard fail together, as they do
 * on Kafka, or there is only one. Throws DELIVERY_FAILED when the retries are used up.
 */
export async function sendRecords(
  deps: {
    readonly stream: Pick<EventStream, 'putRecords'>;
    readonly clock: Clock;
    readonly random: Random;
  },
  records: readonly StreamRecordIn[],
  options: { readonly streamName: string; readonly limits: RetryLimits },
): Promise<SentRecords> {
  const { streamName, limits } = options;
  const shardIds = new Set<string>();
  let waiting = records;
  for (let retries = 0; ; retries++) {
    const outcomes = await attempt(deps.stream, streamName, waiting);
    for (const outcome of outcomes) {
      if (outcome.kind === 'accepted') shardIds.add(outcome.shardId);
    }
    waiting = waiting.filter((_record, index) => outcomes[index]?.kind !== 'accepted');
    if (waiting.length === 0) return { shardIds, retries };
    const failure = outcomes.find((outcome) => outcome.kind === 'failed') ?? NO_OUTCOME;
    if (retries >= limits.maxRetries) {
      throw new SluiceError(
        'DELIVERY_FAILED',
        `${streamName} refused a record ${retries + 1} times, last with ${failure.errorCode}: ${failure.message}; everything acknowledged before it is in the stream`,
        { context: { streamName, attempts: retries + 1, errorCode: failure.errorCode } },
      );
    }
    await deps.clock.sleep(deps.random.next() * limits.retryBaseMs * 2 ** retries);
  }
}

/** A call that failed whole counts like a record that failed; anything not retryable is a bug and throws. */
async function attempt(
  stream: Pick<EventStream, 'putRecords'>,
  streamName: string,
  records: readonly StreamRecordIn[],
): Promise<readonly PutOutcome[]> {
  try {
    return await stream.putRecords(streamName, records);
  } catch (error) {
    if (!(error instanceof SluiceError) || !error.retryable) throw error;
    return [{ kind: 'failed', errorCode: error.code, message: error.message }];
  }
}

/** True when all records of a batch are in the shard they were meant for: otherwise the shard map has changed. */
export function isOnly(shardIds: ReadonlySet<string>, shardId: string): boolean {
  return shardIds.size === 1 && shardIds.has(shardId);
}
