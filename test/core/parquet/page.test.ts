import { crc32, zstdDecompressSync } from 'node:zlib';
import { deserializeTCompactProtocol } from 'hyparquet/src/thrift.js';
import { describe, expect, it } from 'vitest';
import type { IcebergType } from '#core/iceberg/spec/schema.ts';
import { compressBody, cutPages, encodePageHeader, writePageLevels } from '#core/parquet/page.ts';
import type { Value } from '#core/schema/field.ts';
import { usedMemory } from './items-of.ts';
import { shredLeaf } from './shred-values.ts';

const INT_LIST: IcebergType = {
  type: 'list',
  'element-id': 2,
  element: 'int',
  'element-required': true,
};

function cut(type: IcebergType, required: boolean, values: Value[], pageBytes: number) {
  const { leaf, entries } = shredLeaf({ type, required }, values);
  const isText = leaf.type === 'string';
  const lengths = Int32Array.from(values.flat(), (value) => String(value).length);
  const sizes = {
    bytesPerValue: leaf.type === 'long' ? 8 : 4,
    lengths: isText ? lengths : null,
  };
  return cutPages(leaf, { entries, sizes }, pageBytes).map((page) => [
    page.entries.from,
    page.entries.to,
    page.values.from,
    page.values.to,
  ]);
}

describe('cutPages', () => {
  it('ends a page when it holds pageBytes of plain values', () => {
    expect(cut('int', true, [1, 2, 3, 4, 5], 8)).toEqual([
      [0, 2, 0, 2],
      [2, 4, 2, 4],
      [4, 5, 4, 5],
    ]);
  });

  it('counts nulls as entries without values', () => {
    expect(cut('long', false, [null, 1n, null, 2n], 10)).toEqual([
      [0, 2, 0, 1],
      [2, 4, 1, 2],
    ]);
  });

  it('measures strings with their length prefix', () => {
    expect(cut('string', true, ['aaaa', 'b', 'c'], 8)).toEqual([
      [0, 1, 0, 1],
      [1, 3, 1, 3],
    ]);
  });

  it('never splits a row', () => {
    expect(cut(INT_LIST, true, [[1, 2, 3], [4]], 4)).toEqual([
      [0, 3, 0, 3],
      [3, 4, 3, 4],
    ]);
  });

  it('makes one page of nothing but nulls', () => {
    expect(cut('int', false, [null, null], 100)).toEqual([[0, 2, 0, 0]]);
  });

  it('counts a level for each of many nulls', () => {
    expect(cut('int', false, [null, null, null], 2)).toEqual([
      [0, 2, 0, 0],
      [2, 3, 0, 0],
    ]);
  });
});

describe('writePageLevels', () => {
  const write = (type: IcebergType, required: boolean, values: Value[], to: number) => {
    const { leaf, entries } = shredLeaf({ type, required }, values);
    const out = usedMemory(100);
    const end = writePageLevels(leaf, entries, { range: { from: 0, to }, out, at: 2 });
    return Buffer.from(out.slice(2, end)).toString('hex');
  };

  it('writes nothing when nothing is optional or repeated', () => {
    expect(write('int', true, [1], 1)).toBe('');
  });

  it('writes repetition levels, then definition levels, each with its length', () => {
    // Repetition 0,1,0 on 1 bit; definition 2,2,0 on 2 bits.
    expect(write(INT_LIST, false, [[7, 8], null], 3)).toBe(
      ['02000000', '0302', '03000000', '030a00'].join(''),
    );
  });

  it('writes one run when no value is missing, and one when all are', () => {
    expect(write('int', false, Array(20).fill(1), 20)).toBe('02000000' + '2801');
    expect(write('int', false, Array(20).fill(null), 20)).toBe('02000000' + '2800');
  });
});

describe('compressBody', () => {
  it('makes a zstd frame that says its content size', () => {
    const body = new Uint8Array(10_000);
    const compressed = compressBody(body);
    expect(compressed.length).toBeLessThan(100);
    expect(new Uint8Array(zstdDecompressSync(compressed))).toEqual(body);
    // Frame header descriptor, bits 6-7 and 5: a content size field is present (RFC 8878 §3.1.1.1.1).
    expect((compressed[4] ?? 0) & 0b1110_0000).not.toBe(0);
  });
});

describe('encodePageHeader', () => {
  const stored = Uint8Array.of(0xde, 0xad, 0xbe, 0xef);
  const read = (header: Uint8Array) =>
    deserializeTCompactProtocol({
      view: new DataView(header.buffer, header.byteOffset, header.length),
      offset: 0,
    });

  it('describes a data page with sizes and a checksum of the stored bytes', () => {
    const page = {
      type: 'DATA_PAGE',
      encoding: 'DELTA_BINARY_PACKED',
      valueCount: 3,
      bodyBytes: 9,
    } as const;
    expect(read(encodePageHeader(page, stored))).toEqual({
      field_1: 0,
      field_2: 9,
      field_3: 4,
      field_4: crc32(stored) | 0,
      field_5: { field_1: 3, field_2: 5, field_3: 3, field_4: 3 },
    });
  });

  it('describes a dictionary page', () => {
    const page = {
      type: 'DICTIONARY_PAGE',
      encoding: 'PLAIN',
      valueCount: 2,
      bodyBytes: 4,
    } as const;
    expect(read(encodePageHeader(page, stored))).toMatchObject({
      field_1: 2,
      field_7: { field_1: 2, field_2: 0 },
    });
  });
});
