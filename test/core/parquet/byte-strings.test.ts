import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type ByteStrings,
  dataOf,
  encodeBigEndian,
  encodeByteArrays,
  encodeStrings,
  gatherByteStrings,
} from '#core/parquet/byte-strings.ts';
import { arbitraryText } from './arbitrary-columns.ts';

const rejectAt = (index: number): never => {
  throw new Error(`rejected ${index}`);
};
const itemsOf = (strings: ByteStrings) =>
  Array.from({ length: strings.length }, (_, index) => Buffer.from(dataOf(strings, index)));

describe('encodeStrings', () => {
  it('puts a little-endian length before each string', () => {
    const strings = encodeStrings(['ab', ''], rejectAt);
    expect(Array.from(strings.bytes)).toEqual([2, 0, 0, 0, 97, 98, 0, 0, 0, 0]);
    expect(Array.from(strings.offsets)).toEqual([0, 6, 10]);
  });

  it('names the string that has a lone surrogate', () => {
    expect(() => encodeStrings(['ok', 'é', 'a\udc00'], rejectAt)).toThrow('rejected 2');
  });

  it('grows when characters take more bytes than code units, without losing what follows', () => {
    const values = ['€'.repeat(1000), 'plain', '😀'.repeat(500), 'tail'];
    expect(itemsOf(encodeStrings(values, rejectAt)).map(String)).toEqual(values);
  });

  it('encodes any text as the platform does', () => {
    fc.assert(
      fc.property(fc.array(arbitraryText), (values) => {
        const expected = values.map((value) => Buffer.from(value));
        expect(itemsOf(encodeStrings(values, rejectAt))).toEqual(expected);
      }),
      { seed: 1 },
    );
  });
});

describe('encodeByteArrays', () => {
  it('copies the bytes', () => {
    const input = Uint8Array.of(1, 2);
    const strings = encodeByteArrays([input, new Uint8Array(0)]);
    input[0] = 9;
    expect(itemsOf(strings)).toEqual([Buffer.from([1, 2]), Buffer.alloc(0)]);
  });
});

describe('encodeBigEndian', () => {
  it.each([
    [1n, 9, '000000000000000001'],
    [-1n, 9, 'ffffffffffffffffff'],
    [2n ** 71n - 1n, 9, '7fffffffffffffffff'],
    [-(2n ** 71n), 9, '800000000000000000'],
    [10n ** 38n - 1n, 16, '4b3b4ca85a86c47a098a223fffffffff'],
  ])('writes %s in %i bytes', (value, width, expected) => {
    expect(Buffer.from(encodeBigEndian([value], width).bytes).toString('hex')).toBe(expected);
  });
});

describe('gatherByteStrings', () => {
  it('copies items in the order asked for, with their prefix', () => {
    const strings = encodeStrings(['a', 'bb', 'ccc'], rejectAt);
    const gathered = gatherByteStrings(strings, Int32Array.of(2, 0));
    expect(itemsOf(gathered).map(String)).toEqual(['ccc', 'a']);
    expect(gathered.bytes).toHaveLength(4 + 3 + 4 + 1);
  });
});
