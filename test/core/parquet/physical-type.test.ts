import { describe, expect, it } from 'vitest';
import { hasCode } from '#core/errors.ts';
import type { PrimitiveType } from '#core/iceberg/spec/schema.ts';
import { leafStorage, parseDecimalType } from '#core/parquet/physical-type.ts';

describe('leafStorage', () => {
  it.each<[PrimitiveType, string]>([
    ['boolean', 'BOOLEAN'],
    ['int', 'INT32'],
    ['long', 'INT64'],
    ['float', 'FLOAT'],
    ['double', 'DOUBLE'],
    ['date', 'INT32'],
    ['timestamp', 'INT64'],
    ['string', 'BYTE_ARRAY'],
    ['binary', 'BYTE_ARRAY'],
    ['decimal(1, 0)', 'INT32'],
    ['decimal(9, 9)', 'INT32'],
    ['decimal(10, 2)', 'INT64'],
    ['decimal(18, 0)', 'INT64'],
    ['decimal(19, 0)', 'FIXED_LEN_BYTE_ARRAY'],
  ])('stores %s as %s', (type, physicalType) => {
    expect(leafStorage(type).physicalType).toBe(physicalType);
  });

  it.each([
    [19, 9],
    [21, 9],
    [22, 10],
    [23, 10],
    [24, 11],
    [26, 11],
    [27, 12],
    [28, 12],
    [29, 13],
    [31, 13],
    [32, 14],
    [33, 14],
    [34, 15],
    [36, 16],
    [38, 16],
  ])('takes the fewest bytes for %i digits: %i', (precision, bytes) => {
    expect(leafStorage(`decimal(${precision}, 0)`).typeLength).toBe(bytes);
  });

  it('gives timestamp no converted type, because TIMESTAMP_MICROS means UTC', () => {
    expect(leafStorage('timestamp').convertedType).toBeUndefined();
  });

  it.each(['uuid', 'timestamptz', 'fixed[16]', 'decimal(39, 0)', 'decimal(0, 0)', 'decimal(4, 5)'])(
    'refuses %s',
    (type) => {
      expect(() => leafStorage(type as PrimitiveType)).toThrow(
        expect.toSatisfy((error) => hasCode(error, 'FEATURE_UNSUPPORTED')),
      );
    },
  );
});

describe('parseDecimalType', () => {
  it.each(['decimal(12, 3)', 'decimal(12,3)'])('reads %s', (type) => {
    expect(parseDecimalType(type)).toEqual({ precision: 12, scale: 3 });
  });
});
