import { describe, expect, it } from 'vitest';
import type { PrimitiveType } from '#core/iceberg/spec/schema.ts';
import { writeParquet } from '#core/parquet/write-parquet.ts';
import type { Value } from '#core/schema/field.ts';
import { readFooter } from './foreign-readers.ts';

/** Raw `Statistics` of the one chunk of a column. */
function statisticsOf(type: PrimitiveType, values: Value[]) {
  const { bytes } = writeParquet([{ field: { id: 1, name: 'c', required: false, type }, values }], {
    icebergSchemaJson: '{}',
  });
  return readFooter(bytes).row_groups[0]?.columns[0]?.meta_data?.statistics;
}

describe('statistics of a chunk', () => {
  it.each<[string, PrimitiveType, Value[], unknown, unknown]>([
    ['booleans', 'boolean', [true, false, null], false, true],
    ['ints as signed', 'int', [3, -5, null, 0], -5, 3],
    ['longs as signed', 'long', [2n ** 40n, -1n, -(2n ** 63n), 2n ** 32n], -(2n ** 63n), 2n ** 40n],
    [
      'longs that differ in the low word alone',
      'long',
      [2n ** 31n, 1n, 2n ** 32n - 1n],
      1n,
      2n ** 32n - 1n,
    ],
    ['doubles', 'double', [1.5, -Infinity, 7], -Infinity, 7],
    ['floats', 'float', [1.5, -2.5], -2.5, 1.5],
    ['small decimals', 'decimal(9, 2)', [-150n, 99n], -1.5, 0.99],
    ['large decimals as signed', 'decimal(20, 0)', [1n, -1n, 300n, -300n], -300, 300],
  ])('orders %s', (_, type, values, min, max) => {
    expect(statisticsOf(type, values)).toMatchObject({ min_value: min, max_value: max });
  });

  it('orders strings by UTF-8 bytes, where U+FFFF comes before surrogate pairs', () => {
    expect(statisticsOf('string', ['\uffff', '😀', 'z'])).toMatchObject({
      min_value: 'z',
      max_value: '😀',
    });
  });

  it('orders a string before its extensions', () => {
    expect(statisticsOf('string', ['ab', 'a', 'abc'])).toMatchObject({
      min_value: 'a',
      max_value: 'abc',
    });
  });

  it('orders binary as unsigned bytes', () => {
    const values = [Uint8Array.of(128), Uint8Array.of(127, 1), Uint8Array.of(127)];
    expect(statisticsOf('binary', values)).toMatchObject({
      min_value: '\x7f',
      max_value: new TextDecoder().decode(Uint8Array.of(128)),
    });
  });

  it('counts nulls, also when there are none', () => {
    expect(statisticsOf('int', [1, null, null])?.null_count).toBe(2n);
    expect(statisticsOf('int', [1])?.null_count).toBe(0n);
  });

  it('leaves NaN out of minimum and maximum', () => {
    expect(statisticsOf('double', [Number.NaN, 2, 1, Number.NaN])).toMatchObject({
      min_value: 1,
      max_value: 2,
      null_count: 0n,
    });
  });

  it.each<[string, PrimitiveType, Value[]]>([
    ['nothing but NaN', 'double', [Number.NaN, null]],
    ['nothing but nulls', 'string', [null, null]],
  ])('has no minimum and maximum for %s', (_, type, values) => {
    const statistics = statisticsOf(type, values);
    expect(statistics?.min_value).toBeUndefined();
    expect(statistics?.max_value).toBeUndefined();
  });

  it.each([[[0]], [[-0]], [[0, -0]]])('widens the zeros of %j to -0.0 and +0.0', (values) => {
    const statistics = statisticsOf('double', values);
    expect(Object.is(statistics?.min_value, -0)).toBe(true);
    expect(Object.is(statistics?.max_value, 0)).toBe(true);
    expect(statistics).toMatchObject({ is_min_value_exact: false, is_max_value_exact: false });
  });

  it('keeps an integer zero as it is', () => {
    const statistics = statisticsOf('int', [0]);
    expect(statistics).toMatchObject({ min_value: 0, is_min_value_exact: true });
  });

  it('shortens long strings to 64 code points that still bound, and says so', () => {
    expect(statisticsOf('string', ['é'.repeat(65), 'b'])).toMatchObject({
      min_value: 'b',
      is_min_value_exact: true,
      max_value: `${'é'.repeat(63)}ê`,
      is_max_value_exact: false,
    });
  });

  it('leaves both out when a long maximum cannot be raised', () => {
    const statistics = statisticsOf('string', ['a', '\u{10ffff}'.repeat(65)]);
    expect(statistics?.min_value).toBeUndefined();
    expect(statistics?.max_value).toBeUndefined();
    expect(statistics?.null_count).toBe(0n);
  });
});
