/** Takes the defined values of a leaf out of its vector, in the shape of their physical type. */
import type {
  BooleanVector,
  BytesVector,
  Decimal128Vector,
  DictionaryVector,
  Float32Vector,
  Float64Vector,
  Int64Vector,
} from '#core/columns/vector.ts';
import type { ByteItems } from './byte-items.ts';
import { DECIMAL128_BYTES } from './check-vectors.ts';
import type { LeafEntries } from './leaf-entries.ts';
import { type PhysicalValues, wordsOf } from './physical-values.ts';
import type { LeafNode } from './schema-node.ts';
import { type Scratch, takeBytes, takeInt32s } from './scratch.ts';
import { corruptVector } from './value-error.ts';

/** The one NaN that is written: payload bits would make equal input yield different bytes. */
const CANONICAL_NAN_FLOAT = 0x7fc00000;
const CANONICAL_NAN_DOUBLE_HIGH = 0x7ff80000;

/** Called with the index of a value that does not fit its column, and the value unless it is wider than the column. */
export type RejectValue = (index: number, value?: bigint) => void;

/**
 * The defined values of a leaf, either views of the vector or in scratch memory (until the next call).
 * Decimals are not narrowed to 32 bits yet: see narrowDecimals. `reject` is called for a wide decimal that
 * does not fit its width. Throws FORMAT_CORRUPT for a code outside the dictionary or an item outside its data.
 */
export function gatherValues(
  leaf: LeafNode,
  entries: LeafEntries,
  { scratch, reject }: { scratch: Scratch; reject: RejectValue },
): PhysicalValues {
  const { vector } = entries;
  switch (vector.kind) {
    case 'boolean':
      return { type: 'BOOLEAN', values: gatherBooleans(vector, entries, scratch) };
    case 'int32':
      return { type: 'INT32', values: gatherWords(vector.values, entries, scratch) };
    case 'int64':
      return { type: 'INT64', values: gatherInt64s(vector, entries, scratch) };
    case 'float32':
      return { type: 'FLOAT', values: gatherFloats(vector, entries, scratch) };
    case 'float64':
      return { type: 'DOUBLE', values: gatherDoubles(vector, entries, scratch) };
    case 'bytes':
      return { type: 'BYTE_ARRAY', values: viewBytes(leaf, vector, entries) };
    case 'dictionary':
      return { type: 'BYTE_ARRAY', values: viewDictionary(leaf, vector, entries, scratch) };
    case 'decimal128':
      return {
        type: 'FIXED_LEN_BYTE_ARRAY',
        values: gatherDecimals(leaf, vector, { entries, reject }),
      };
    default:
      throw corruptVector(leaf.column, `kind ${vector.kind}`, 'a vector of primitives');
  }
}

/** Copies, because a byte that is neither 0 nor 1 would spill into its neighbours when bits are packed. */
function gatherBooleans(
  { values }: BooleanVector,
  { positions, from, valueCount }: LeafEntries,
  scratch: Scratch,
): Uint8Array {
  const out = takeBytes(scratch, 'values', valueCount);
  for (let index = 0; index < valueCount; index += 1) {
    const place = positions === null ? from + index : (positions[index] ?? 0);
    out[index] = values[place] === 0 ? 0 : 1;
  }
  return out.subarray(0, valueCount);
}

/** 32-bit values by their bits. */
function gatherWords(
  words: Int32Array,
  { positions, from, valueCount }: LeafEntries,
  scratch: Scratch,
): Int32Array {
  if (positions === null) return words.subarray(from, from + valueCount);
  const out = scratchWords(scratch, valueCount);
  for (let index = 0; index < valueCount; index += 1) {
    out[index] = words[positions[index] ?? 0] ?? 0;
  }
  return out;
}

/** 64-bit values by their bits, as pairs of words. */
function gatherWordPairs(
  words: Int32Array,
  { positions, from, valueCount }: LeafEntries,
  scratch: Scratch,
): Int32Array {
  if (positions === null) return words.subarray(2 * from, 2 * (from + valueCount));
  const out = scratchWords(scratch, 2 * valueCount);
  for (let index = 0; index < valueCount; index += 1) {
    const place = 2 * (positions[index] ?? 0);
    out[2 * index] = words[place] ?? 0;
    out[2 * index + 1] = words[place + 1] ?? 0;
  }
  return out;
}

function gatherInt64s(
  { values }: Int64Vector,
  entries: LeafEntries,
  scratch: Scratch,
): BigInt64Array {
  const words = gatherWordPairs(wordsOf(values), entries, scratch);
  return new BigInt64Array(words.buffer, words.byteOffset, entries.valueCount);
}

