import type { BytesVector } from '../columns/vector.ts';

/*
 * MurmurHash3, x86 variant, 128 bits. Source: Austin Appleby, SMHasher, MurmurHash3.cpp (MurmurHash3_x86_128).
 * It is no defence against who looks for texts of equal hash: who may write events may repeat an identity as well.
 */
const C1 = 0x239b961b;
const C2 = 0xab0e9789;
const C3 = 0x38b34ae5;
const C4 = 0xa1e38b93;

/** Words of one hash. */
export const HASH_WORDS = 4;

/** Hashes of byte strings: that of item i is words `4 * i` to `4 * i + 3`. */
export type Hashes = Int32Array;

/**
 * Hashes the items of a vector.
 * @param options.selected 0 for items that are passed over. @default all
 * @param options.seed @default 0
 */
export function hashItems(
  { data, starts, ends, length }: BytesVector,
  options: { readonly selected?: Uint8Array; readonly seed?: number } = {},
): Hashes {
  const hashes = new Int32Array(HASH_WORDS * length);
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const { selected, seed = 0 } = options;
  for (let item = 0; item < length; item++) {
    if (selected !== undefined && selected[item] === 0) continue;
    hashInto(view, starts[item]!, { end: ends[item]!, out: hashes, at: HASH_WORDS * item, seed });
  }
  return hashes;
}

/** Hash of one text, for those that are no column. */
export function hashText(text: string, options: { readonly seed?: number } = {}): Hashes {
  return hashTexts([text], options);
}

/** Hashes texts, as those read from a file; see hashItems. */
export function hashTexts(
  texts: readonly string[],
  options: { readonly seed?: number } = {},
): Hashes {
  const { seed = 0 } = options;
  const hashes = new Int32Array(HASH_WORDS * texts.length);
  const scratch = new Uint8Array(SCRATCH_BYTES);
  const scratchView = new DataView(scratch.buffer);
  for (const [item, text] of texts.entries()) {
    const at = HASH_WORDS * item;
    const end = writeAscii(text, scratch);
    if (end >= 0) {
      hashInto(scratchView, 0, { end, out: hashes, at, seed });
      continue;
    }
    const bytes = new TextEncoder().encode(text);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    hashInto(view, 0, { end: bytes.byteLength, out: hashes, at, seed });
  }
  return hashes;
}

/** Longer texts are encoded one by one. */
const SCRATCH_BYTES = 256;

/** The number of bytes; -1 for a text that has other characters or no room. */
function writeAscii(text: string, out: Uint8Array): number {
  const { length } = text;
  if (length > out.length) return -1;
  for (let index = 0; index < length; index++) {
    const unit = text.charCodeAt(index);
    if (unit > 0x7f) return -1;
    out[index] = unit;
  }
  return length;
}

/** Hashes bytes from `start` to `end`, with the result at `out[at]`. */
export function hashInto(
  view: DataView,
  start: number,
  target: {
    readonly end: number;
    readonly out: Int32Array;
    readonly at: number;
    readonly seed: number;
  },
): void {
  const { end, out, at, seed } = target;
  let h1 = seed | 0;
  let h2 = h1;
  let h3 = h1;
  let h4 = h1;
  let offset = start;
  for (; offset + 16 <= end; offset += 16) {
    h1 = (rotate(h1 ^ mix1(view.getInt32(offset, true)), 19) + h2) | 0;
    h1 = (Math.imul(h1, 5) + 0x561ccd1b) | 0;
    h2 = (rotate(h2 ^ mix2(view.getInt32(offset + 4, true)), 17) + h3) | 0;
    h2 = (Math.imul(h2, 5) + 0x0bcaa747) | 0;
    h3 = (rotate(h3 ^ mix3(view.getInt32(offset + 8, true)), 15) + h4) | 0;
    h3 = (Math.imul(h3, 5) + 0x96cd1c35) | 0;
    h4 = (rotate(h4 ^ mix4(view.getInt32(offset + 12, true)), 13) + h1) | 0;
    h4 = (Math.imul(h4, 5) + 0x32ac3b17) | 0;
  }
  if (offset < end) h1 ^= mix1(tailWord(view, offset, end));
  if (offset + 4 < end) h2 ^= mix2(tailWord(view, offset + 4, end));
  if (offset + 8 < end) h3 ^= mix3(tailWord(view, offset + 8, end));
  if (offset + 12 < end) h4 ^= mix4(tailWord(view, offset + 12, end));
  const length = end - start;
  h1 ^= length;
  h2 ^= length;
  h3 ^= length;
  h4 ^= length;
  h1 = (h1 + h2 + h3 + h4) | 0;
  h2 = finish(h2 + h1);
  h3 = finish(h3 + h1);
  h4 = finish(h4 + h1);
  h1 = (finish(h1) + h2 + h3 + h4) | 0;
  out[at] = h1;
  out[at + 1] = h2 + h1;
  out[at + 2] = h3 + h1;
  out[at + 3] = h4 + h1;
}

function mix1(word: number): number {
  return Math.imul(rotate(Math.imul(word, C1), 15), C2);
}

function mix2(word: number): number {
  return Math.imul(rotate(Math.imul(word, C2), 16), C3);
}

function mix3(word: number): number {
  return Math.imul(rotate(Math.imul(word, C3), 17), C4);
}

function mix4(word: number): number {
  return Math.imul(rotate(Math.imul(word, C4), 18), C1);
}

/** The bytes that are left as a little-endian word, at most four of them. */
function tailWord(view: DataView, offset: number, end: number): number {
  if (offset + 4 <= end) return view.getInt32(offset, true);
  let word = 0;
  for (let at = end - 1; at >= offset; at--) word = (word << 8) | view.getUint8(at);
  return word;
}

function finish(value: number): number {
  let hash = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

function rotate(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}
