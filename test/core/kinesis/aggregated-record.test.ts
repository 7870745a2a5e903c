import { describe, expect, it } from 'vitest';
import { hasCode } from '#core/errors.ts';
import { decodeRecord, encodeAggregatedRecord } from '#core/kinesis/aggregated-record.ts';
import { sealMessage } from './seal-message.ts';

function decodeFailure(hex: string): unknown {
  try {
    decodeRecord(sealMessage(hex), 'outer');
  } catch (error) {
    return error;
  }
  return null;
}

describe('decodeRecord on plain records', () => {
  const plain = (data: Uint8Array) => [
    { partitionKey: 'outer', explicitHashKey: null, data, subSequence: 0, aggregated: false },
  ];

  it('takes bytes without magic as one plain record', () => {
    const data = Buffer.from('{"price": 1}');
    expect(decodeRecord(data, 'outer')).toEqual(plain(data));
  });

  it('takes bytes shorter than magic and digest as plain', () => {
    for (let length = 0; length < 20; length++) {
      const data = sealMessage('').subarray(0, length);
      expect(decodeRecord(data, 'outer')).toEqual(plain(data));
    }
  });

  it('takes a record whose MD5 does not match as plain', () => {
    const data = Uint8Array.from(sealMessage('0a 01 61 1a 04 08 00 1a 00'));
    data[data.length - 1] = (data.at(-1) ?? 0) ^ 1;
    expect(decodeRecord(data, 'outer')).toEqual(plain(data));
  });

  it('takes a record with one magic byte changed as plain', () => {
    const data = Uint8Array.from(sealMessage('0a 01 61 1a 04 08 00 1a 00'));
    data[3] = 0xc3;
    expect(decodeRecord(data, 'outer')).toEqual(plain(data));
  });
});

describe('decodeRecord on valid messages', () => {
  it('accepts tables that follow the records', () => {
    const [record] = decodeRecord(sealMessage('1a 05 08 00 1a 01 7a 0a 01 61'), 'outer');
    expect(record?.partitionKey).toBe('a');
  });

  it('skips unknown fields of every wire type and tags', () => {
    const unknown = '28 ac 02  31 00 00 00 00 00 00 00 00  3a 02 ff ff  45 00 00 00 00';
    const record = `1a 0a 08 00 1a 01 7a 22 03 0a 01 6b`.replace('1a 0a', '1a 0a');
    const [first] = decodeRecord(sealMessage(`${unknown} 0a 01 61 ${record}`), 'outer');
    expect(Buffer.from(first?.data ?? []).toString()).toBe('z');
  });

  it('lets the last value of a repeated scalar win, as protocol buffers do', () => {
    const [record] = decodeRecord(
      sealMessage('0a 01 61 0a 01 62 1a 08 08 00 08 01 1a 00 1a 00'),
      'outer',
    );
    expect(record?.partitionKey).toBe('b');
  });

  it('returns no record for an empty message', () => {
    expect(decodeRecord(sealMessage(''), 'outer')).toEqual([]);
  });

  it('keeps a byte order mark of a partition key', () => {
    const key = '\uFEFFa';
    const encoded = encodeAggregatedRecord([{ partitionKey: key, data: new Uint8Array() }]);
    expect(decodeRecord(encoded, 'outer')[0]?.partitionKey).toBe(key);
  });

  it('accepts the largest hash key', () => {
    const explicitHashKey = 2n ** 128n - 1n;
    const encoded = encodeAggregatedRecord([
      { partitionKey: 'a', explicitHashKey, data: new Uint8Array() },
    ]);
    expect(decodeRecord(encoded, 'outer')[0]?.explicitHashKey).toBe(explicitHashKey);
  });
});

describe('decodeRecord on broken messages with a correct MD5', () => {
  const overlong = 'ff'.repeat(9);
  it.each([
    ['partition key index out of range', '0a 01 61 1a 04 08 01 1a 00', 10],
    ['explicit hash key index out of range', '0a 01 61 1a 06 08 00 10 00 1a 00', 12],
    ['missing partition key index', '0a 01 61 1a 02 1a 00', 9],
    ['missing data', '0a 01 61 1a 02 08 00', 9],
    ['truncated varint', '0a 01 61 1a 01 88', 9],
    ['length beyond the end', '0a 05 61', 5],
    ['record data beyond its record', '0a 01 61 1a 05 08 00 1a 02 00', 12],
    ['wrong wire type of a table', '08 01', 4],
    ['wrong wire type of records', '18 01', 4],
    ['wrong wire type of data', '0a 01 61 1a 04 08 00 18 00', 11],
    ['wrong wire type of an index', '0a 01 61 1a 05 0a 00 1a 01 00', 9],
    ['group start', '2b', 4],
    ['field number 0', '02 00', 4],
    ['truncated fixed64', '29 00 00', 5],
    ['truncated fixed32', '2d 00 00', 5],
    ['varint of 11 bytes', `28 ${'80'.repeat(10)} 00`, 5],
    ['varint of 65 bits', `28 ${overlong} 02`, 5],
    ['length of 2^63', `0a ${'80'.repeat(9)} 01`, 5],
    ['partition key that is not UTF-8', '0a 01 ff', 6],
    ['hash key that is not a number', '12 01 61', 6],
    ['hash key of 2^128', `12 27 ${Buffer.from(`${2n ** 128n}`).toString('hex')}`, 6],
    ['hash key with a sign', '12 02 2d 31', 6],
  ])('refuses %s', (_name, hex, offset) => {
    const error = decodeFailure(hex);
    expect(hasCode(error, 'FORMAT_CORRUPT')).toBe(true);
    expect((error as { context: { offset: number } }).context.offset).toBe(offset);
  });

  it('names the byte offset in the message', () => {
    expect(String(decodeFailure('0a 05 61'))).toContain('byte 5: length 5, but 1 bytes are left');
  });
});
