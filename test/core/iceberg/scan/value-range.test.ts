import { describe, expect, it } from 'vitest';
import type { ValueTest } from '#core/iceberg/scan/scan-predicate.ts';
import { decodeBound, mayPassTest, type ValueRange } from '#core/iceberg/scan/value-range.ts';

const RANGE: ValueRange = {
  lower: 10,
  upper: 20,
  mayHoldNull: false,
  mayHoldValue: true,
  mayHoldNan: false,
  exact: false,
};
const passes = (
  op: ValueTest['op'],
  values: ValueTest['values'],
  range: Partial<ValueRange> = {},
) => mayPassTest({ op, values }, { ...RANGE, ...range });

describe('mayPassTest', () => {
  it.each<[ValueTest['op'], number, boolean]>([
    ['=', 9, false],
    ['=', 10, true],
    ['=', 20, true],
    ['=', 21, false],
    ['<', 10, false],
    ['<', 11, true],
    ['<=', 9, false],
    ['<=', 10, true],
    ['>', 20, false],
    ['>', 19, true],
    ['>=', 21, false],
    ['>=', 20, true],
    ['!=', 15, true],
  ])('of 10 to 20, %s %i: %s', (op, value, expected) => {
    expect(passes(op, [value])).toBe(expected);
  });

  it('finds one of several values', () => {
    expect(passes('in', [1, 2])).toBe(false);
    expect(passes('in', [1, 15])).toBe(true);
    expect(passes('in', [])).toBe(false);
  });

  it('needs a null for is-null and a value for everything else', () => {
    expect(passes('is-null', [])).toBe(false);
    expect(passes('is-null', [], { mayHoldNull: true })).toBe(true);
    expect(passes('is-not-null', [])).toBe(true);
    expect(passes('is-not-null', [], { mayHoldValue: false })).toBe(false);
    expect(passes('=', [15], { mayHoldValue: false })).toBe(false);
  });

  it('passes without a bound', () => {
    expect(passes('<', [0], { lower: null })).toBe(true);
    expect(passes('>', [99], { upper: null })).toBe(true);
    expect(passes('=', [99], { lower: null, upper: null })).toBe(true);
  });

  it('rules out != only where the one value is known exactly', () => {
    expect(passes('!=', [10], { upper: 10, exact: true })).toBe(false);
    expect(passes('!=', [10], { upper: 10, exact: false })).toBe(true);
    expect(passes('!=', [11], { upper: 10, exact: true })).toBe(true);
  });

  it('passes wherever NaN may be, in the data or in the test', () => {
    expect(passes('>', [99], { mayHoldNan: true })).toBe(true);
    expect(passes('<', [Number.NaN])).toBe(true);
  });
});

describe('decodeBound', () => {
  it('reads a bound from before a column was widened', () => {
    expect(decodeBound('long', Uint8Array.of(5, 0, 0, 0))).toBe(5n);
  });

  it('is null for no bound, a damaged bound and NaN', () => {
    expect(decodeBound('int', undefined)).toBeNull();
    expect(decodeBound('int', Uint8Array.of(1, 2, 3))).toBeNull();
    expect(decodeBound('float', Uint8Array.of(0, 0, 0xc0, 0x7f))).toBeNull();
  });
});