function gatherFloats(
  { values }: Float32Vector,
  entries: LeafEntries,
  scratch: Scratch,
): Float32Array {
  let words = gatherWords(wordsOf(values), entries, scratch);
  const floats = new Float32Array(words.buffer, words.byteOffset, words.length);
  if (countNans(floats) === 0) return floats;
  words = ownedWords(words, scratch);
  const owned = new Float32Array(words.buffer, words.byteOffset, words.length);
  for (let index = 0; index < owned.length; index += 1) {
    if (Number.isNaN(owned[index])) words[index] = CANONICAL_NAN_FLOAT;
  }
  return owned;
}

function gatherDoubles(
  { values }: Float64Vector,
  entries: LeafEntries,
  scratch: Scratch,
): Float64Array {
  let words = gatherWordPairs(wordsOf(values), entries, scratch);
  const doubles = new Float64Array(words.buffer, words.byteOffset, entries.valueCount);
  if (countNans(doubles) === 0) return doubles;
  words = ownedWords(words, scratch);
  const owned = new Float64Array(words.buffer, words.byteOffset, entries.valueCount);
  for (let index = 0; index < owned.length; index += 1) {
    if (!Number.isNaN(owned[index])) continue;
    words[2 * index] = 0;
    words[2 * index + 1] = CANONICAL_NAN_DOUBLE_HIGH;
  }
  return owned;
}

export function countNans(values: Float32Array | Float64Array): number {
  let count = 0;
  for (let index = 0; index < values.length; index += 1) {
    if (Number.isNaN(values[index])) count += 1;
  }
  return count;
}

function scratchWords(scratch: Scratch, length: number): Int32Array<ArrayBuffer> {
  return new Int32Array(takeBytes(scratch, 'values', 4 * length).buffer, 0, length);
}

/** The words in scratch memory, where they may be changed: a vector is not ours. */
function ownedWords(words: Int32Array, scratch: Scratch): Int32Array {
  const out = scratchWords(scratch, words.length);
  if (words.buffer !== out.buffer) out.set(words);
  return out;
}

function viewBytes(
  leaf: LeafNode,
  { data, starts, ends }: BytesVector,
  { positions, from, valueCount }: LeafEntries,
): ByteItems {
  const dataLength = data.length;
  for (let index = 0; index < valueCount; index += 1) {
    const place = positions === null ? from + index : (positions[index] ?? 0);
    const start = starts[place] ?? 0;
    const end = ends[place] ?? 0;
    if (start < 0 || end < start || end > dataLength) {
      throw corruptVector(leaf.column, `item ${place} at ${start} to ${end}`, `0 to ${dataLength}`);
    }
  }
  const items = { length: valueCount, data, starts, ends, indexes: positions, from };
  return { ...items, isDistinct: false, prefixBytes: 4 };
}

function viewDictionary(
  leaf: LeafNode,
  { codes, dictionary }: DictionaryVector,
  { positions, from, valueCount }: LeafEntries,
  scratch: Scratch,
): ByteItems {
  const indexes = takeInt32s(scratch, 'items', valueCount);
  const entryCount = dictionary.length;
  for (let index = 0; index < valueCount; index += 1) {
    const place = positions === null ? from + index : (positions[index] ?? 0);
    const code = codes[place] ?? 0;
    if (code < 0 || code >= entryCount) {
      throw corruptVector(leaf.column, `code ${code} in place ${place}`, `0 to ${entryCount - 1}`);
    }
    indexes[index] = code;
  }
  const { data, starts, ends } = dictionary;
  const items = { length: valueCount, data, starts, ends, indexes, from: 0 };
  return { ...items, isDistinct: true, prefixBytes: 4 };
}

/** The low `typeLength` bytes of each value; the bytes above must repeat the sign. */
function gatherDecimals(
  leaf: LeafNode,
  { values }: Decimal128Vector,
  {
    entries: { positions, from, valueCount },
    reject,
  }: { entries: LeafEntries; reject: RejectValue },
): ByteItems {
  const widthBytes = leaf.storage.typeLength ?? DECIMAL128_BYTES;
  const starts = new Int32Array(valueCount);
  const ends = new Int32Array(valueCount);
  for (let index = 0; index < valueCount; index += 1) {
    const place = positions === null ? from + index : (positions[index] ?? 0);
    const end = DECIMAL128_BYTES * (place + 1);
    const start = end - widthBytes;
    const sign = (values[start] ?? 0) > 0x7f ? 0xff : 0;
    for (let at = end - DECIMAL128_BYTES; at < start; at += 1) {
      if (values[at] !== sign) {
        reject(index);
        break;
      }
    }
    starts[index] = start;
    ends[index] = end;
  }
  const items = { length: valueCount, data: values, starts, ends, indexes: null, from: 0 };
  return { ...items, isDistinct: false, prefixBytes: 0 };
}
