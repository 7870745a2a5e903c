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
import { bitWidthOf, encodeRleBitPacked } from './encoding/rle-bit-packing.ts';
import type { LeafEntries } from './levels.ts';
import type { PhysicalValues, ValueRange } from './physical-values.ts';
import type { LeafNode } from './schema-node.ts';
import { encodeThrift, i32, struct } from './thrift-compact.ts';

/** parquet.thrift `Encoding`. */
export const ENCODING_IDS = {
  PLAIN: 0,
  RLE: 3,
  DELTA_BINARY_PACKED: 5,
  RLE_DICTIONARY: 8,
} as const;

export type Encoding = keyof typeof ENCODING_IDS;

/** parquet.thrift `PageType`. */
export const PAGE_TYPE_IDS = { DATA_PAGE: 0, DICTIONARY_PAGE: 2 } as const;

/** parquet.thrift `CompressionCodec`. */
export const CODEC_IDS = { UNCOMPRESSED: 0, ZSTD: 6 } as const;

export type Codec = keyof typeof CODEC_IDS;

/** A page before compression. */
export interface Page {
  readonly type: keyof typeof PAGE_TYPE_IDS;
  readonly encoding: Encoding;
  /** Entries of a data page including nulls; entries of a dictionary. */
  readonly valueCount: number;
  readonly body: Uint8Array;
}

/** Entries of one data page, and the defined values among them. */
export interface PageCut {
  readonly entries: ValueRange;
  readonly values: ValueRange;
}

/**
 * Cuts a chunk into pages of about `pageBytes`, measured as PLAIN: what a reader holds after decoding.
 * A page always begins with a row, so that it can be skipped alone.
 */
export function cutPages(
  leaf: LeafNode,
  column: { entries: LeafEntries; values: PhysicalValues },
  pageBytes: number,
): PageCut[] {
  const { definitionLevels, repetitionLevels, entryCount } = column.entries;
  const plainBytes = plainBytesOf(column.values);
  const cuts: PageCut[] = [];
  let entryFrom = 0;
  let valueFrom = 0;
  let value = 0;
  let bytes = 0;
  for (let entry = 0; entry < entryCount; entry += 1) {
    if (bytes >= pageBytes && (repetitionLevels === null || repetitionLevels[entry] === 0)) {
      cuts.push(pageCut({ from: entryFrom, to: entry }, { from: valueFrom, to: value }));
      entryFrom = entry;
      valueFrom = value;
      bytes = 0;
    }
    if (definitionLevels !== null) bytes += 1;
    if (definitionLevels === null || definitionLevels[entry] === leaf.maxDefinitionLevel) {
      bytes += plainBytes(value);
      value += 1;
    }
  }
  cuts.push(pageCut({ from: entryFrom, to: entryCount }, { from: valueFrom, to: value }));
  return cuts;
}

/** Puts levels before encoded values. */
export function dataPageBody(
  leaf: LeafNode,
  entries: LeafEntries,
  { range, values }: { range: ValueRange; values: Uint8Array },
): Uint8Array {
  return concatBytes([
    ...encodeLevels(entries.repetitionLevels, leaf.maxRepetitionLevel, range),
    ...encodeLevels(entries.definitionLevels, leaf.maxDefinitionLevel, range),
    values,
  ]);
}

/** Compresses a page body with zstd level 1: encoded pages do not get smaller at levels 2 to 6, which take 1.4 to 5 times as long. */
export function compressBody(body: Uint8Array): Uint8Array {
  return zstdCompressSync(body, {
    params: { [constants.ZSTD_c_compressionLevel]: 1 },
  });
}

/** The header of a page whose body is stored as `stored`, with a CRC-32 of the stored bytes. */
export function encodePageHeader(page: Page, stored: Uint8Array): Uint8Array {
  const encoding = i32(ENCODING_IDS[page.encoding]);
  const rle = i32(ENCODING_IDS.RLE);
  const isData = page.type === 'DATA_PAGE';
  return encodeThrift(
    struct({
      1: i32(PAGE_TYPE_IDS[page.type]),
      2: i32(page.body.length),
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

function pageCut(entries: ValueRange, values: ValueRange): PageCut {
  return { entries, values };
}

function plainBytesOf(column: PhysicalValues): (index: number) => number {
  switch (column.type) {
    case 'BYTE_ARRAY':
    case 'FIXED_LEN_BYTE_ARRAY': {
      const { offsets } = column.values;
      return (index) => (offsets[index + 1] ?? 0) - (offsets[index] ?? 0);
    }
    default: {
      const valueBytes = column.values.BYTES_PER_ELEMENT;
      return () => valueBytes;
    }
  }
}

function encodeLevels(
  levels: Uint8Array | null,
  maxLevel: number,
  range: ValueRange,
): readonly Uint8Array[] {
  if (levels === null) return [];
  const runs = encodeRleBitPacked(levels, bitWidthOf(maxLevel), range);
  return [new Uint8Array(Int32Array.of(runs.length).buffer), runs];
}
