import type { Clock, Random } from '#ports/clock.ts';

export const START_MS = Date.UTC(2026, 10, 20, 18, 5);

/** A clock that only sleeping moves. Sleeping gives way to every other task first, so that races happen. */
export function fixedClock(): Clock {
  let nowMs = START_MS;
  return {
    nowMs: () => nowMs,
    sleep: (ms) => {
      nowMs += ms;
      return new Promise((resolve) => setImmediate(resolve));
    },
  };
}

/** The same numbers for the same seed (a 32-bit mixing generator). */
export function seededRandom(seed = 1): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    next,
    bytes: (length) => Uint8Array.from({ length }, () => Math.floor(next() * 256)),
  };
}
