import { describe, expect, it } from 'vitest';
import { writePlain } from '#core/parquet/encoding/plain.ts';
import type { PhysicalValues, ValueRange } from '#core/parquet/physical-values.ts';
import { itemsOf, usedMemory } from '../items-of.ts';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

const strings = (values: readonly string[]): PhysicalValues => ({
  type: 'BYTE_ARRAY',
  values: itemsOf(values),
});

function encodePlain(column: PhysicalValues, range: ValueRange): Uint8Array {
  const out = usedMemory(100);
  return out.slice(3, writePlain(column, range, { out, at: 3 }));
}

describe('writePlain', () => {
  it.each<[string, PhysicalValues, string]>([
    ['BOOLEAN', { type: 'BOOLEAN', values: Uint8Array.of(1, 0, 1, 1, 0, 0, 0, 0, 1) }, '0d01'],
    ['INT32', { type: 'INT32', values: Int32Array.of(1, -1) }, '01000000ffffffff'],
    ['INT64', { type: 'INT64', values: BigInt64Array.of(-2n) }, 'feffffffffffffff'],
    ['FLOAT', { type: 'FLOAT', values: Float32Array.of(-0) }, '00000080'],
    ['DOUBLE', { type: 'DOUBLE', values: Float64Array.of(1) }, '000000000000f03f'],
    ['BYTE_ARRAY', strings(['ab', '', 'é']), '020000006162' + '00000000' + '02000000c3a9'],
    [
      'FIXED_LEN_BYTE_ARRAY',
      {
        type: 'FIXED_LEN_BYTE_ARRAY',
        values: itemsOf(
          [Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 1), new Uint8Array(9).fill(0xff).fill(0xfe, 8)],
          0,
        ),
      },
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

  it.each([0, 1, 3, 4, 5, 36, 127, 128, 129, 5000])('copies items of %i bytes', (length) => {
    const value = Uint8Array.from({ length }, (_, at) => at * 7);
    const column: PhysicalValues = { type: 'BYTE_ARRAY', values: itemsOf([value, value]) };
    const out = usedMemory(2 * length + 8);
    expect(writePlain(column, { from: 0, to: 2 }, { out, at: 0 })).toBe(out.length);
    expect(out.slice(4, 4 + length)).toEqual(value);
    expect(out.slice(8 + length)).toEqual(value);
  });
});
