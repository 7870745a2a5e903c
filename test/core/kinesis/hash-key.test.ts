import { describe, expect, it } from 'vitest';
import { hasCode } from '#core/errors.ts';
import { hashKey, shardForHashKey } from '#core/kinesis/hash-key.ts';

const HALF = 2n ** 127n;
const LAST = 2n ** 128n - 1n;
const lower = { shardId: 'lower', startingHashKey: 0n, endingHashKey: HALF - 1n, open: true };
const upper = { shardId: 'upper', startingHashKey: HALF, endingHashKey: LAST, open: true };
const parent = { shardId: 'parent', startingHashKey: 0n, endingHashKey: LAST, open: false };

describe('hashKey', () => {
  it('is the MD5 of the key as a big-endian integer', () => {
    // md5sum of "AAPL"
    expect(hashKey('AAPL').toString(16).padStart(32, '0')).toBe('8b10e4ae9eeb5684921a9ab27e4d87aa');
  });

  it('hashes the UTF-8 bytes of the key', () => {
    expect(hashKey('')).toBe(0xd41d8cd98f00b204e9800998ecf8427en);
    expect(hashKey('é')).not.toBe(hashKey('e'));
  });
});

describe('shardForHashKey', () => {
  it('takes both ends of a range as inclusive', () => {
    expect(shardForHashKey([upper, lower], 0n)).toBe(lower);
    expect(shardForHashKey([upper, lower], HALF - 1n)).toBe(lower);
    expect(shardForHashKey([upper, lower], HALF)).toBe(upper);
    expect(shardForHashKey([upper, lower], LAST)).toBe(upper);
  });

  it('passes over closed shards', () => {
    expect(shardForHashKey([parent, lower, upper], 5n)).toBe(lower);
  });

  it('asks for a new shard map when no open shard covers the key', () => {
    expect(() => shardForHashKey([parent, lower], HALF)).toThrowError(
      expect.toSatisfy((error) => hasCode(error, 'SOURCE_UNAVAILABLE')),
    );
  });
});
