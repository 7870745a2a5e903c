import type { BytesVector } from '#core/columns/vector.ts';
import { isUtf8 } from './check-utf8.ts';

/** What `codeOf` answers instead of a code: the dictionary cannot hold the value at a bounded cost. */
export const NO_CODE = -1;
/** The value is not UTF-8. */
export const NOT_TEXT = -2;

const MIN_SLOTS = 1_024;
/** Most distinct values, and most bytes of them: a dictionary beyond neither fits a cache nor a Parquet page. */
const MAX_VALUES = 32_768;
const MAX_BYTES = 1_048_576;
const MAX_VALUE_BYTES = 1_024;
/**
 * Most slots that are looked at for a value, and most values of the same hash that it is compared with in vain. With
 * half of the slots free neither is reached by accident; input that is made to collide ends the dictionary instead.
 */
const MAX_STEPS = 64;
const MAX_CLASHES = 2;

/** Distinct strings, numbered in order of appearance: a hash table whose work per value is bounded. */
export class TextDictionary {
  /** Distinct values. */
  size = 0;
  #slots = new Int32Array(MIN_SLOTS).fill(-1);
  #mask = MIN_SLOTS - 1;
  #hashes = new Int32Array(MIN_SLOTS / 2);
  #slotOf = new Int32Array(MIN_SLOTS / 2);
  #starts = new Int32Array(MIN_SLOTS / 2);
  #ends = new Int32Array(MIN_SLOTS / 2);
  #sources = new Int32Array(MIN_SLOTS / 2);
  #bytes = new Uint8Array(16_384);
  #view = new DataView(this.#bytes.buffer);
  #sizeBytes = 0;

  clear(): void {
    for (let code = 0; code < this.size; code++) this.#slots[this.#slotOf[code] as number] = -1;
    this.size = 0;
    this.#sizeBytes = 0;
  }

  /** The number of the text `bytes[start..end)`, NO_CODE or NOT_TEXT. A number that was the size before is a new value's. */
  codeOf(bytes: Uint8Array, view: DataView, start: number, end: number): number {
    const hash = hashOf(bytes, view, start, end);
    let slot = hash & this.#mask;
    let clashes = 0;
    for (let steps = 0; steps < MAX_STEPS; steps++) {
      const code = this.#slots[slot] as number;
      if (code < 0) {
        return isUtf8(bytes, view, start, end)
          ? this.#add(bytes, start, end, { hash, slot })
          : NOT_TEXT;
      }
      if (this.#hashes[code] === hash) {
        if (this.#equals(code, bytes, view, start, end)) return code;
        if (++clashes > MAX_CLASHES) return NO_CODE;
      }
      slot = (slot + 1) & this.#mask;
    }
    return NO_CODE;
  }

  /** Where a value was first seen: its start in the bytes of that call, unless it was set otherwise. */
  sourceOf(code: number): number {
    return this.#sources[code] as number;
  }

  setSource(code: number, source: number): void {
    this.#sources[code] = source;
  }

  sizeOf(code: number): number {
    return (this.#ends[code] as number) - (this.#starts[code] as number);
  }

  /** The values; valid until `clear`. */
  toVector(): BytesVector {
    const { size } = this;
    return {
      kind: 'bytes',
      length: size,
      validity: null,
      data: this.#bytes,
      starts: this.#starts,
      ends: this.#ends,
    };
  }

  #equals(code: number, bytes: Uint8Array, view: DataView, start: number, end: number): boolean {
    const own = this.#starts[code] as number;
    const size = end - start;
    if ((this.#ends[code] as number) - own !== size) return false;
    let at = 0;
    for (const last = size - 4; at <= last; at += 4) {
      if (view.getInt32(start + at, true) !== this.#view.getInt32(own + at, true)) return false;
    }
    for (; at < size; at++) if (bytes[start + at] !== this.#bytes[own + at]) return false;
    return true;
  }

  #add(
    bytes: Uint8Array,
    start: number,
    end: number,
    place: { readonly hash: number; readonly slot: number },
  ): number {
    const size = end - start;
    if (size > MAX_VALUE_BYTES || this.#sizeBytes + size > MAX_BYTES || this.size === MAX_VALUES) {
      return NO_CODE;
    }
    this.#reserveBytes(size);
    const code = this.size++;
    this.#bytes.set(bytes.subarray(start, end), this.#sizeBytes);
    this.#starts[code] = this.#sizeBytes;
    this.#sizeBytes += size;
    this.#ends[code] = this.#sizeBytes;
    this.#sources[code] = start;
    this.#hashes[code] = place.hash;
    this.#slotOf[code] = place.slot;
    this.#slots[place.slot] = code;
    // Half of the slots stay free.
    if (this.size * 2 === this.#slots.length) this.#grow();
    return code;
  }

  #reserveBytes(size: number): void {
    if (this.#sizeBytes + size <= this.#bytes.length) return;
    const larger = new Uint8Array(this.#bytes.length * 2);
    larger.set(this.#bytes);
    this.#bytes = larger;
    this.#view = new DataView(larger.buffer);
  }

  #grow(): void {
    const slots = this.#slots.length * 2;
    this.#slots = new Int32Array(slots).fill(-1);
    this.#mask = slots - 1;
    this.#hashes = enlarged(this.#hashes);
    this.#slotOf = enlarged(this.#slotOf);
    this.#starts = enlarged(this.#starts);
    this.#ends = enlarged(this.#ends);
    this.#sources = enlarged(this.#sources);
    for (let code = 0; code < this.size; code++) {
      let slot = (this.#hashes[code] as number) & this.#mask;
      while ((this.#slots[slot] as number) >= 0) slot = (slot + 1) & this.#mask;
      this.#slots[slot] = code;
      this.#slotOf[code] = slot;
    }
  }
}

function enlarged(values: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(values.length * 2);
  larger.set(values);
  return larger;
}

/** Four bytes at a time; the last word overlaps. Constants: MurmurHash3's finalizer and the golden ratio. */
function hashOf(bytes: Uint8Array, view: DataView, start: number, end: number): number {
  // Spread, since the length must not undo a difference in the first byte.
  let hash = Math.imul(end - start, 0xc2b2_ae35);
  if (end - start >= 4) {
    const last = end - 4;
    for (let at = start; at < last; at += 4) hash = mixed(hash, view.getInt32(at, true));
    hash = mixed(hash, view.getInt32(last, true));
  } else {
    for (let at = start; at < end; at++) hash = mixed(hash, bytes[at] as number);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b);
  return hash ^ (hash >>> 13);
}

function mixed(hash: number, word: number): number {
  const next = Math.imul(hash ^ word, 0x9e37_79b1);
  return next ^ (next >>> 15);
}
