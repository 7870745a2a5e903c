import { hash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hasCode } from '#core/errors.ts';
import { decodeRecord, encodeAggregatedRecord } from '#core/kinesis/aggregated-record.ts';
import { createRecordSpans } from '#core/kinesis/record-spans.ts';

const SPANS = createRecordSpans();

/** Data of the user records, or the message of the failure. */
function read(record: Uint8Array): readonly Uint8Array[] | string {
  const arena = new Uint8Array(record.length + 7);
  arena.set(record, 5);
  try {
    SPANS.read(arena, 5, 5 + record.length);
  } catch (error) {
    return hasCode(error, 'FORMAT_CORRUPT') ? error.message : 'another error';
  }
  return Array.from({ length: SPANS.count() }, (_, index) =>
    arena.slice(SPANS.starts()[index], SPANS.ends()[index]),
  );
}

function expected(record: Uint8Array): readonly Uint8Array[] | string {
  try {
    return decodeRecord(record, 'key').map(({ data }) => data.slice());
  } catch (error) {
    return hasCode(error, 'FORMAT_CORRUPT') ? error.message : 'another error';
  }
}

/** A message with its digest. */
function sealed(message: Uint8Array): Uint8Array {
  const digest = hash('md5', message, 'buffer');
  return Uint8Array.from([0xf3, 0x89, 0x9a, 0xc2, ...message, ...digest]);
}

const userRecords = fc.array(
  fc.record({
    partitionKey: fc.oneof(
      fc.constantFrom('a', 'b', 'ü'),
      fc.string({ unit: 'binary', maxLength: 5 }),
    ),
    data: fc.oneof(
      fc.uint8Array({ maxLength: 12 }),
      fc.uint8Array({ minLength: 130, maxLength: 140 }),
    ),
  }),
  { maxLength: 6 },
);
const hashKeys = fc.option(fc.bigInt({ min: 0n, max: 2n ** 128n - 1n }), { nil: undefined });
const messages = fc.array(fc.tuple(userRecords, hashKeys), { maxLength: 3 }).map((groups) =>
  encodeAggregatedRecord(
    groups.flatMap(([all, explicitHashKey]) =>
      all.map((each) => ({
        ...each,
        ...(explicitHashKey === undefined ? {} : { explicitHashKey }),
      })),
    ),
  ).slice(4, -16),
);
const changes = fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { maxLength: 3 });

describe('createRecordSpans', () => {
  it('finds what decodeRecord finds', () => {
    fc.assert(
      fc.property(messages, (message) => {
        const record = sealed(message);
        expect(read(record)).toEqual(expected(record));
      }),
    );
  });

  it('takes and refuses broken messages as decodeRecord does', () => {
    fc.assert(
      fc.property(messages, changes, fc.nat(), (message, all, cut) => {
        const changed = message.slice(
          0,
          all.length % 2 === 0 ? message.length : cut % (message.length + 1),
        );
        for (const [at, byte] of all) if (changed.length > 0) changed[at % changed.length] = byte;
        const record = sealed(changed);
        expect(read(record)).toEqual(expected(record));
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    ['no bytes', Uint8Array.of()],
    ['a plain record', Uint8Array.of(1, 2, 3)],
    ['a magic alone', Uint8Array.of(0xf3, 0x89, 0x9a, 0xc2)],
    [
      'a digest that does not match',
      Uint8Array.from([0xf3, 0x89, 0x9a, 0xc2, ...new Uint8Array(20)]),
    ],
    [
      'tags of other fields',
      sealed(Uint8Array.of(0x0a, 1, 97, 0x20, 5, 0x1a, 6, 8, 0, 0x1a, 0, 0x20, 1)),
    ],
    ['a table behind its records', sealed(Uint8Array.of(0x1a, 4, 8, 0, 0x1a, 0, 0x0a, 1, 97))],
    [
      'an index in five bytes',
      sealed(Uint8Array.of(0x0a, 1, 97, 0x1a, 8, 8, 0x80, 0x80, 0x80, 0x80, 0, 0x1a, 0)),
    ],
    ['a key that is no UTF-8', sealed(Uint8Array.of(0x0a, 1, 0xff, 0x1a, 4, 8, 0, 0x1a, 0))],
    [
      'a hash key of 2^128',
      sealed(Uint8Array.from([0x12, 39, ...Buffer.from(String(2n ** 128n))])),
    ],
  ])('treats %s as decodeRecord does', (_, record) => {
    expect(read(record)).toEqual(expected(record));
  });
});
