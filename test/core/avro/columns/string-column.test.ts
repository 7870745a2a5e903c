import { describe, expect, it } from 'vitest';
import type { DictionaryVector, Vector } from '#core/columns/vector.ts';
import { columnOf } from './one-column.ts';
import { layOut, valueAt } from './vector-rows.ts';

const STRING = { kind: 'string' } as const;

function datumOf(text: string): Uint8Array {
  const bytes = Buffer.from(text);
  const size =
    bytes.length < 64
      ? [bytes.length * 2]
      : [((bytes.length * 2) & 0x7f) | 0x80, bytes.length >> 6];
  return Buffer.concat([Buffer.from(size), bytes]);
}

function decodeTexts(column: ReturnType<typeof columnOf>, texts: readonly string[]): Vector {
  const { decoder, target } = column;
  target.begin(texts.length);
  expect(decoder.decode(target, layOut(texts.map(datumOf)), 0, texts.length)).toBe(0);
  const vector = target.finish(texts.length)[0] as Vector;
  for (const [row, text] of texts.entries()) {
    if (valueAt(vector, STRING, row) !== text) expect(valueAt(vector, STRING, row)).toBe(text);
  }
  return vector;
}

describe('a column of strings', () => {
  it('is a dictionary of few values, numbered as they come', () => {
    const texts = Array.from({ length: 5_000 }, (_, row) => `symbol ${(row * 7) % 500}`);
    const vector = decodeTexts(columnOf('string', { type: STRING }), texts) as DictionaryVector;
    expect(vector.kind).toBe('dictionary');
    expect(vector.dictionary.length).toBe(500);
    expect([...vector.codes.slice(0, 3)]).toEqual([0, 1, 2]);
    expect(vector.dictionary.data.length).toBeLessThan(100_000);
  });

  it('gives a dictionary up when most values differ, early and late', () => {
    const early = Array.from({ length: 5_000 }, (_, row) => `id ${row}`);
    expect(decodeTexts(columnOf('string', { type: STRING }), early).kind).toBe('bytes');
    const late = Array.from({ length: 90_000 }, (_, row) => `id ${row < 3_000 ? row % 10 : row}`);
    expect(decodeTexts(columnOf('string', { type: STRING }), late).kind).toBe('bytes');
    const few = Array.from({ length: 10 }, (_, row) => `id ${row}`);
    expect(decodeTexts(columnOf('string', { type: STRING }), few).kind).toBe('bytes');
  });

  it('tries again after a while, when the values have become few', () => {
    const column = columnOf('string', { type: STRING });
    decodeTexts(
      column,
      Array.from({ length: 1_000 }, (_, row) => `id ${row}`),
    );
    const same = Array.from({ length: 20_000 }, () => 'same');
    const kinds = Array.from({ length: 6 }, () => decodeTexts(column, same).kind);
    expect(kinds.slice(0, 3)).toEqual(['bytes', 'bytes', 'bytes']);
    expect(kinds.at(-1)).toBe('dictionary');
  });

  it('tells values of all lengths apart that differ in one byte', () => {
    const texts = Array.from({ length: 40 }, (_, length) => [
      'x'.repeat(length),
      `${'x'.repeat(length)}y`,
      `y${'x'.repeat(length)}`,
    ]).flat();
    const vector = decodeTexts(columnOf('string', { type: STRING }), [
      ...texts,
      ...texts,
      ...texts,
      ...texts,
    ]);
    expect(vector.kind).toBe('dictionary');
    expect((vector as DictionaryVector).dictionary.length).toBe(new Set(texts).size);
  });

  it('gives a dictionary up for a value that is too long for one', () => {
    const texts = ['a', 'b', 'a', 'b', 'z'.repeat(2_000), 'a'];
    expect(decodeTexts(columnOf('string', { type: STRING }), texts).kind).toBe('bytes');
  });

  it('begins each batch with a dictionary of its own', () => {
    const column = columnOf('string', { type: STRING });
    const texts = Array.from({ length: 9_000 }, (_, row) => `symbol ${row % 3_000}`);
    for (const batch of [texts, texts.toReversed(), texts.slice(0, 10), texts]) {
      const vector = decodeTexts(column, [...batch, ...batch]) as DictionaryVector;
      expect(vector.dictionary.length).toBe(new Set(batch).size);
      expect([...vector.codes.slice(0, 3)]).toEqual([0, 1, 2]);
    }
  });

  it.each([
    ['of one hash', textsOfOneHash(5)],
    ['of one slot', textsOfOneSlot(80)],
  ])('gives a dictionary up for values %s', (_name, texts) => {
    const repeated = (distinct: readonly string[]) =>
      Array.from({ length: 20 }, () => distinct).flat();
    expect(decodeTexts(columnOf('string', { type: STRING }), repeated(texts)).kind).toBe('bytes');
    const harmless = texts.map((_, index) => `text ${index}`);
    const vector = decodeTexts(columnOf('string', { type: STRING }), repeated(harmless));
    expect(vector.kind).toBe('dictionary');
  });
});

const SEED = Math.imul(8, 0xc2b2_ae35);

function mixed(hash: number, word: number): number {
  const next = Math.imul(hash ^ word, 0x9e37_79b1);
  return next ^ (next >>> 15);
}

/** The dictionary's hash of a text of two words. */
function hashOf(first: number, second: number): number {
  const hash = mixed(mixed(SEED, first), second);
  const spread = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b);
  return spread ^ (spread >>> 13);
}

function textOf(first: number, second: number): string {
  const bytes = Buffer.alloc(8);
  bytes.writeInt32LE(first, 0);
  bytes.writeInt32LE(second, 4);
  return bytes.toString('latin1');
}

function isAscii(word: number): boolean {
  return (word & 0x8080_8080) === 0;
}

/** Different texts of one hash: what the first word makes different, the second one undoes. */
function textsOfOneHash(count: number): readonly string[] {
  const texts: string[] = [];
  const goal = mixed(SEED, 0) ^ 0;
  for (let first = 0; texts.length < count; first++) {
    const second = mixed(SEED, first) ^ goal;
    if (isAscii(first) && isAscii(second)) texts.push(textOf(first, second));
  }
  return texts;
}

/** Texts of different hashes that begin their search at one slot, however large the table is. */
function textsOfOneSlot(count: number): readonly string[] {
  const texts: string[] = [];
  for (let first = 0; texts.length < count; first++) {
    if (isAscii(first) && (hashOf(first, first) & 0xfff) === 0) texts.push(textOf(first, first));
  }
  return texts;
}
