import { describe, expect, it } from 'vitest';
import { medianOf, resultOf } from '../../../bench/report/result.ts';

describe('medianOf', () => {
  it('is the value in the middle, whatever the order', () => {
    expect(medianOf([9, 1, 5])).toBe(5);
  });

  it('is the mean of the two in the middle', () => {
    expect(medianOf([1, 10, 2, 4])).toBe(3);
  });
});

describe('resultOf', () => {
  it('states median, spread and runs', () => {
    expect(resultOf('speed', 'events/s', [3, 1, 2])).toEqual({
      name: 'speed',
      value: 2,
      unit: 'events/s',
      min: 1,
      max: 3,
      runs: 3,
    });
  });

  it('keeps four digits of a fraction and all digits before the point', () => {
    const { value, min, max } = resultOf('speed', 'events/s', [0.123456, 1234.56, 1234567.8]);
    expect([min, value, max]).toEqual([0.1235, 1235, 1234568]);
  });

  it('refuses a benchmark that measured nothing', () => {
    expect(() => resultOf('speed', 'ms', [])).toThrow('benchmark speed: expected finite values');
  });

  it('refuses a value that is no number', () => {
    expect(() => resultOf('speed', 'ms', [1, Number.NaN])).toThrow('got [1, NaN]');
  });
});
