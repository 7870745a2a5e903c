import type { RandomAccess } from './random-access.ts';

/** Standard normal at an index (Box-Muller, one of the pair). */
export function normalAt(random: RandomAccess, index: number): number {
  const radius = Math.sqrt(-2 * Math.log(1 - random.uniformAt(2 * index)));
  return radius * Math.cos(2 * Math.PI * random.uniformAt(2 * index + 1));
}

/** Rank in [0, n) with weight 1 / (rank + 1): few values are frequent, many are rare. */
export function createZipf(n: number): (random: RandomAccess, index: number) => number {
  const cumulative = new Float64Array(n);
  let total = 0;
  for (let rank = 0; rank < n; rank++) {
    total += 1 / (rank + 1);
    cumulative[rank] = total;
  }
  return (random, index) => {
    const target = random.uniformAt(index) * total;
    let low = 0;
    let high = n - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (cumulative[middle]! <= target) low = middle + 1;
      else high = middle;
    }
    return low;
  };
}

/** Octaves of the walk: steps of 1, 4, 16 … 4^11 events. */
const WALK_OCTAVES = 12;

/**
 * A random walk that can be read anywhere: a sum of interpolated noises whose size doubles while
 * their step quadruples, so that the spread over n events grows with the square root of n, as a
 * walk's does, without any state.
 */
export function walkAt(random: RandomAccess, index: number): number {
  let sum = 0;
  for (let octave = 0; octave < WALK_OCTAVES; octave++) {
    const step = 4 ** octave;
    const cell = Math.floor(index / step);
    const share = index / step - cell;
    const offset = octave * 2 ** 40;
    const left = random.uniformAt(offset + cell) - 0.5;
    const right = random.uniformAt(offset + cell + 1) - 0.5;
    sum += 2 ** octave * (left + (right - left) * share);
  }
  return sum;
}

/** Walks of many keys from one seed: each key has its own walk and its own level. */
export function createKeyedWalk(
  random: RandomAccess,
  options: { readonly start: number; readonly volatility: number },
): (key: string, index: number) => number {
  const walks = new Map<string, { readonly random: RandomAccess; readonly level: number }>();
  return (key, index) => {
    let walk = walks.get(key);
    if (walk === undefined) {
      const own = random.derive(key);
      walk = { random: own, level: options.start * 2 ** (4 * own.uniformAt(-1) - 2) };
      walks.set(key, walk);
    }
    // A thousandth of the volatility per event; the exponent is bounded by the octaves, so the value stays finite.
    return walk.level * Math.exp((options.volatility / 100) * walkAt(walk.random, index));
  };
}
