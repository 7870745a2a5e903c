/**
 * One column chunk: values of one leaf in one row group.
 *
 * ```
 * column-chunk := dictionary-page? data-page*
 * ```
 */
import { type EncodedValues, type EncodingSet, encodeValues } from './encode-values.ts';
import { buildDictionary } from './encoding/dictionary.ts';
import { writePlain } from './encoding/plain.ts';
import { gatherValues } from './gather-values.ts';
import { type LeafEntries, rowOfValue, type Selection } from './leaf-entries.ts';
import { narrowDecimals } from './narrow-decimals.ts';
import {
  type Codec,
  compressBody,
  type Encoding,
  encodePageHeader,
  maxLevelBytes,
  type PageFacts,
  writePageLevels,
} from './page.ts';
import type { LeafNode } from './schema-node.ts';
import { type Scratch, takeBytes } from './scratch.ts';
import { boundsOf, type ChunkStatistics, countNansOf } from './statistics.ts';
import { describeValue, expectedOf, rejectValue } from './value-error.ts';

export interface ColumnChunk {
  readonly leaf: LeafNode;
  /** Headers and bodies, in file order. */
  readonly parts: readonly Uint8Array[];
  readonly codec: Codec;
  /** Encoding of the values in data pages; RLE_DICTIONARY means that a dictionary page comes first. */
  readonly encoding: Encoding;
  readonly dataPageCount: number;
  /** Header and body of the dictionary page as stored; 0 without one. */
  readonly dictionaryPageBytes: number;
  /** With page headers. */
  readonly uncompressedBytes: number;
  /** With page headers, as stored. */
  readonly storedBytes: number;
  /** Entries including nulls. */
  readonly valueCount: number;
  readonly statistics: ChunkStatistics;
}

export interface ChunkOptions {
  /** Where the entries come from, for the row number in a message. */
  readonly selection: Selection;
  readonly pageBytes: number;
  readonly encodings: EncodingSet;
  readonly scratch: Scratch;
}

/** Pages this small do not shrink, and a call of the compressor takes longer than writing the page. */
const MIN_COMPRESSED_BYTES = 256;

/** From here on a sample decides whether compression pays. */
const MIN_SAMPLED_BYTES = 256 * 1024;
const SAMPLE_PARTS = 4;
const SAMPLE_PART_BYTES = 4096;
/** Sample bytes that compression must save: less is not worth the reader's time. */
const MIN_SAMPLE_SAVING = 0.02;

/** Encodes the entries of a leaf. Throws SCHEMA_INCOMPATIBLE for a decimal that does not fit its precision. */
export function writeColumnChunk(
  leaf: LeafNode,
  entries: LeafEntries,
  { selection, pageBytes, encodings, scratch }: ChunkOptions,
): ColumnChunk {
  const reject = (valueIndex: number, value?: bigint): never =>
    rejectValue(leaf.column, rowOfValue(leaf, entries, { selection, valueIndex }), {
      received: value === undefined ? 'more digits' : describeValue(value),
      expected: expectedOf(leaf.type),
    });
  const gathered = gatherValues(leaf, entries, { scratch, reject });
  const values = narrowDecimals(leaf, gathered, reject);
  const dictionary = buildDictionary(values, scratch);
  const bounds = boundsOf(dictionary?.values ?? values);
  const nanCount = countNansOf(values);
  const context = { entries, dictionary, pageBytes, encodings, scratch };
  const encoded = encodeValues(leaf, values, context);
  return {
    leaf,
    encoding: encoded.encoding,
    dataPageCount: encoded.pages.length,
    valueCount: entries.entryCount,
    statistics: { bounds, nanCount, nullCount: entries.entryCount - entries.valueCount },
    ...storePages(leaf, encoded, { entries, scratch }),
  };
}

/** A page and how to write its body. */
interface Page {
  readonly type: PageFacts['type'];
  readonly encoding: Encoding;
  readonly valueCount: number;
  readonly maxBytes: number;
  readonly write: (out: Uint8Array) => number;
}

