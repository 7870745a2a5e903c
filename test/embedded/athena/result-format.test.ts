import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formatDaySecond,
  formatDecimal,
  formatDouble,
  formatReal,
  formatYearMonth,
} from '#embedded/athena/result-format.ts';

describe('formatDouble', () => {
  // Source: Java SE, Double.toString.
  it.each([
    [0, '0.0'],
    [-0, '-0.0'],
    [1, '1.0'],
    [-1.5, '-1.5'],
    [100, '100.0'],
    [123456.789, '123456.789'],
    [9999999, '9999999.0'],
    [10_000_000, '1.0E7'],
    [1e10, '1.0E10'],
    [1.234e20, '1.234E20'],
    [0.001, '0.001'],
    [0.00123, '0.00123'],
    [0.0001, '1.0E-4'],
    [1.25e-7, '1.25E-7'],
    [Number.MAX_VALUE, '1.7976931348623157E308'],
    [Number.MIN_VALUE, '4.9E-324'],
    [Number.NaN, 'NaN'],
    [Number.POSITIVE_INFINITY, 'Infinity'],
    [Number.NEGATIVE_INFINITY, '-Infinity'],
  ])('writes %d as %s', (value, text) => {
    expect(formatDouble(value)).toBe(text);
  });

  it('reads back as the same number', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true }), (value) => {
        const text = formatDouble(value);
        expect(Object.is(Number(text), value)).toBe(true);
        expect(text).toMatch(/^-?(\d+\.\d+(E-?\d+)?|Infinity)$/);
      }),
    );
  });
});

describe('formatReal', () => {
  it.each([
    [Math.fround(0.1), '0.1'],
    [16777216, '1.6777216E7'],
    [Math.fround(3.4028234e38), '3.4028235E38'],
    [Math.fround(1e-7), '1.0E-7'],
    [0, '0.0'],
  ])('writes %d as %s', (value, text) => {
    expect(formatReal(value)).toBe(text);
  });

  it('reads back as the same 32-bit number', () => {
    fc.assert(
      fc.property(fc.float({ noNaN: true }), (value) => {
        expect(Object.is(Math.fround(Number(formatReal(value))), value)).toBe(true);
      }),
    );
  });
});

describe('other values', () => {
  it('writes decimals with their scale', () => {
    expect(formatDecimal(-5n, 2)).toBe('-0.05');
    expect(formatDecimal(12345n, 2)).toBe('123.45');
    expect(formatDecimal(7n, 0)).toBe('7');
  });

  it('writes intervals', () => {
    expect(formatDaySecond(183_845_678n)).toBe('2 03:04:05.678');
    expect(formatDaySecond(-1n)).toBe('-0 00:00:00.001');
    expect(formatYearMonth(14)).toBe('1-2');
    expect(formatYearMonth(-1)).toBe('-0-1');
  });
});
