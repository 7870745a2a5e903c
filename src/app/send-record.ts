import { SluiceError } from '#core/errors.ts';
import type { Clock, Random } from '#ports/clock.ts';
import type { EventStream, PutOutcome, StreamRecordIn } from '#ports/event-stream.ts';

export interface RetryLimits {
  /** After the first attempt. */
  readonly maxRetries: number;
  readonly retryBaseMs: number;
}

export interface SentRecord {
  /** Shard that took the record. */
  readonly shardId: string;
  readonly retries: number;
}

/**
 * Puts one record until it is accepted: exponential backoff with full jitter between attempts.
 * Throws DELIVERY_FAILED when the retries are used up.
 */
export async function sendRecord(
  deps: { readonly stream: EventStream; readonly clock: Clock; readonly random: Random },
  record: StreamRecordIn,
  options: { readonly streamName: string; readonly limits: RetryLimits },
): Promise<SentRecord> {
  const { streamName, limits } = options;
  for (let retries = 0; ; retries++) {
    const outcome = await attempt(deps.stream, streamName, record);
    if (outcome.kind === 'accepted') return { shardId: outcome.shardId, retries };
    if (retries >= limits.maxRetries) {
      throw new SluiceError(
        'DELIVERY_FAILED',
        `${streamName} refused a record ${retries + 1} times, last with ${outcome.errorCode}: ${outcome.message}; everything acknowledged before it is in the stream`,
        { context: { streamName, attempts: retries + 1, errorCode: outcome.errorCode } },
      );
    }
    await deps.clock.sleep(deps.random.next() * limits.retryBaseMs * 2 ** retries);
  }
}

/** A call that failed whole counts like a record that failed; anything not retryable is a bug and throws. */
async function attempt(
  stream: EventStream,
  streamName: string,
  record: StreamRecordIn,
): Promise<PutOutcome> {
  try {
    const [outcome] = await stream.putRecords(streamName, [record]);
    return (
      outcome ?? { kind: 'failed', errorCode: 'NoOutcome', message: 'the service named no outcome' }
    );
  } catch (error) {
    if (!(error instanceof SluiceError) || !error.retryable) throw error;
    return { kind: 'failed', errorCode: error.code, message: error.message };
  }
}
