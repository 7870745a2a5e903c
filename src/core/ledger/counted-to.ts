import type { LedgerCursor } from './ledger-cursor.ts';

/**
 * Time up to which a source is counted: null when that is not known, as of a file that is under way; Infinity for a shard that
 * has ended and for every other source, since nothing of it is left to count.
 */
export function countedTo({
  shards,
  files,
}: Pick<LedgerCursor, 'shards' | 'files'>): (source: string) => number | null {
  const openFiles = new Set(files.open);
  return (source) => {
    if (openFiles.has(source)) return null;
    const shard = shards.get(source);
    return shard === undefined || shard.ended ? Number.POSITIVE_INFINITY : shard.readToMs;
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
