import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  compareCodePoints,
  countCodePoints,
  lowerCase,
  replaceAll,
  substring,
  trimSpace,
  upperCase,
} from '#core/expression/values/code-points.ts';

const text = fc.string({ unit: 'binary', maxLength: 10 });

describe('code points', () => {
  it('order like the bytes of UTF-8', () => {
    fc.assert(
      fc.property(text, text, (left, right) => {
        const bytes = Buffer.compare(Buffer.from(left), Buffer.from(right));
        expect(Math.sign(compareCodePoints(left, right))).toBe(bytes);
      }),
      { seed: 71, numRuns: 3_000 },
    );
  });

  it('are as many as Array.from gives', () => {
    fc.assert(
      fc.property(text, (value) => {
        expect(countCodePoints(value)).toBe(Array.from(value).length);
      }),
      { seed: 72, numRuns: 500 },
    );
  });

  it('map one to one in upper and lower case, for every code point', () => {
    for (let codePoint = 0; codePoint < 0x20000; codePoint++) {
      if (codePoint >= 0xd800 && codePoint < 0xe000) continue;
      const character = String.fromCodePoint(codePoint);
      if (countCodePoints(upperCase(character)) !== 1) throw new Error(`upper ${codePoint}`);
      if (countCodePoints(lowerCase(character)) !== 1) throw new Error(`lower ${codePoint}`);
    }
    expect(upperCase('ŉßﬀᾳ')).toBe('ŉßﬀᾼ');
  });

  it('are cut without splitting pairs', () => {
    fc.assert(
      fc.property(
        text,
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 0, max: 12 }),
        (value, start, length) => {
          const expected = Array.from(value)
            .slice(start - 1, start - 1 + length)
            .join('');
          expect(substring(value, BigInt(start), BigInt(length))).toBe(expected);
        },
      ),
      { seed: 73, numRuns: 1_000 },
    );
  });

  it('are replaced like String.replaceAll for any search but the empty one', () => {
    fc.assert(
      fc.property(
        text,
        fc.string({ minLength: 1, maxLength: 2 }),
        text,
        (value, search, replacement) => {
          expect(replaceAll(value, search, replacement)).toBe(
            value.replaceAll(search, () => replacement),
          );
        },
      ),
      { seed: 74, numRuns: 1_000 },
    );
  });

  it('trims long runs of spaces in linear time', () => {
    const start = performance.now();
    expect(trimSpace(`${' '.repeat(500_000)}a${' '.repeat(500_000)}`)).toBe('a');
    expect(performance.now() - start).toBeLessThan(1_000);
  });
});
