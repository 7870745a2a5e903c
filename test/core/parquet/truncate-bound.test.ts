import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  truncateBinaryLower,
  truncateBinaryUpper,
  truncateUtf8Lower,
  truncateUtf8Upper,
} from '#core/parquet/truncate-bound.ts';
import { arbitraryText } from './arbitrary-columns.ts';

const utf8 = (text: string) => new TextEncoder().encode(text);
const text = (bytes: Uint8Array | null) =>
  bytes && new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);

describe('truncateUtf8Lower', () => {
  it('counts code points, not bytes and not UTF-16 units', () => {
    expect(text(truncateUtf8Lower(utf8('a€😀b'), 3))).toBe('a€😀');
  });

  it('keeps what is short enough', () => {
    expect(text(truncateUtf8Lower(utf8('😀😀'), 2))).toBe('😀😀');
  });
});

describe('truncateUtf8Upper', () => {
  it.each([
    ['abcd', 2, 'ac'],
    ['ab', 2, 'ab'],
    ['a\u007fx', 2, 'a\u0080'],
    ['a\ud7ffx', 2, 'a\ue000'],
    ['a\uffffx', 2, 'a\u{10000}'],
    ['a\u{10ffff}x', 2, 'b'],
    ['\ufeffab', 2, '\ufeffb'],
  ])('raises %j cut to %i code points to %j', (value, length, expected) => {
    expect(text(truncateUtf8Upper(utf8(value), length))).toBe(expected);
  });

  it('is null when no code point can be raised', () => {
    expect(truncateUtf8Upper(utf8('\u{10ffff}\u{10ffff}x'), 2)).toBeNull();
  });
});

describe('truncateBinaryUpper', () => {
  it.each([
    [[1, 2, 3], 2, [1, 3]],
    [[1, 2], 2, [1, 2]],
    [[1, 255, 3], 2, [2]],
  ])('raises %j cut to %i bytes to %j', (value, length, expected) => {
    expect(Array.from(truncateBinaryUpper(Uint8Array.from(value), length) ?? [])).toEqual(expected);
  });

  it('is null when every byte kept is 0xff', () => {
    expect(truncateBinaryUpper(Uint8Array.of(255, 255, 0), 2)).toBeNull();
  });

  it('leaves the input alone', () => {
    const input = Uint8Array.of(1, 2, 3);
    truncateBinaryUpper(input, 2);
    expect(Array.from(input)).toEqual([1, 2, 3]);
  });
});

describe('truncated bounds', () => {
  it('enclose any text', () => {
    fc.assert(
      fc.property(arbitraryText, fc.integer({ min: 1, max: 8 }), (value, length) => {
        const bytes = utf8(value);
        expect(Buffer.compare(truncateUtf8Lower(bytes, length), bytes)).toBeLessThanOrEqual(0);
        const upper = truncateUtf8Upper(bytes, length);
        if (upper !== null) {
          expect(Buffer.compare(upper, bytes)).toBeGreaterThanOrEqual(0);
          expect(Array.from(text(upper) ?? '').length).toBeLessThanOrEqual(length);
        }
      }),
      { numRuns: 500, seed: 1 },
    );
  });

  it('enclose any bytes', () => {
    const bytes = fc.array(fc.constantFrom(0, 1, 254, 255), { maxLength: 6 });
    fc.assert(
      fc.property(bytes, fc.integer({ min: 1, max: 4 }), (items, length) => {
        const value = Uint8Array.from(items);
        expect(Buffer.compare(truncateBinaryLower(value, length), value)).toBeLessThanOrEqual(0);
        const upper = truncateBinaryUpper(value, length);
        if (upper !== null) expect(Buffer.compare(upper, value)).toBeGreaterThanOrEqual(0);
        else expect(value.subarray(0, length).every((byte) => byte === 255)).toBe(true);
      }),
      { numRuns: 500, seed: 2 },
    );
  });
});
