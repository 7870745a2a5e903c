import { describe, expect, it } from 'vitest';
import { createRowDecoder, createRowEncoder } from '#core/avro/row-codec.ts';
import type { Field, FieldType, Value } from '#core/schema/field.ts';
import { avroDecimal, decimal, decodeOne, incompatible, record } from './one-field.ts';
import { field } from './trade-schema.ts';

describe('schema resolution', () => {
  const resolve = (options: {
    writer: unknown;
    reader: unknown;
    fields: readonly Field[];
    hex: string;
  }) =>
    createRowDecoder({
      writerSchema: options.writer,
      readerSchema: options.reader,
      fields: options.fields,
    })(Buffer.from(options.hex.replaceAll(' ', ''), 'hex')).row;

  it('fills a field the writer did not know with its default', () => {
    const row = resolve({
      writer: record({ name: 'a', type: 'int' }),
      reader: record({ name: 'a', type: 'int' }, { name: 'b', type: 'string', default: 'new' }),
      fields: [field('a', { kind: 'int' }), field('b', { kind: 'string' }, { default: 'new' })],
      hex: '02',
    });
    expect(row).toEqual({ a: 1, b: 'new' });
  });

  it('fills an optional field the writer did not know with null', () => {
    const row = resolve({
      writer: record({ name: 'a', type: 'int' }),
      reader: record(
        { name: 'a', type: 'int' },
        { name: 'b', type: ['null', 'int'], default: null },
      ),
      fields: [field('a', { kind: 'int' }), field('b', { kind: 'int' }, { optional: true })],
      hex: '02',
    });
    expect(row).toEqual({ a: 1, b: null });
  });

  it('finds a renamed field by its alias', () => {
    const row = resolve({
      writer: record({ name: 'old', type: 'int' }),
      reader: record({ name: 'now', type: 'int', aliases: ['old'] }),
      fields: [field('now', { kind: 'int' })],
      hex: '04',
    });
    expect(row).toEqual({ now: 2 });
  });

  it('prefers the name over an alias and skips the other field', () => {
    const row = resolve({
      writer: record({ name: 'old', type: 'string' }, { name: 'now', type: 'int' }),
      reader: record({ name: 'now', type: 'int', aliases: ['old'] }),
      fields: [field('now', { kind: 'int' })],
      hex: '02 61 04',
    });
    expect(row).toEqual({ now: 2 });
  });

  it('skips writer fields of every type', () => {
    const types = [
      'null',
      'boolean',
      'int',
      'long',
      'float',
      'double',
      'bytes',
      'string',
      { type: 'fixed', name: 'f', size: 3 },
      { type: 'enum', name: 'e', symbols: ['A', 'B'] },
      { type: 'array', items: 'string' },
      { type: 'map', values: 'int' },
      ['null', 'string'],
      { type: 'record', name: 'tree', fields: [{ name: 'next', type: ['null', 'tree'] }] },
      { type: 'array', items: 'null' },
    ];
    const dropped = types.map((type, index) => ({ name: `d${index}`, type }));
    const hex = [
      '',
      '01',
      '02',
      '04',
      '00 00 00 00',
      '00 00 00 00 00 00 00 00',
      '02 ff',
      '02 61',
      '01 02 03',
      '02',
      '02 02 61 00',
      '01 06 02 61 02 00',
      '02 02 61',
      '02 02 00',
      '04 00',
    ].join('');
    const row = resolve({
      writer: record(...dropped, { name: 'a', type: 'int' }),
      reader: record({ name: 'a', type: 'int' }),
      fields: [field('a', { kind: 'int' })],
      hex: `${hex} 06`,
    });
    expect(row).toEqual({ a: 3 });
  });

  it.each<[string, string, string, FieldType['kind'] & ('long' | 'float' | 'double'), Value]>([
    ['int', 'long', '03', 'long', -2n],
    ['int', 'float', '03', 'float', -2],
    ['int', 'double', '03', 'double', -2],
    ['long', 'float', '82 80 80 10', 'float', 16_777_216],
    ['long', 'double', '03', 'double', -2],
    ['float', 'double', '00 00 c0 3f', 'double', 1.5],
  ])('promotes %s to %s', (writerType, readerType, hex, kind, value) => {
    expect(decodeOne(hex, writerType, { readerType, type: { kind } })).toBe(value);
  });

  it('reads bytes as string and string as bytes', () => {
    expect(decodeOne('02 61', 'bytes', { readerType: 'string', type: { kind: 'string' } })).toBe(
      'a',
    );
    expect(decodeOne('02 61', 'string', { readerType: 'bytes', type: { kind: 'bytes' } })).toEqual(
      Uint8Array.of(0x61),
    );
  });

  it('reads a required writer field as optional', () => {
    const value = decodeOne('02', 'int', {
      readerType: ['null', 'int'],
      type: { kind: 'int' },
      optional: true,
    });
    expect(value).toBe(1);
  });

  it('accepts the null branch in either place', () => {
    const options = { readerType: ['null', 'int'], type: { kind: 'int' as const }, optional: true };
    expect(decodeOne('02', ['int', 'null'], options)).toBeNull();
    expect(decodeOne('00 02', ['int', 'null'], options)).toBe(1);
  });

  it('multiplies milliseconds to microseconds whatever unit the reader declares', () => {
    const millis = { type: 'long', logicalType: 'timestamp-millis' };
    const micros = { type: 'long', logicalType: 'timestamp-micros' };
    expect(decodeOne('02', millis, { type: { kind: 'timestamp_millis' } })).toBe(1_000n);
    expect(
      decodeOne('02', millis, { readerType: micros, type: { kind: 'timestamp_micros' } }),
    ).toBe(1_000n);
  });

  it('widens the precision of a decimal', () => {
    const options = { readerType: avroDecimal(9, 2), type: decimal(9, 2) };
    expect(decodeOne('02 05', avroDecimal(4, 2), options)).toBe(5n);
  });

  it('reads fixed decimals', () => {
    const fixed = {
      type: 'fixed',
      name: 'd',
      size: 2,
      logicalType: 'decimal',
      precision: 4,
      scale: 2,
    };
    expect(decodeOne('ff fe', fixed, { type: decimal(4, 2) })).toBe(-2n);
  });

  it('maps unknown enum symbols to the default of the reader', () => {
    const readerType = { type: 'enum', name: 'e', symbols: ['A', 'OTHER'], default: 'OTHER' };
    const type: FieldType = { kind: 'enum', symbols: ['A', 'OTHER'] };
    const writerType = { type: 'enum', name: 'e', symbols: ['B', 'A'] };
    expect(decodeOne('00', writerType, { readerType, type })).toBe('OTHER');
    expect(decodeOne('02', writerType, { readerType, type })).toBe('A');
  });

  it.each<[string, unknown, unknown, FieldType, boolean]>([
    ['narrows long to int', 'long', 'int', { kind: 'int' }, false],
    ['narrows double to float', 'double', 'float', { kind: 'float' }, false],
    ['reads a string as a number', 'string', 'int', { kind: 'int' }, false],
    ['reads a nullable field as required', ['null', 'int'], 'int', { kind: 'int' }, false],
    ['has another type than its field', 'int', 'int', { kind: 'string' }, false],
    ['is optional in the field only', 'int', 'int', { kind: 'int' }, true],
    [
      'reads a plain long as timestamp',
      'long',
      { type: 'long', logicalType: 'timestamp-micros' },
      { kind: 'timestamp_micros' },
      false,
    ],
    ['changes the scale of a decimal', avroDecimal(6, 3), avroDecimal(6, 2), decimal(6, 2), false],
    [
      'narrows the precision of a decimal',
      avroDecimal(6, 2),
      avroDecimal(4, 2),
      decimal(4, 2),
      false,
    ],
    [
      'does not know an enum symbol',
      { type: 'enum', name: 'e', symbols: ['A', 'B'] },
      { type: 'enum', name: 'e', symbols: ['A'] },
      { kind: 'enum', symbols: ['A'] },
      false,
    ],
    ['is a union of two types', ['null', 'int'], ['null', 'int', 'string'], { kind: 'int' }, true],
    [
      'reads items without bytes',
      { type: 'array', items: 'null' },
      { type: 'array', items: 'string' },
      { kind: 'list', element: { kind: 'string' } },
      false,
    ],
  ])('refuses a pair of schemas that %s', (_name, writerType, readerType, type, optional) => {
    expect(() => decodeOne('', writerType, { readerType, type, optional })).toThrowError(
      incompatible,
    );
  });

  it('refuses a new field without default', () => {
    expect(() =>
      createRowDecoder({
        writerSchema: record(),
        readerSchema: record({ name: 'a', type: 'int' }),
        fields: [field('a', { kind: 'int' })],
      }),
    ).toThrowError(incompatible);
  });

  it('refuses a field named __proto__', () => {
    const schema = record({ name: '__proto__', type: 'int' });
    expect(() =>
      createRowDecoder({
        writerSchema: schema,
        readerSchema: schema,
        fields: [field('__proto__', { kind: 'int' })],
      }),
    ).toThrowError(incompatible);
  });

  it.each([
    ['a name nobody defined', record({ name: 'a', type: 'nothing' })],
    ['two fields of one name', record({ name: 'a', type: 'int' }, { name: 'a', type: 'int' })],
    [
      'two types of one name',
      record({ name: 'a', type: { type: 'enum', name: 'r', symbols: ['A'] } }),
    ],
    ['no record', 'string'],
    ['a number', 5],
    ['a union in a union', record({ name: 'a', type: ['null', ['null', 'int']] })],
  ])('refuses a schema with %s', (_name, schema) => {
    expect(() => createRowEncoder(schema, [])).toThrowError(incompatible);
  });
});
