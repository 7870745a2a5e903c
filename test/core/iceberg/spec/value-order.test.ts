import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PrimitiveType } from '#core/iceberg/spec/schema.ts';
import type { SingleValue } from '#core/iceberg/spec/single-value.ts';
import { compareValues, conformValue } from '#core/iceberg/spec/value-order.ts';

describe('compareValues', () => {
  it('orders strings as their UTF-8 bytes', () => {
    const text = fc.string({ unit: 'grapheme' });
    fc.assert(
      fc.property(text, text, (a, b) => {
        const bytes = Buffer.compare(Buffer.from(a), Buffer.from(b));
        expect(Math.sign(compareValues(a, b))).toBe(bytes);
      }),
    );
  });

  it('orders characters beyond U+FFFF after those below', () => {
    expect(compareValues('\uffee', '😀')).toBeLessThan(0);
    expect(compareValues('😀', '\uffee')).toBeGreaterThan(0);
  });

  it.each<[SingleValue, SingleValue]>([
    [false, true],
    [-1, 0],
    [-1n, 0n],
    ['a', 'ab'],
    ['', 'a'],
    [Uint8Array.of(1), Uint8Array.of(1, 0)],
    [Uint8Array.of(127), Uint8Array.of(128)],
  ])('puts %s before %s', (a, b) => {
    expect(compareValues(a, b)).toBeLessThan(0);
    expect(compareValues(b, a)).toBeGreaterThan(0);
    expect(compareValues(a, a)).toBe(0);
  });

  it('takes -0 for 0', () => {
    expect(compareValues(-0, 0)).toBe(0);
  });
});

describe('conformValue', () => {
  it.each<[SingleValue, PrimitiveType, SingleValue | null]>([
    [5, 'long', 5n],
    [5n, 'long', 5n],
    [2n ** 63n, 'long', null],
    [0.5, 'long', null],
    [5n, 'int', 5],
    [2 ** 31, 'int', null],
    [2n ** 31n, 'int', null],
    [1.5, 'int', null],
    [5, 'date', 5],
    ['5', 'int', null],
    [5n, 'timestamp', 5n],
    [1.5, 'double', 1.5],
    [1n, 'double', null],
    ['x', 'string', 'x'],
    [1, 'string', null],
    [true, 'boolean', true],
    [1, 'boolean', null],
    [5n, 'decimal(9, 2)', 5n],
    [5, 'decimal(9, 2)', null],
    ['x', 'binary', null],
  ])('reads %s as %s: %s', (value, type, expected) => {
    expect(conformValue(value, type)).toBe(expected);
  });
});
