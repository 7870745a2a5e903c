import { describe, expect, it } from 'vitest';
import { summarizePartitions } from '#core/iceberg/spec/field-summary.ts';
import { decodeSingleValue } from '#core/iceberg/spec/single-value.ts';

describe('summarizePartitions', () => {
  it('spans the values of each field', () => {
    const [hour, symbol] = summarizePartitions(
      [
        [5, 'b'],
        [-3, null],
        [4, 'a'],
      ],
      ['int', 'string'],
    );
    expect(hour).toMatchObject({ containsNull: false, containsNan: false });
    expect(decodeSingleValue('int', hour?.lowerBound ?? new Uint8Array())).toBe(-3);
    expect(decodeSingleValue('int', hour?.upperBound ?? new Uint8Array())).toBe(5);
    expect(symbol?.containsNull).toBe(true);
    expect(decodeSingleValue('string', symbol?.lowerBound ?? new Uint8Array())).toBe('a');
  });

  it('has no bounds where there are only nulls and NaNs', () => {
    expect(summarizePartitions([[null], [Number.NaN]], ['double'])).toEqual([
      { containsNull: true, containsNan: true, lowerBound: null, upperBound: null },
    ]);
  });

  it.each([
    [[0], [-0]],
    [[-0], [0]],
  ])('bounds %j by -0 below and 0 above', (...tuples) => {
    const [summary] = summarizePartitions(tuples, ['double']);
    expect(decodeSingleValue('double', summary?.lowerBound ?? new Uint8Array())).toBe(-0);
    expect(decodeSingleValue('double', summary?.upperBound ?? new Uint8Array())).toBe(0);
  });

  it('reads values from before a column was widened', () => {
    const [summary] = summarizePartitions([[5], [7n]], ['long']);
    expect(decodeSingleValue('long', summary?.lowerBound ?? new Uint8Array())).toBe(5n);
  });
});
