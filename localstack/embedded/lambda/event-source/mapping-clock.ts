import { setTimeout as delay } from 'node:timers/promises';

/** Time as the mappings see it; tests bring their own. */
export interface MappingClock {
  /** Epoch milliseconds. */
  nowMs(): number;
  /** Resolves after the time, or as soon as the signal is aborted; never rejects. `ms` may be infinite. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/** Longest time a timer of Node takes. */
const MAX_TIMER_MS = 2 ** 31 - 1;

export const systemClock: MappingClock = {
  nowMs: Date.now,
  sleep: async (ms, signal) => {
    await delay(Math.min(Math.max(0, ms), MAX_TIMER_MS), undefined, { signal }).catch(
      () => undefined,
    );
  },
};
