/** Text encodings of files: those whose line breaks, delimiters and quotes can be told from every place on. */
export const FILE_ENCODINGS = [
  'utf-8',
  'utf-16le',
  'utf-16be',
  'iso-8859-1',
  'iso-8859-15',
  'windows-1250',
  'windows-1251',
  'windows-1252',
  'windows-1253',
  'windows-1254',
  'windows-1257',
] as const;
export type FileEncoding = (typeof FILE_ENCODINGS)[number];

/** How a file is cut into rows. Row numbers follow from it, so a run keeps the one it began with. */
export type FileFormat = CsvFormat | JsonLinesFormat;

export interface CsvFormat {
  readonly kind: 'csv';
  readonly encoding: FileEncoding;
  /** The first line names the columns. */
  readonly header: boolean;
  /** Names of the columns; with a header those that must be in it. */
  readonly columns: readonly string[];
  /** One ASCII character. */
  readonly delimiter: string;
  /** One ASCII character; null: a quote is a character like any other. */
  readonly quote: string | null;
  /** Lines before the header, or before the first row, that are no part of the table. */
  readonly skipLines: number;
  /** Longest row in bytes; a longer one is invalid. */
  readonly maxLineBytes: number;
}

export interface JsonLinesFormat {
  readonly kind: 'jsonl';
  readonly encoding: 'utf-8';
  readonly maxLineBytes: number;
}

/** A row as it stands in its file. */
export interface FileRow {
  /** 1 for the first row after the header; empty lines do not count. */
  readonly rowNumber: number;
  /** Where it begins: the end of the row before, or of the header. */
  readonly startByte: number;
  /** Behind its line break. */
  readonly endByte: number;
  /** Without the line break, in UTF-8 or as in the file; of a row that is too long the first bytes. */
  readonly raw: Uint8Array;
  /** Texts of a CSV row; of JSON lines the line alone. Empty with a problem. */
  readonly cells: readonly string[];
  /** Why it is no row; null when it is one. */
  readonly problem: string | null;
}

/** Bytes of a row that is too long which are kept. */
export const MAX_KEPT_BYTES = 16_384;
