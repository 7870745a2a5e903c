import { deserializeTCompactProtocol } from 'hyparquet/src/thrift.js';
import { describe, expect, it } from 'vitest';
import {
  binary,
  bool,
  encodeThrift,
  i16,
  i32,
  i64,
  list,
  string,
  struct,
} from '#core/parquet/thrift-compact.ts';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

const readForeign = (bytes: Uint8Array) =>
  deserializeTCompactProtocol({
    view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length),
    offset: 0,
  });

describe('encodeThrift', () => {
  it('ends a struct with a zero byte', () => {
    expect(hex(encodeThrift(struct({})))).toBe('00');
  });

  it('puts id delta and type into one byte and zigzags integers', () => {
    expect(hex(encodeThrift(struct({ 1: i32(1), 3: i64(-2n) })))).toBe('1502' + '2603' + '00');
  });

  it('writes the id on its own when the delta is above 15', () => {
    expect(hex(encodeThrift(struct({ 1: i32(0), 17: i32(0) })))).toBe('1500' + '052200' + '00');
  });

  it('carries booleans in the field type', () => {
    expect(hex(encodeThrift(struct({ 1: bool(true), 2: bool(false) })))).toBe('11' + '12' + '00');
  });

  it('leaves out undefined fields', () => {
    expect(hex(encodeThrift(struct({ 1: undefined, 2: i32(5) })))).toBe('250a00');
  });

  it('sorts fields by id', () => {
    expect(hex(encodeThrift(struct({ 2: i32(5), 1: i32(1) })))).toBe('1502150a00');
  });

  it('writes lists below 15 items with a short header', () => {
    expect(hex(encodeThrift(struct({ 1: list([i32(1), i32(2)]) })))).toBe('19' + '2502' + '0400');
  });

  it('writes lists of 15 items and more with a long header', () => {
    const items = Array.from({ length: 15 }, () => i32(0));
    expect(hex(encodeThrift(struct({ 1: list(items) })))).toBe(`19f50f${'00'.repeat(15)}00`);
  });

  it('prefixes strings with their length in bytes', () => {
    expect(hex(encodeThrift(struct({ 1: string('é') })))).toBe('18' + '02c3a9' + '00');
  });

  it('is read by a foreign decoder', () => {
    const bytes = encodeThrift(
      struct({
        1: i32(-(2 ** 31)),
        2: i64(2n ** 63n - 1n),
        3: i64(-(2n ** 63n)),
        4: bool(true),
        5: string('x'.repeat(300)),
        6: list([struct({ 1: i16(-7), 2: i32(-1) }), struct({ 1: i16(8) })]),
        40: binary(Uint8Array.of(1, 2)),
      }),
    );
    expect(readForeign(bytes)).toEqual({
      field_1: -(2 ** 31),
      field_2: 2n ** 63n - 1n,
      field_3: -(2n ** 63n),
      field_4: true,
      field_5: new TextEncoder().encode('x'.repeat(300)),
      field_6: [{ field_1: -7, field_2: -1 }, { field_1: 8 }],
      field_40: Uint8Array.of(1, 2),
    });
  });
});
