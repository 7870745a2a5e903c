/**
 * Numbers byte strings by first occurrence. Which codes come out depends on the strings alone, not on whether
 * they come one by one or as codes of a dictionary: equal content must give equal files.
 */
import { type ByteItems, itemPlace, viewOf } from '../byte-items.ts';
import { type Scratch, takeInt32s, takeNewCodes } from '../scratch.ts';
import { addEntry, type DistinctValues, mixBits, startTable } from './distinct-values.ts';

interface Limits {
  /** More bytes of distinct strings with their prefixes than this, and the search ends with null. */
  readonly maxBytes: number;
  readonly scratch: Scratch;
}

/** Codes of all items; null beyond the limit. */
export function findDistinctBytes(items: ByteItems, limits: Limits): DistinctValues | null {
  if (items.isDistinct && items.indexes !== null) {
    return renumber(items, items.indexes, limits);
  }
  const found = findByHash(items, limits);
  return found === 'hash flooded' ? findByText(items, limits) : found;
}

/** Hash of item `index`, equal for equal strings. */
export function hashItem(items: ByteItems, view: DataView, index: number): number {
  const place = itemPlace(items, index);
  return hashBytes(view, items.starts[place] ?? 0, items.ends[place] ?? 0);
}

/** Codes of a dictionary in order of first occurrence. */
function renumber(
  items: ByteItems,
  indexes: Int32Array,
  { maxBytes, scratch }: Limits,
): DistinctValues | null {
  const { starts, ends, length, prefixBytes } = items;
  const codes = takeInt32s(scratch, 'codes', length);
  const newCodes = takeNewCodes(scratch, starts.length);
  const firsts = takeInt32s(scratch, 'entries', Math.min(length, starts.length));
  let count = 0;
  let bytesLeft = maxBytes;
  for (let index = 0; index < length; index += 1) {
    const place = indexes[index] ?? 0;
    let code = newCodes[place] ?? 0;
    if (code === 0) {
      bytesLeft -= (ends[place] ?? 0) - (starts[place] ?? 0) + prefixBytes;
      if (bytesLeft < 0) break;
      firsts[count] = index;
      count += 1;
      newCodes[place] = count;
      code = count;
    }
    codes[index] = code - 1;
  }
  for (let entry = 0; entry < count; entry += 1) newCodes[indexes[firsts[entry] ?? 0] ?? 0] = 0;
  if (bytesLeft < 0) return null;
  return { codes: codes.subarray(0, length), firsts: firsts.subarray(0, count) };
}

function findByHash(
  items: ByteItems,
  { maxBytes, scratch }: Limits,
): DistinctValues | 'hash flooded' | null {
  const { starts, ends, indexes, from, length, prefixBytes } = items;
  const view = viewOf(items.data);
  const codes = takeInt32s(scratch, 'codes', length);
  const table = startTable(scratch, length);
  let bytesLeft = maxBytes;
  for (let index = 0; index < length; index += 1) {
    const place = indexes === null ? from + index : (indexes[index] ?? 0);
    const start = starts[place] ?? 0;
    const end = ends[place] ?? 0;
    const hash = hashBytes(view, start, end);
    const { slots, hashes, entries, mask } = table;
    let slot = hash & mask;
    let entry = slots[slot] ?? 0;
    while (entry !== 0) {
      if (hashes[entry - 1] === hash) {
        const first = itemPlace(items, entries[entry - 1] ?? 0);
        if (equalBytes(view, start, end, starts[first] ?? 0, ends[first] ?? 0)) break;
      }
      if (--table.probesLeft < 0) return 'hash flooded';
      slot = (slot + 1) & mask;
      entry = slots[slot] ?? 0;
    }
    if (entry === 0) {
      bytesLeft -= end - start + prefixBytes;
      if (bytesLeft < 0) return null;
      addEntry(table, { slot, hash, index, scratch });
      entry = table.count;
    }
    codes[index] = entry - 1;
  }
  return { codes: codes.subarray(0, length), firsts: table.entries.subarray(0, table.count) };
}

/** The slow way, by a table whose hash nobody can foresee: the engine seeds it per process. */
function findByText(items: ByteItems, { maxBytes, scratch }: Limits): DistinctValues | null {
  const { starts, ends, length, prefixBytes } = items;
  const codes = takeInt32s(scratch, 'codes', length);
  const codeOf = new Map<string, number>();
  const firsts: number[] = [];
  const { buffer, byteOffset, byteLength } = items.data;
  const data = Buffer.from(buffer, byteOffset, byteLength);
  let bytesLeft = maxBytes;
  for (let index = 0; index < length; index += 1) {
    const place = itemPlace(items, index);
    const text = data.toString('latin1', starts[place], ends[place]);
    let code = codeOf.get(text);
    if (code === undefined) {
      bytesLeft -= text.length + prefixBytes;
      if (bytesLeft < 0) return null;
      code = firsts.length;
      codeOf.set(text, code);
      firsts.push(index);
    }
    codes[index] = code;
  }
  return { codes: codes.subarray(0, length), firsts: Int32Array.from(firsts) };
}

function hashBytes(view: DataView, start: number, end: number): number {
  let hash = end - start;
  let at = start;
  for (; at + 4 <= end; at += 4) {
    hash = Math.imul(hash ^ view.getInt32(at, true), 0x9e3779b1);
    hash ^= hash >>> 15;
  }
  for (; at < end; at += 1) hash = Math.imul(hash ^ view.getUint8(at), 0x85ebca6b);
  return mixBits(hash);
}

function equalBytes(
  view: DataView,
  start: number,
  end: number,
  otherStart: number,
  otherEnd: number,
): boolean {
  if (end - start !== otherEnd - otherStart) return false;
  let at = start;
  let other = otherStart;
  for (; at + 4 <= end; at += 4) {
    if (view.getInt32(at, true) !== view.getInt32(other, true)) return false;
    other += 4;
  }
  for (; at < end; at += 1) {
    if (view.getUint8(at) !== view.getUint8(other)) return false;
    other += 1;
  }
  return true;
}