/** The codec belongs to the whole chunk: when all pages together do not shrink, all are stored as they are. */
function storePages(
  leaf: LeafNode,
  encoded: EncodedValues,
  { entries, scratch }: { entries: LeafEntries; scratch: Scratch },
): StoredPages {
  const pages = pagesOf(leaf, encoded, entries);
  const { definitionLevels, repetitionLevels, entryCount } = entries;
  const hasLevels = definitionLevels instanceof Uint8Array || repetitionLevels !== null;
  const likelyBytes = encoded.totalBytes + (hasLevels ? entryCount >> 3 : 0);
  const compressed = likelyBytes >= MIN_COMPRESSED_BYTES ? writeCompressed(pages, scratch) : null;
  if (compressed !== null && compressed.storedBytes < compressed.uncompressedBytes) {
    return compressed;
  }
  return writeUncompressed(pages, scratch);
}

function pagesOf(leaf: LeafNode, encoded: EncodedValues, entries: LeafEntries): Page[] {
  const { encoding, dictionary } = encoded;
  const pages = encoded.pages.map((page): Page => {
    const valueCount = page.entries.to - page.entries.from;
    return {
      type: 'DATA_PAGE',
      encoding,
      valueCount,
      maxBytes: maxLevelBytes(leaf, valueCount) + page.bytes,
      write: (out) =>
        page.write(out, writePageLevels(leaf, entries, { range: page.entries, out, at: 0 })),
    };
  });
  if (dictionary === null) return pages;
  const valueCount = dictionary.values.values.length;
  const range = { from: 0, to: valueCount };
  const dictionaryPage: Page = {
    type: 'DICTIONARY_PAGE',
    encoding: 'PLAIN',
    valueCount,
    maxBytes: dictionary.plainBytes,
    write: (out) => writePlain(dictionary.values, range, { out, at: 0 }),
  };
  return [dictionaryPage, ...pages];
}

interface StoredPages {
  readonly parts: Uint8Array[];
  readonly codec: Codec;
  dictionaryPageBytes: number;
  uncompressedBytes: number;
  storedBytes: number;
}

/** Null when a sample of a large page shows that compression does not pay. */
function writeCompressed(pages: readonly Page[], scratch: Scratch): StoredPages | null {
  const stored = noPages('ZSTD');
  for (const page of pages) {
    const body = writeBody(page, scratch);
    if (!looksCompressible(body)) return null;
    addPage(stored, page, { body, storedBody: compressBody(body) });
  }
  return stored;
}

function writeUncompressed(pages: readonly Page[], scratch: Scratch): StoredPages {
  const stored = noPages('UNCOMPRESSED');
  for (const page of pages) {
    const body = writeBody(page, scratch);
    addPage(stored, page, { body, storedBody: body.slice() });
  }
  return stored;
}

function noPages(codec: Codec): StoredPages {
  return { parts: [], codec, dictionaryPageBytes: 0, uncompressedBytes: 0, storedBytes: 0 };
}

function writeBody(page: Page, scratch: Scratch): Uint8Array {
  const out = takeBytes(scratch, 'page', page.maxBytes);
  return out.subarray(0, page.write(out));
}

function addPage(
  stored: StoredPages,
  page: Page,
  { body, storedBody }: { body: Uint8Array; storedBody: Uint8Array },
): void {
  const header = encodePageHeader({ ...page, bodyBytes: body.length }, storedBody);
  stored.parts.push(header, storedBody);
  stored.uncompressedBytes += header.length + body.length;
  stored.storedBytes += header.length + storedBody.length;
  if (page.type === 'DICTIONARY_PAGE') stored.dictionaryPageBytes = stored.storedBytes;
}

/** Compresses parts of a large page; ids, hashes and sensor noise hardly shrink. */
function looksCompressible(body: Uint8Array): boolean {
  if (body.length < MIN_SAMPLED_BYTES) return true;
  const sample = new Uint8Array(SAMPLE_PARTS * SAMPLE_PART_BYTES);
  const stride = Math.floor(body.length / SAMPLE_PARTS);
  for (let part = 0; part < SAMPLE_PARTS; part += 1) {
    const from = part * stride;
    sample.set(body.subarray(from, from + SAMPLE_PART_BYTES), part * SAMPLE_PART_BYTES);
  }
  return compressBody(sample).length < (1 - MIN_SAMPLE_SAVING) * sample.length;
}
