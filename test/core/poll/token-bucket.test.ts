import { describe, expect, it } from 'vitest';
import { FULL_BUCKET, type TokenBucket, takeToken } from '#core/poll/token-bucket.ts';

/** Waits before requests that are wanted at these times, each sent once it may be. */
function waitsOf(times: readonly number[], perSecond: number): readonly number[] {
  let bucket: TokenBucket = FULL_BUCKET;
  return times.map((nowMs) => {
    const taken = takeToken(bucket, { perSecond, nowMs });
    bucket = taken.bucket;
    return taken.waitMs;
  });
}

describe('a rate', () => {
  it('lets the first request out at once and the next ones at its interval', () => {
    expect(waitsOf([1_000, 1_000, 1_250, 1_500], 4)).toEqual([0, 250, 250, 250]);
  });

  it('saves nothing up', () => {
    expect(waitsOf([1_000, 60_000, 60_000], 2)).toEqual([0, 0, 500]);
  });

  it('waits one interval at most when the clock is set back', () => {
    expect(waitsOf([100_000, 5], 10)).toEqual([0, 100]);
  });
});
