import { describe, expect, it } from 'vitest';
import { encodeBigEndian, encodeStrings } from '#core/parquet/byte-strings.ts';
import { encodePlain } from '#core/parquet/encoding/plain.ts';
import type { PhysicalValues } from '#core/parquet/physical-values.ts';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

const strings = (values: readonly string[]): PhysicalValues => ({
  type: 'BYTE_ARRAY',
  values: encodeStrings(values, () => {
    throw new Error('lone surrogate');
  }),
});

describe('encodePlain', () => {
  it.each<[string, PhysicalValues, string]>([
    ['BOOLEAN', { type: 'BOOLEAN', values: Uint8Array.of(1, 0, 1, 1, 0, 0, 0, 0, 1) }, '0d01'],
    ['INT32', { type: 'INT32', values: Int32Array.of(1, -1) }, '01000000ffffffff'],
    ['INT64', { type: 'INT64', values: BigInt64Array.of(-2n) }, 'feffffffffffffff'],
    ['FLOAT', { type: 'FLOAT', values: Float32Array.of(-0) }, '00000080'],
    ['DOUBLE', { type: 'DOUBLE', values: Float64Array.of(1) }, '000000000000f03f'],
    ['BYTE_ARRAY', strings(['ab', '', 'é']), '020000006162' + '00000000' + '02000000c3a9'],
    [
      'FIXED_LEN_BYTE_ARRAY',
      { type: 'FIXED_LEN_BYTE_ARRAY', values: encodeBigEndian([1n, -2n], 9) },
      '000000000000000001' + 'fffffffffffffffffe',
    ],
  ])('encodes %s', (_, column, expected) => {
    expect(hex(encodePlain(column, { from: 0, to: column.values.length }))).toBe(expected);
  });

  it('encodes only the range asked for', () => {
    const column: PhysicalValues = { type: 'INT32', values: Int32Array.of(1, 2, 3).subarray(1) };
    expect(hex(encodePlain(column, { from: 1, to: 2 }))).toBe('03000000');
    expect(hex(encodePlain(strings(['a', 'b', 'c']), { from: 1, to: 2 }))).toBe('0100000062');
    const booleans: PhysicalValues = { type: 'BOOLEAN', values: Uint8Array.of(1, 0, 1) };
    expect(hex(encodePlain(booleans, { from: 2, to: 3 }))).toBe('01');
  });

  it('encodes an empty range as nothing', () => {
    expect(encodePlain(strings(['a']), { from: 1, to: 1 })).toHaveLength(0);
    expect(
      encodePlain({ type: 'DOUBLE', values: new Float64Array(0) }, { from: 0, to: 0 }),
    ).toHaveLength(0);
  });
});
