import { crc32 } from 'node:zlib';
import type { AsyncBuffer, ColumnMetaData, FileMetaData, PageHeader, RowGroup } from 'hyparquet';
import { parquetHeader } from 'hyparquet/src/column.js';
import { SluiceError } from '#core/errors.ts';
import { countDictionary } from './check-dictionary.ts';

/** Bytes of a file from this offset on. */
interface FilePart {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/**
 * Checks every page of the columns, as far as the part holds them whole, against the CRC-32 in its header, which hyparquet reads
 * and does not look at: a flipped bit in a value that is not compressed shows nowhere else. Pages of writers that give no
 * checksum are taken as they are. Throws FORMAT_CORRUPT. Source: parquet.thrift `PageHeader.crc`, README.md §Checksumming.
 *
 * @param columns top-level columns; others are not looked at
 * @returns chunks that were checked
 */
export function checkPages(
  part: FilePart,
  { row_groups }: Pick<FileMetaData, 'row_groups'>,
  columns: ReadonlySet<string>,
): readonly ColumnMetaData[] {
  const partEnd = part.offset + part.bytes.length;
  const checked = row_groups.flatMap((group) =>
    chunksOf(group, columns).filter((chunk) => {
      const { start, end } = rangeOf(chunk);
      const isWhole = start >= part.offset && end <= partEnd;
      if (isWhole) checkChunk(part.bytes.subarray(start - part.offset, end - part.offset), chunk);
      return isWhole;
    }),
  );
  return checked;
}

/** What the footer says twice has to agree: rows, and the names of columns. Throws FORMAT_CORRUPT. */
export function checkFooter(metadata: FileMetaData): void {
  const rows = metadata.row_groups.reduce((sum, { num_rows }) => sum + num_rows, 0n);
  if (rows !== metadata.num_rows) {
    throw new SluiceError(
      'FORMAT_CORRUPT',
      `expected ${metadata.num_rows} rows in the row groups, got ${rows}; restore the file`,
    );
  }
  checkNames(metadata);
  const flat = new Set(
    metadata.schema.flatMap(({ name, type, repetition_type }) =>
      type === undefined || repetition_type === 'REPEATED' ? [] : [name],
    ),
  );
  for (const { columns, num_rows } of metadata.row_groups) {
    for (const { meta_data } of columns) {
      const [name = '', ...nested] = meta_data?.path_in_schema ?? [];
      if (meta_data === undefined || nested.length > 0 || !flat.has(name)) continue;
      if (meta_data.num_values === num_rows) continue;
      throw corrupt(meta_data, `${num_rows} values`, String(meta_data.num_values));
    }
  }
}

/** A column is named twice, in the schema and with its pages: were one name damaged, its values would pass for nulls. */
function checkNames({ schema, row_groups }: FileMetaData): void {
  const leaves = schema.filter(({ type }) => type !== undefined).map(({ name }) => name);
  for (const { columns } of row_groups) {
    const stored = columns.map(({ meta_data }) => meta_data?.path_in_schema.at(-1));
    const at = leaves.findIndex((name, index) => stored[index] !== name);
    if (at < 0 && stored.length === leaves.length) continue;
    throw new SluiceError(
      'FORMAT_CORRUPT',
      `expected pages of column "${leaves[at]}", got "${stored[Math.max(0, at)]}"; restore the file`,
    );
  }
}

/**
 * The file, with the pages of the columns checked as they are fetched. `requireChecked` throws FORMAT_CORRUPT when a chunk
 * of the row group was not fetched whole: what nobody has checked must not pass for sound.
 */
export function checkedFile(
  file: AsyncBuffer,
  metadata: Pick<FileMetaData, 'row_groups'>,
  columns: ReadonlySet<string>,
): AsyncBuffer & { readonly requireChecked: (group: RowGroup) => void } {
  const checked = new Set<ColumnMetaData>();
  return {
    byteLength: file.byteLength,
    slice: async (start, end) => {
      const bytes = await file.slice(start, end);
      const part = { offset: start, bytes: new Uint8Array(bytes) };
      const unchecked = metadata.row_groups.map((group) => ({
        ...group,
        columns: group.columns.filter(({ meta_data }) => meta_data && !checked.has(meta_data)),
      }));
      for (const chunk of checkPages(part, { row_groups: unchecked }, columns)) checked.add(chunk);
      return bytes;
    },
    requireChecked: (group) => {
      const missed = chunksOf(group, columns).find((chunk) => !checked.has(chunk));
      if (missed !== undefined) throw corrupt(missed, 'its pages in one piece', 'a part of them');
    },
  };
}

function chunksOf(group: RowGroup, columns: ReadonlySet<string>): readonly ColumnMetaData[] {
  return group.columns.flatMap(({ meta_data }) => {
    if (meta_data === undefined) return [];
    return columns.has(meta_data.path_in_schema[0] ?? '') ? [meta_data] : [];
  });
}

/** As hyparquet fetches it: some writers leave the dictionary's offset out or at 0. */
function rangeOf(chunk: ColumnMetaData): { readonly start: number; readonly end: number } {
  const { dictionary_page_offset, data_page_offset, total_compressed_size } = chunk;
  const start = Number(dictionary_page_offset || data_page_offset);
  return { start, end: start + Number(total_compressed_size) };
}

function checkChunk(bytes: Uint8Array, chunk: ColumnMetaData): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let values = 0;
  for (let at = 0; at < bytes.length; ) {
    const reader = { view, offset: at };
    const header = parquetHeader(reader);
    const end = reader.offset + header.compressed_page_size;
    if (!(end >= reader.offset && end <= bytes.length)) {
      throw corrupt(chunk, 'pages that fill it', `one of ${header.compressed_page_size} bytes`);
    }
    if (header.crc !== undefined) checkPage(bytes.subarray(reader.offset, end), header, chunk);
    values += (header.data_page_header ?? header.data_page_header_v2)?.num_values ?? 0;
    at = end;
  }
  if (values !== Number(chunk.num_values)) {
    throw corrupt(chunk, `${chunk.num_values} values in its pages`, String(values));
  }
}

/** A header is under no checksum itself: what it says of its body is held against what is known otherwise. */
function checkPage(body: Uint8Array, header: PageHeader, chunk: ColumnMetaData): void {
  const found = crc32(body) | 0;
  if (header.crc !== found) {
    throw corrupt(chunk, `a page of CRC-32 ${hex(header.crc ?? 0)}`, hex(found));
  }
  const { dictionary_page_header: dictionary } = header;
  const encoding = (header.data_page_header ?? header.data_page_header_v2)?.encoding;
  if (encoding !== undefined && !chunk.encodings.includes(encoding)) {
    throw corrupt(chunk, `a page in ${chunk.encodings.join(', ')}`, encoding);
  }
  if (dictionary === undefined) return;
  const entries = countDictionary(body, header, chunk);
  if (entries !== null && entries !== dictionary.num_values) {
    throw corrupt(chunk, `${entries} entries in the dictionary`, String(dictionary.num_values));
  }
}

function hex(checksum: number): string {
  return (checksum >>> 0).toString(16).padStart(8, '0');
}

function corrupt({ path_in_schema }: ColumnMetaData, expected: string, got: string): SluiceError {
  return new SluiceError(
    'FORMAT_CORRUPT',
    `column "${path_in_schema.join('.')}": expected ${expected}, got ${got}; restore the file`,
  );
}
