/**
 * Dictionary encoding: each distinct value once, then indices into them.
 *
 * ```
 * dictionary page := distinct values in order of first occurrence, PLAIN
 * data page       := bit width, 1 byte; indices as RLE / bit-packing hybrid
 * ```
 *
 * Equality is equality of bytes: 0.0 and -0.0 are two entries, so no sign is lost.
 * Source: parquet-format Encodings.md §Dictionary Encoding.
 */
import { type ByteItems, itemPlace, viewOf } from '../byte-items.ts';
import { type PhysicalValues, type ValueRange, wordsOf } from '../physical-values.ts';
import { type Scratch, takeInt32s } from '../scratch.ts';
import { findDistinctBytes, hashItem } from './distinct-bytes.ts';
import {
  type DistinctValues,
  findDistinctPairs,
  findDistinctWords,
  hashPair,
  mixBits,
} from './distinct-values.ts';
import { bitWidthOf, maxRleBytes, writeConstantRun, writeRleBitPacked } from './rle-bit-packing.ts';

export interface Dictionary {
  readonly values: PhysicalValues;
  /** Bytes of `values` as PLAIN. */
  readonly plainBytes: number;
  /** Index into `values`, one per value of the column; in scratch memory. */
  readonly codes: Int32Array;
}

/** Readers keep the whole dictionary in memory; the same limit as parquet-java's default. */
const MAX_DICTIONARY_BYTES = 1024 * 1024;

/** Values looked at before the whole column is hashed, in runs so that neighbouring repeats count. */
const SAMPLE_RUNS = 64;
const SAMPLE_RUN_VALUES = 64;
const SAMPLE_VALUES = SAMPLE_RUNS * SAMPLE_RUN_VALUES;
const SAMPLE_SLOTS = 4 * SAMPLE_VALUES;

/** Fewer repeats in the sample than 1 in 128 mean so many distinct values that a dictionary cannot pay. */
const MIN_SAMPLE_REPEATS = SAMPLE_VALUES / 128;

/** Returns null when a dictionary is not possible or evidently does not pay: the column is then encoded another way. */
export function buildDictionary(column: PhysicalValues, scratch: Scratch): Dictionary | null {
  // A BOOLEAN is one bit already.
  if (column.type === 'BOOLEAN' || column.values.length === 0) return null;
  if (looksDistinct(column, scratch)) return null;
  const distinct = findDistinct(column, scratch);
  if (distinct === null) return null;
  const values = gather(column, distinct.firsts);
  return { values, plainBytes: plainBytesOf(values), codes: distinct.codes };
}

/** Room that the indices of `count` values take at most. */
export function maxIndexBytes(dictionary: Dictionary, count: number): number {
  return 1 + maxRleBytes(count, bitWidthOf(dictionary.values.values.length - 1));
}

/** Writes the value part of a data page; returns the position after it. */
export function writeDictionaryIndices(
  dictionary: Dictionary,
  range: ValueRange,
  { out, at }: { readonly out: Uint8Array; readonly at: number },
): number {
  const bitWidth = bitWidthOf(dictionary.values.values.length - 1);
  out[at] = bitWidth;
  const target = { bitWidth, out, at: at + 1 };
  if (bitWidth === 0) return writeConstantRun(range.to - range.from, 0, target);
  return writeRleBitPacked(dictionary.codes, range, target);
}

/** Counts repeats by hash in a sample that depends on nothing but the values. */
function looksDistinct(column: PhysicalValues, scratch: Scratch): boolean {
  const { length } = column.values;
  if (length <= 4 * SAMPLE_VALUES) return false;
  const slots = takeInt32s(scratch, 'slots', SAMPLE_SLOTS).fill(0, 0, SAMPLE_SLOTS);
  const hashAt = hasherOf(column);
  const stride = Math.floor(length / SAMPLE_RUNS);
  let repeats = 0;
  for (let sample = 0; sample < SAMPLE_VALUES; sample += 1) {
    const run = Math.floor(sample / SAMPLE_RUN_VALUES);
    // 0 marks a free slot.
    const hash = hashAt(run * stride + (sample % SAMPLE_RUN_VALUES)) | 1;
    let slot = hash & (SAMPLE_SLOTS - 1);
    while (slots[slot] !== 0 && slots[slot] !== hash) slot = (slot + 1) & (SAMPLE_SLOTS - 1);
    if (slots[slot] === hash) repeats += 1;
    slots[slot] = hash;
  }
  return repeats < MIN_SAMPLE_REPEATS;
}

