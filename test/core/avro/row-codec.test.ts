import { describe, expect, it } from 'vitest';
import { createRowDecoder, createRowEncoder } from '#core/avro/row-codec.ts';
import type { FieldType, Value } from '#core/schema/field.ts';
import { avroDecimal, decimal, decodeOne, incompatible, record } from './one-field.ts';
import { field, TRADE_FIELDS, TRADE_ROW, TRADE_SCHEMA } from './trade-schema.ts';

describe('bytes of the Avro specification', () => {
  it.each<[string, string, unknown, FieldType, Value]>([
    ['int 0', '00', 'int', { kind: 'int' }, 0],
    ['int -1', '01', 'int', { kind: 'int' }, -1],
    ['int -64', '7f', 'int', { kind: 'int' }, -64],
    ['int 64', '80 01', 'int', { kind: 'int' }, 64],
    ['largest int', 'fe ff ff ff 0f', 'int', { kind: 'int' }, 2 ** 31 - 1],
    ['smallest int', 'ff ff ff ff 0f', 'int', { kind: 'int' }, -(2 ** 31)],
    ['largest long', 'fe ff ff ff ff ff ff ff ff 01', 'long', { kind: 'long' }, 2n ** 63n - 1n],
    ['smallest long', 'ff ff ff ff ff ff ff ff ff 01', 'long', { kind: 'long' }, -(2n ** 63n)],
    ['string foo', '06 66 6f 6f', 'string', { kind: 'string' }, 'foo'],
    ['boolean true', '01', 'boolean', { kind: 'boolean' }, true],
    ['float 1.5', '00 00 c0 3f', 'float', { kind: 'float' }, 1.5],
    ['double 1.5', '00 00 00 00 00 00 f8 3f', 'double', { kind: 'double' }, 1.5],
    ['decimal 0', '02 00', avroDecimal(4, 2), decimal(4, 2), 0n],
    ['decimal -1.28', '02 80', avroDecimal(4, 2), decimal(4, 2), -128n],
    ['decimal 1.28', '04 00 80', avroDecimal(4, 2), decimal(4, 2), 128n],
    [
      'array [3, 27]',
      '04 06 36 00',
      { type: 'array', items: 'long' },
      { kind: 'list', element: { kind: 'long' } },
      [3n, 27n],
    ],
  ])('reads and writes %s', (_name, hex, avroType, type, value) => {
    expect(decodeOne(hex, avroType, { type })).toEqual(value);
    const encode = createRowEncoder(record({ name: 'x', type: avroType }), [field('x', type)]);
    expect(Buffer.from(encode({ x: value })).toString('hex')).toBe(hex.replaceAll(' ', ''));
  });

  it('reads an array in blocks with and without byte size', () => {
    const type: FieldType = { kind: 'list', element: { kind: 'long' } };
    const hex = '01 02 06  02 36  00';
    expect(decodeOne(hex, { type: 'array', items: 'long' }, { type })).toEqual([3n, 27n]);
  });
});

describe('rows', () => {
  it('round trip with every field, money under its stored name', () => {
    const bytes = createRowEncoder(TRADE_SCHEMA, TRADE_FIELDS)(TRADE_ROW);
    const decode = createRowDecoder({
      writerSchema: TRADE_SCHEMA,
      readerSchema: TRADE_SCHEMA,
      fields: TRADE_FIELDS,
    });
    expect(decode(bytes).row).toEqual(TRADE_ROW);
  });

  it('take a missing optional value as null', () => {
    const encode = createRowEncoder(TRADE_SCHEMA, TRADE_FIELDS);
    const { fee_cents: _fee, ...withoutFee } = TRADE_ROW;
    expect(encode(withoutFee)).toEqual(encode({ ...TRADE_ROW, fee_cents: null }));
  });

  it('are copies that outlive the next row', () => {
    const encode = createRowEncoder(TRADE_SCHEMA, TRADE_FIELDS);
    const first = encode(TRADE_ROW);
    const snapshot = Uint8Array.from(first);
    encode({ ...TRADE_ROW, symbol: 'ZZZZ' });
    expect(first).toEqual(snapshot);
  });

  it('grow the buffer for long values', () => {
    const fields = [field('x', { kind: 'string' })];
    const schema = record({ name: 'x', type: 'string' });
    const x = 'é'.repeat(100_000);
    const bytes = createRowEncoder(schema, fields)({ x });
    const decode = createRowDecoder({ writerSchema: schema, readerSchema: schema, fields });
    expect(decode(bytes).row['x']).toBe(x);
  });

  it('hold bytes as plain copies, not views', () => {
    const value = decodeOne('04 01 02', 'bytes', { type: { kind: 'bytes' } });
    expect(value).toEqual(Uint8Array.of(1, 2));
    expect((value as Uint8Array).buffer.byteLength).toBe(2);
  });
});

describe('encoder', () => {
  const refuse = (avroType: unknown, type: FieldType, value: Value) => {
    const encode = createRowEncoder(record({ name: 'x', type: avroType }), [field('x', type)]);
    expect(() => encode({ x: value })).toThrowError(incompatible);
  };

  it.each<[string, unknown, FieldType, Value]>([
    ['null in a required field', 'int', { kind: 'int' }, null],
    ['a fraction in an int', 'int', { kind: 'int' }, 1.5],
    ['an int beyond 32 bits', 'int', { kind: 'int' }, 2 ** 31],
    ['a number in a long', 'long', { kind: 'long' }, 1],
    ['a long beyond 64 bits', 'long', { kind: 'long' }, 2n ** 63n],
    ['a finite double beyond float', 'float', { kind: 'float' }, 1e300],
    ['a lone surrogate', 'string', { kind: 'string' }, '\ud800'],
    ['a decimal with too many digits', avroDecimal(4, 2), decimal(4, 2), 10_000n],
    [
      'an unknown enum symbol',
      { type: 'enum', name: 'e', symbols: ['A'] },
      { kind: 'enum', symbols: ['A'] },
      'B',
    ],
    [
      'microseconds in a timestamp_millis',
      { type: 'long', logicalType: 'timestamp-millis' },
      { kind: 'timestamp_millis' },
      1n,
    ],
    [
      'a string in a list',
      { type: 'array', items: 'string' },
      { kind: 'list', element: { kind: 'string' } },
      'a',
    ],
    [
      'a row in a map',
      { type: 'map', values: 'string' },
      { kind: 'map', value: { kind: 'string' } },
      { a: 'b' },
    ],
    [
      'a map in a record',
      { type: 'record', name: 'n', fields: [] },
      { kind: 'record', fields: [] },
      new Map(),
    ],
  ])('refuses %s', (_name, avroType, type, value) => {
    refuse(avroType, type, value);
  });

  it('never puts the value into the message', () => {
    const encode = createRowEncoder(TRADE_SCHEMA, TRADE_FIELDS);
    expect(() => encode({ ...TRADE_ROW, side: 'secret' })).toThrowError(
      /^field side: got a string that does not fit, expected one of BUY, SELL/,
    );
  });

  it('refuses a schema that lacks a field or has one more', () => {
    expect(() => createRowEncoder(record(), [field('a', { kind: 'int' })])).toThrowError(
      incompatible,
    );
    expect(() => createRowEncoder(record({ name: 'a', type: 'int' }), [])).toThrowError(
      incompatible,
    );
  });
});
