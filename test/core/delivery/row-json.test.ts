import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rowJson } from '#core/delivery/row-json.ts';
import type { Field, FieldType, Value } from '#core/schema/field.ts';

function field(name: string, type: FieldType): Field {
  return { name, type, optional: true, aliases: [], examples: [], allowNan: true };
}

function json(type: FieldType, value: Value): string {
  return rowJson([field('f', type)], { f: value }).slice('{"f":'.length, -1);
}

describe('rowJson', () => {
  it.each<[FieldType['kind'], FieldType, Value, string]>([
    ['string', { kind: 'string' }, 'a "b"\n', '"a \\"b\\"\\n"'],
    ['enum', { kind: 'enum', symbols: ['x'] }, 'x', '"x"'],
    ['boolean', { kind: 'boolean' }, false, 'false'],
    ['int', { kind: 'int' }, -7, '-7'],
    ['long', { kind: 'long' }, 2n ** 63n - 1n, '9223372036854775807'],
    ['float', { kind: 'float' }, 0.5, '0.5'],
    ['double', { kind: 'double' }, Number.NaN, '"NaN"'],
    ['double', { kind: 'double' }, Number.NEGATIVE_INFINITY, '"-Infinity"'],
    ['long', { kind: 'long' }, null, 'null'],
    ['decimal', { kind: 'decimal', precision: 10, scale: 2 }, -5n, '"-0.05"'],
    ['decimal', { kind: 'decimal', precision: 10, scale: 0 }, 12n, '"12"'],
    ['date', { kind: 'date' }, 0, '"1970-01-01"'],
    ['date', { kind: 'date' }, 2 ** 31 - 1, '"+5881580-07-11"'],
    ['timestamp_millis', { kind: 'timestamp_millis' }, -1000n, '"1969-12-31T23:59:59.999000Z"'],
    ['timestamp_micros', { kind: 'timestamp_micros' }, 1n, '"1970-01-01T00:00:00.000001Z"'],
    [
      'timestamp_micros',
      { kind: 'timestamp_micros' },
      -(2n ** 63n),
      '"-290308-12-21T19:59:05.224192Z"',
    ],
    ['bytes', { kind: 'bytes' }, Uint8Array.of(0, 255), '"AP8="'],
    ['list', { kind: 'list', element: { kind: 'long' } }, [1n, 2n], '[1,2]'],
    [
      'map',
      { kind: 'map', value: { kind: 'int' } },
      new Map([['__proto__', 1]]),
      '{"__proto__":1}',
    ],
    [
      'record',
      { kind: 'record', fields: [field('fee', { kind: 'money', currency: 'USD' })] },
      { fee_cents: 125n },
      '{"fee_cents":125}',
    ],
  ])('prints %s', (_, type, value, text) => {
    expect(json(type, value)).toBe(text);
  });

  it('has the fields in declared order under their stored names, missing ones as null', () => {
    const fields = [
      field('fee', { kind: 'money', currency: 'USD' }),
      field('symbol', { kind: 'string' }),
    ];
    expect(rowJson(fields, { symbol: 'A', other: 1 })).toBe('{"fee_cents":null,"symbol":"A"}');
  });

  it('is JSON that reads back, for any text and any time', () => {
    const fields = [field('s', { kind: 'string' }), field('t', { kind: 'timestamp_micros' })];
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.bigInt({ min: 0n, max: 2n ** 52n }), (s, t) => {
        const read: { s: string; t: string } = JSON.parse(rowJson(fields, { s, t }));
        expect(read.s).toBe(s.toWellFormed());
        expect(BigInt(Date.parse(read.t))).toBe(t / 1000n);
        expect(read.t.slice(-4, -1)).toBe(String(t % 1000n).padStart(3, '0'));
      }),
    );
  });
});
