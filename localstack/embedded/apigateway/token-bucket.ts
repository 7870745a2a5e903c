import type { HttpApiThrottle } from '#embedded/services.ts';

/** Lets through so many requests per second on average, and a burst at once. */
export interface TokenBucket {
  /** False when the request is to be refused. */
  take(): boolean;
}

/** Full at first. Source: Amazon API Gateway, "Throttle requests to your HTTP APIs". */
export function createTokenBucket(throttle: HttpApiThrottle, nowMs: () => number): TokenBucket {
  const { ratePerSecond, burst } = throttle;
  let tokens = burst;
  let filledAtMs = nowMs();
  return {
    take() {
      const atMs = nowMs();
      tokens = Math.min(burst, tokens + (Math.max(0, atMs - filledAtMs) * ratePerSecond) / 1000);
      filledAtMs = atMs;
      if (tokens < 1) return false;
      tokens -= 1;
      return true;
    },
  };
}
