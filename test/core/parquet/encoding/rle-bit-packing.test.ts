import fc from 'fast-check';
import { readRleBitPackedHybrid } from 'hyparquet/src/encoding.js';
import { describe, expect, it } from 'vitest';
import {
  bitWidthOf,
  maxRleBytes,
  packBits,
  writeConstantRun,
  writeRleBitPacked,
} from '#core/parquet/encoding/rle-bit-packing.ts';
import { usedMemory } from '../items-of.ts';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

function encodeRange(
  values: Uint8Array | Int32Array,
  bitWidth: number,
  range: { from: number; to: number },
): Uint8Array {
  const out = usedMemory(3 + maxRleBytes(range.to - range.from, bitWidth));
  return out.slice(3, writeRleBitPacked(values, range, { bitWidth, out, at: 3 }));
}

const encode = (values: readonly number[], bitWidth: number) =>
  encodeRange(Int32Array.from(values), bitWidth, { from: 0, to: values.length });

function decodeForeign(bytes: Uint8Array, bitWidth: number, count: number): number[] {
  const output = new Int32Array(count);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  readRleBitPackedHybrid({ view, offset: 0 }, bitWidth, output, bytes.length);
  return Array.from(output);
}

describe('bitWidthOf', () => {
  it.each([
    [0, 0],
    [1, 1],
    [2, 2],
    [3, 2],
    [255, 8],
    [256, 9],
  ])('counts the bits of %i as %i', (maxValue, bits) => {
    expect(bitWidthOf(maxValue)).toBe(bits);
  });
});

describe('packBits', () => {
  it('packs the example of the specification, least significant bit first', () => {
    const out = new Uint8Array(3);
    const values = Int32Array.of(0, 1, 2, 3, 4, 5, 6, 7);
    packBits(values, { from: 0, to: 8, bitWidth: 3, out, at: 0 });
    expect(Array.from(out, (byte) => byte.toString(2))).toEqual([
      '10001000',
      '11000110',
      '11111010',
    ]);
  });

  it('packs 32 bits per value', () => {
    const out = new Uint8Array(8);
    packBits(Int32Array.of(-1, 0x01020304), { from: 0, to: 2, bitWidth: 32, out, at: 0 });
    expect(hex(out)).toBe('ffffffff04030201');
  });
});

describe('writeRleBitPacked', () => {
  it('writes nothing for no values', () => {
    expect(encode([], 3)).toHaveLength(0);
  });

  it('writes a run of equal values as RLE', () => {
    expect(hex(encode(Array(100).fill(4), 3))).toBe('c801' + '04');
  });

  it('takes as many bytes per RLE value as its width needs', () => {
    expect(hex(encode(Array(8).fill(0x1234), 13))).toBe('10' + '3412');
  });

  it('writes different values as one bit-packed run', () => {
    expect(hex(encode([0, 1, 2, 3, 4, 5, 6, 7], 3))).toBe('03' + '88c6fa');
  });

  it('fills the last group of a bit-packed run with zeros', () => {
    expect(hex(encode([1, 0, 1], 1))).toBe('03' + '05');
  });

  it('takes values of a following run to fill a group before it switches to RLE', () => {
    expect(hex(encode([0, 1, 0, ...Array(20).fill(1)], 1))).toBe('03' + 'fa' + '1e' + '01');
  });

  it('keeps a run bit-packed when less than 8 values remain after the group', () => {
    expect(hex(encode([0, ...Array(14).fill(1)], 1))).toBe('05' + 'fe7f');
  });

  it('needs no value bytes at width 0', () => {
    expect(hex(encode(Array(5).fill(0), 0))).toBe('03');
    expect(hex(encode(Array(9).fill(0), 0))).toBe('12');
  });

  it('encodes only the range asked for', () => {
    const values = Uint8Array.of(9, 9, 1, 1, 1, 1, 1, 1, 1, 1, 9);
    expect(hex(encodeRange(values, 1, { from: 2, to: 10 }))).toBe('10' + '01');
  });

  it('is read back by a foreign decoder, whatever the values', () => {
    const runs = fc.integer({ min: 1, max: 24 }).chain((bitWidth) =>
      fc.tuple(
        fc.constant(bitWidth),
        fc.array(fc.tuple(fc.nat({ max: 2 ** bitWidth - 1 }), fc.integer({ min: 1, max: 30 })), {
          maxLength: 40,
        }),
      ),
    );
    fc.assert(
      fc.property(runs, ([bitWidth, pairs]) => {
        const values = pairs.flatMap(([value, count]) => Array<number>(count).fill(value));
        expect(decodeForeign(encode(values, bitWidth), bitWidth, values.length)).toEqual(values);
      }),
      { numRuns: 300, seed: 1 },
    );
  });
});

describe('writeConstantRun', () => {
  it.each([1, 7, 8, 9, 1000])('writes %i equal values as writeRleBitPacked does', (count) => {
    const out = usedMemory(100);
    const end = writeConstantRun(count, 2, { bitWidth: 2, out, at: 0 });
    expect(hex(out.slice(0, end))).toBe(hex(encode(Array(count).fill(2), 2)));
  });
});
