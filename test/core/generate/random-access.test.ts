import { describe, expect, it } from 'vitest';
import { createRandomAccess } from '#core/generate/random-access.ts';

const COUNT = 50_000;
const sequence = (seed: string, start = 0) => {
  const random = createRandomAccess(seed);
  return Array.from({ length: COUNT }, (_, index) => random.uniformAt(start + index));
};

/** Correlation of two sequences of uniform numbers; 1 / sqrt(COUNT) is one standard deviation of chance. */
function correlation(left: readonly number[], right: readonly number[]): number {
  let sum = 0;
  for (let index = 0; index < left.length; index++) {
    sum += ((left[index] ?? 0) - 0.5) * ((right[index] ?? 0) - 0.5);
  }
  return (sum / left.length) * 12;
}

const derived = createRandomAccess('a').derive('price');

describe('createRandomAccess', () => {
  it('gives the same number at the same index and seed', () => {
    const random = createRandomAccess('42');
    const far = random.uniformAt(1e12);
    random.uniformAt(0);
    expect(random.uniformAt(1e12)).toBe(far);
    expect(createRandomAccess('42').uniformAt(1e12)).toBe(far);
  });

  it('stays in [0, 1) and fills it evenly', () => {
    const buckets = new Array<number>(100).fill(0);
    for (const value of sequence('even')) {
      expect(value >= 0 && value < 1).toBe(true);
      const bucket = Math.floor(value * 100);
      buckets[bucket] = (buckets[bucket] ?? 0) + 1;
    }
    const expected = COUNT / 100;
    const chiSquare = buckets.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    // 99 degrees of freedom: below 150 with a probability of 99.9 %.
    expect(chiSquare).toBeLessThan(150);
  });

  it.each([
    ['the next index', sequence('a', 1)],
    ['an index far away', sequence('a', 2 ** 33)],
    ['another seed', sequence('b')],
    ['a derived field', Array.from({ length: COUNT }, (_, index) => derived.uniformAt(index))],
  ])('does not go with %s', (_name, other) => {
    expect(Math.abs(correlation(sequence('a'), other))).toBeLessThan(4 / Math.sqrt(COUNT));
  });
});
