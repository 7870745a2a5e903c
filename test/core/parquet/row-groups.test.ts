import { describe, expect, it } from 'vitest';
import { buildVector } from '#core/columns/build-vectors.ts';
import type { IcebergType } from '#core/iceberg/spec/schema.ts';
import { rowsPerGroup } from '#core/parquet/row-groups.ts';
import type { Value } from '#core/schema/field.ts';

const build = (type: IcebergType, values: Value[]) =>
  buildVector({ id: 1, name: 'c', required: false, type }, values);
const all = (to: number) => ({ rows: null, from: 0, to });
const limit = (rowGroupBytes: number) => ({ rowGroupRows: 1000, rowGroupBytes });

describe('rowsPerGroup', () => {
  it('fills a row group with rows of average size', () => {
    const texts = build(
      'string',
      Array(50)
        .fill(['x'.repeat(96), 'y'.repeat(196)])
        .flat(),
    );
    // 100 and 200 bytes with their lengths.
    expect(rowsPerGroup([texts], all(100), limit(1500))).toBe(10);
  });

  it('measures the selected rows', () => {
    const texts = build('string', ['x'.repeat(96), 'y'.repeat(996)]);
    const rows = Int32Array.of(0, 0, 0);
    expect(rowsPerGroup([texts], { rows, from: 0, to: 3 }, limit(1000))).toBe(10);
  });

  it('adds up columns and what is nested in them', () => {
    const type: IcebergType = {
      type: 'list',
      'element-id': 2,
      element: 'long',
      'element-required': true,
    };
    // A list of 2: 4 + 2 * 12; a double: 12.
    const vectors = [build(type, [[1n, 2n]]), build('double', [1])];
    expect(rowsPerGroup(vectors, all(1), limit(400))).toBe(10);
  });

  it('has at least one row and at most the limit', () => {
    expect(rowsPerGroup([build('string', ['x'.repeat(500)])], all(1), limit(10))).toBe(1);
    expect(rowsPerGroup([build('int', [null])], all(1), limit(10 ** 9))).toBe(1000);
    expect(rowsPerGroup([build('int', [])], all(0), limit(10))).toBe(1000);
  });
});
