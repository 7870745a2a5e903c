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
import { type ByteStrings, dataEnd, dataStart, gatherByteStrings } from '../byte-strings.ts';
import type { PhysicalValues, ValueRange } from '../physical-values.ts';
import { bitWidthOf, encodeRleBitPacked } from './rle-bit-packing.ts';

export interface Dictionary {
  readonly values: PhysicalValues;
  /** Index into `values`, one per value of the column. */
  readonly indices: Int32Array;
}

/** Readers keep the whole dictionary in memory; the same limit as parquet-java's default. */
const MAX_DICTIONARY_BYTES = 1024 * 1024;

/** Values looked at before the whole column is hashed, in runs so that neighbouring repeats count. */
const SAMPLE_RUNS = 64;
const SAMPLE_RUN_VALUES = 64;
const SAMPLE_VALUES = SAMPLE_RUNS * SAMPLE_RUN_VALUES;

/** Fewer repeats in the sample than 1 in 128 mean so many distinct values that a dictionary cannot pay. */
const MIN_SAMPLE_REPEATS = SAMPLE_VALUES / 128;

/** Hostile values may all share one hash; the search stops before it turns quadratic. */
const MAX_PROBES_PER_VALUE = 8;

type DictionaryValues = Exclude<PhysicalValues, { type: 'BOOLEAN' }>;

/** How the builder looks at a column. `hash` is any 32-bit integer, equal for equal values. */
interface Lookup {
  readonly length: number;
  readonly hash: (index: number) => number;
  readonly equals: (a: number, b: number) => boolean;
  readonly plainBytes: (index: number) => number;
  readonly minPlainBytes: number;
}

/** Returns null when a dictionary is not possible or evidently does not pay: the column is then encoded another way. */
export function buildDictionary(column: PhysicalValues): Dictionary | null {
  // A BOOLEAN is one bit already.
  if (column.type === 'BOOLEAN' || column.values.length === 0) return null;
  const lookup = lookupOf(column);
  if (looksDistinct(lookup)) return null;
  const maxEntries = Math.min(
    lookup.length,
    Math.floor(MAX_DICTIONARY_BYTES / lookup.minPlainBytes),
  );
  const slotMask = 2 ** Math.ceil(Math.log2(2 * maxEntries + 2)) - 1;
  const slots = new Int32Array(slotMask + 1);
  const positions = new Int32Array(maxEntries + 1);
  const indices = new Int32Array(lookup.length);
  let entryCount = 0;
  let bytes = 0;
  let probesLeft = lookup.length * MAX_PROBES_PER_VALUE;
  for (let index = 0; index < lookup.length; index += 1) {
    let slot = lookup.hash(index) & slotMask;
    let entry = slots[slot] ?? 0;
    while (entry !== 0 && !lookup.equals(positions[entry] ?? 0, index)) {
      if (--probesLeft < 0) return null;
      slot = (slot + 1) & slotMask;
      entry = slots[slot] ?? 0;
    }
    if (entry === 0) {
      bytes += lookup.plainBytes(index);
      if (bytes > MAX_DICTIONARY_BYTES) return null;
      entry = ++entryCount;
      slots[slot] = entry;
      positions[entry] = index;
    }
    indices[index] = entry - 1;
  }
  return { values: gather(column, positions.subarray(1, entryCount + 1)), indices };
}

/** Encodes the value part of a data page. */
export function encodeDictionaryIndices(dictionary: Dictionary, range: ValueRange): Uint8Array {
  const bitWidth = bitWidthOf(dictionary.values.values.length - 1);
  const runs = encodeRleBitPacked(dictionary.indices, bitWidth, range);
  const out = new Uint8Array(1 + runs.length);
  out[0] = bitWidth;
  out.set(runs, 1);
  return out;
}

function looksDistinct(lookup: Lookup): boolean {
  if (lookup.length <= 4 * SAMPLE_VALUES) return false;
  const stride = Math.floor(lookup.length / SAMPLE_RUNS);
  const seen = new Set<number>();
  for (let run = 0; run < SAMPLE_RUNS; run += 1) {
    for (let offset = 0; offset < SAMPLE_RUN_VALUES; offset += 1) {
      seen.add(lookup.hash(run * stride + offset));
    }
  }
  return SAMPLE_VALUES - seen.size < MIN_SAMPLE_REPEATS;
}

