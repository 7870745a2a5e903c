import { describe, expect, it } from 'vitest';
import type { PrimitiveType } from '#core/iceberg/spec/schema.ts';
import { type ColumnChunk, writeColumnChunk } from '#core/parquet/column-chunk.ts';
import { shredColumn } from '#core/parquet/levels.ts';
import { buildSchemaNodes, leavesOf } from '#core/parquet/schema-node.ts';
import type { Value } from '#core/schema/field.ts';
import { seededRandom } from './seeded-random.ts';

function write(type: PrimitiveType, values: readonly Value[], pageBytes = 2 ** 20): ColumnChunk {
  const nodes = buildSchemaNodes([{ id: 1, name: 'c', required: true, type }]);
  const [node] = nodes;
  const [leaf] = leavesOf(nodes);
  const [entries] = node ? shredColumn(node, values, { from: 0, to: values.length }) : [];
  if (leaf === undefined || entries === undefined) throw new Error('no leaf');
  return writeColumnChunk(leaf, entries, { pageBytes });
}

const rows = <T>(count: number, value: (row: number) => T): T[] =>
  Array.from({ length: count }, (_, row) => value(row));

describe('writeColumnChunk', () => {
  const random = seededRandom(7);

  it.each<[string, PrimitiveType, readonly Value[], string]>([
    ['few distinct strings', 'string', rows(1000, (row) => `kind-${row % 7}`), 'RLE_DICTIONARY'],
    ['distinct strings', 'string', rows(1000, (row) => `id-${row}`), 'PLAIN'],
    ['few distinct doubles', 'double', rows(1000, (row) => (row % 10) / 10), 'RLE_DICTIONARY'],
    ['distinct doubles', 'double', rows(1000, () => random()), 'PLAIN'],
    [
      'rising longs',
      'long',
      rows(1000, (row) => 10n ** 15n + BigInt(row) * 1000n),
      'DELTA_BINARY_PACKED',
    ],
    ['small ints', 'int', rows(1000, () => Math.floor(random() * 1e6)), 'DELTA_BINARY_PACKED'],
    [
      'few distinct large longs',
      'long',
      rows(1000, (row) => BigInt(row % 3) * 2n ** 60n),
      'RLE_DICTIONARY',
    ],
    [
      'random longs',
      'long',
      rows(1000, () => BigInt(Math.floor(random() * 2 ** 53)) * 1023n),
      'PLAIN',
    ],
    ['booleans', 'boolean', rows(1000, (row) => row % 3 === 0), 'PLAIN'],
    ['wide decimals', 'decimal(30, 2)', rows(1000, (row) => BigInt(row % 5)), 'RLE_DICTIONARY'],
    ['one value', 'int', [5], 'PLAIN'],
  ])('stores %s in the smallest encoding', (_, type, values, encoding) => {
    expect(write(type, values).encoding).toBe(encoding);
  });

  it('prefers PLAIN when a dictionary takes as many bytes', () => {
    // PLAIN 4+5+5+4; dictionary 4+5+5, bit width 1, run header 1, indices 2.
    expect(write('string', ['', 'a', 'b', '']).encoding).toBe('PLAIN');
    expect(write('string', ['', 'a', 'b', '', '']).encoding).toBe('RLE_DICTIONARY');
  });

  it('compresses what shrinks', () => {
    const chunk = write(
      'string',
      rows(1000, (row) => `identifier-${row}`),
    );
    expect(chunk.codec).toBe('ZSTD');
    expect(chunk.storedBytes).toBeLessThan(chunk.uncompressedBytes);
  });

  it('stores what does not shrink as it is', () => {
    const chunk = write(
      'double',
      rows(1000, () => random()),
    );
    const noise = write(
      'binary',
      rows(20, () => Uint8Array.from(rows(500, () => random() * 256))),
    );
    expect(noise.codec).toBe('UNCOMPRESSED');
    expect(noise.storedBytes).toBe(noise.uncompressedBytes);
    expect(chunk.storedBytes).toBeLessThanOrEqual(chunk.uncompressedBytes);
  });

  it('counts the bytes it hands out', () => {
    const chunk = write(
      'string',
      rows(5000, (row) => `kind-${row % 70}`),
      1000,
    );
    expect(chunk.dataPageCount).toBeGreaterThan(10);
    expect(chunk.dictionaryPageBytes).toBe(
      (chunk.parts[0]?.length ?? 0) + (chunk.parts[1]?.length ?? 0),
    );
    expect(chunk.parts.reduce((bytes, part) => bytes + part.length, 0)).toBe(chunk.storedBytes);
  });
});
