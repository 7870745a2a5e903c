import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { floorDivide } from '#core/civil-date.ts';
import {
  decimalToNumber,
  divideHalfUp,
  formatDecimal,
  parseDecimal,
  rescale,
} from '#core/expression/values/decimal-arithmetic.ts';

const unscaled = fc.bigInt({ min: -(10n ** 38n) + 1n, max: 10n ** 38n - 1n });
const scale = fc.integer({ min: 0, max: 38 });

describe('decimals', () => {
  it('print and read back the same', () => {
    fc.assert(
      fc.property(unscaled, scale, (value, digits) => {
        expect(parseDecimal(formatDecimal(value, digits), digits)).toBe(value);
      }),
      { seed: 61, numRuns: 1_000 },
    );
  });

  it('round to the nearest, halves away from zero', () => {
    fc.assert(
      fc.property(unscaled, fc.bigInt({ min: 1n, max: 10n ** 20n }), (dividend, divisor) => {
        const doubled = 2n * (dividend - divideHalfUp(dividend, divisor) * divisor);
        const magnitude = doubled < 0n ? -doubled : doubled;
        expect(magnitude <= divisor).toBe(true);
        // On a tie the result is the one further from zero, so the rest points back to zero.
        if (magnitude === divisor) expect(doubled < 0n).toBe(dividend > 0n);
        expect(divideHalfUp(-dividend, divisor)).toBe(-divideHalfUp(dividend, divisor));
        expect(divideHalfUp(dividend, -divisor)).toBe(-divideHalfUp(dividend, divisor));
      }),
      { seed: 62, numRuns: 1_000 },
    );
  });

  it('keep their value at a larger scale', () => {
    fc.assert(
      fc.property(unscaled, scale, scale, (value, from, more) => {
        expect(rescale(rescale(value, from, from + more), from + more, from)).toBe(value);
      }),
      { seed: 63, numRuns: 500 },
    );
  });

  it('become the nearest double', () => {
    fc.assert(
      fc.property(
        fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e15, max: 1e15 }),
        (value) => {
          const text = value.toFixed(6);
          const parsed = parseDecimal(text, 6);
          expect(decimalToNumber(parsed ?? 0n, 6)).toBe(Number(text) + 0);
        },
      ),
      { seed: 64, numRuns: 1_000 },
    );
  });

  it('divide towards negative infinity where asked', () => {
    expect(floorDivide(-1n, 10n)).toBe(-1n);
    expect(floorDivide(-10n, 10n)).toBe(-1n);
    expect(floorDivide(19n, 10n)).toBe(1n);
  });

  it('stay cheap for absurd exponents', () => {
    const start = performance.now();
    expect(parseDecimal('1e999999999', 2)).toBe(10n ** 76n);
    expect(parseDecimal('-1e999999999', 2)).toBe(-(10n ** 76n));
    expect(parseDecimal('1e-999999999', 2)).toBe(0n);
    expect(parseDecimal(`0.${'0'.repeat(300)}1`, 2)).toBeNull();
    expect(performance.now() - start).toBeLessThan(1_000);
  });
});
