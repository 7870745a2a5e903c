import { describe, expect, it } from 'vitest';
import { createHashFilter } from '#core/delivery/hash-filter.ts';
import { hashTexts } from '#core/delivery/id-hash.ts';

const ADDED = hashTexts(Array.from({ length: 1_000 }, (_, index) => `added-${index}`));
const OTHERS = hashTexts(Array.from({ length: 10_000 }, (_, index) => `other-${index}`));

describe('createHashFilter', () => {
  it('may have everything that was added, and seldom anything else', () => {
    const filter = createHashFilter(1_000);
    for (let item = 0; item < 1_000; item++) filter.add(ADDED, item);
    const items = Array.from({ length: 10_000 }, (_, item) => item);
    expect(items.slice(0, 1_000).every((item) => filter.mayHave(ADDED, item))).toBe(true);
    expect(items.filter((item) => filter.mayHave(OTHERS, item)).length).toBeLessThan(600);
  });

  it('has room for what is expected', () => {
    expect(createHashFilter(1_000_000).capacity).toBeGreaterThanOrEqual(1_000_000);
  });
});