function lookupOf(column: DictionaryValues): Lookup {
  switch (column.type) {
    case 'INT32':
    case 'FLOAT':
      return lookupWords(column.values);
    case 'INT64':
    case 'DOUBLE':
      return lookupWordPairs(column.values);
    default:
      return lookupBytes(column.values);
  }
}

function lookupWords(values: Int32Array | Float32Array): Lookup {
  const words = new Int32Array(values.buffer, values.byteOffset, values.length);
  return {
    length: values.length,
    hash: (index) => mix(words[index] ?? 0),
    equals: (a, b) => words[a] === words[b],
    plainBytes: () => 4,
    minPlainBytes: 4,
  };
}

function lookupWordPairs(values: BigInt64Array | Float64Array): Lookup {
  const words = new Int32Array(values.buffer, values.byteOffset, values.length * 2);
  return {
    length: values.length,
    hash: (index) => mix(mix(words[2 * index] ?? 0) ^ (words[2 * index + 1] ?? 0)),
    equals: (a, b) => words[2 * a] === words[2 * b] && words[2 * a + 1] === words[2 * b + 1],
    plainBytes: () => 8,
    minPlainBytes: 8,
  };
}

function lookupBytes(strings: ByteStrings): Lookup {
  const { bytes, offsets } = strings;
  return {
    length: strings.length,
    hash: (index) => hashBytes(bytes, dataStart(strings, index), dataEnd(strings, index)),
    equals: (a, b) => equalBytes(strings, a, b),
    plainBytes: (index) => dataEnd(strings, index) - (offsets[index] ?? 0),
    minPlainBytes: Math.max(strings.prefixBytes, 1),
  };
}

/** Spreads the bits of a word over the low bits, where the slot number is taken from (murmur3 finalizer). */
function mix(word: number): number {
  let hash = word ^ (word >>> 16);
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

function hashBytes(bytes: Uint8Array, from: number, to: number): number {
  let hash = to - from;
  for (let at = from; at < to; at += 1) hash = (Math.imul(hash, 31) + (bytes[at] ?? 0)) | 0;
  return mix(hash);
}

function equalBytes(strings: ByteStrings, a: number, b: number): boolean {
  const { bytes } = strings;
  const from = dataStart(strings, a);
  const length = dataEnd(strings, a) - from;
  const other = dataStart(strings, b);
  if (dataEnd(strings, b) - other !== length) return false;
  for (let offset = 0; offset < length; offset += 1) {
    if (bytes[from + offset] !== bytes[other + offset]) return false;
  }
  return true;
}

function gather(column: DictionaryValues, positions: Int32Array): PhysicalValues {
  switch (column.type) {
    case 'INT32':
      return { type: 'INT32', values: new Int32Array(gatherWords(column.values, positions)) };
    case 'INT64':
      return { type: 'INT64', values: new BigInt64Array(gatherWords(column.values, positions)) };
    case 'FLOAT':
      return { type: 'FLOAT', values: new Float32Array(gatherWords(column.values, positions)) };
    case 'DOUBLE':
      return { type: 'DOUBLE', values: new Float64Array(gatherWords(column.values, positions)) };
    default:
      return { type: column.type, values: gatherByteStrings(column.values, positions) };
  }
}

/** Copies words and not numbers: a NaN keeps its bits. */
function gatherWords(
  values: Int32Array | BigInt64Array | Float32Array | Float64Array,
  positions: Int32Array,
): ArrayBuffer {
  const wordsPerValue = values.BYTES_PER_ELEMENT / 4;
  const words = new Int32Array(values.buffer, values.byteOffset, values.length * wordsPerValue);
  const gathered = new Int32Array(positions.length * wordsPerValue);
  for (let at = 0; at < gathered.length; at += 1) {
    const position = positions[Math.floor(at / wordsPerValue)] ?? 0;
    gathered[at] = words[position * wordsPerValue + (at % wordsPerValue)] ?? 0;
  }
  return gathered.buffer;
}
