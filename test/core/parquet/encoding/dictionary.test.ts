import { describe, expect, it } from 'vitest';
import {
  buildDictionary,
  type Dictionary,
  maxIndexBytes,
  writeDictionaryIndices,
} from '#core/parquet/encoding/dictionary.ts';
import type { PhysicalValues, ValueRange } from '#core/parquet/physical-values.ts';
import { createScratch } from '#core/parquet/scratch.ts';
import { dictionaryItemsOf, itemsOf, textsOf, usedMemory } from '../items-of.ts';
import { seededRandom } from '../seeded-random.ts';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

const strings = (values: readonly string[]): PhysicalValues => ({
  type: 'BYTE_ARRAY',
  values: itemsOf(values),
});
const codes = (values: readonly string[]): PhysicalValues => ({
  type: 'BYTE_ARRAY',
  values: dictionaryItemsOf(values),
});

function entriesOf({ values }: Dictionary): string[] {
  if (values.type !== 'BYTE_ARRAY') throw new Error('expected byte arrays');
  return textsOf(values.values);
}

const tryBuild = (column: PhysicalValues) => buildDictionary(column, createScratch());

function build(column: PhysicalValues): Dictionary {
  const dictionary = tryBuild(column);
  if (dictionary === null) throw new Error('expected a dictionary');
  return dictionary;
}

function encodeIndices(dictionary: Dictionary, range: ValueRange): Uint8Array {
  const out = usedMemory(3 + maxIndexBytes(dictionary, range.to - range.from));
  return out.slice(3, writeDictionaryIndices(dictionary, range, { out, at: 3 }));
}

