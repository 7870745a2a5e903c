import type { CsvFormat, FileFormat, FileRow } from '#core/file/file-format.ts';
import { readFileRows } from '#core/file/read-file-rows.ts';
import { type HeaderReading, readFileHeader } from '#core/file/read-header.ts';

export const CSV: CsvFormat = {
  kind: 'csv',
  encoding: 'utf-8',
  header: true,
  columns: [],
  delimiter: ',',
  quote: '"',
  skipLines: 0,
  maxLineBytes: 1_000,
};

/** Bytes in pieces of the given sizes, again and again. */
export async function* inChunks(
  bytes: Uint8Array,
  sizes: readonly number[],
): AsyncGenerator<Uint8Array> {
  for (let at = 0, index = 0; at < bytes.length; index++) {
    const size = sizes[index % sizes.length] ?? bytes.length;
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

export interface ScannedFile {
  readonly header: HeaderReading;
  readonly rows: readonly FileRow[];
}

/** Reads a whole file, header and rows, as the application does. */
export async function scanFile(
  content: string | Uint8Array,
  format: FileFormat = CSV,
  sizes: readonly number[] = [1 << 20],
): Promise<ScannedFile> {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  const header = await readFileHeader(inChunks(bytes, sizes), format);
  if (!header.ok) return { header, rows: [] };
  const rows: FileRow[] = [];
  const body = bytes.subarray(header.bodyOffset);
  for await (const part of readFileRows(inChunks(body, sizes), format, {
    columns: header.columns,
    offset: header.bodyOffset,
    rowNumber: 1,
  })) {
    rows.push(...part);
  }
  return { header, rows };
}

/** Cells of valid rows, the problem of others. */
export function summary(rows: readonly FileRow[]): readonly (readonly string[] | string)[] {
  return rows.map(({ cells, problem }) => problem ?? cells);
}
