import { describe, expect, it } from 'vitest';
import { dataOf, encodeByteArrays, encodeStrings } from '#core/parquet/byte-strings.ts';
import {
  buildDictionary,
  type Dictionary,
  encodeDictionaryIndices,
} from '#core/parquet/encoding/dictionary.ts';
import type { PhysicalValues } from '#core/parquet/physical-values.ts';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

const strings = (values: readonly string[]): PhysicalValues => ({
  type: 'BYTE_ARRAY',
  values: encodeStrings(values, () => {
    throw new Error('lone surrogate');
  }),
});

function textsOf({ values }: Dictionary): string[] {
  if (values.type !== 'BYTE_ARRAY') throw new Error('expected byte arrays');
  return Array.from({ length: values.values.length }, (_, index) =>
    new TextDecoder().decode(dataOf(values.values, index)),
  );
}

function build(column: PhysicalValues): Dictionary {
  const dictionary = buildDictionary(column);
  if (dictionary === null) throw new Error('expected a dictionary');
  return dictionary;
}

describe('buildDictionary', () => {
  it('keeps distinct values in order of first occurrence', () => {
    const dictionary = build(strings(['b', 'a', 'b', '', 'a']));
    expect(textsOf(dictionary)).toEqual(['b', 'a', '']);
    expect(Array.from(dictionary.indices)).toEqual([0, 1, 0, 2, 1]);
  });

  it('tells byte strings with a common prefix apart', () => {
    const values = [[1], [1, 0], [1, 0, 0], [1]].map((bytes) => Uint8Array.from(bytes));
    const dictionary = build({ type: 'BYTE_ARRAY', values: encodeByteArrays(values) });
    expect(Array.from(dictionary.indices)).toEqual([0, 1, 2, 0]);
  });

  it('keeps 0.0 and -0.0 apart and NaN together', () => {
    const dictionary = build({
      type: 'DOUBLE',
      values: Float64Array.of(0, -0, Number.NaN, 0, -0, Number.NaN),
    });
    expect(Array.from(dictionary.indices)).toEqual([0, 1, 2, 0, 1, 2]);
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
    expect(Array.from(dictionary.indices)).toEqual([0, 1, 0, 2]);
  });

  it('works on INT32 and FLOAT', () => {
    expect(Array.from(build({ type: 'INT32', values: Int32Array.of(7, 7, -7) }).indices)).toEqual([
      0, 0, 1,
    ]);
    expect(
      Array.from(build({ type: 'FLOAT', values: Float32Array.of(1.5, 2, 2) }).indices),
    ).toEqual([0, 1, 1]);
  });

  it('is null for booleans, which have nothing to gain', () => {
    expect(buildDictionary({ type: 'BOOLEAN', values: Uint8Array.of(1, 0) })).toBeNull();
  });

  it('is null without values', () => {
    expect(buildDictionary(strings([]))).toBeNull();
  });

  it('is null when the dictionary page would pass 1 MiB', () => {
    const large = Array.from({ length: 1100 }, (_, index) => `${index}`.padEnd(1024, 'x'));
    expect(buildDictionary(strings([...large, ...large]))).toBeNull();
  });

  it('is null when a sample of a large column has hardly any repeats', () => {
    expect(
      buildDictionary({ type: 'INT32', values: Int32Array.from({ length: 20_000 }, (_, i) => i) }),
    ).toBeNull();
  });

  it('finds repeats that lie next to each other in a large column', () => {
    const values = Int32Array.from({ length: 60_000 }, (_, index) => Math.floor(index / 3));
    expect(build({ type: 'INT32', values }).values.values).toHaveLength(20_000);
  });

  it('gives up on hostile values that all share one hash', () => {
    // "Aa" and "BB" collide in every polynomial hash of base 31.
    const hostile = Array.from({ length: 2 ** 13 }, (_, index) =>
      index.toString(2).padStart(13, '0').replaceAll('0', 'Aa').replaceAll('1', 'BB'),
    );
    expect(buildDictionary(strings([...hostile, ...hostile]))).toBeNull();
  });
});

describe('encodeDictionaryIndices', () => {
  it('starts with the bit width', () => {
    const dictionary = build(strings(['a', 'b', 'c', 'a']));
    expect(hex(encodeDictionaryIndices(dictionary, { from: 0, to: 4 }))).toBe('02' + '03' + '2400');
  });

  it('needs no bits for a single entry', () => {
    const dictionary = build(strings(Array(20).fill('a')));
    expect(hex(encodeDictionaryIndices(dictionary, { from: 0, to: 20 }))).toBe('00' + '28');
  });

  it('is the bit width alone for a page without values', () => {
    const dictionary = build(strings(['a', 'b']));
    expect(hex(encodeDictionaryIndices(dictionary, { from: 2, to: 2 }))).toBe('01');
  });
});
