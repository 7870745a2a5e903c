import { describe, expect, it } from 'vitest';
import { createRowDecoder } from '#core/avro/row-codec.ts';
import type { FieldType } from '#core/schema/field.ts';
import { avroDecimal, corrupt, decimal, decodeOne, record } from './one-field.ts';

describe('hostile bytes', () => {
  const list: FieldType = { kind: 'list', element: { kind: 'double' } };
  const strings: FieldType = { kind: 'map', value: { kind: 'string' } };
  it.each<[string, string, unknown, FieldType]>([
    ['trailing bytes', '02 00', 'int', { kind: 'int' }],
    ['no bytes at all', '', 'int', { kind: 'int' }],
    ['a varint that never ends', '80'.repeat(20), 'long', { kind: 'long' }],
    ['a varint of more than 64 bits', `${'ff'.repeat(9)} 02`, 'long', { kind: 'long' }],
    ['an int beyond 32 bits', '80 80 80 80 20', 'int', { kind: 'int' }],
    ['a boolean of 2', '02', 'boolean', { kind: 'boolean' }],
    ['a truncated double', '00 00', 'double', { kind: 'double' }],
    ['a string of negative length', '01', 'string', { kind: 'string' }],
    ['a string of 2^60 bytes', 'fe ff ff ff ff ff ff ff 3f', 'string', { kind: 'string' }],
    ['invalid UTF-8', '02 ff', 'string', { kind: 'string' }],
    ['an encoded surrogate', '06 ed a0 80', 'string', { kind: 'string' }],
    ['an array of 2^40 items', '80 80 80 80 80 80 01', { type: 'array', items: 'double' }, list],
    [
      'an array block of -2^63 items',
      'ff ff ff ff ff ff ff ff ff 01 00',
      { type: 'array', items: 'double' },
      list,
    ],
    ['a map of 2^30 entries', '80 80 80 80 08', { type: 'map', values: 'string' }, strings],
    ['a map that is cut off', '02 02 61', { type: 'map', values: 'string' }, strings],
    [
      'an enum index beyond the symbols',
      '04',
      { type: 'enum', name: 'e', symbols: ['A'] },
      { kind: 'enum', symbols: ['A'] },
    ],
    [
      'a negative enum index',
      '01',
      { type: 'enum', name: 'e', symbols: ['A'] },
      { kind: 'enum', symbols: ['A'] },
    ],
    ['a decimal of too many digits', '04 7f ff', avroDecimal(4, 2), decimal(4, 2)],
    ['a decimal of 2000 bytes', `a0 1f ${'00'.repeat(2000)}`, avroDecimal(4, 2), decimal(4, 2)],
    [
      'milliseconds beyond 64 bits of microseconds',
      'fe ff ff ff ff ff ff ff ff 01',
      { type: 'long', logicalType: 'timestamp-millis' },
      { kind: 'timestamp_millis' },
    ],
  ])('refuses %s', (_name, hex, avroType, type) => {
    expect(() => decodeOne(hex, avroType, { type })).toThrowError(corrupt);
  });

  it('refuses a union branch that does not exist', () => {
    const options = { type: { kind: 'int' as const }, optional: true };
    expect(() => decodeOne('04', ['null', 'int'], options)).toThrowError(corrupt);
    expect(() => decodeOne('01', ['null', 'int'], options)).toThrowError(corrupt);
  });

  it('stops at recursion that would exhaust the stack while skipping', () => {
    const tree = {
      type: 'record',
      name: 'tree',
      fields: [{ name: 'next', type: ['null', 'tree'] }],
    };
    const decode = createRowDecoder({ writerSchema: tree, readerSchema: record(), fields: [] });
    expect(() => decode(Buffer.alloc(1_000_000, 2))).toThrowError(corrupt);
  });

  it('skips a million announced nulls at once', () => {
    const decode = createRowDecoder({
      writerSchema: record({ name: 'a', type: { type: 'array', items: 'null' } }),
      readerSchema: record(),
      fields: [],
    });
    const blocks = Buffer.concat([
      ...Array.from({ length: 300_000 }, () => Buffer.from('80f124', 'hex')),
      Buffer.from('00', 'hex'),
    ]);
    // The last blocks announce more items than bytes are left.
    expect(() => decode(blocks)).toThrowError(corrupt);
  });

  it('keeps map keys like __proto__ as data', () => {
    const hex = `02 12 ${Buffer.from('__proto__').toString('hex')} 02 61 00`;
    const value = decodeOne(hex, { type: 'map', values: 'string' }, { type: strings });
    expect(value).toEqual(new Map([['__proto__', 'a']]));
    expect(({} as Record<string, unknown>)['a']).toBeUndefined();
  });

  it('names the place in the error', () => {
    expect(() => decodeOne('02 ff', 'string', { type: { kind: 'string' } })).toThrowError(
      /near byte 2 of 2/,
    );
  });
});
