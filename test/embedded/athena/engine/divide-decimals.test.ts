import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { divideDecimals } from '#embedded/athena/engine/divide-decimals.ts';
import { formatDecimal } from '#embedded/athena/result-format.ts';

describe('divideDecimals', () => {
  it.each([
    ['10.00', '3', 2, '3.33'],
    ['2', '3', 2, '0.67'],
    ['-2', '3', 2, '-0.67'],
    ['1', '8', 2, '0.13'],
    ['-1', '8', 2, '-0.13'],
    ['0.001', '-1000', 2, '0.00'],
    ['99999999999999999999999999999999999999', '1', 0, '99999999999999999999999999999999999999'],
    ['1', '0.00000000000000000001', 0, '100000000000000000000'],
  ])('%s / %s at scale %i is %s', (a, b, scale, expected) => {
    expect(divideDecimals(a, b, scale)).toBe(expected);
  });

  it('is the nearest decimal, for any operands', () => {
    const unscaled = fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n });
    const scale = fc.integer({ min: 0, max: 10 });
    fc.assert(
      fc.property(unscaled, unscaled, scale, scale, scale, (a, b, sa, sb, result) => {
        fc.pre(b !== 0n);
        const text = divideDecimals(formatDecimal(a, sa), formatDecimal(b, sb), result);
        const quotient = BigInt(text.replace('.', ''));
        // |a·10^sb·10^result − q·b·10^sa| must be at most half of |b·10^sa|.
        const exact = a * 10n ** BigInt(sb + result);
        const unit = b * 10n ** BigInt(sa);
        const error = exact - quotient * unit;
        expect((error < 0n ? -error : error) * 2n <= (unit < 0n ? -unit : unit)).toBe(true);
      }),
    );
  });

  it('fails for zero', () => {
    expect(() => divideDecimals('1', '0.00', 2)).toThrow('DIVISION_BY_ZERO: Division by zero');
  });
});
