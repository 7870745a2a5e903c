import { describe, expect, it } from 'vitest';
import type { IcebergType, NestedField, PrimitiveType } from '#core/iceberg/spec/schema.ts';
import { decodeSingleValue } from '#core/iceberg/spec/single-value.ts';
import { writeParquet } from '#core/parquet/write-parquet.ts';
import type { Value } from '#core/schema/field.ts';
import { readFooter } from './foreign-readers.ts';

const optional = (id: number, type: IcebergType): NestedField => ({
  id,
  name: `f${id}`,
  required: false,
  type,
});

function metricsOf(type: IcebergType, values: Value[], rowGroupRows?: number) {
  return writeParquet([{ field: optional(1, type), values }], {
    icebergSchemaJson: '{}',
    ...(rowGroupRows === undefined ? {} : { rowGroupRows }),
  }).metrics;
}

function boundsOf(type: PrimitiveType, values: Value[], rowGroupRows?: number) {
  const { lowerBounds, upperBounds } = metricsOf(type, values, rowGroupRows);
  const decode = (bytes: Uint8Array | undefined) => bytes && decodeSingleValue(type, bytes);
  return [decode(lowerBounds.get(1)), decode(upperBounds.get(1))];
}

describe('bounds', () => {
  it.each<[PrimitiveType, Value[], Value, Value]>([
    ['boolean', [true, null], true, true],
    ['int', [5, -5], -5, 5],
    ['long', [2n ** 40n, -1n], -1n, 2n ** 40n],
    ['float', [1.5, -0.5], -0.5, 1.5],
    ['double', [1e300, -Infinity], -Infinity, 1e300],
    ['date', [10, 20], 10, 20],
    ['timestamp', [10n, 20n], 10n, 20n],
    ['string', ['b', 'a', null], 'a', 'b'],
    ['binary', [Uint8Array.of(1), Uint8Array.of(200)], Uint8Array.of(1), Uint8Array.of(200)],
    ['decimal(9, 2)', [-129n, 128n], -129n, 128n],
    ['decimal(18, 2)', [-129n, 10n ** 17n], -129n, 10n ** 17n],
    ['decimal(38, 2)', [-129n, 10n ** 37n], -129n, 10n ** 37n],
  ])('enclose %s', (type, values, lower, upper) => {
    expect(boundsOf(type, values)).toEqual([lower, upper]);
  });

  it.each<[PrimitiveType, Value[], Value, Value]>([
    ['long', [1n, 9n, -3n, 2n, 5n], -3n, 9n],
    ['string', ['m', 'z', 'a', 'c', 'b'], 'a', 'z'],
    ['decimal(30, 0)', [3n, -2n, 300n, -300n, 1n], -300n, 300n],
    ['double', [null, null, 4, Number.NaN, 2], 2, 4],
  ])('enclose %s over all row groups', (type, values, lower, upper) => {
    expect(boundsOf(type, values, 2)).toEqual([lower, upper]);
  });

  it('write decimals in as few bytes as hold them', () => {
    expect(metricsOf('decimal(38, 2)', [-128n, 128n]).lowerBounds.get(1)).toEqual(
      Uint8Array.of(0x80),
    );
    expect(metricsOf('decimal(38, 2)', [-128n, 128n]).upperBounds.get(1)).toEqual(
      Uint8Array.of(0, 0x80),
    );
  });

  it('cut strings to 16 code points and raise the upper bound', () => {
    expect(boundsOf('string', ['😀'.repeat(17)])).toEqual([
      '😀'.repeat(16),
      `${'😀'.repeat(15)}😁`,
    ]);
  });

  it('cut binary to 16 bytes and raise the upper bound', () => {
    expect(boundsOf('binary', [new Uint8Array(17)])).toEqual([
      new Uint8Array(16),
      new Uint8Array(16).fill(1, 15),
    ]);
  });

  it('leave the upper bound out when it cannot be raised', () => {
    expect(boundsOf('string', ['\u{10ffff}'.repeat(17)])[1]).toBeUndefined();
    expect(boundsOf('binary', [new Uint8Array(17).fill(255)])[1]).toBeUndefined();
    expect(boundsOf('string', ['\u{10ffff}'.repeat(17)])[0]).toBe('\u{10ffff}'.repeat(16));
  });

  it('are absent without values', () => {
    expect(boundsOf('string', [null, null])).toEqual([undefined, undefined]);
  });

  it('never come from NaN', () => {
    expect(boundsOf('double', [Number.NaN, null])).toEqual([undefined, undefined]);
    expect(boundsOf('double', [Number.NaN, 1, 3])).toEqual([1, 3]);
  });

  it('put -0.0 before +0.0', () => {
    expect(boundsOf('double', [0, -0])).toEqual([-0, 0]);
    expect(boundsOf('float', [0])).toEqual([-0, 0]);
  });

  it('do not share memory with the file', () => {
    const { bytes, metrics } = writeParquet([{ field: optional(1, 'string'), values: ['abc'] }], {
      icebergSchemaJson: '{}',
    });
    bytes.fill(0);
    expect(decodeSingleValue('string', metrics.lowerBounds.get(1) ?? new Uint8Array())).toBe('abc');
    expect(metrics.lowerBounds.get(1)?.buffer.byteLength).toBe(3);
  });
});

