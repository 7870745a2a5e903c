import { deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeSchemaRegistryHeader,
  encodeSchemaRegistryHeader,
} from '#core/avro/schema-registry-header.ts';
import { hasCode, SluiceError } from '#core/errors.ts';

const ID = '0af13c2e-5b1d-4f6a-9c3e-0123456789ab';
const ID_HEX = '0af13c2e5b1d4f6a9c3e0123456789ab';

const corrupt = expect.toSatisfy((error) => hasCode(error, 'FORMAT_CORRUPT'));
const framed = (compression: number, payload: Uint8Array) =>
  Buffer.concat([Uint8Array.of(3, compression), Buffer.from(ID_HEX, 'hex'), payload]);

describe('schema registry header', () => {
  it('writes version, compression, UUID and payload', () => {
    const record = encodeSchemaRegistryHeader(ID, Uint8Array.of(0xaa, 0xbb));
    expect(Buffer.from(record).toString('hex')).toBe(`0300${ID_HEX}aabb`);
  });

  it('marks zlib payloads with 5', () => {
    const record = encodeSchemaRegistryHeader(ID, new Uint8Array(500), { compression: 'zlib' });
    expect(record[1]).toBe(5);
    expect(record.byteLength).toBeLessThan(60);
    expect(decodeSchemaRegistryHeader(record).payload.byteLength).toBe(500);
  });

  it('decodes what it encoded', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 200 }),
        fc.constantFrom('none' as const, 'zlib' as const),
        (payload, compression) => {
          const record = encodeSchemaRegistryHeader(ID, payload, { compression });
          const decoded = decodeSchemaRegistryHeader(record);
          expect(decoded.schemaVersionId).toBe(ID);
          expect(Uint8Array.from(decoded.payload)).toEqual(payload);
        },
      ),
      { seed: 5, numRuns: 200 },
    );
  });

  it('returns an uncompressed payload as a view', () => {
    const record = encodeSchemaRegistryHeader(ID, Uint8Array.of(1, 2, 3));
    expect(decodeSchemaRegistryHeader(record).payload.buffer).toBe(record.buffer);
  });

  it('refuses to encode an id that is not a lower-case UUID', () => {
    expect(() => encodeSchemaRegistryHeader(ID.toUpperCase(), new Uint8Array())).toThrowError(
      expect.toSatisfy((error) => hasCode(error, 'SCHEMA_UNKNOWN')),
    );
  });

  it.each([
    ['17 bytes', framed(0, new Uint8Array()).subarray(0, 17)],
    [
      'another version',
      Buffer.concat([Uint8Array.of(2), framed(0, new Uint8Array(4)).subarray(1)]),
    ],
    ['unknown compression', framed(1, new Uint8Array(4))],
    ['zlib data that is none', framed(5, Uint8Array.of(1, 2, 3, 4))],
    ['zlib data that is cut off', framed(5, deflateSync(new Uint8Array(100)).subarray(0, -2))],
    ['bytes after the zlib data', framed(5, Buffer.concat([deflateSync('x'), Buffer.from('yy')]))],
    ['an empty zlib payload', framed(5, new Uint8Array())],
  ])('refuses %s', (_name, record) => {
    expect(() => decodeSchemaRegistryHeader(record)).toThrowError(corrupt);
  });

  it('accepts a payload of exactly the inflate limit and refuses one byte more', () => {
    const record = framed(5, deflateSync(new Uint8Array(1_000)));
    expect(decodeSchemaRegistryHeader(record, { maxInflatedBytes: 1_000 }).payload.byteLength).toBe(
      1_000,
    );
    expect(() => decodeSchemaRegistryHeader(record, { maxInflatedBytes: 999 })).toThrowError(
      corrupt,
    );
  });

  it('refuses a zip bomb without inflating it whole', () => {
    const bomb = framed(5, deflateSync(new Uint8Array(64 * 1024 * 1024)));
    const before = process.memoryUsage().rss;
    expect(() => decodeSchemaRegistryHeader(bomb)).toThrowError(corrupt);
    expect(process.memoryUsage().rss - before).toBeLessThan(60 * 1024 * 1024);
  });

  it('answers 5,000 damaged records with a payload or FORMAT_CORRUPT', () => {
    const whole = framed(5, deflateSync(Buffer.from('some payload, some payload')));
    let state = 1;
    const next = () => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      return state >>> 16;
    };
    let refused = 0;
    for (let run = 0; run < 5_000; run++) {
      const damaged = Uint8Array.from(whole.subarray(0, whole.length - (next() % 3)));
      damaged[next() % damaged.length] = next() & 0xff;
      try {
        decodeSchemaRegistryHeader(damaged);
      } catch (error) {
        if (!(error instanceof SluiceError) || error.code !== 'FORMAT_CORRUPT') throw error;
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(1_000);
  });
});
