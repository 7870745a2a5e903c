import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeWireHeader, noHeader, readWireHeader } from '#core/avro/wire-header.ts';
import { hasCode } from '#core/errors.ts';
import { confluentIdOf, wireFormatOf } from '#core/schema/wire-schema-id.ts';

const ID = 'b7b4a7f0-9c96-4e4a-a687-fb5de9ef0c63';
const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');
const corrupt = expect.toSatisfy((error) => hasCode(error, 'FORMAT_CORRUPT'));

describe('readWireHeader', () => {
  // awslabs/aws-glue-schema-registry, AWSSchemaRegistryConstants: HEADER_VERSION_BYTE 3, COMPRESSION_DEFAULT_BYTE 0,
  // COMPRESSION_BYTE 5, SCHEMA_VERSION_ID_SIZE 16 after the first two bytes.
  it('reads the layout of the AWS Glue serializers', () => {
    const record = hex('03 00 b7b4a7f09c964e4aa687fb5de9ef0c63 0a0b');
    expect(readWireHeader(record)).toEqual({
      kind: 'glue',
      schemaVersionId: ID,
      payload: hex('0a0b'),
      inflatedBytes: 0,
    });
  });

  // Confluent Platform documentation, "Wire format": byte 0 is the magic byte 0, bytes 1-4 the schema id, big-endian.
  it('reads the layout of the Confluent serializers', () => {
    expect(readWireHeader(hex('00 00000102 0a0b'))).toEqual({
      kind: 'confluent',
      schemaVersionId: '258',
      payload: hex('0a0b'),
      inflatedBytes: 0,
    });
  });

  it('takes the highest id of a Confluent header', () => {
    expect(readWireHeader(hex('00 7fffffff'))).toMatchObject({ schemaVersionId: '2147483647' });
  });

  it.each(['', '01', '02 00 00 00 01 0a', '7b 22 61 22', 'ff'])('finds none in %j', (record) => {
    expect(readWireHeader(hex(record))).toEqual({ kind: 'none' });
    expect(noHeader(hex(record)).message).toMatch(/expected 3 \(AWS Glue\) or 0 \(Confluent\)/);
  });

  it.each([
    ['a cut Confluent header', '00 00 00 01'],
    ['an id of zero', '00 00000000 0a'],
    ['a negative id', '00 ffffffff 0a'],
    ['a cut Glue header', '03 00 b7b4'],
    ['another compression', '03 01 b7b4a7f09c964e4aa687fb5de9ef0c63'],
    ['zlib data that is none', '03 05 b7b4a7f09c964e4aa687fb5de9ef0c63 ffff'],
  ])('refuses %s', (_name, record) => {
    expect(() => readWireHeader(hex(record))).toThrow(corrupt);
  });

  it('never fails otherwise, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.constantFrom(0, 3, null), (bytes, first) => {
        if (first !== null && bytes.length > 0) bytes[0] = first;
        try {
          readWireHeader(bytes);
        } catch (error) {
          expect(hasCode(error, 'FORMAT_CORRUPT')).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('encodeWireHeader', () => {
  it('writes the header that the id belongs to, and reads it back', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uuid(),
          fc.integer({ min: 1, max: 0x7fffffff }).map((id) => String(id)),
        ),
        fc.uint8Array({ maxLength: 50 }),
        (id, payload) => {
          const read = readWireHeader(encodeWireHeader(id, payload));
          if (read.kind === 'none') throw new Error('expected a header');
          expect(read.kind).toBe(wireFormatOf(id));
          expect(read.schemaVersionId).toBe(id);
          expect(Uint8Array.from(read.payload)).toEqual(payload);
        },
      ),
    );
  });

  it.each(['0', '-1', '2147483648', '01', 'x', '', 'B7B4A7F0-9C96-4E4A-A687-FB5DE9EF0C63'])(
    'refuses the id %j',
    (id) => {
      expect(() => encodeWireHeader(id, new Uint8Array(0))).toThrow(
        expect.toSatisfy((error) => hasCode(error, 'SCHEMA_UNKNOWN')),
      );
    },
  );

  it('knows a Confluent id by its digits', () => {
    expect([confluentIdOf('7'), confluentIdOf('2147483648'), confluentIdOf(ID)]).toEqual([
      7,
      null,
      null,
    ]);
  });
});
