import { describe, expect, it } from 'vitest';
import { murmur3 } from '#core/iceberg/transform/murmur3.ts';

describe('murmur3', () => {
  // Iceberg v2 §Appendix B, test values of the byte-like types.
  it.each([
    ['iceberg', Buffer.from('iceberg'), 1210000089],
    ['00 01 02 03', Uint8Array.of(0, 1, 2, 3), -188683207],
    ['uuid', Buffer.from('f79c3e09677c4bbda4793f349cb785e7', 'hex'), 1488055340],
    // Reference values of the published algorithm, for lengths that leave every size of tail.
    ['empty', new Uint8Array(), 0],
    ['hello', Buffer.from('hello'), 0x248bfa47],
    ['hello, world', Buffer.from('hello, world'), 0x149bbb7f],
  ])('hashes %s', (_name, bytes, hash) => {
    expect(murmur3(bytes)).toBe(hash);
  });

  it('hashes a view by its own bytes', () => {
    const view = Buffer.from('xicebergx').subarray(1, 8);
    expect(murmur3(view)).toBe(1210000089);
  });
});
