import fc from 'fast-check';
import { deltaBinaryUnpack } from 'hyparquet/src/delta.js';
import { describe, expect, it } from 'vitest';
import {
  maxDeltaBytes,
  writeDeltaBinaryPacked,
} from '#core/parquet/encoding/delta-binary-packed.ts';
import { usedMemory } from '../items-of.ts';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

function encodeRange(
  values: Int32Array | BigInt64Array,
  range: { from: number; to: number },
): Uint8Array {
  const out = usedMemory(3 + maxDeltaBytes(range.to - range.from, values.BYTES_PER_ELEMENT));
  return out.slice(3, writeDeltaBinaryPacked(values, range, { out, at: 3 }));
}

const encode32 = (values: readonly number[]) =>
  encodeRange(Int32Array.from(values), { from: 0, to: values.length });
const encode64 = (values: readonly bigint[]) =>
  encodeRange(BigInt64Array.from(values), { from: 0, to: values.length });

function decodeForeign<T extends Int32Array | BigInt64Array>(bytes: Uint8Array, output: T): T {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  deltaBinaryUnpack({ view, offset: 0 }, output.length, output);
  return output;
}

/** Header of 128 values per block in 4 miniblocks. */
const HEADER = '8001' + '04';

describe('writeDeltaBinaryPacked', () => {
  it('encodes the first example of the specification: equal deltas take no bits', () => {
    expect(hex(encode32([1, 2, 3, 4, 5]))).toBe(`${HEADER}05020200000000`);
  });

  it('encodes the second example of the specification: 2 bits above a minimum of -2', () => {
    // 0,0,0,3,3,3,3 on 2 bits, filled up to 32 values; the other three miniblocks are absent.
    const miniblock = 'c03f000000000000';
    expect(hex(encode32([7, 5, 3, 1, 2, 3, 4, 5]))).toBe(`${HEADER}080e0302000000${miniblock}`);
  });

  it('gives the same bytes for INT64', () => {
    expect(hex(encode64([7n, 5n, 3n, 1n, 2n, 3n, 4n, 5n]))).toBe(
      hex(encode32([7, 5, 3, 1, 2, 3, 4, 5])),
    );
  });

  it('encodes one value in the header', () => {
    expect(hex(encode64([-1n]))).toBe(`${HEADER}0101`);
  });

  it('encodes no value as a header that says so', () => {
    expect(hex(encode32([]))).toBe(`${HEADER}0000`);
  });

  it('never takes more than 32 bits for INT32, because deltas wrap around', () => {
    const values = Array.from({ length: 300 }, (_, i) => (i % 2 === 0 ? -(2 ** 31) : 2 ** 31 - 1));
    const bytes = encode32(values);
    expect(bytes.length).toBeLessThanOrEqual(9 + 3 * (5 + 4 + 128 * 4));
    expect(Array.from(decodeForeign(bytes, new Int32Array(300)))).toEqual(values);
  });

  it('keeps extreme INT64 values exact', () => {
    const values = [-(2n ** 63n), 2n ** 63n - 1n, 0n, -1n, 1n, -(2n ** 63n), -(2n ** 63n)];
    expect(Array.from(decodeForeign(encode64(values), new BigInt64Array(7)))).toEqual(values);
  });

  it('fills up the last miniblock with zeros, whatever the block before held', () => {
    const wild = Array.from({ length: 129 }, (_, row) => BigInt(row % 2) * (2n ** 62n + 77n));
    const last = wild.at(-1) ?? 0n;
    const bytes = encode64([...wild, last + 1n, last + 2n, last + 3n]);
    // The second block: minimum 1 and no bits at all.
    expect(hex(bytes.subarray(-5))).toBe('0200000000');
  });

  it('finds the smallest delta when low words pass 2^31', () => {
    const values = [0n, 2n ** 31n, 2n ** 31n + 1n, 2n ** 32n];
    // Header 5, minimum 1, widths 4, one miniblock of 31 bits.
    expect(encode64(values)).toHaveLength(5 + 1 + 4 + 31 * 4);
  });

  it('encodes only the range asked for', () => {
    const values = BigInt64Array.from([99n, 1n, 2n, 3n, 99n]);
    expect(hex(encodeRange(values, { from: 1, to: 4 }))).toBe(hex(encode64([1n, 2n, 3n])));
  });

  it('reads a view that does not start at its buffer', () => {
    const values = BigInt64Array.from([99n, 1n, 2n, 3n]).subarray(1);
    expect(hex(encodeRange(values, { from: 0, to: 3 }))).toBe(hex(encode64([1n, 2n, 3n])));
  });

  it.each([1, 31, 32, 33, 34, 63, 64])('round-trips deltas of %i bits', (bits) => {
    const values = Array.from({ length: 200 }, (_, i) =>
      BigInt.asIntN(64, (0x9e3779b97f4a7c15n * BigInt(i * i + 1)) & (2n ** BigInt(bits) - 1n)),
    );
    expect(Array.from(decodeForeign(encode64(values), new BigInt64Array(200)))).toEqual(values);
  });

  it('is read back by a foreign decoder, whatever the INT32 values', () => {
    fc.assert(
      fc.property(fc.array(fc.integer(), { minLength: 1, maxLength: 400 }), (values) => {
        const decoded = decodeForeign(encode32(values), new Int32Array(values.length));
        expect(Array.from(decoded)).toEqual(values);
      }),
      { numRuns: 100, seed: 1 },
    );
  });

  it('is read back by a foreign decoder, whatever the INT64 values', () => {
    const longs = fc.integer({ min: 1, max: 64 }).chain((bits) =>
      fc.array(fc.bigInt({ min: -(2n ** BigInt(bits - 1)), max: 2n ** BigInt(bits - 1) - 1n }), {
        minLength: 1,
        maxLength: 400,
      }),
    );
    fc.assert(
      fc.property(longs, (values) => {
        const decoded = decodeForeign(encode64(values), new BigInt64Array(values.length));
        expect(Array.from(decoded)).toEqual(values);
      }),
      { numRuns: 100, seed: 2 },
    );
  });
});
