import { describe, expect, it } from 'vitest';
import type { BytesVector } from '#core/columns/vector.ts';
import { createBatchIds } from '#core/delivery/batch-ids.ts';
import { hashItems } from '#core/delivery/id-hash.ts';

function vectorOf(texts: readonly string[]): BytesVector {
  const data = new TextEncoder().encode(texts.join(''));
  const starts = new Int32Array(texts.length);
  const ends = new Int32Array(texts.length);
  let at = 0;
  for (const [index, text] of texts.entries()) {
    starts[index] = at;
    at += Buffer.byteLength(text);
    ends[index] = at;
  }
  return { kind: 'bytes', length: texts.length, validity: null, data, starts, ends };
}

/** For every row the row before it with the same text, or -1. */
function findAll(texts: readonly string[], hashes: Int32Array): readonly number[] {
  const ids = createBatchIds(vectorOf(texts), hashes);
  return texts.map((_, row) => {
    const found = ids.find(row);
    ids.keep(row);
    return found;
  });
}

function expected(texts: readonly string[]): readonly number[] {
  return texts.map((text, row) => texts.slice(0, row).lastIndexOf(text));
}

describe('createBatchIds', () => {
  const texts = Array.from({ length: 500 }, (_, row) => `id-${(row * 7) % 190}`);

  it('finds the row that was kept last with the same text', () => {
    expect(findAll(texts, hashItems(vectorOf(texts)))).toEqual(expected(texts));
  });

  it('tells texts of equal hash apart', () => {
    expect(findAll(texts, new Int32Array(4 * texts.length))).toEqual(expected(texts));
  });

  it('does not find what was not kept', () => {
    const ids = createBatchIds(vectorOf(['a', 'a']), hashItems(vectorOf(['a', 'a'])));
    expect([ids.find(0), ids.find(1)]).toEqual([-1, -1]);
  });

  // Comparing each with all before it would be 2 * 10^10 comparisons: the test would not end.
  it('takes no quadratic time when someone has made all hashes equal', () => {
    const many = Array.from({ length: 200_000 }, (_, row) => `attack-${row}`);
    const found = findAll(many, new Int32Array(4 * many.length));
    expect(found.every((row) => row === -1)).toBe(true);
  });
});
