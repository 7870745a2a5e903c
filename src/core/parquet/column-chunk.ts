/**
 * One column chunk: values of one leaf in one row group.
 *
 * ```
 * column-chunk := dictionary-page? data-page*
 * ```
 */
import { toPhysicalValues } from './column-values.ts';
import { encodeDeltaBinaryPacked } from './encoding/delta-binary-packed.ts';
import {
  buildDictionary,
  type Dictionary,
  encodeDictionaryIndices,
} from './encoding/dictionary.ts';
import { encodePlain } from './encoding/plain.ts';
import type { LeafEntries } from './levels.ts';
import {
  type Codec,
  compressBody,
  cutPages,
  dataPageBody,
  type Encoding,
  encodePageHeader,
  type Page,
  type PageCut,
} from './page.ts';
import type { PhysicalValues } from './physical-values.ts';
import type { LeafNode } from './schema-node.ts';
import { type ChunkStatistics, computeStatistics } from './statistics.ts';

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

/** Values of a chunk in one encoding, cut into pages. */
interface EncodedValues {
  readonly encoding: Encoding;
  readonly dictionaryPage: Page | null;
  /** One per page. */
  readonly pageValues: readonly Uint8Array[];
}

/** Encodes the entries of a leaf. Throws SCHEMA_INCOMPATIBLE when a value does not fit its column. */
export function writeColumnChunk(
  leaf: LeafNode,
  entries: LeafEntries,
  { pageBytes }: { pageBytes: number },
): ColumnChunk {
  const values = toPhysicalValues(leaf, entries);
  const dictionary = buildDictionary(values);
  const cuts = cutPages(leaf, { entries, values }, pageBytes);
  const encoded = chooseEncoding(values, dictionary, cuts);
  const dataPages = cuts.map((cut, index): Page => {
    const pageValues = encoded.pageValues[index] ?? new Uint8Array(0);
    return {
      type: 'DATA_PAGE',
      encoding: encoded.encoding,
      valueCount: cut.entries.to - cut.entries.from,
      body: dataPageBody(leaf, entries, { range: cut.entries, values: pageValues }),
    };
  });
  const pages =
    encoded.dictionaryPage === null ? dataPages : [encoded.dictionaryPage, ...dataPages];
  return {
    leaf,
    encoding: encoded.encoding,
    dataPageCount: dataPages.length,
    valueCount: entries.entryCount,
    statistics: computeStatistics(values, {
      distinct: dictionary?.values ?? values,
      nullCount: entries.entryCount - values.values.length,
    }),
    ...storePages(pages),
  };
}

/** Encodes every way that can pay and keeps the smallest; PLAIN wins a tie because it is the cheapest to read. */
function chooseEncoding(
  values: PhysicalValues,
  dictionary: Dictionary | null,
  cuts: readonly PageCut[],
): EncodedValues {
  const candidates: EncodedValues[] = [
    {
      encoding: 'PLAIN',
      dictionaryPage: null,
      pageValues: cuts.map((cut) => encodePlain(values, cut.values)),
    },
  ];
  if (values.type === 'INT32' || values.type === 'INT64') {
    candidates.push({
      encoding: 'DELTA_BINARY_PACKED',
      dictionaryPage: null,
      pageValues: cuts.map((cut) => encodeDeltaBinaryPacked(values.values, cut.values)),
    });
  }
  if (dictionary !== null) candidates.push(encodeWithDictionary(dictionary, cuts));
  return candidates.reduce((best, next) => (encodedBytes(next) < encodedBytes(best) ? next : best));
}

function encodeWithDictionary(dictionary: Dictionary, cuts: readonly PageCut[]): EncodedValues {
  const { values } = dictionary;
  const entryCount = values.values.length;
  return {
    encoding: 'RLE_DICTIONARY',
    dictionaryPage: {
      type: 'DICTIONARY_PAGE',
      encoding: 'PLAIN',
      valueCount: entryCount,
      body: encodePlain(values, { from: 0, to: entryCount }),
    },
    pageValues: cuts.map((cut) => encodeDictionaryIndices(dictionary, cut.values)),
  };
}

function encodedBytes(encoded: EncodedValues): number {
  const dictionaryBytes = encoded.dictionaryPage?.body.length ?? 0;
  return encoded.pageValues.reduce((bytes, page) => bytes + page.length, dictionaryBytes);
}

/** The codec belongs to the whole chunk: when all pages together do not shrink, all are stored as they are. */
function storePages(pages: readonly Page[]) {
  const compressed = pages.map((page) => compressBody(page.body));
  const bodyBytes = pages.reduce((bytes, page) => bytes + page.body.length, 0);
  const shrinks = compressed.reduce((bytes, body) => bytes + body.length, 0) < bodyBytes;
  const parts: Uint8Array[] = [];
  let headerBytes = 0;
  let storedBytes = 0;
  let dictionaryPageBytes = 0;
  pages.forEach((page, index) => {
    const stored = (shrinks ? compressed[index] : page.body) ?? page.body;
    const header = encodePageHeader(page, stored);
    parts.push(header, stored);
    headerBytes += header.length;
    storedBytes += header.length + stored.length;
    if (page.type === 'DICTIONARY_PAGE') dictionaryPageBytes = storedBytes;
  });
  const codec: Codec = shrinks ? 'ZSTD' : 'UNCOMPRESSED';
  return {
    parts,
    codec,
    dictionaryPageBytes,
    uncompressedBytes: headerBytes + bodyBytes,
    storedBytes,
  };
}
