import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareUtf8, partitionPoint } from '#embedded/s3/protocol/utf8-order.ts';

/** Characters on both sides of the surrogates, where UTF-16 and UTF-8 order differ. */
const KEY = fc.string({
  unit: fc.oneof(
    fc.constantFrom('a', '\ud7ff', '\ue000', '\uffff', '𐀀', '😀'),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
  ),
  maxLength: 6,
});

describe('compareUtf8', () => {
  it('orders any two strings as their UTF-8 bytes', () => {
    fc.assert(
      fc.property(KEY, KEY, (left, right) => {
        const bytes = Buffer.compare(Buffer.from(left), Buffer.from(right));
        expect(Math.sign(compareUtf8(left, right))).toBe(bytes);
      }),
      { numRuns: 2000 },
    );
  });

  it('puts U+FFFF before U+10000, unlike the order of JavaScript', () => {
    expect('\uffff' < '𐀀').toBe(false);
    expect(compareUtf8('\uffff', '𐀀')).toBeLessThan(0);
  });
});

describe('partitionPoint', () => {
  it('finds the first element that is not before', () => {
    fc.assert(
      fc.property(fc.array(KEY), KEY, (keys, key) => {
        const sorted = keys.toSorted(compareUtf8);
        const expected = sorted.filter((other) => compareUtf8(other, key) < 0).length;
        expect(partitionPoint(sorted, (other) => compareUtf8(other, key) < 0)).toBe(expected);
      }),
    );
  });
});
