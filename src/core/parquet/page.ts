/**
 * Pages of a column chunk, data page format v1.
 *
 * ```
 * page            := PageHeader (thrift) body            body is compressed as a whole
 * dictionary body := distinct values, PLAIN
 * data body       := levels(repetition)? levels(definition)? values
 * levels          := length, 4 bytes little-endian, RLE / bit-packing hybrid; absent when the maximum level is 0
 * ```
 *
 * Source: parquet-format README.md §Data Pages; parquet.thrift `PageHeader`.
 */
import { constants, crc32, zstdCompressSync } from 'node:zlib';
import {
  bitWidthOf,
  maxRleBytes,
  writeConstantRun,
  writeRleBitPacked,
} from './encoding/rle-bit-packing.ts';
import type { LeafEntries } from './leaf-entries.ts';
import type { ValueRange } from './physical-values.ts';
import type { LeafNode } from './schema-node.ts';
import { encodeThrift, i32, struct } from './thrift-compact.ts';

/** parquet.thrift `Encoding`. */
export const ENCODING_IDS = {
  PLAIN: 0,
  RLE: 3,
  DELTA_BINARY_PACKED: 5,
  DELTA_LENGTH_BYTE_ARRAY: 6,
  RLE_DICTIONARY: 8,
} as const;

export type Encoding = keyof typeof ENCODING_IDS;

/** parquet.thrift `PageType`. */
export const PAGE_TYPE_IDS = { DATA_PAGE: 0, DICTIONARY_PAGE: 2 } as const;

/** parquet.thrift `CompressionCodec`. */
export const CODEC_IDS = { UNCOMPRESSED: 0, ZSTD: 6 } as const;

export type Codec = keyof typeof CODEC_IDS;

/** Node refuses smaller ones. */
const MIN_ZSTD_CHUNK = 64;

/** A page before compression. */
export interface PageFacts {
  readonly type: keyof typeof PAGE_TYPE_IDS;
  readonly encoding: Encoding;
  /** Entries of a data page including nulls; entries of a dictionary. */
  readonly valueCount: number;
  readonly bodyBytes: number;
}

/** Entries of one data page, and the defined values among them. */
export interface PageCut {
  readonly entries: ValueRange;
  readonly values: ValueRange;
  /** Size of the values as cutPages measured them. */
  readonly valueBytes: number;
}

/** What values take in memory after a reader has decoded them. */
export interface ValueSizes {
  readonly bytesPerValue: number;
  /** More bytes of each value; null when all have the same size. */
  readonly lengths: Int32Array | null;
}

/**
 * Cuts a chunk into pages of about `pageBytes`, measured as a reader holds them after decoding: PLAIN values,
 * or indices into a dictionary, and a byte for a level. A page always begins with a row, so that it can be skipped alone.
 */
export function cutPages(
  leaf: LeafNode,
  column: { readonly entries: LeafEntries; readonly sizes: ValueSizes },
  pageBytes: number,
): PageCut[] {
  const { definitionLevels, repetitionLevels } = column.entries;
  const isUniform = !(definitionLevels instanceof Uint8Array) && repetitionLevels === null;
  return isUniform && column.sizes.lengths === null
    ? cutUniform(column, pageBytes)
    : cutByEntry(leaf, column, pageBytes);
}

/** Every entry takes as much as every other. */
function cutUniform(
  { entries, sizes }: { readonly entries: LeafEntries; readonly sizes: ValueSizes },
  pageBytes: number,
): PageCut[] {
  const { entryCount, valueCount, definitionLevels } = entries;
  const hasValues = valueCount > 0;
  const entryBytes = (definitionLevels === null ? 0 : 1) + (hasValues ? sizes.bytesPerValue : 0);
  const pageEntries = Math.max(1, Math.ceil(pageBytes / Math.max(1, entryBytes)));
  const cuts: PageCut[] = [];
  for (let from = 0; from === 0 || from < entryCount; from += pageEntries) {
    const range = { from, to: Math.min(from + pageEntries, entryCount) };
    const valueBytes = hasValues ? (range.to - from) * sizes.bytesPerValue : 0;
    cuts.push({ entries: range, values: hasValues ? range : { from: 0, to: 0 }, valueBytes });
  }
  return cuts;
}

