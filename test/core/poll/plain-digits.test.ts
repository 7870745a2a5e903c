import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exactNumber } from '#core/ingest/exact-number.ts';
import { plainDigits } from '#core/poll/plain-digits.ts';

describe('digits without exponent', () => {
  it.each([
    ['12.50', '12.50'],
    ['1e2', '100'],
    ['1.5E+2', '150'],
    ['-1.25e1', '-12.5'],
    ['125e-2', '1.25'],
    ['1e-3', '0.001'],
    ['-5e-1', '-0.5'],
    ['0.05e1', '0.5'],
    ['0e0', '0'],
    ['1e9999', '1e9999'],
  ])('%s is %s', (number, digits) => {
    expect(plainDigits(number)).toBe(digits);
  });

  it('are the same number', () => {
    const part = fc.nat({ max: 1_000_000 });
    fc.assert(
      fc.property(part, part, fc.integer({ min: -15, max: 15 }), (whole, fraction, exponent) => {
        const number = `${whole}.${fraction}e${exponent}`;
        const digits = plainDigits(number);
        expect(digits).not.toMatch(/e/i);
        expect(exactNumber(digits, 25)).toBe(exactNumber(number, 25));
      }),
      { numRuns: 200 },
    );
  });
});
