/**
 * Chooses how the values of a column chunk are encoded: the way that takes the fewest bytes before compression,
 * PLAIN first when there is a tie, because it is the cheapest to read. The choice depends on the values alone.
 */
import { measureItems } from './byte-items.ts';
import { maxDeltaBytes, writeDeltaBinaryPacked } from './encoding/delta-binary-packed.ts';
import { writeDeltaLength } from './encoding/delta-length.ts';
import { type Dictionary, maxIndexBytes, writeDictionaryIndices } from './encoding/dictionary.ts';
import { writePlain } from './encoding/plain.ts';
import type { LeafEntries } from './leaf-entries.ts';
import { cutPages, type Encoding, type PageCut, type ValueSizes } from './page.ts';
import type { PhysicalValues, ValueRange } from './physical-values.ts';
import type { LeafNode } from './schema-node.ts';
import { type Scratch, takeBytes, takeInt32s } from './scratch.ts';

/** Which encodings a file may use. */
export type EncodingSet = 'all' | 'plain-and-dictionary';

/** Values of a chunk in one encoding, cut into pages. Valid until scratch memory is used for the next chunk. */
export interface EncodedValues {
  readonly encoding: Encoding;
  /** Of the dictionary page, PLAIN; null without one. */
  readonly dictionary: Dictionary | null;
  readonly pages: readonly EncodedPage[];
  readonly totalBytes: number;
}

export interface EncodedPage {
  readonly entries: ValueRange;
  readonly bytes: number;
  /** Writes the values at `at`; returns the position after them. */
  readonly write: (out: Uint8Array, at: number) => number;
}

export interface ChunkContext {
  readonly entries: LeafEntries;
  readonly dictionary: Dictionary | null;
  readonly pageBytes: number;
  readonly encodings: EncodingSet;
  readonly scratch: Scratch;
}

/** In dictionary pages readers hold 32-bit indices. */
const INDEX_SIZES: ValueSizes = { bytesPerValue: 4, lengths: null };

/** Encodes the values of a leaf in the smallest way. */
export function encodeValues(
  leaf: LeafNode,
  values: PhysicalValues,
  context: ChunkContext,
): EncodedValues {
  const { dictionary } = context;
  const indexed = dictionary === null ? null : encodeIndices(leaf, dictionary, context);
  if (indexed !== null && isSurelySmallest(indexed, values)) return indexed;
  const direct = encodeDirectly(leaf, values, context);
  return indexed !== null && indexed.totalBytes < direct.totalBytes ? indexed : direct;
}

/**
 * Saves measuring the column when every other encoding must be larger: each of them holds the data of all
 * values, of which the ones beyond the dictionary take a shortest entry at least. A constant number beats
 * DELTA_BINARY_PACKED too, whose blocks of 128 values take 5 bytes.
 */
function isSurelySmallest(
  { dictionary, totalBytes }: EncodedValues,
  values: PhysicalValues,
): boolean {
  if (dictionary === null) return false;
  const entryCount = dictionary.values.values.length;
  const repeats = values.values.length - entryCount;
  if (dictionary.values.type === 'BYTE_ARRAY') {
    const dataBytes = dictionary.plainBytes - 4 * entryCount;
    return totalBytes < dataBytes + repeats * shortestItem(dictionary.values);
  }
  return entryCount === 1 && totalBytes < 5 * (repeats >> 7);
}

function shortestItem(values: PhysicalValues & { type: 'BYTE_ARRAY' }): number {
  const lengths = new Int32Array(values.values.length);
  measureItems(values.values, lengths);
  return lengths.reduce((shortest, length) => Math.min(shortest, length));
}

/** The smallest encoding without a dictionary. */
function encodeDirectly(
  leaf: LeafNode,
  values: PhysicalValues,
  context: ChunkContext,
): EncodedValues {
  const sizes = sizesOf(values, context.scratch);
  const cuts = cutPages(leaf, { entries: context.entries, sizes }, context.pageBytes);
  const plain = encodePlain(values, cuts);
  if (context.encodings !== 'all') return plain;
  const delta = encodeDelta(values, { cuts, sizes, scratch: context.scratch });
  return delta !== null && delta.totalBytes < plain.totalBytes ? delta : plain;
}

