import type { JudgedEvent } from '#core/delivery/judged-event.ts';

/** Events of one source (shard, partition), in its order. */
export interface SinkBatch {
  readonly domain: string;
  readonly source: string;
  /** Not empty. */
  readonly events: readonly JudgedEvent[];
}

/**
 * A destination of events besides the bronze tables. After any failure it is given the same events again, in
 * the same batches or others: an implementation that writes an event twice under the same position must let
 * readers see only one, or say in its documentation that they tell doubles by the position.
 */
export interface Sink {
  /** Returns when the batch is durable. Throws when it is not; the batch is then given again. */
  write(batch: SinkBatch): Promise<void>;
}
