import { describe, expect, it } from 'vitest';
import { createRecentIds } from '#app/stage/recent-ids.ts';
import { hashText, hashTexts } from '#core/delivery/id-hash.ts';

describe('recent ids', () => {
  it('knows what came lately', () => {
    const recent = createRecentIds();
    recent.add(hashTexts(['a', 'b', 'c']));
    const asked = hashTexts(['a', 'b', 'c', 'd']);
    expect([0, 1, 2, 3].map((item) => recent.has(asked, item))).toEqual([true, true, true, false]);
  });

  it('stays small whatever is added, and forgets what is in the way of newer ones', () => {
    const recent = createRecentIds(256);
    const texts = Array.from({ length: 10_000 }, (_, id) => String(id));
    for (const text of texts) recent.add(hashText(text));
    const known = texts.filter((text) => recent.has(hashText(text), 0));
    expect(known.length).toBeLessThanOrEqual(256);
    expect(known.length).toBeGreaterThan(128);
    expect(known).toContain('9999');
  });
});
