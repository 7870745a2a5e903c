import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Clock, Random } from '#ports/clock.ts';

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  sleep: async (ms) => {
    await delay(ms);
  },
};

export const systemRandom: Random = {
  next: () => Math.random(),
  bytes: (length) => new Uint8Array(randomBytes(length)),
};
