import type { ColumnMetaData, PageHeader } from 'hyparquet';
import { COMPRESSORS } from './hyparquet-codecs.ts';

/** Bytes of a PLAIN value; the others begin with their length, or have it from the schema. */
const VALUE_BYTES: Readonly<Record<string, number>> = {
  INT32: 4,
  INT64: 8,
  FLOAT: 4,
  DOUBLE: 8,
  INT96: 12,
};

/**
 * Entries that the body of a dictionary page holds: the count in its header is under no checksum, and with fewer entries than
 * there are, indices would point at nothing. Null where it cannot be told. Source: parquet-format Encodings.md §PLAIN.
 */
export function countDictionary(
  body: Uint8Array,
  { uncompressed_page_size }: Pick<PageHeader, 'uncompressed_page_size'>,
  { codec, type }: Pick<ColumnMetaData, 'codec' | 'type'>,
): number | null {
  const width = VALUE_BYTES[type];
  if (width !== undefined) return uncompressed_page_size / width;
  if (type !== 'BYTE_ARRAY') return null;
  const plain = codec === 'ZSTD' ? COMPRESSORS.ZSTD(body, uncompressed_page_size) : body;
  if (codec !== 'ZSTD' && codec !== 'UNCOMPRESSED') return null;
  const view = new DataView(plain.buffer, plain.byteOffset, plain.byteLength);
  let entries = 0;
  for (let at = 0; at < plain.length; entries++) at += 4 + view.getUint32(at, true);
  return entries;
}
