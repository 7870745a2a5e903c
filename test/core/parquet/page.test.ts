import { crc32, zstdDecompressSync } from 'node:zlib';
import { deserializeTCompactProtocol } from 'hyparquet/src/thrift.js';
import { describe, expect, it } from 'vitest';
import type { IcebergType } from '#core/iceberg/spec/schema.ts';
import { toPhysicalValues } from '#core/parquet/column-values.ts';
import { shredColumn } from '#core/parquet/levels.ts';
import { compressBody, cutPages, dataPageBody, encodePageHeader } from '#core/parquet/page.ts';
import { buildSchemaNodes, leavesOf } from '#core/parquet/schema-node.ts';
import type { Value } from '#core/schema/field.ts';

const INT_LIST: IcebergType = {
  type: 'list',
  'element-id': 2,
  element: 'int',
  'element-required': true,
};

function shred(type: IcebergType, required: boolean, values: Value[]) {
  const nodes = buildSchemaNodes([{ id: 1, name: 'c', required, type }]);
  const [node] = nodes;
  const [leaf] = leavesOf(nodes);
  const [entries] = node ? shredColumn(node, values, { from: 0, to: values.length }) : [];
  if (leaf === undefined || entries === undefined) throw new Error('no leaf');
  return { leaf, entries };
}

function cut(type: IcebergType, required: boolean, values: Value[], pageBytes: number) {
  const { leaf, entries } = shred(type, required, values);
  return cutPages(leaf, { entries, values: toPhysicalValues(leaf, entries) }, pageBytes).map(
    (page) => [page.entries.from, page.entries.to, page.values.from, page.values.to],
  );
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
});

describe('dataPageBody', () => {
  it('writes values alone when nothing is optional or repeated', () => {
    const { leaf, entries } = shred('int', true, [1]);
    const values = Uint8Array.of(1, 0, 0, 0);
    expect(dataPageBody(leaf, entries, { range: { from: 0, to: 1 }, values })).toEqual(values);
  });

  it('writes repetition levels, then definition levels, each with its length', () => {
    const { leaf, entries } = shred(INT_LIST, false, [[7, 8], null]);
    const body = dataPageBody(leaf, entries, {
      range: { from: 0, to: 3 },
      values: Uint8Array.of(0xff),
    });
    // Repetition 0,1,0 on 1 bit; definition 2,2,0 on 2 bits.
    expect(Buffer.from(body).toString('hex')).toBe(
      ['02000000', '0302', '03000000', '030a00', 'ff'].join(''),
    );
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
    const page = { type: 'DATA_PAGE', encoding: 'DELTA_BINARY_PACKED', valueCount: 3 } as const;
    expect(read(encodePageHeader({ ...page, body: new Uint8Array(9) }, stored))).toEqual({
      field_1: 0,
      field_2: 9,
      field_3: 4,
      field_4: crc32(stored) | 0,
      field_5: { field_1: 3, field_2: 5, field_3: 3, field_4: 3 },
    });
  });

  it('describes a dictionary page', () => {
    const page = { type: 'DICTIONARY_PAGE', encoding: 'PLAIN', valueCount: 2 } as const;
    expect(read(encodePageHeader({ ...page, body: stored }, stored))).toMatchObject({
      field_1: 2,
      field_7: { field_1: 2, field_2: 0 },
    });
  });
});
