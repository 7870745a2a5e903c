import { open, readFile } from 'node:fs/promises';

/** `csv` for queries; `txt` for EXPLAIN, SHOW and DESCRIBE, one cell a line. */
export type ResultFormat = 'csv' | 'txt';

export type ResultRow = readonly (string | null)[];

const QUOTE = 0x22;
const COMMA = 0x2c;
const NEWLINE = 0x0a;
const READ_BYTES = 256 * 1024;

/**
 * One row of a CSV file as Athena stores it: every value is quoted and null is nothing at all, so that
 * the empty string and null differ. Source: Amazon Athena user guide, Query result files.
 */
export function encodeCsvRow(row: ResultRow): string {
  const fields = row.map((value) => (value === null ? '' : `"${value.replaceAll('"', '""')}"`));
  return `${fields.join(',')}\n`;
}

/**
 * Reads rows from a place on: a byte offset for CSV, a line number for text. `nextOffset` is where the
 * next page begins, null at the end.
 */
export async function readRows(
  path: string,
  offset: number,
  options: { readonly format: ResultFormat; readonly limit: number },
): Promise<ResultPage> {
  return options.format === 'txt'
    ? readLines(path, offset, options.limit)
    : readCsv(path, offset, options.limit);
}

export interface ResultPage {
  readonly rows: readonly ResultRow[];
  readonly nextOffset: number | null;
}

/** Lines are parted, not ended, by line feeds; a file of nothing has none. */
async function readLines(path: string, offset: number, limit: number): Promise<ResultPage> {
  const text = await readFile(path, 'utf8');
  const lines = text === '' ? [] : text.split('\n');
  const end = offset + limit;
  return {
    rows: lines.slice(offset, end).map((line) => [line]),
    nextOffset: end < lines.length ? end : null,
  };
}

async function readCsv(path: string, offset: number, limit: number): Promise<ResultPage> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const rows: ResultRow[] = [];
    let pending: Buffer = Buffer.alloc(0);
    let pendingOffset = offset;
    let readOffset = offset;
    while (rows.length < limit && readOffset < size) {
      const chunk = Buffer.alloc(Math.min(READ_BYTES, size - readOffset));
      const { bytesRead } = await file.read(chunk, 0, chunk.length, readOffset);
      readOffset += bytesRead;
      pending = Buffer.concat([pending, chunk.subarray(0, bytesRead)]);
      const taken = takeRows(pending, limit - rows.length);
      rows.push(...taken.rows);
      pending = pending.subarray(taken.length);
      pendingOffset += taken.length;
    }
    return { rows, nextOffset: pendingOffset < size ? pendingOffset : null };
  } finally {
    await file.close();
  }
}

/** Complete rows at the start of a buffer, and how many bytes they take. */
function takeRows(
  bytes: Buffer,
  limit: number,
): { readonly rows: readonly ResultRow[]; readonly length: number } {
  const rows: ResultRow[] = [];
  let length = 0;
  while (rows.length < limit) {
    const end = rowEnd(bytes, length);
    if (end < 0) break;
    rows.push(decodeRow(bytes.subarray(length, end)));
    length = end + 1;
  }
  return { rows, length };
}

/** Index of the line feed that ends the row at `start`, -1 when it is not in the buffer. */
function rowEnd(bytes: Buffer, start: number): number {
  let quoted = false;
  for (let at = start; at < bytes.length; at++) {
    if (bytes[at] === QUOTE) quoted = !quoted;
    else if (bytes[at] === NEWLINE && !quoted) return at;
  }
  return -1;
}

/** Fields of a row; commas inside quotes do not count. */
function decodeRow(bytes: Buffer): ResultRow {
  const fields: Buffer[] = [];
  let start = 0;
  let quoted = false;
  for (let at = 0; at < bytes.length; at++) {
    if (bytes[at] === QUOTE) quoted = !quoted;
    if (bytes[at] !== COMMA || quoted) continue;
    fields.push(bytes.subarray(start, at));
    start = at + 1;
  }
  return [...fields, bytes.subarray(start)].map((field) =>
    field.length === 0 ? null : field.subarray(1, -1).toString('utf8').replaceAll('""', '"'),
  );
}