function cutByEntry(
  leaf: LeafNode,
  { entries, sizes }: { readonly entries: LeafEntries; readonly sizes: ValueSizes },
  pageBytes: number,
): PageCut[] {
  const { definitionLevels, repetitionLevels, entryCount, valueCount } = entries;
  const { lengths, bytesPerValue } = sizes;
  const levelBytes = definitionLevels === null ? 0 : 1;
  const levels = typeof definitionLevels === 'number' ? null : definitionLevels;
  const isEmpty = valueCount === 0;
  const cuts: PageCut[] = [];
  let entryFrom = 0;
  let valueFrom = 0;
  let value = 0;
  let valueBytes = 0;
  for (let entry = 0; entry < entryCount; entry += 1) {
    const bytes = valueBytes + (entry - entryFrom) * levelBytes;
    if (bytes >= pageBytes && (repetitionLevels === null || repetitionLevels[entry] === 0)) {
      const range = { from: entryFrom, to: entry };
      cuts.push({ entries: range, values: { from: valueFrom, to: value }, valueBytes });
      entryFrom = entry;
      valueFrom = value;
      valueBytes = 0;
    }
    if (levels === null ? !isEmpty : levels[entry] === leaf.maxDefinitionLevel) {
      valueBytes += bytesPerValue;
      if (lengths !== null) valueBytes += lengths[value] ?? 0;
      value += 1;
    }
  }
  const range = { from: entryFrom, to: entryCount };
  cuts.push({ entries: range, values: { from: valueFrom, to: value }, valueBytes });
  return cuts;
}

/** Room that the levels of `entryCount` entries take at most. */
export function maxLevelBytes(leaf: LeafNode, entryCount: number): number {
  const { maxRepetitionLevel, maxDefinitionLevel } = leaf;
  const repetition = maxRleBytes(entryCount, bitWidthOf(maxRepetitionLevel));
  return 8 + repetition + maxRleBytes(entryCount, bitWidthOf(maxDefinitionLevel));
}

/** Writes the levels of a data page, each stream after its length; returns the position after them. */
export function writePageLevels(
  leaf: LeafNode,
  entries: LeafEntries,
  { range, out, at }: { range: ValueRange; out: Uint8Array; at: number },
): number {
  const { repetitionLevels, definitionLevels } = entries;
  const { maxRepetitionLevel, maxDefinitionLevel } = leaf;
  const after = writeLevels(repetitionLevels, { maxLevel: maxRepetitionLevel, range, out, at });
  return writeLevels(definitionLevels, { maxLevel: maxDefinitionLevel, range, out, at: after });
}

function writeLevels(
  levels: Uint8Array | number | null,
  page: { maxLevel: number; range: ValueRange; out: Uint8Array; at: number },
): number {
  if (levels === null) return page.at;
  const { range, out } = page;
  const target = { bitWidth: bitWidthOf(page.maxLevel), out, at: page.at + 4 };
  const end =
    typeof levels === 'number'
      ? writeConstantRun(range.to - range.from, levels, target)
      : writeRleBitPacked(levels, range, target);
  const bytes = end - target.at;
  out[page.at] = bytes;
  out[page.at + 1] = bytes >>> 8;
  out[page.at + 2] = bytes >>> 16;
  out[page.at + 3] = bytes >>> 24;
  return end;
}

/**
 * Compresses a page body with zstd level 1: encoded pages do not get smaller at levels 2 to 6, which take 1.4 to 5 times as long.
 * One output chunk of the largest possible size saves gathering many small ones.
 */
export function compressBody(body: Uint8Array): Uint8Array {
  return zstdCompressSync(body, {
    chunkSize: Math.max(MIN_ZSTD_CHUNK, body.length + (body.length >> 8) + 64),
    params: { [constants.ZSTD_c_compressionLevel]: 1 },
  });
}

/** The header of a page whose body is stored as `stored`, with a CRC-32 of the stored bytes. */
export function encodePageHeader(page: PageFacts, stored: Uint8Array): Uint8Array {
  const encoding = i32(ENCODING_IDS[page.encoding]);
  const rle = i32(ENCODING_IDS.RLE);
  const isData = page.type === 'DATA_PAGE';
  return encodeThrift(
    struct({
      1: i32(PAGE_TYPE_IDS[page.type]),
      2: i32(page.bodyBytes),
      3: i32(stored.length),
      // The field is signed, the checksum is not.
      4: i32(crc32(stored) | 0),
      5: isData ? struct({ 1: i32(page.valueCount), 2: encoding, 3: rle, 4: rle }) : undefined,
      7: isData ? undefined : struct({ 1: i32(page.valueCount), 2: encoding }),
    }),
  );
}

/** One array with all the parts in order. */
export function concatBytes(parts: readonly Uint8Array[]): Uint8Array {
  const total = parts.reduce((length, part) => length + part.length, 0);
  const bytes = new Uint8Array(total);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
