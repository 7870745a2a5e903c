/** Requests that may be sent at a rate, one at a time: the bucket holds one token. */
export interface TokenBucket {
  /** Milliseconds since the epoch from which the next request may go out. */
  readonly freeAtMs: number;
}

export const FULL_BUCKET: TokenBucket = { freeAtMs: 0 };

/** Takes a token; the caller waits for `waitMs` before it sends. A clock that is set back does not make it wait longer than one interval. */
export function takeToken(
  bucket: TokenBucket,
  options: { readonly perSecond: number; readonly nowMs: number },
): { readonly bucket: TokenBucket; readonly waitMs: number } {
  const intervalMs = 1_000 / options.perSecond;
  const waitMs = Math.min(Math.max(0, bucket.freeAtMs - options.nowMs), intervalMs);
  return { waitMs, bucket: { freeAtMs: options.nowMs + waitMs + intervalMs } };
}
