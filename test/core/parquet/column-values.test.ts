import { describe, expect, it } from 'vitest';
import { hasCode } from '#core/errors.ts';
import type { PrimitiveType } from '#core/iceberg/spec/schema.ts';
import { toPhysicalValues } from '#core/parquet/column-values.ts';
import { shredColumn } from '#core/parquet/levels.ts';
import { buildSchemaNodes, leavesOf } from '#core/parquet/schema-node.ts';
import type { Value } from '#core/schema/field.ts';

function convert(type: PrimitiveType, values: ArrayLike<Value>, required = false) {
  const nodes = buildSchemaNodes([{ id: 1, name: 'amount', required, type }]);
  const [node] = nodes;
  const [leaf] = leavesOf(nodes);
  if (node === undefined || leaf === undefined) throw new Error('no leaf');
  const [entries] = shredColumn(node, values, { from: 0, to: values.length });
  if (entries === undefined) throw new Error('no entries');
  return toPhysicalValues(leaf, entries).values;
}

const bits = (values: unknown) => {
  const { buffer, byteOffset, byteLength } = values as Float64Array;
  return Buffer.from(buffer, byteOffset, byteLength).toString('hex');
};

describe('toPhysicalValues', () => {
  it.each<[PrimitiveType, Value[], unknown]>([
    ['boolean', [true, false], Uint8Array.of(1, 0)],
    ['int', [1, -(2 ** 31), 2 ** 31 - 1], Int32Array.of(1, -(2 ** 31), 2 ** 31 - 1)],
    ['date', [0], Int32Array.of(0)],
    ['long', [-(2n ** 63n), 2n ** 63n - 1n], BigInt64Array.of(-(2n ** 63n), 2n ** 63n - 1n)],
    ['timestamp', [1n], BigInt64Array.of(1n)],
    ['float', [0.1, -0, Infinity], Float32Array.of(0.1, -0, Infinity)],
    ['double', [0.1, -0, -Infinity], Float64Array.of(0.1, -0, -Infinity)],
    ['decimal(9, 2)', [999999999n, -999999999n], Int32Array.of(999999999, -999999999)],
    ['decimal(18, 2)', [-(10n ** 18n) + 1n], BigInt64Array.of(-(10n ** 18n) + 1n)],
  ])('converts %s %s', (type, values, expected) => {
    expect(convert(type, values)).toEqual(expected);
  });

  it('passes typed 64-bit values through', () => {
    const values = BigInt64Array.of(1n, 2n);
    expect(convert('long', values, true)).toBe(values);
    expect(convert('decimal(18, 0)', values, true)).toBe(values);
    expect(convert('decimal(9, 0)', values, true)).toEqual(Int32Array.of(1, 2));
  });

  it('writes every NaN with the same bits', () => {
    const foreign = new Float64Array(1);
    new BigUint64Array(foreign.buffer)[0] = 0xfff8_0000_dead_beefn;
    expect(bits(convert('double', foreign))).toBe('000000000000f87f');
    expect(bits(convert('float', foreign))).toBe('0000c07f');
  });

  it.each<[string, PrimitiveType, Value[], RegExp]>([
    [
      'null in a required column',
      'int',
      [1, null],
      /column "amount" row 1: got null, expected an integer .*because the column is required/,
    ],
    [
      'undefined',
      'string',
      [undefined as unknown as Value],
      /row 0: got undefined, expected a string/,
    ],
    ['a hole', 'string', Array<Value>(1), /row 0: got undefined/],
    ['a number for a boolean', 'boolean', [1], /got an integer, expected a boolean/],
    [
      'a fraction for an int',
      'int',
      [1.5],
      /got a number with a fraction, expected an integer from -2\^31/,
    ],
    ['an int beyond 32 bits', 'int', [2 ** 31], /got an integer, expected an integer from/],
    ['NaN for a date', 'date', [Number.NaN], /got NaN, expected days/],
    ['a bigint for an int', 'int', [5n], /got a bigint of 1 digits/],
    ['a number for a long', 'long', [5], /got an integer, expected a bigint/],
    ['a long beyond 64 bits', 'long', [0n, 2n ** 63n], /row 1: got a bigint of 19 digits/],
    ['a string for a timestamp', 'timestamp', ['2020'], /got a string, expected microseconds/],
    [
      'a double beyond the range of float',
      'float',
      [1e39],
      /got an integer, expected a number within/,
    ],
    ['a bigint for a double', 'double', [1n], /expected a number/],
    ['bytes for a string', 'string', [Uint8Array.of(1)], /got bytes, expected a string/],
    ['a lone surrogate', 'string', ['a', '\ud800'], /row 1: got a string with a lone surrogate/],
    ['a string for binary', 'binary', ['x'], /got a string, expected a Uint8Array/],
    [
      'a decimal with a digit too many',
      'decimal(9, 2)',
      [10n ** 9n],
      /got a bigint of 10 digits, expected an unscaled bigint of at most 9 digits for decimal\(9, 2\)/,
    ],
    [
      'a negative decimal out of range',
      'decimal(18, 0)',
      [-(10n ** 18n)],
      /got a bigint of 19 digits/,
    ],
    ['a wide decimal out of range', 'decimal(38, 0)', [10n ** 38n], /got a bigint of 39 digits/],
    ['a number for a decimal', 'decimal(9, 2)', [1.25], /got a number with a fraction/],
    ['an array for a string', 'string', [['x']], /got an array/],
    ['an object for a string', 'string', [{}], /got an object/],
    ['a map for a string', 'string', [new Map()], /got a map/],
    ['a boolean for a string', 'string', [true], /got a boolean/],
    ['an infinite int', 'int', [Infinity], /got an infinite number/],
  ])('refuses %s', (_, type, values, message) => {
    const required = values.includes(null);
    expect(() => convert(type, values, required)).toThrow(
      expect.toSatisfy(
        (error) => hasCode(error, 'SCHEMA_INCOMPATIBLE') && message.test(error.message),
      ),
    );
  });

  it('counts nulls when it names the row', () => {
    expect(() => convert('int', [null, null, 1, 'x'])).toThrow(/row 3/);
  });

  it('never repeats a value in a message', () => {
    expect(() => convert('int', ['secret'])).toThrow(expect.not.stringContaining('secret'));
    expect(() => convert('long', [12345678901234567890n])).toThrow(
      expect.not.stringContaining('12345678901234567890'),
    );
  });
});
