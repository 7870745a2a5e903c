import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PrimitiveType } from '#core/iceberg/spec/schema.ts';
import type { SingleValue } from '#core/iceberg/spec/single-value.ts';
import { compareValues } from '#core/iceberg/spec/value-order.ts';
import { bindTransform } from '#core/iceberg/transform/apply-transform.ts';
import { parseTransform } from '#core/iceberg/transform/transform.ts';

const apply = (text: string, type: PrimitiveType, value: SingleValue | null) =>
  bindTransform(parseTransform(text), type)(value);
const micros = (iso: string) => BigInt(Date.parse(`${iso}Z`)) * 1000n;
const days = (iso: string) => Date.parse(iso) / 86_400_000;

describe('bucket', () => {
  // Iceberg v2 §Appendix B: hash modulo 2^31 - 1 shows the whole hash without its sign.
  const WHOLE = 'bucket[2147483647]';
  const masked = (hash: number) => (hash & 0x7fffffff) % 2147483647;
  it.each<[PrimitiveType, SingleValue, number]>([
    ['int', 34, 2017239379],
    ['long', 34n, 2017239379],
    ['decimal(9, 2)', 1420n, -500754589],
    ['date', days('2017-11-16'), -653330422],
    ['timestamp', micros('2017-11-16T22:31:08'), -2047944441],
    ['timestamp', micros('2017-11-16T22:31:08') + 1n, -1207196810],
    ['string', 'iceberg', 1210000089],
    ['binary', Uint8Array.of(0, 1, 2, 3), -188683207],
  ])('hashes %s %s as the specification does', (type, value, hash) => {
    expect(apply(WHOLE, type, value)).toBe(masked(hash));
  });

  it('is from 0 to below N', () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 1, max: 1000 }), (text, buckets) => {
        const bucket = Number(apply(`bucket[${buckets}]`, 'string', text));
        return Number.isInteger(bucket) && bucket >= 0 && bucket < buckets;
      }),
    );
  });

  it('does not change when an int column is widened to long', () => {
    fc.assert(
      fc.property(fc.integer(), (value) => {
        expect(apply('bucket[16]', 'long', BigInt(value))).toBe(apply('bucket[16]', 'int', value));
      }),
    );
  });
});

describe('truncate', () => {
  // Iceberg v2 §Truncate Transform Details.
  it.each<[string, PrimitiveType, SingleValue, SingleValue]>([
    ['truncate[10]', 'int', 1, 0],
    ['truncate[10]', 'int', -1, -10],
    ['truncate[10]', 'long', 1n, 0n],
    ['truncate[10]', 'long', -1n, -10n],
    ['truncate[50]', 'decimal(9, 2)', 1065n, 1050n],
    ['truncate[3]', 'string', 'iceberg', 'ice'],
    ['truncate[3]', 'string', 'ab', 'ab'],
    ['truncate[2]', 'string', '😀😀😀', '😀😀'],
    ['truncate[2]', 'string', 'a😀', 'a😀'],
    ['truncate[3]', 'binary', Uint8Array.of(1, 2, 3, 4, 5), Uint8Array.of(1, 2, 3)],
  ])('%s of %s %s is %s', (text, type, value, expected) => {
    expect(apply(text, type, value)).toEqual(expected);
  });

  it('gives a whole number of widths at or below the value', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 62n), max: 2n ** 62n }), (value) => {
        const truncated = apply('truncate[7]', 'long', value) as bigint;
        return truncated % 7n === 0n && truncated <= value && value - truncated < 7n;
      }),
    );
  });
});

describe('time transforms', () => {
  it.each<[string, PrimitiveType, SingleValue, number]>([
    ['year', 'timestamp', micros('2017-11-16T22:31:08'), 47],
    ['month', 'timestamp', micros('2017-11-16T22:31:08'), 574],
    ['day', 'timestamp', micros('2017-11-16T22:31:08'), 17486],
    ['hour', 'timestamp', micros('2017-11-16T22:31:08'), 419686],
    ['year', 'date', days('2017-11-16'), 47],
    ['month', 'date', days('2017-11-16'), 574],
    ['day', 'date', days('2017-11-16'), 17486],
    ['year', 'timestamp', -1n, -1],
    ['month', 'timestamp', -1n, -1],
    ['day', 'timestamp', -1n, -1],
    ['hour', 'timestamp', -1n, -1],
    ['hour', 'timestamp', 0n, 0],
    ['hour', 'timestamp', -3_600_000_000n, -1],
    ['hour', 'timestamp', -3_600_000_001n, -2],
    ['year', 'date', days('1969-01-01'), -1],
    ['year', 'date', days('1968-12-31'), -2],
    ['month', 'date', days('2024-02-29'), 649],
  ])('%s of %s %s is %s', (text, type, value, expected) => {
    expect(apply(text, type, value)).toBe(expected);
  });

  it('agrees with the calendar of the runtime wherever that reaches', () => {
    fc.assert(
      fc.property(fc.date({ noInvalidDate: true }), (date) => {
        const value = BigInt(date.getTime()) * 1000n;
        const months = (date.getUTCFullYear() - 1970) * 12 + date.getUTCMonth();
        expect(apply('month', 'timestamp', value)).toBe(months);
        expect(apply('year', 'timestamp', value)).toBe(date.getUTCFullYear() - 1970);
        expect(apply('day', 'timestamp', value)).toBe(Math.floor(date.getTime() / 86_400_000));
      }),
    );
  });

  it('takes the first and last timestamp there is, by day', () => {
    expect(apply('day', 'timestamp', 2n ** 63n - 1n)).toBe(106_751_991);
    expect(apply('year', 'timestamp', -(2n ** 63n))).toBe(-292_278);
  });

  it('refuses an hour that does not fit 32 bits', () => {
    expect(() => apply('hour', 'timestamp', 2n ** 63n - 1n)).toThrow(
      expect.objectContaining({ code: 'SCHEMA_INCOMPATIBLE' }),
    );
  });

  it('never reverses the order of two timestamps', () => {
    const timestamp = fc.bigInt({ min: -(2n ** 60n), max: 2n ** 60n });
    fc.assert(
      fc.property(
        fc.constantFrom('year', 'month', 'day', 'hour', 'truncate[5]'),
        timestamp,
        timestamp,
        (text, a, b) => {
          const type = text.startsWith('truncate') ? 'long' : 'timestamp';
          const [low, high] = a <= b ? [a, b] : [b, a];
          const before = apply(text, type, low) as SingleValue;
          expect(compareValues(before, apply(text, type, high) as SingleValue)).toBeLessThanOrEqual(
            0,
          );
        },
      ),
    );
  });
});

describe('every transform', () => {
  it.each(['identity', 'year', 'bucket[4]', 'void'])('%s gives null for null', (text) => {
    expect(apply(text, 'timestamp', null)).toBeNull();
  });

  it('leaves a value alone when it is identity', () => {
    expect(apply('identity', 'boolean', false)).toBe(false);
  });

  it('gives null for any value when it is void', () => {
    expect(apply('void', 'string', 'x')).toBeNull();
  });

  it('refuses a value of another kind', () => {
    expect(() => apply('day', 'timestamp', 'today')).toThrow('expected a date or timestamp');
    expect(() => apply('truncate[2]', 'int', true)).toThrow('expected an int');
  });

  it('cannot be bound when it is unknown', () => {
    expect(() => bindTransform(parseTransform('zorder'), 'string')).toThrow(
      expect.objectContaining({ code: 'SCHEMA_INCOMPATIBLE' }),
    );
  });
});
