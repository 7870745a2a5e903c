/** How long the ways into a table can hold on to what they will stage. */
export interface StagingTimes {
  /** The stream or topic forgets a record after it. */
  readonly streamRetentionMs: number;
  /** A message with a file or a batch stays in its queue at most so long. */
  readonly queueRetentionMs: number;
  /** Longest invocation of a function that stages or commits. */
  readonly invocationMs: number;
}

/** A name given to staged content is given again for so long at most; then the same content gets another one (stagedName). */
export const STAGED_NAME_MS = 86_400_000;

/** Clocks that differ, requests that are repeated, a deployment in between. */
const MARGIN_MS = 86_400_000;

/**
 * The age from which a file that nothing names will never be named again (the argument is in remove-orphans.ts). The sum, not
 * the largest part: a record can be read in the last moment of the stream's retention, wait in a queue, and be staged by an
 * invocation that takes all its time.
 */
export function minOrphanAgeMs(times: StagingTimes): number {
  const heldMs = Math.max(STAGED_NAME_MS, times.streamRetentionMs + times.queueRetentionMs);
  return heldMs + 2 * times.invocationMs + MARGIN_MS;
}

/**
 * A name for content: the same for the same content within a day (UTC), so that a retry meets its own object, and another one
 * later, so that nobody ever takes up an old object which orphan removal may be deleting at that moment.
 */
export function stagedName(sha256: string, nowMs: number): string {
  return `${sha256.slice(0, 16)}-${Math.floor(nowMs / STAGED_NAME_MS)}`;
}
