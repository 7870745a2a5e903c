import { describe, expect, it } from 'vitest';
import { decodeRecord, encodeAggregatedRecord } from '#core/kinesis/aggregated-record.ts';

// Written by hand from the format page: tables first, then the records.
const MESSAGE_HEX = [
  '0a 01 61', // partition_key_table[0] = "a"
  '0a 01 62', // partition_key_table[1] = "b"
  '12 01 35', // explicit_hash_key_table[0] = "5"
  '1a 06 08 00 1a 02 68 69', // records[0]: key 0, data "hi"
  '1a 07 08 01 10 00 1a 01 00', // records[1]: key 1, hash key 0, data 00
]
  .join('')
  .replaceAll(' ', '');
const GOLDEN = Buffer.from(`f3899ac2${MESSAGE_HEX}dbab814899c534f292420a16098052e8`, 'hex');

describe('aggregated record bytes', () => {
  it('encodes the message of the format page', () => {
    const encoded = encodeAggregatedRecord([
      { partitionKey: 'a', data: Buffer.from('hi') },
      { partitionKey: 'b', explicitHashKey: 5n, data: Uint8Array.of(0) },
    ]);
    expect(Buffer.from(encoded).toString('hex')).toBe(GOLDEN.toString('hex'));
  });

  it('decodes the message of the format page', () => {
    const records = decodeRecord(GOLDEN, 'outer').map((record) => ({
      ...record,
      data: Buffer.from(record.data).toString('hex'),
    }));
    expect(records).toEqual([
      { partitionKey: 'a', explicitHashKey: null, data: '6869', subSequence: 0, aggregated: true },
      { partitionKey: 'b', explicitHashKey: 5n, data: '00', subSequence: 1, aggregated: true },
    ]);
  });

  it('returns views of the Kinesis record, not copies', () => {
    const [first] = decodeRecord(GOLDEN, 'outer');
    expect(first?.data.buffer).toBe(GOLDEN.buffer);
  });
});
