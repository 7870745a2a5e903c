import { kinesisSource } from '../delivery/position.ts';
import type { LedgerCursor } from './ledger-cursor.ts';

/**
 * Time up to which a source is counted: null when that is not known, Infinity for a shard that has ended and
 * for a source that is no shard, since nothing of it is left to count.
 */
export function countedTo(
  shards: LedgerCursor['shards'],
  streamName: string,
): (source: string) => number | null {
  const times = new Map(
    [...shards].map(([shardId, { readToMs, ended }]) => [
      kinesisSource(streamName, shardId),
      ended ? Number.POSITIVE_INFINITY : readToMs,
    ]),
  );
  return (source) => {
    const toMs = times.get(source);
    return toMs === undefined ? Number.POSITIVE_INFINITY : toMs;
  };
}

/** Time up to which every shard is counted; null when that is not known of one. */
export function allCountedTo(shards: LedgerCursor['shards']): number | null {
  const times = [...shards.values()].filter(({ ended }) => !ended).map(({ readToMs }) => readToMs);
  const oldest = times.reduce(
    (a, b) => (a === null || b === null ? null : Math.min(a, b)),
    Infinity,
  );
  return oldest === Number.POSITIVE_INFINITY ? null : oldest;
}
