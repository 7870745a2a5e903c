import { describe, expect, it } from 'vitest';
import { createColumnDecoder } from '#core/avro/columns/column-decoder.ts';
import { createColumnTarget } from '#core/avro/columns/column-target.ts';
import type { FieldType } from '#core/schema/field.ts';
import { avroDecimal, decimal, decodeOne, incompatible, record } from '../one-field.ts';
import { field } from '../trade-schema.ts';
import { decodeColumn, decodeOneColumn } from './one-column.ts';
import { decodeColumns, layOut } from './vector-rows.ts';

const millis = { type: 'long', logicalType: 'timestamp-millis' };
const micros = { type: 'long', logicalType: 'timestamp-micros' };
const doubles: FieldType = { kind: 'list', element: { kind: 'double' } };
const strings: FieldType = { kind: 'map', value: { kind: 'string' } };
/** Largest milliseconds whose microseconds fit 64 bits. */
const MAX_MILLIS = 9_223_372_036_854_775n;

function longHex(value: bigint): string {
  let rest = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n));
  const groups: number[] = [];
  for (; rest >= 0x80n; rest >>= 7n) groups.push(Number(rest & 0x7fn) | 0x80);
  return Buffer.of(...groups, Number(rest)).toString('hex');
}

const MAX_64 = 'fe ff ff ff ff ff ff ff ff 01';
const MIN_64 = 'ff ff ff ff ff ff ff ff ff 01';

describe('values of one type', () => {
  it.each<[string, string, unknown, FieldType, unknown]>([
    ['the largest long', MAX_64, 'long', { kind: 'long' }, 2n ** 63n - 1n],
    ['the smallest long', MIN_64, 'long', { kind: 'long' }, -(2n ** 63n)],
    ['a long of one byte', '7f', 'long', { kind: 'long' }, -64n],
    [
      'a long in ten bytes that needs one',
      '82 80 80 80 80 80 80 80 80 00',
      'long',
      { kind: 'long' },
      1n,
    ],
    ['a long beyond 53 bits', '82 80 80 80 80 80 80 20', 'long', { kind: 'long' }, 2n ** 53n + 1n],
    ['the largest int', 'fe ff ff ff 0f', 'int', { kind: 'int' }, 2 ** 31 - 1],
    ['the smallest int', 'ff ff ff ff 0f', 'int', { kind: 'int' }, -(2 ** 31)],
    ['an int in six bytes', '81 80 80 80 80 00', 'int', { kind: 'int' }, -1],
    ['true', '01', 'boolean', { kind: 'boolean' }, true],
    ['a float', '00 00 c0 3f', 'float', { kind: 'float' }, 1.5],
    ['negative zero', '00 00 00 00 00 00 00 80', 'double', { kind: 'double' }, -0],
    ['an int as double', '03', 'int', { kind: 'double' }, -2],
    [
      'a long as the nearest double',
      '82 80 80 80 80 80 80 20',
      'long',
      { kind: 'double' },
      2 ** 53,
    ],
    ['a long as the nearest float', '82 80 80 20', 'long', { kind: 'float' }, 2 ** 25],
    ['text', '08 f0 9d 84 9e', 'string', { kind: 'string' }, '𝄞'],
    ['a byte order mark', '06 ef bb bf', 'string', { kind: 'string' }, '\ufeff'],
    ['no text', '00', 'string', { kind: 'string' }, ''],
    ['bytes as text', '02 61', 'bytes', { kind: 'string' }, 'a'],
    ['bytes', '04 00 ff', 'bytes', { kind: 'bytes' }, Uint8Array.of(0, 255)],
    ['a date', '03', { type: 'int', logicalType: 'date' }, { kind: 'date' }, -2],
    ['microseconds', MIN_64, micros, { kind: 'timestamp_micros' }, -(2n ** 63n)],
    ['milliseconds', '03', millis, { kind: 'timestamp_millis' }, -2_000n],
    [
      'the largest milliseconds',
      longHex(MAX_MILLIS),
      millis,
      { kind: 'timestamp_millis' },
      MAX_MILLIS * 1_000n,
    ],
    [
      'the smallest milliseconds',
      longHex(-MAX_MILLIS),
      millis,
      { kind: 'timestamp_millis' },
      MAX_MILLIS * -1_000n,
    ],
    ['a decimal', '04 cf c7', avroDecimal(5, 2), decimal(5, 2), -12_345n],
    ['a decimal of no bytes', '00', avroDecimal(5, 2), decimal(5, 2), 0n],
    [
      'a decimal with sign extension',
      '18 ff ff ff ff ff ff ff ff ff ff cf c7',
      avroDecimal(5, 2),
      decimal(5, 2),
      -12_345n,
    ],
    ['a wide decimal', '02 ff', avroDecimal(38, 2), decimal(38, 2), -1n],
    ['no items', '00', { type: 'array', items: 'double' }, doubles, []],
    [
      'a list in two blocks, one with its size',
      `02 ${'00'.repeat(8)} 01 10 ${'00'.repeat(8)} 00`,
      { type: 'array', items: 'double' },
      doubles,
      [0, 0],
    ],
  ])('reads %s like the row decoder', (_name, hex, avroType, type, value) => {
    const readerTypes: Partial<Record<FieldType['kind'], unknown>> = {
      double: 'double',
      float: 'float',
      string: 'string',
    };
    const readerType = readerTypes[type.kind] ?? avroType;
    const byRow = decodeOne(hex, avroType, { type, readerType });
    expect(decodeOneColumn(hex, avroType, { type, readerType })).toEqual(byRow);
    expect(byRow).toEqual(value);
  });

  it.each<[string, number]>([
    ['64 bits', 18],
    ['128 bits', 19],
    ['all of 128 bits', 38],
  ])('takes decimals of %s up to their digits, in both signs', (_name, precision) => {
    const options = { type: decimal(precision, 0) };
    const hexOf = (value: bigint) => BigInt.asUintN(160, value).toString(16).padStart(40, '0');
    const limit = 10n ** BigInt(precision);
    for (const value of [limit - 1n, 1n - limit, 0n, -1n, 2n ** 32n, -(2n ** 32n)]) {
      expect(decodeOneColumn(`28 ${hexOf(value)}`, avroDecimal(precision, 0), options)).toBe(value);
    }
    const beyond = [64n, 127n, 128n, 130n].flatMap((bits) => [2n ** bits, 2n ** bits - 1n]);
    const wrapped = beyond.filter((value) => value >= limit).flatMap((value) => [value, -value]);
    for (const value of [limit, -limit, ...wrapped]) {
      const hex = `28 ${hexOf(value)}`;
      expect(decodeOneColumn(hex, avroDecimal(precision, 0), options)).toBeUndefined();
    }
  });

  it('keeps the last value of a key that comes again, at its first place', () => {
    const pair = (key: string, value: string) =>
      `02 ${Buffer.from(key).toString('hex')} 02 ${Buffer.from(value).toString('hex')}`;
    const hex = `06 ${pair('a', '1')} ${pair('b', '2')} ${pair('a', '3')} 00`;
    const value = decodeOneColumn(hex, { type: 'map', values: 'string' }, { type: strings });
    expect([...(value as ReadonlyMap<string, string>)]).toEqual([
      ['a', '3'],
      ['b', '2'],
    ]);
  });

  it('keeps the last list of a key that comes again in a map of many keys', () => {
    const entry = (key: number) => Buffer.of(2, 97 + (key % 12), 4, key * 2, key * 2, 0);
    const entries = Array.from({ length: 20 }, (_, key) => entry(key));
    const datum = Buffer.concat([Buffer.of(40), ...entries, Buffer.of(0)]);
    const schema = { type: 'map', values: { type: 'array', items: 'int' } };
    const type: FieldType = { kind: 'map', value: { kind: 'list', element: { kind: 'int' } } };
    const value = decodeOneColumn(datum.toString('hex'), schema, { type });
    expect(value).toEqual(decodeOne(datum.toString('hex'), schema, { type }));
    expect((value as ReadonlyMap<string, unknown>).get('a')).toEqual([12, 12]);
  });
});

