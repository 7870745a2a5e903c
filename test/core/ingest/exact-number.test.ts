import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatDecimal } from '#core/expression/values/decimal-arithmetic.ts';
import { exactNumber } from '#core/ingest/exact-number.ts';

describe('exactNumber', () => {
  it.each([
    ['12.34', 2, 1234n],
    ['12.3400', 2, 1234n],
    ['0.1', 1, 1n],
    ['-0', 0, 0n],
    ['-0.05', 2, -5n],
    ['1e3', 0, 1000n],
    ['1.5E+2', 0, 150n],
    ['1500e-3', 1, 15n],
    ['9007199254740993', 0, 9_007_199_254_740_993n],
    ['0e999999', 2, 0n],
    ['100', -2, 1n],
  ])('reads %s at scale %i', (text, scale, expected) => {
    expect(exactNumber(text, scale)).toBe(expected);
  });

  it.each([
    ['12.345', 2],
    ['0.1', 0],
    ['1e-1', 0],
    ['1e60', 0],
    ['1e999999', 0],
    ['1e-999999', 38],
    ['1e9999999', 0],
    ['', 0],
    ['+1', 0],
    ['01', 0],
    ['.5', 1],
    ['5.', 1],
    [' 5', 0],
    ['5\n', 0],
    ['0x10', 0],
    ['NaN', 0],
    ['٣', 0],
    ['1'.repeat(201), 0],
  ])('refuses %j at scale %i', (text, scale) => {
    expect(exactNumber(text, scale)).toBeNull();
  });

  it('reads back every decimal', () => {
    const unscaled = fc.bigInt({ min: -(10n ** 38n) + 1n, max: 10n ** 38n - 1n });
    fc.assert(
      fc.property(unscaled, fc.nat({ max: 38 }), (value, scale) => {
        expect(exactNumber(formatDecimal(value, scale), scale)).toBe(value);
      }),
    );
  });
});
