import { HASH_WORDS, type Hashes } from '#core/delivery/id-hash.ts';

/**
 * Identities seen lately, by their hashes: advice which events may be repeats, nothing more. What it forgets, or takes for
 * another, costs a file to be written anew at worst.
 */
export interface RecentIds {
  /** @param item which of the hashes */
  has(hashes: Hashes, item: number): boolean;
  add(hashes: Hashes): void;
}

/** Three of the fullest batches, in half a megabyte. */
const SLOTS = 131_072;

/** One slot per identity, the latest stays. @param slots a power of two */
export function createRecentIds(slots: number = SLOTS): RecentIds {
  const marks = new Int32Array(slots);
  const slotOf = (hashes: Hashes, item: number) => hashes[HASH_WORDS * item]! & (slots - 1);
  // An empty slot holds 0, which no mark is.
  const markOf = (hashes: Hashes, item: number) => hashes[HASH_WORDS * item + 1]! | 1;
  return {
    has: (hashes, item) => marks[slotOf(hashes, item)] === markOf(hashes, item),
    add: (hashes) => {
      for (let item = 0; item < hashes.length / HASH_WORDS; item++) {
        marks[slotOf(hashes, item)] = markOf(hashes, item);
      }
    },
  };
}