describe('counts', () => {
  it('count values with nulls and NaN, and NaN for floating-point columns only', () => {
    const metrics = metricsOf('double', [1, null, Number.NaN, null], 3);
    expect(metrics.recordCount).toBe(4n);
    expect(metrics.valueCounts).toEqual(new Map([[1, 4n]]));
    expect(metrics.nullValueCounts).toEqual(new Map([[1, 2n]]));
    expect(metrics.nanValueCounts).toEqual(new Map([[1, 1n]]));
    expect(metricsOf('int', [1]).nanValueCounts.size).toBe(0);
  });

  it('go by leaf id: struct fields have bounds, elements of lists and maps have none', () => {
    const type: IcebergType = {
      type: 'struct',
      fields: [
        optional(2, 'int'),
        optional(3, { type: 'list', 'element-id': 4, element: 'int', 'element-required': true }),
        optional(5, {
          type: 'map',
          'key-id': 6,
          key: 'string',
          'value-id': 7,
          value: 'double',
          'value-required': false,
        }),
      ],
    };
    const row = { f2: 7, f3: [1, 2], f5: new Map([['a', Number.NaN]]) };
    const metrics = metricsOf(type, [row, null, { ...row, f3: [] }]);
    expect([...metrics.valueCounts]).toEqual([
      [2, 3n],
      [4, 4n],
      [6, 3n],
      [7, 3n],
    ]);
    expect([...metrics.nullValueCounts]).toEqual([
      [2, 1n],
      [4, 2n],
      [6, 1n],
      [7, 1n],
    ]);
    expect([...metrics.nanValueCounts]).toEqual([[7, 2n]]);
    expect([...metrics.lowerBounds.keys()]).toEqual([2]);
    expect([...metrics.upperBounds.keys()]).toEqual([2]);
  });
});

describe('sizes', () => {
  const { bytes, metrics } = writeParquet(
    [
      { field: optional(1, 'int'), values: [1, 2, 3, 4, 5] },
      { field: optional(2, 'string'), values: ['a', 'b', 'c', 'd', 'e'] },
    ],
    { icebergSchemaJson: '{}', rowGroupRows: 2 },
  );
  const { row_groups: rowGroups } = readFooter(bytes);

  it('give the size of the file', () => {
    expect(metrics.fileSizeBytes).toBe(BigInt(bytes.length));
  });

  it('give the stored size of each column over all row groups', () => {
    for (const [columnIndex, fieldId] of [1, 2].entries()) {
      const stored = rowGroups.map(
        (rowGroup) => rowGroup.columns[columnIndex]?.meta_data?.total_compressed_size ?? 0n,
      );
      expect(metrics.columnSizes.get(fieldId)).toBe(stored.reduce((sum, size) => sum + size, 0n));
    }
  });

  it('give the offset of each row group', () => {
    expect(metrics.splitOffsets).toEqual(
      rowGroups.map((rowGroup) => rowGroup.columns[0]?.meta_data?.data_page_offset),
    );
    expect(metrics.splitOffsets).toHaveLength(3);
  });
});
