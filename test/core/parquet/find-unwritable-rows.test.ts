import { describe, expect, it } from 'vitest';
import { buildVector } from '#core/columns/build-vectors.ts';
import { hasCode } from '#core/errors.ts';
import type { IcebergType, NestedField } from '#core/iceberg/spec/schema.ts';
import { findUnwritableRows } from '#core/parquet/find-unwritable-rows.ts';
import type { VectorColumn } from '#core/parquet/vector-column.ts';
import { writeParquet } from '#core/parquet/write-parquet.ts';
import type { Value } from '#core/schema/field.ts';

const OPTIONS = { icebergSchemaJson: '{}' };
const field = (id: number, type: IcebergType, required = false): NestedField => ({
  id,
  name: `f${id}`,
  required,
  type,
});
/** A column of `stored` filled with values of `made`. */
const column = (stored: NestedField, made: IcebergType, values: Value[]): VectorColumn => ({
  field: stored,
  vector: buildVector({ ...stored, required: false, type: made }, values),
});
const list = (element: IcebergType, required: boolean): IcebergType => ({
  type: 'list',
  'element-id': 20,
  element,
  'element-required': required,
});

const COLUMNS: readonly VectorColumn[] = [
  column(field(1, 'string', true), 'string', ['a', null, 'c', 'd', 'e', 'f', 'g']),
  column(field(2, 'decimal(9, 2)', true), 'decimal(18, 2)', [
    1n,
    2n,
    null,
    10n ** 9n,
    -(10n ** 9n),
    999999999n,
    0n,
  ]),
  column(field(3, list('decimal(30, 0)', true)), list('decimal(38, 0)', false), [
    [1n, 2n],
    null,
    [],
    [],
    [],
    [3n, 10n ** 30n, 4n],
    [5n, null],
  ]),
];

describe('findUnwritableRows', () => {
  it('gives each row once, in order, with its first column and a reason', () => {
    expect(findUnwritableRows(COLUMNS)).toEqual([
      {
        row: 1,
        column: 'f1',
        reason: expect.stringMatching(
          /column "f1" row 1: got null, expected a string .* because the column is required/,
        ),
      },
      { row: 2, column: 'f2', reason: expect.stringMatching(/row 2: got null/) },
      {
        row: 3,
        column: 'f2',
        reason: expect.stringMatching(/got a bigint of 10 digits, expected an unscaled bigint/),
      },
      { row: 4, column: 'f2', reason: expect.stringMatching(/row 4: got a bigint of 10 digits/) },
      { row: 5, column: 'f3.element', reason: expect.stringMatching(/row 5: got a bigint of 31/) },
      { row: 6, column: 'f3.element', reason: expect.stringMatching(/row 6: got null/) },
    ]);
  });

  it('looks at the selected rows only, in their order', () => {
    const rows = Int32Array.of(6, 0, 3, 1, 0);
    expect(findUnwritableRows(COLUMNS, rows).map(({ row }) => row)).toEqual([6, 3, 1]);
  });

  it('finds what writeParquet refuses, with the same words, and nothing else', () => {
    for (let row = 0; row < 7; row += 1) {
      const rows = Int32Array.of(0, row);
      const [found] = findUnwritableRows(COLUMNS, rows);
      const write = () => writeParquet(COLUMNS, { ...OPTIONS, rows });
      if (found === undefined) expect(write).not.toThrow();
      else expect(write).toThrow(found.reason);
    }
  });

  it('finds a decimal that has too many digits for its width', () => {
    const wide = [column(field(1, 'decimal(20, 0)'), 'decimal(38, 0)', [1n, -(2n ** 100n)])];
    expect(findUnwritableRows(wide).map(({ row }) => row)).toEqual([1]);
    expect(() => writeParquet(wide, OPTIONS)).toThrow(/"f1" row 1: got more digits/);
  });

  it('finds nothing in rows that can be written', () => {
    expect(findUnwritableRows(COLUMNS, Int32Array.of(0))).toEqual([]);
  });

  it('refuses a row number that is not there', () => {
    expect(() => findUnwritableRows(COLUMNS, Int32Array.of(7))).toThrow(
      expect.toSatisfy((error) => hasCode(error, 'CONFIG_INVALID')),
    );
  });
});
