import { describe, expect, it } from 'vitest';
import { murmur2, partitionOfKey } from '#core/kafka/murmur2.ts';

describe('murmur2', () => {
  // Source: Apache Kafka, UtilsTest#testMurmur2.
  it.each([
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
    ['abc', 479470107],
  ])('hashes %s as Kafka does', (text, hash) => {
    expect(murmur2(Buffer.from(text))).toBe(hash);
  });

  it('hashes a part of a larger buffer like a copy of it', () => {
    const part = Buffer.from('xx-a-little-bit-long-string-xx').subarray(3, 27);
    expect(murmur2(part)).toBe(-985981536);
  });
});

describe('partition of a key', () => {
  it('clears the sign, as toPositive does, before it divides', () => {
    expect(partitionOfKey(Buffer.from('21'), 12)).toBe((-973932308 & 0x7fffffff) % 12);
    expect(partitionOfKey(Buffer.from('abc'), 12)).toBe(479470107 % 12);
  });

  it('spreads keys over all partitions, and the empty key has one too', () => {
    const keys = Array.from({ length: 200 }, (_, index) => Buffer.from(`key-${index}`));
    expect(new Set(keys.map((key) => partitionOfKey(key, 6))).size).toBe(6);
    expect(partitionOfKey(Buffer.alloc(0), 6)).toBeLessThan(6);
  });
});
