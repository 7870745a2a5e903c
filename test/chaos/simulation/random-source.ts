import { createRandomAccess } from '#core/generate/random-access.ts';
import type { Random } from '#ports/clock.ts';

/** A sequence of random numbers that its seed decides. */
export interface RandomSource extends Random {
  /** Whole number in [0, below). */
  below(bound: number): number;
  /** Whole number in [from, to]. */
  between(from: number, to: number): number;
  chance(probability: number): boolean;
  pick<T>(items: readonly T[]): T;
  /** A further sequence that does not depend on how far this one is. */
  derive(label: string): RandomSource;
}

export function createRandomSource(seed: string): RandomSource {
  const numbers = createRandomAccess(seed);
  let index = 0;
  const next = () => numbers.uniformAt(index++);
  const below = (bound: number) => Math.floor(next() * bound);
  return {
    next,
    bytes: (length) => Uint8Array.from({ length }, () => below(256)),
    below,
    between: (from, to) => from + below(to - from + 1),
    chance: (probability) => next() < probability,
    pick: (items) => {
      const item = items[below(items.length)];
      if (item === undefined) throw new Error('nothing to pick from');
      return item;
    },
    derive: (label) => createRandomSource(`${seed}/${label}`),
  };
}
