import { describe, expect, it } from 'vitest';
import type { PrimitiveType } from '#core/iceberg/spec/schema.ts';
import { type ColumnChunk, writeColumnChunk } from '#core/parquet/column-chunk.ts';
import { createScratch } from '#core/parquet/scratch.ts';
import type { Value } from '#core/schema/field.ts';
import { seededRandom } from './seeded-random.ts';
import { shredLeaf } from './shred-values.ts';

function write(
  type: PrimitiveType,
  values: readonly Value[],
  { pageBytes = 2 ** 20, encodings = 'all' as const }: Partial<WriteOptions> = {},
): ColumnChunk {
  const { leaf, entries, selection } = shredLeaf({ type, required: true }, values);
  const scratch = createScratch();
  return writeColumnChunk(leaf, entries, { selection, pageBytes, encodings, scratch });
}

interface WriteOptions {
  readonly pageBytes: number;
  readonly encodings: 'all' | 'plain-and-dictionary';
}

const rows = <T>(count: number, value: (row: number) => T): T[] =>
  Array.from({ length: count }, (_, row) => value(row));

describe('writeColumnChunk', () => {
  const random = seededRandom(7);

  it.each<[string, PrimitiveType, readonly Value[], string]>([
    ['few distinct strings', 'string', rows(1000, (row) => `kind-${row % 7}`), 'RLE_DICTIONARY'],
    ['distinct strings', 'string', rows(1000, (row) => `id-${row}`), 'DELTA_LENGTH_BYTE_ARRAY'],
    ['few different strings', 'string', ['a', 'b'], 'PLAIN'],
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
    // Large enough for a sample to decide.
    const largeNoise = write(
      'binary',
      rows(800, () => Uint8Array.from(rows(500, () => random() * 256))),
    );
    expect(largeNoise.codec).toBe('UNCOMPRESSED');
    expect(largeNoise.storedBytes).toBe(largeNoise.uncompressedBytes);
    expect(noise.codec).toBe('UNCOMPRESSED');
    expect(noise.storedBytes).toBe(noise.uncompressedBytes);
    expect(chunk.storedBytes).toBeLessThanOrEqual(chunk.uncompressedBytes);
  });

  it('counts the bytes it hands out', () => {
    const chunk = write(
      'string',
      rows(5000, (row) => `kind-${row % 70}`),
      { pageBytes: 1000 },
    );
    expect(chunk.dataPageCount).toBeGreaterThan(10);
    expect(chunk.dictionaryPageBytes).toBe(
      (chunk.parts[0]?.length ?? 0) + (chunk.parts[1]?.length ?? 0),
    );
    expect(chunk.parts.reduce((bytes, part) => bytes + part.length, 0)).toBe(chunk.storedBytes);
  });

  it.each<[string, PrimitiveType, readonly Value[], string]>([
    ['distinct strings', 'string', rows(1000, (row) => `id-${row}`), 'PLAIN'],
    ['rising longs', 'long', rows(1000, (row) => BigInt(row)), 'PLAIN'],
    ['few strings', 'string', rows(1000, (row) => `kind-${row % 7}`), 'RLE_DICTIONARY'],
  ])('stores %s for readers without delta encodings', (_, type, values, encoding) => {
    expect(write(type, values, { encodings: 'plain-and-dictionary' }).encoding).toBe(encoding);
  });

  it.each<[string, PrimitiveType, Value]>([
    ['string', 'string', 'shardId-000000000042'],
    ['int', 'int', 3],
    ['long', 'long', 77n],
    ['double', 'double', 0.1],
    ['decimal', 'decimal(30, 2)', 5n],
  ])('takes next to nothing for 100,000 times the same %s', (_, type, value) => {
    expect(write(type, Array(100_000).fill(value)).storedBytes).toBeLessThan(120);
  });

  it('does not hand out working memory', () => {
    const scratch = createScratch();
    const { leaf, entries, selection } = shredLeaf(
      { type: 'binary', required: true },
      rows(20, () => Uint8Array.from(rows(500, () => random() * 256))),
    );
    const options = { selection, pageBytes: 2 ** 20, encodings: 'all', scratch } as const;
    const chunk = writeColumnChunk(leaf, entries, options);
    const before = chunk.parts.map((part) => Buffer.from(part).toString('hex'));
    for (const bytes of Object.values(scratch.bytes)) bytes.fill(0);
    for (const words of Object.values(scratch.int32s)) words.fill(0);
    expect(chunk.parts.map((part) => Buffer.from(part).toString('hex'))).toEqual(before);
  });
});
