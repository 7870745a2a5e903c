import { HASH_WORDS, type Hashes } from './id-hash.ts';

/**
 * Hashes with a span of numbers each: of the numbers that were added for a hash within one cell, the least and the
 * greatest. Flat arrays: 24 bytes for a hash and its span, and 8 to 16 to find it.
 */
export interface HashedIdSet {
  /** Adds a number from 0 to 2^32 - 1 for the hash of an item. */
  add(hashes: Hashes, item: number, value: number): void;
  /** Whether a number from `from` to `to` (both included, not less than a cell apart) was added for the hash. */
  hasBetween(hashes: Hashes, item: number, from: number, to: number): boolean;
  size(): number;
  /** The hashes; the first `size()` items are valid, until the next call of `add`. */
  hashes(): Hashes;
}

const FIRST_CAPACITY = 64;
/** As in createBatchIds: more slots are taken only by hashes that were made to fall together. */
const MAX_PROBES = 64;

/** @param cell Numbers `k * cell` to before `(k + 1) * cell` share a span. Greater than 0. */
export function createHashedIdSet(cell: number): HashedIdSet {
  let words = new Int32Array(HASH_WORDS * FIRST_CAPACITY);
  let least = new Uint32Array(FIRST_CAPACITY);
  let greatest = new Uint32Array(FIRST_CAPACITY);
  let size = 0;
  /** One more than the entry; 0 is free. */
  let slots = new Int32Array(2 * FIRST_CAPACITY);
  let crowded = new Map<string, number>();
  let place = 0;

  const isEntry = (entry: number, hashes: Hashes, item: number, cellNumber: number): boolean =>
    words[4 * entry] === hashes[4 * item] &&
    words[4 * entry + 1] === hashes[4 * item + 1] &&
    words[4 * entry + 2] === hashes[4 * item + 2] &&
    words[4 * entry + 3] === hashes[4 * item + 3] &&
    Math.floor(least[entry]! / cell) === cellNumber;

  /** The entry, or -1 and `place` is where it goes. */
  const find = (hashes: Hashes, item: number, cellNumber: number): number => {
    const mask = slots.length - 1;
    place = (hashes[4 * item]! ^ Math.imul(cellNumber, 0x9e3779b1)) & mask;
    for (let probe = 0; probe < MAX_PROBES; probe++) {
      const entry = slots[place]! - 1;
      if (entry < 0 || isEntry(entry, hashes, item, cellNumber)) return entry;
      place = (place + 1) & mask;
    }
    place = -1;
    return crowded.get(crowdedKey(hashes, item, cellNumber)) ?? -1;
  };

  const put = (entry: number, hashes: Hashes, item: number, cellNumber: number): void => {
    if (place < 0) crowded.set(crowdedKey(hashes, item, cellNumber), entry);
    else slots[place] = entry + 1;
  };

  const grow = (): void => {
    if (size === least.length) {
      const capacity = Math.ceil(1.5 * size);
      words = grown(words, new Int32Array(HASH_WORDS * capacity));
      least = grown(least, new Uint32Array(capacity));
      greatest = grown(greatest, new Uint32Array(capacity));
    }
    if (2 * size < slots.length) return;
    slots = new Int32Array(2 * slots.length);
    crowded = new Map();
    for (let entry = 0; entry < size; entry++) {
      const cellNumber = Math.floor(least[entry]! / cell);
      find(words, entry, cellNumber);
      put(entry, words, entry, cellNumber);
    }
  };

  return {
    add: (hashes, item, value) => {
      const cellNumber = Math.floor(value / cell);
      const known = find(hashes, item, cellNumber);
      if (known >= 0) {
        if (value < least[known]!) least[known] = value;
        if (value > greatest[known]!) greatest[known] = value;
        return;
      }
      if (size === least.length || 2 * size >= slots.length) {
        grow();
        find(hashes, item, cellNumber);
      }
      words.set(hashes.subarray(HASH_WORDS * item, HASH_WORDS * (item + 1)), HASH_WORDS * size);
      least[size] = value;
      greatest[size] = value;
      put(size, hashes, item, cellNumber);
      size++;
    },
    hasBetween: (hashes, item, from, to) => {
      const lastCell = Math.floor(to / cell);
      for (
        let cellNumber = Math.max(Math.floor(from / cell), 0);
        cellNumber <= lastCell;
        cellNumber++
      ) {
        const entry = find(hashes, item, cellNumber);
        if (entry >= 0 && greatest[entry]! >= from && least[entry]! <= to) return true;
      }
      return false;
    },
    size: () => size,
    hashes: () => words,
  };
}

function crowdedKey(hashes: Hashes, item: number, cellNumber: number): string {
  return `${hashes.subarray(HASH_WORDS * item, HASH_WORDS * (item + 1)).join()}/${cellNumber}`;
}

function grown<T extends Int32Array | Uint32Array>(items: T, larger: T): T {
  larger.set(items);
  return larger;
}
