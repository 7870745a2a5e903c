import type { StreamStore } from '#embedded/kinesis/stream-store.ts';
import type { ShardThrottle } from './shard-throttle.ts';

/** What the operations of one Kinesis service share. */
export interface KinesisContext {
  readonly store: StreamStore;
  readonly nowMs: () => number;
  /** Null: no throughput limits. */
  readonly throttle: ShardThrottle | null;
  /** Tells listeners that a shard took records or was closed or opened. */
  readonly notify: (streamName: string, shardIds: Iterable<string>) => void;
}
