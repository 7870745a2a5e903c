import type { Stream } from '../config/project.ts';

/**
 * Memory of one identity in the writer's index. Measured with identities of 10 to 40 characters: 75 to
 * 105 bytes held, 135 to 195 while data files are read.
 */
export const DEDUPE_BYTES_PER_ID = 150;

/** Part of the writer's memory that the indexes of all its streams may take. */
export const DEDUPE_MEMORY_SHARE = 1 / 4;

interface DedupedStream {
  readonly rate: Pick<Stream['rate'], 'expectedPerSecond'>;
  readonly dedupe: Stream['dedupe'];
}

/** Identities that arrive within a stream's horizon at its expected rate. */
export function expectedIds(stream: DedupedStream): number {
  return Math.ceil((stream.rate.expectedPerSecond * stream.dedupe.horizonMs) / 1000);
}

/**
 * Identities each stream has room for, in the order given: the share is divided by what they expect, so
 * that a day above the expected rate is covered too.
 */
export function dedupeRoom(
  streams: readonly DedupedStream[],
  memoryBytes: number,
): readonly number[] {
  const room = (memoryBytes * DEDUPE_MEMORY_SHARE) / DEDUPE_BYTES_PER_ID;
  const expected = streams.map(expectedIds);
  const total = expected.reduce((sum, ids) => sum + ids, 0);
  return expected.map((ids) => (total === 0 ? 0 : Math.floor((room * ids) / total)));
}