/** A closure per sampled value, never per value. */
function hasherOf(column: PhysicalValues): (index: number) => number {
  switch (column.type) {
    case 'BOOLEAN':
      return (index) => column.values[index] ?? 0;
    case 'INT32':
    case 'FLOAT': {
      const words = wordsOf(column.values);
      return (index) => mixBits(words[index] ?? 0);
    }
    case 'INT64':
    case 'DOUBLE': {
      const words = wordsOf(column.values);
      return (index) => hashPair(words[2 * index] ?? 0, words[2 * index + 1] ?? 0);
    }
    default: {
      const items = column.values;
      const view = viewOf(items.data);
      return (index) => hashItem(items, view, index);
    }
  }
}

function findDistinct(column: PhysicalValues, scratch: Scratch): DistinctValues | null {
  switch (column.type) {
    case 'BOOLEAN':
      return null;
    case 'INT32':
    case 'FLOAT':
      return findDistinctWords(wordsOf(column.values), {
        maxEntries: MAX_DICTIONARY_BYTES / 4,
        scratch,
      });
    case 'INT64':
    case 'DOUBLE':
      return findDistinctPairs(wordsOf(column.values), {
        maxEntries: MAX_DICTIONARY_BYTES / 8,
        scratch,
      });
    default:
      return findDistinctBytes(column.values, { maxBytes: MAX_DICTIONARY_BYTES, scratch });
  }
}

/** The distinct values themselves, in memory of their own. */
function gather(column: PhysicalValues, firsts: Int32Array): PhysicalValues {
  switch (column.type) {
    case 'BOOLEAN':
      return column;
    case 'INT32':
      return { type: 'INT32', values: new Int32Array(gatherWords(column.values, firsts)) };
    case 'INT64':
      return { type: 'INT64', values: new BigInt64Array(gatherWords(column.values, firsts)) };
    case 'FLOAT':
      return { type: 'FLOAT', values: new Float32Array(gatherWords(column.values, firsts)) };
    case 'DOUBLE':
      return { type: 'DOUBLE', values: new Float64Array(gatherWords(column.values, firsts)) };
    default: {
      const { values } = column;
      const indexes = firsts.map((index) => itemPlace(values, index));
      return {
        type: column.type,
        values: { ...values, length: firsts.length, indexes, from: 0 } satisfies ByteItems,
      };
    }
  }
}

/** Copies words and not numbers: a NaN keeps its bits. */
function gatherWords(
  values: Int32Array | BigInt64Array | Float32Array | Float64Array,
  firsts: Int32Array,
): ArrayBuffer {
  const wordsPerValue = values.BYTES_PER_ELEMENT / 4;
  const words = wordsOf(values);
  const gathered = new Int32Array(firsts.length * wordsPerValue);
  for (let entry = 0; entry < firsts.length; entry += 1) {
    const from = (firsts[entry] ?? 0) * wordsPerValue;
    const to = entry * wordsPerValue;
    gathered[to] = words[from] ?? 0;
    if (wordsPerValue === 2) gathered[to + 1] = words[from + 1] ?? 0;
  }
  return gathered.buffer;
}

function plainBytesOf({ type, values }: PhysicalValues): number {
  if (type !== 'BYTE_ARRAY' && type !== 'FIXED_LEN_BYTE_ARRAY') return values.byteLength;
  let bytes = values.length * values.prefixBytes;
  for (let index = 0; index < values.length; index += 1) {
    const place = itemPlace(values, index);
    bytes += (values.ends[place] ?? 0) - (values.starts[place] ?? 0);
  }
  return bytes;
}