describe('bytes that cannot be', () => {
  it.each<[string, string, unknown, FieldType]>([
    ['trailing bytes', '02 00', 'int', { kind: 'int' }],
    ['no bytes at all', '', 'int', { kind: 'int' }],
    ['a varint that never ends', '80'.repeat(20), 'long', { kind: 'long' }],
    ['a varint of eleven bytes', `${'80'.repeat(10)} 00`, 'long', { kind: 'long' }],
    ['a varint of more than 64 bits', `${'ff'.repeat(9)} 02`, 'long', { kind: 'long' }],
    ['a varint that is cut off', '80', 'long', { kind: 'long' }],
    ['an int beyond 32 bits', '80 80 80 80 20', 'int', { kind: 'int' }],
    ['a boolean of 2', '02', 'boolean', { kind: 'boolean' }],
    ['a truncated double', '00 00', 'double', { kind: 'double' }],
    ['a string of negative length', '01', 'string', { kind: 'string' }],
    ['a string of 2^60 bytes', 'fe ff ff ff ff ff ff ff 3f', 'string', { kind: 'string' }],
    ['a string of 2^32 bytes', '80 80 80 80 20', 'string', { kind: 'string' }],
    ['a string that is cut off', '04 61', 'string', { kind: 'string' }],
    ['an array of 2^40 items', '80 80 80 80 80 80 01', { type: 'array', items: 'double' }, doubles],
    ['an array of -2^63 items', `${MIN_64} 00`, { type: 'array', items: 'double' }, doubles],
    [
      'an array without end',
      '02 00 00 00 00 00 00 00 00',
      { type: 'array', items: 'double' },
      doubles,
    ],
    ['a block larger than the bytes', '01 7e 00 00', { type: 'array', items: 'double' }, doubles],
    ['a map of 2^30 entries', '80 80 80 80 08', { type: 'map', values: 'string' }, strings],
    ['a map that is cut off', '02 02 61', { type: 'map', values: 'string' }, strings],
    ['a key that is not UTF-8', '02 02 ff 00 00', { type: 'map', values: 'string' }, strings],
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
    ['a decimal of 65 bytes', `82 01 ${'00'.repeat(65)}`, avroDecimal(4, 2), decimal(4, 2)],
    ['milliseconds beyond 64 bits of microseconds', MAX_64, millis, { kind: 'timestamp_millis' }],
    ['milliseconds just beyond', longHex(MAX_MILLIS + 1n), millis, { kind: 'timestamp_millis' }],
    ['milliseconds just below', longHex(-MAX_MILLIS - 1n), millis, { kind: 'timestamp_millis' }],
  ])('marks %s and leaves a missing value', (_name, hex, avroType, type) => {
    const datum = Buffer.from(hex.replaceAll(' ', ''), 'hex');
    const { vector, ok } = decodeColumn([datum], avroType, { type });
    expect(ok).toEqual([0]);
    expect(vector.validity?.[0]).toBe(0);
    expect(() => decodeOne(hex, avroType, { type })).toThrowError();
  });

  it.each([
    '80',
    'c0 80',
    'e0 80 80',
    'ed a0 80',
    'f0 80 80 80',
    'f4 90 80 80',
    'f5 80 80 80',
    'c3',
    'e2 82',
    'e2 82 41',
    'f0 9f 98',
    '61 61 61 61 ff',
    'f8 88 80 80 80',
  ])('refuses %s as text, with a dictionary and without', (hex) => {
    const text = Buffer.from(hex.replaceAll(' ', ''), 'hex');
    const datum = Buffer.concat([Buffer.of(text.length * 2), text]);
    const distinct = Array.from({ length: 2_000 }, (_, index) => {
      const id = Buffer.from(`id-${index}`);
      return Buffer.concat([Buffer.of(id.length * 2), id]);
    });
    const { vector, ok } = decodeColumn([datum, datum, ...distinct, datum], 'string', {
      type: { kind: 'string' },
    });
    expect(vector.kind).toBe('bytes');
    expect([ok[0], ok[1], ok[2], ok.at(-1)]).toEqual([0, 0, 1, 0]);
  });

  it('refuses a union branch that does not exist', () => {
    const options = { type: { kind: 'int' as const }, optional: true };
    expect(decodeOneColumn('04', ['null', 'int'], options)).toBeUndefined();
    expect(decodeOneColumn('01', ['null', 'int'], options)).toBeUndefined();
    expect(decodeOneColumn('82 00 06', ['null', 'int'], options)).toBe(3);
  });

  it('stops at recursion that would exhaust the stack while skipping', () => {
    const tree = {
      type: 'record',
      name: 'tree',
      fields: [{ name: 'next', type: ['null', 'tree'] }],
    };
    const options = { writerSchema: tree, readerSchema: record(), fields: [] };
    const nested = (depth: number) => Buffer.concat([Buffer.alloc(depth, 2), Buffer.of(0)]);
    const decoded = decodeColumns(options, [Buffer.alloc(1_000_000, 2), nested(64), nested(65)]);
    expect(decoded).toEqual([null, {}, null]);
  });

  it('skips a million announced nulls at once', () => {
    const options = {
      writerSchema: record({ name: 'a', type: { type: 'array', items: 'null' } }),
      readerSchema: record(),
      fields: [],
    };
    const blocks = Buffer.concat([
      ...Array.from({ length: 300_000 }, () => Buffer.from('80f124', 'hex')),
      Buffer.of(0),
    ]);
    expect(decodeColumns(options, [blocks])).toEqual([null]);
  });

  it('takes places outside of the data as rows that do not decode', () => {
    const { data } = layOut([Buffer.of(2)]);
    const fields = [field('x', { kind: 'int' })];
    const schema = record({ name: 'x', type: 'int' });
    const target = createColumnTarget(fields);
    const rows = {
      data,
      starts: Int32Array.of(-1, 5, 2, data.length),
      ends: Int32Array.of(1, 6, 1, data.length),
      ok: new Uint8Array(4).fill(1),
    };
    target.begin(4);
    const decoder = createColumnDecoder({ writerSchema: schema, readerSchema: schema, fields });
    expect(decoder.decode(target, rows, 0, 4)).toBe(4);
    expect([...rows.ok]).toEqual([0, 0, 0, 0]);
  });
});

describe('schemas that do not fit', () => {
  it('refuses the pairs that the row decoder refuses', () => {
    const options = {
      writerSchema: record({ name: 'x', type: 'string' }),
      readerSchema: record({ name: 'x', type: 'int' }),
      fields: [field('x', { kind: 'int' })],
    };
    expect(() => createColumnDecoder(options)).toThrowError(incompatible);
  });
});
