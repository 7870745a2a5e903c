import { describe, expect, it } from 'vitest';
import { hashInto, hashItems, hashText } from '#core/delivery/id-hash.ts';

function hex(words: Int32Array): string {
  return [...words].map((word) => (word >>> 0).toString(16).padStart(8, '0')).join('');
}

/** Hash of the bytes as 16 bytes, words little-endian as the reference writes them. */
function hashOf(bytes: Uint8Array, seed: number): Uint8Array {
  const out = new Int32Array(4);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  hashInto(view, 0, { end: bytes.length, out, at: 0, seed });
  return new Uint8Array(out.buffer);
}

describe('MurmurHash3_x86_128', () => {
  // SMHasher, main.cpp: the hash of the hashes of 0, 0 1, 0 1 2, … with seeds 256 - n, of which the first word is known.
  it('gives the verification value of SMHasher', () => {
    const hashes = new Uint8Array(16 * 256);
    const key = Uint8Array.from({ length: 256 }, (_, index) => index);
    for (let size = 0; size < 256; size++) {
      hashes.set(hashOf(key.subarray(0, size), 256 - size), 16 * size);
    }
    expect(new DataView(hashOf(hashes, 0).buffer).getUint32(0, true)).toBe(0xb3ece62a);
  });

  // README of murmurHash3js, x86.hash128.
  it.each([
    ['', '00000000000000000000000000000000'],
    ["I will not buy this tobacconist's, it is scratched.", '9b5b7ba2ef3f7866889adeaf00f3f98e'],
  ])('gives the published hash of %o', (text, expected) => {
    expect(hex(hashText(text))).toBe(expected);
  });

  it('differs with the seed', () => {
    expect(hex(hashText('a', { seed: 1 }))).not.toBe(hex(hashText('a')));
  });
});

describe('hashItems', () => {
  const data = new TextEncoder().encode('xxfirstsecondyy');
  const items = {
    kind: 'bytes',
    length: 2,
    validity: null,
    data,
    starts: Int32Array.of(2, 7),
    ends: Int32Array.of(7, 13),
  } as const;

  it('hashes every item wherever it lies', () => {
    const hashes = hashItems(items);
    expect(hex(hashes.subarray(0, 4))).toBe(hex(hashText('first')));
    expect(hex(hashes.subarray(4))).toBe(hex(hashText('second')));
  });

  it('passes over items that are not selected', () => {
    const hashes = hashItems(items, { selected: Uint8Array.of(0, 1) });
    expect(hex(hashes.subarray(0, 4))).toBe('0'.repeat(32));
    expect(hex(hashes.subarray(4))).toBe(hex(hashText('second')));
  });
});
