import { describe, expect, it } from 'vitest';
import { editDistance, nearestName, unknownName } from '#core/config/source/nearest-name.ts';

describe('editDistance', () => {
  it.each([
    ['', '', 0],
    ['', 'abc', 3],
    ['kitten', 'sitting', 3],
    ['price', 'pirce', 1],
    ['ca', 'abc', 3],
  ])('between %j and %j is %d', (a, b, edits) => {
    expect(editDistance(a, b)).toBe(edits);
    expect(editDistance(b, a)).toBe(edits);
  });
});

describe('nearestName', () => {
  it('finds a typing error, whatever the case', () => {
    expect(nearestName('Catgory', ['key', 'category', 'fields'])).toBe('category');
  });

  it('finds nothing when more than a third differs', () => {
    expect(nearestName('zebra', ['price', 'size'])).toBeNull();
  });

  it('prefers the first of equally near names', () => {
    expect(nearestName('ab', ['ac', 'ad'])).toBe('ac');
  });

  it('does not compare texts of hostile length', () => {
    expect(nearestName('a'.repeat(100_000), ['a'.repeat(64)])).toBeNull();
  });
});

describe('unknownName', () => {
  it('cuts a long list of choices', () => {
    const names = Array.from({ length: 30 }, (_, index) => `name${index}`);
    expect(unknownName('other', names)).toMatch(
      /^expected one of "name0", .*"name23", …, got "other"$/,
    );
  });

  it('tells when there is nothing to choose from', () => {
    expect(unknownName('other', [])).toBe('expected nothing, got "other"');
  });
});
