import type { Hashes } from './id-hash.ts';

/** Which hashes were certainly not added: one look at memory, where a set takes many. */
export interface HashFilter {
  /** Hashes it has room for; with more it says `maybe` more often. */
  readonly capacity: number;
  add(hashes: Hashes, item: number): void;
  /** False when the item's hash was not added; true for one in thirty others at capacity. */
  mayHave(hashes: Hashes, item: number): boolean;
}

/**
 * A Bloom filter of three bits in one 32-bit word per hash, 16 bits per hash.
 * Source: Putze, Sanders, Singler, Cache-, Hash- and Space-Efficient Bloom Filters, §3 (blocked filters).
 */
export function createHashFilter(expected: number): HashFilter {
  const words = new Int32Array(2 ** Math.ceil(Math.log2(Math.max(expected / 2, 64))));
  const mask = words.length - 1;
  return {
    capacity: 2 * words.length,
    add: (hashes, item) => {
      words[hashes[4 * item + 2]! & mask]! |= bitsOf(hashes[4 * item + 1]!);
    },
    mayHave: (hashes, item) => {
      const bits = bitsOf(hashes[4 * item + 1]!);
      return (words[hashes[4 * item + 2]! & mask]! & bits) === bits;
    },
  };
}

function bitsOf(word: number): number {
  return (1 << (word & 31)) | (1 << ((word >>> 5) & 31)) | (1 << ((word >>> 10) & 31));
}