function sizesOf(values: PhysicalValues, scratch: Scratch): ValueSizes {
  if (values.type !== 'BYTE_ARRAY' && values.type !== 'FIXED_LEN_BYTE_ARRAY') {
    return { bytesPerValue: values.values.BYTES_PER_ELEMENT, lengths: null };
  }
  const lengths = takeInt32s(scratch, 'lengths', values.values.length);
  measureItems(values.values, lengths);
  return { bytesPerValue: values.values.prefixBytes, lengths };
}

function encodePlain(values: PhysicalValues, cuts: readonly PageCut[]): EncodedValues {
  const pages = cuts.map(({ entries, values: range, valueBytes }): EncodedPage => {
    const bytes = values.type === 'BOOLEAN' ? Math.ceil(valueBytes / 8) : valueBytes;
    return { entries, bytes, write: (out, at) => writePlain(values, range, { out, at }) };
  });
  return { encoding: 'PLAIN', dictionary: null, pages, totalBytes: sumBytes(pages) };
}

/** Integers, or the lengths of byte arrays, as differences; null for other types. */
function encodeDelta(
  values: PhysicalValues,
  { cuts, sizes, scratch }: { cuts: readonly PageCut[]; sizes: ValueSizes; scratch: Scratch },
): EncodedValues | null {
  const isBytes = values.type === 'BYTE_ARRAY';
  const integers = isBytes ? sizes.lengths : integersOf(values);
  if (integers === null) return null;
  const room = cuts.reduce(
    (bytes, cut) =>
      bytes + maxDeltaBytes(cut.values.to - cut.values.from, integers.BYTES_PER_ELEMENT),
    0,
  );
  const buffer = takeBytes(scratch, 'deltaPages', room);
  let end = 0;
  const pages = cuts.map(({ entries, values: range, valueBytes }): EncodedPage => {
    const start = end;
    end = writeDeltaBinaryPacked(integers, range, { out: buffer, at: start });
    const encoded = buffer.subarray(start, end);
    if (!isBytes) return { entries, bytes: encoded.length, write: copier(encoded) };
    return {
      entries,
      bytes: encoded.length + valueBytes - (range.to - range.from) * sizes.bytesPerValue,
      write: (out, at) =>
        writeDeltaLength(values.values, range, { encodedLengths: encoded, out, at }),
    };
  });
  const encoding = isBytes ? 'DELTA_LENGTH_BYTE_ARRAY' : 'DELTA_BINARY_PACKED';
  return { encoding, dictionary: null, pages, totalBytes: sumBytes(pages) };
}

function integersOf(values: PhysicalValues): Int32Array | BigInt64Array | null {
  return values.type === 'INT32' || values.type === 'INT64' ? values.values : null;
}

function encodeIndices(
  leaf: LeafNode,
  dictionary: Dictionary,
  { entries, pageBytes, scratch }: ChunkContext,
): EncodedValues {
  const cuts = cutPages(leaf, { entries, sizes: INDEX_SIZES }, pageBytes);
  const room = cuts.reduce(
    (bytes, cut) => bytes + maxIndexBytes(dictionary, cut.values.to - cut.values.from),
    0,
  );
  const buffer = takeBytes(scratch, 'codePages', room);
  let end = 0;
  const pages = cuts.map((cut): EncodedPage => {
    const start = end;
    end = writeDictionaryIndices(dictionary, cut.values, { out: buffer, at: start });
    return {
      entries: cut.entries,
      bytes: end - start,
      write: copier(buffer.subarray(start, end)),
    };
  });
  const totalBytes = dictionary.plainBytes + sumBytes(pages);
  return { encoding: 'RLE_DICTIONARY', dictionary, pages, totalBytes };
}

function copier(encoded: Uint8Array): EncodedPage['write'] {
  return (out, at) => {
    out.set(encoded, at);
    return at + encoded.length;
  };
}

function sumBytes(pages: readonly EncodedPage[]): number {
  return pages.reduce((bytes, page) => bytes + page.bytes, 0);
}