describe('buildDictionary', () => {
  it('keeps distinct values in order of first occurrence', () => {
    const dictionary = build(strings(['b', 'a', 'b', '', 'a']));
    expect(entriesOf(dictionary)).toEqual(['b', 'a', '']);
    expect(Array.from(dictionary.codes)).toEqual([0, 1, 0, 2, 1]);
  });

  it('tells byte strings with a common prefix apart', () => {
    const values = [[1], [1, 0], [1, 0, 0], [1]].map((bytes) => Uint8Array.from(bytes));
    const dictionary = build({ type: 'BYTE_ARRAY', values: itemsOf(values) });
    expect(Array.from(dictionary.codes)).toEqual([0, 1, 2, 0]);
  });

  it('keeps 0.0 and -0.0 apart and NaN together', () => {
    const dictionary = build({
      type: 'DOUBLE',
      values: Float64Array.of(0, -0, Number.NaN, 0, -0, Number.NaN),
    });
    expect(Array.from(dictionary.codes)).toEqual([0, 1, 2, 0, 1, 2]);
    expect(Array.from(dictionary.values.values as Float64Array)).toEqual([0, -0, Number.NaN]);
  });

  it('looks at all 64 bits of INT64', () => {
    const values = BigInt64Array.of(1n, 1n + 2n ** 32n, 1n, -(2n ** 63n));
    const dictionary = build({ type: 'INT64', values });
    expect(Array.from(dictionary.values.values as BigInt64Array)).toEqual([
      1n,
      1n + 2n ** 32n,
      -(2n ** 63n),
    ]);
    expect(Array.from(dictionary.codes)).toEqual([0, 1, 0, 2]);
  });

  it('works on INT32 and FLOAT', () => {
    expect(Array.from(build({ type: 'INT32', values: Int32Array.of(7, 7, -7) }).codes)).toEqual([
      0, 0, 1,
    ]);
    expect(Array.from(build({ type: 'FLOAT', values: Float32Array.of(1.5, 2, 2) }).codes)).toEqual([
      0, 1, 1,
    ]);
  });

  it('is null for booleans, which have nothing to gain', () => {
    expect(tryBuild({ type: 'BOOLEAN', values: Uint8Array.of(1, 0) })).toBeNull();
  });

  it('is null without values', () => {
    expect(tryBuild(strings([]))).toBeNull();
  });

  it('is null when the dictionary page would pass 1 MiB', () => {
    const large = Array.from({ length: 1100 }, (_, index) => `${index}`.padEnd(1024, 'x'));
    expect(tryBuild(strings([...large, ...large]))).toBeNull();
  });

  it('is null when a sample of a large column has hardly any repeats', () => {
    expect(
      tryBuild({ type: 'INT32', values: Int32Array.from({ length: 20_000 }, (_, i) => i) }),
    ).toBeNull();
  });

  it('finds repeats that lie next to each other in a large column', () => {
    const values = Int32Array.from({ length: 60_000 }, (_, index) => Math.floor(index / 3));
    expect(build({ type: 'INT32', values }).values.values).toHaveLength(20_000);
  });

  it('gives up on numbers that all share one hash', () => {
    const random = seededRandom(5);
    // Low words are multiplied by 0x9e3779b1 and added to high ones by exclusive or before they are mixed.
    const hostile = Array.from({ length: 2 ** 13 }, () => {
      const low = Math.floor(random() * 2 ** 32) | 0;
      return [low, Math.imul(low, 0x9e3779b1)];
    }).flat();
    const words = Int32Array.from([...hostile, ...hostile]);
    const values = new BigInt64Array(words.buffer);
    expect(tryBuild({ type: 'INT64', values })).toBeNull();
  });

  it('renumbers the codes of a dictionary by first occurrence and drops unused entries', () => {
    const texts = ['b', 'a', 'b', '', 'a'];
    const dictionary = build(codes(texts));
    expect(entriesOf(dictionary)).toEqual(['b', 'a', '']);
    expect(Array.from(dictionary.codes)).toEqual([0, 1, 0, 2, 1]);
    expect(dictionary.plainBytes).toBe(build(strings(texts)).plainBytes);
  });

  it('leaves nothing behind in working memory', () => {
    const scratch = createScratch();
    for (const texts of [['x', 'y', 'x'], ['y', 'y'], Array(3000).fill('z')]) {
      const dictionary = buildDictionary(codes(texts), scratch);
      expect(dictionary && entriesOf(dictionary)).toEqual([...new Set(texts)]);
    }
  });

  it.each<[string, (row: number) => string]>([
    ['hardly any repeats', (row) => `id-${row}`],
    ['repeats close together', (row) => `id-${Math.floor(row / 3)}`],
    ['few texts', (row) => `kind-${(row * 7919) % 1500}`],
    ['too many bytes', (row) => `${row % 9000}`.padEnd(200, '.')],
  ])('decides alike for %s as bytes and as codes', (_, text) => {
    const texts = Array.from({ length: 20_000 }, (_item, row) => text(row));
    const distinct = new Map([...new Set(texts)].map((value, code) => [value, code]));
    const entries = itemsOf([...distinct.keys()]);
    const asCodes: PhysicalValues = {
      type: 'BYTE_ARRAY',
      values: {
        ...entries,
        length: texts.length,
        indexes: Int32Array.from(texts, (value) => distinct.get(value) ?? -1),
        isDistinct: true,
      },
    };
    const fromBytes = tryBuild(strings(texts));
    const fromCodes = tryBuild(asCodes);
    expect(fromCodes && entriesOf(fromCodes)).toEqual(fromBytes && entriesOf(fromBytes));
    expect(fromCodes?.codes).toEqual(fromBytes?.codes);
  });
});

describe('writeDictionaryIndices', () => {
  it('starts with the bit width', () => {
    const dictionary = build(strings(['a', 'b', 'c', 'a']));
    expect(hex(encodeIndices(dictionary, { from: 0, to: 4 }))).toBe('02' + '03' + '2400');
  });

  it('needs no bits for a single entry', () => {
    const dictionary = build(strings(Array(20).fill('a')));
    expect(hex(encodeIndices(dictionary, { from: 0, to: 20 }))).toBe('00' + '28');
  });

  it('is the bit width alone for a page without values', () => {
    const dictionary = build(strings(['a', 'b']));
    expect(hex(encodeIndices(dictionary, { from: 2, to: 2 }))).toBe('01');
  });
});
