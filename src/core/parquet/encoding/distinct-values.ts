/**
 * Numbers values by first occurrence: equal values get equal codes. An open-addressed hash table over 32-bit
 * words, without an object per value.
 */
import { type Scratch, takeInt32s } from '../scratch.ts';

/** Codes of values, and where each distinct value occurs first. */
export interface DistinctValues {
  /** One per value, 0 for the first value. */
  readonly codes: Int32Array;
  /** Index of the first value with each code. */
  readonly firsts: Int32Array;
}

export interface DistinctLimits {
  /** More distinct values than this, and the search ends with null. */
  readonly maxEntries: number;
  readonly scratch: Scratch;
}

/** Slots hold entry + 1; as long as half of them are free, a search is short. */
export interface HashTable {
  slots: Int32Array;
  mask: number;
  hashes: Int32Array;
  entries: Int32Array;
  count: number;
  /** Hostile values may all share one hash; the search stops before it turns quadratic. */
  probesLeft: number;
}

const FIRST_SLOTS = 1024;
const MAX_PROBES_PER_VALUE = 8;

export function startTable(scratch: Scratch, valueCount: number): HashTable {
  return {
    slots: takeInt32s(scratch, 'slots', FIRST_SLOTS).fill(0, 0, FIRST_SLOTS),
    mask: FIRST_SLOTS - 1,
    hashes: takeInt32s(scratch, 'hashes', FIRST_SLOTS),
    entries: takeInt32s(scratch, 'entries', FIRST_SLOTS),
    count: 0,
    probesLeft: FIRST_SLOTS + valueCount * MAX_PROBES_PER_VALUE,
  };
}

/** Puts value number `index` into the free slot `slot` as the next entry, and doubles the table when half of it is taken. */
export function addEntry(
  table: HashTable,
  { slot, hash, index, scratch }: { slot: number; hash: number; index: number; scratch: Scratch },
): void {
  table.entries[table.count] = index;
  table.hashes[table.count] = hash;
  table.count += 1;
  table.slots[slot] = table.count;
  if (2 * table.count > table.mask) growTable(table, scratch);
}

function growTable(table: HashTable, scratch: Scratch): void {
  const size = 2 * (table.mask + 1);
  const slots = takeInt32s(scratch, 'slots', size).fill(0, 0, size);
  // Their first halves hold entries, which a longer array does not inherit.
  const { hashes, entries } = table;
  table.hashes = takeInt32s(scratch, 'hashes', size);
  table.entries = takeInt32s(scratch, 'entries', size);
  if (table.hashes !== hashes) table.hashes.set(hashes.subarray(0, table.count));
  if (table.entries !== entries) table.entries.set(entries.subarray(0, table.count));
  table.slots = slots;
  table.mask = size - 1;
  for (let entry = 0; entry < table.count; entry += 1) {
    let slot = (table.hashes[entry] ?? 0) & table.mask;
    while (slots[slot] !== 0) slot = (slot + 1) & table.mask;
    slots[slot] = entry + 1;
  }
}

/** Codes of 32-bit words; null beyond the limits. */
export function findDistinctWords(
  words: Int32Array,
  { maxEntries, scratch }: DistinctLimits,
): DistinctValues | null {
  const length = words.length;
  const codes = takeInt32s(scratch, 'codes', length);
  const table = startTable(scratch, length);
  for (let index = 0; index < length; index += 1) {
    const word = words[index] ?? 0;
    const hash = mixBits(word);
    const { slots, entries, mask } = table;
    let slot = hash & mask;
    let entry = slots[slot] ?? 0;
    while (entry !== 0 && words[entries[entry - 1] ?? 0] !== word) {
      if (--table.probesLeft < 0) return null;
      slot = (slot + 1) & mask;
      entry = slots[slot] ?? 0;
    }
    if (entry === 0) {
      if (table.count === maxEntries) return null;
      addEntry(table, { slot, hash, index, scratch });
      entry = table.count;
    }
    codes[index] = entry - 1;
  }
  return { codes: codes.subarray(0, length), firsts: table.entries.subarray(0, table.count) };
}

/** Codes of 64-bit values, given as pairs of words; null beyond the limits. */
export function findDistinctPairs(
  words: Int32Array,
  { maxEntries, scratch }: DistinctLimits,
): DistinctValues | null {
  const length = words.length / 2;
  const codes = takeInt32s(scratch, 'codes', length);
  const table = startTable(scratch, length);
  for (let index = 0; index < length; index += 1) {
    const low = words[2 * index] ?? 0;
    const high = words[2 * index + 1] ?? 0;
    const hash = hashPair(low, high);
    const { slots, entries, mask } = table;
    let slot = hash & mask;
    let entry = slots[slot] ?? 0;
    while (entry !== 0) {
      const first = 2 * (entries[entry - 1] ?? 0);
      if (words[first] === low && words[first + 1] === high) break;
      if (--table.probesLeft < 0) return null;
      slot = (slot + 1) & mask;
      entry = slots[slot] ?? 0;
    }
    if (entry === 0) {
      if (table.count === maxEntries) return null;
      addEntry(table, { slot, hash, index, scratch });
      entry = table.count;
    }
    codes[index] = entry - 1;
  }
  return { codes: codes.subarray(0, length), firsts: table.entries.subarray(0, table.count) };
}

export function hashPair(low: number, high: number): number {
  return mixBits(Math.imul(low, 0x9e3779b1) ^ high);
}

/** Spreads the bits of a word over the low bits, where the slot number is taken from (murmur3 finalizer). */
export function mixBits(word: number): number {
  let hash = word ^ (word >>> 16);
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
