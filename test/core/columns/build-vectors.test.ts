import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildVector } from '#core/columns/build-vectors.ts';
import { hasCode } from '#core/errors.ts';
import type { IcebergType, NestedField, PrimitiveType } from '#core/iceberg/spec/schema.ts';
import type { Value } from '#core/schema/field.ts';
import { arbitraryTable } from '#test/core/parquet/arbitrary-columns.ts';
import { readVector } from './read-vector.ts';

const optional = (id: number, type: IcebergType): NestedField => ({
  id,
  name: `f${id}`,
  required: false,
  type,
});
const required = (id: number, type: IcebergType): NestedField => ({
  ...optional(id, type),
  required: true,
});
const list = (id: number, element: IcebergType, elementRequired = false): IcebergType => ({
  type: 'list',
  'element-id': id,
  element,
  'element-required': elementRequired,
});
const map = (value: IcebergType): IcebergType => ({
  type: 'map',
  'key-id': 2,
  key: 'string',
  'value-id': 3,
  value,
  'value-required': false,
});
const struct = (...fields: NestedField[]): IcebergType => ({ type: 'struct', fields });

const build = (type: IcebergType, values: ArrayLike<Value>, isRequired = false) =>
  buildVector({ id: 1, name: 'amount', required: isRequired, type }, values);

describe('buildVector', () => {
  it.each<[PrimitiveType, Value[], unknown]>([
    ['boolean', [true, false], Uint8Array.of(1, 0)],
    ['int', [1, -(2 ** 31), 2 ** 31 - 1], Int32Array.of(1, -(2 ** 31), 2 ** 31 - 1)],
    ['date', [0], Int32Array.of(0)],
    ['long', [-(2n ** 63n), 2n ** 63n - 1n], BigInt64Array.of(-(2n ** 63n), 2n ** 63n - 1n)],
    ['timestamp', [1n], BigInt64Array.of(1n)],
    ['float', [0.1, -0, Infinity], Float32Array.of(0.1, -0, Infinity)],
    ['double', [0.1, -0, -Infinity], Float64Array.of(0.1, -0, -Infinity)],
    ['decimal(9, 2)', [999999999n, -999999999n], BigInt64Array.of(999999999n, -999999999n)],
    ['decimal(18, 2)', [-(10n ** 18n) + 1n], BigInt64Array.of(-(10n ** 18n) + 1n)],
  ])('converts %s %s', (type, values, expected) => {
    expect(build(type, values)).toMatchObject({ length: values.length, values: expected });
  });

  it('puts strings back to back, and bytes', () => {
    expect(build('string', ['ab', null, '', 'é'])).toEqual({
      kind: 'bytes',
      length: 4,
      validity: Uint8Array.of(1, 0, 1, 1),
      data: expect.anything(),
      starts: Int32Array.of(0, 2, 2, 2),
      ends: Int32Array.of(2, 2, 2, 4),
    });
    const input = Uint8Array.of(1, 2);
    const vector = build('binary', [input]);
    input[0] = 9;
    expect(readVector('binary', vector)).toEqual([Uint8Array.of(1, 2)]);
  });

  it('makes room for characters that take more bytes than code units, without losing what follows', () => {
    const values = ['€'.repeat(1000), 'plain', '😀'.repeat(500), 'tail'];
    expect(readVector('string', build('string', values))).toEqual(values);
  });

  it('writes wide decimals as 16 bytes, big-endian', () => {
    expect(build('decimal(38, 0)', [-2n, 10n ** 38n - 1n])).toMatchObject({
      kind: 'decimal128',
      values: Uint8Array.from(
        Buffer.from('fffffffffffffffffffffffffffffffe4b3b4ca85a86c47a098a223fffffffff', 'hex'),
      ),
    });
  });

  it('needs no validity when no value is missing', () => {
    expect(build('int', [1, 2]).validity).toBeNull();
    expect(build('int', [1, null]).validity).toEqual(Uint8Array.of(1, 0));
  });

  it('passes typed 64-bit values through', () => {
    const values = BigInt64Array.of(1n, 2n);
    expect(build('long', values, true)).toMatchObject({ values });
    expect(build('decimal(18, 0)', values)).toMatchObject({ kind: 'int64', values });
  });

  it('takes a missing field of a missing struct, even when the field is required', () => {
    const type = struct(required(2, 'int'), required(3, list(4, 'string', true)));
    const values = [null, { f2: 1, f3: ['x'] }];
    expect(readVector(type, build(type, values))).toEqual(values);
    expect(() => build(type, [null, { f2: null, f3: [] }])).toThrow(/"amount.f2" row 1: got null/);
    expect(() => build(type, [null, { f2: 1, f3: null }])).toThrow(/"amount.f3" row 1: got null/);
  });

  it('keeps every value of a random table', () => {
    fc.assert(
      fc.property(arbitraryTable(20), (columns) => {
        for (const { field, values } of columns) {
          expect(readVector(field.type, buildVector(field, values))).toEqual(Array.from(values));
        }
      }),
      { numRuns: 150, seed: 4 },
    );
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
    const isRequired = values.includes(null);
    expect(() => build(type, values, isRequired)).toThrow(
      expect.toSatisfy(
        (error) => hasCode(error, 'SCHEMA_INCOMPATIBLE') && message.test(error.message),
      ),
    );
  });

  it('counts nulls when it names the row', () => {
    expect(() => build('int', [null, null, 1, 'x'])).toThrow(/row 3/);
  });

  it('never repeats a value in a message', () => {
    expect(() => build('int', ['secret'])).toThrow(expect.not.stringContaining('secret'));
    expect(() => build('long', [12345678901234567890n])).toThrow(
      expect.not.stringContaining('12345678901234567890'),
    );
  });
  it.each<[string, NestedField, Value[], RegExp]>([
    [
      'null in a required list',
      required(1, list(2, 'int')),
      [[1], null],
      /"f1" row 1: got null, expected an array/,
    ],
    [
      'undefined for a list',
      optional(1, list(2, 'int')),
      [undefined as unknown as Value],
      /row 0: got undefined/,
    ],
    [
      'a map for a struct',
      optional(1, struct(optional(2, 'int'))),
      [new Map()],
      /got a map, expected an object/,
    ],
    [
      'an array for a struct',
      optional(1, struct(optional(2, 'int'))),
      [[1]],
      /got an array, expected an object/,
    ],
    [
      'bytes for a struct',
      optional(1, struct(optional(2, 'int'))),
      [Uint8Array.of(1)],
      /got bytes/,
    ],
    ['an object for a map', optional(1, map('int')), [{ a: 1 }], /got an object, expected a map/],
    [
      'a string for a list',
      optional(1, list(2, list(3, 'int'))),
      [['x']],
      /"f1.element" row 0: got a string/,
    ],
    [
      'a field the struct does not have',
      optional(1, struct(optional(2, 'int'))),
      [{ f2: 1, f3: 2 }],
      /no other fields than f2/,
    ],
  ])('refuses %s in nested values', (_, field, values, message) => {
    expect(() => buildVector(field, values)).toThrow(
      expect.toSatisfy(
        (error) => hasCode(error, 'SCHEMA_INCOMPATIBLE') && message.test(error.message),
      ),
    );
  });
});
