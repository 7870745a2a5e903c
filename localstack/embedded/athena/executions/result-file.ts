import { open } from 'node:fs/promises';

/** `csv` for queries, with a header; `txt` for SHOW and DESCRIBE, tab-separated without one. */
export type ResultFormat = 'csv' | 'txt';

export type ResultRow = readonly (string | null)[];

const QUOTE = 0x22;
const COMMA = 0x2c;
const NEWLINE = 0x0a;
const TAB = 0x09;
const READ_BYTES = 256 * 1024;

/**
 * One row as Athena stores it. In CSV every value is quoted and null is nothing at all, so that the
 * empty string and null differ. Source: Amazon Athena user guide, Query result files.
 */
export function encodeRow(row: ResultRow, format: ResultFormat): string {
  if (format === 'txt') return `${row.map((value) => value ?? '').join('\t')}\n`;
  const fields = row.map((value) => (value === null ? '' : `"${value.replaceAll('"', '""')}"`));
  return `${fields.join(',')}\n`;
}

/**
 * Reads rows from a byte offset on. `nextOffset` is where the next page begins, null at the end.
 */
export async function readRows(
  path: string,
  offset: number,
  options: { readonly format: ResultFormat; readonly limit: number },
): Promise<{ readonly rows: readonly ResultRow[]; readonly nextOffset: number | null }> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const rows: ResultRow[] = [];
    let pending: Buffer = Buffer.alloc(0);
    let pendingOffset = offset;
    let readOffset = offset;
    while (rows.length < options.limit && readOffset < size) {
      const chunk = Buffer.alloc(Math.min(READ_BYTES, size - readOffset));
      const { bytesRead } = await file.read(chunk, 0, chunk.length, readOffset);
      readOffset += bytesRead;
      pending = Buffer.concat([pending, chunk.subarray(0, bytesRead)]);
      const taken = takeRows(pending, { ...options, limit: options.limit - rows.length });
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
  options: { readonly format: ResultFormat; readonly limit: number },
): { readonly rows: readonly ResultRow[]; readonly length: number } {
  const rows: ResultRow[] = [];
  let length = 0;
  while (rows.length < options.limit) {
    const end = options.format === 'txt' ? bytes.indexOf(NEWLINE, length) : rowEnd(bytes, length);
    if (end < 0) break;
    rows.push(decodeRow(bytes.subarray(length, end), options.format));
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

function decodeRow(bytes: Buffer, format: ResultFormat): ResultRow {
  if (format === 'txt') return splitAt(bytes, TAB).map((field) => field.toString('utf8'));
  return splitAt(bytes, COMMA).map((field) =>
    field.length === 0 ? null : field.subarray(1, -1).toString('utf8').replaceAll('""', '"'),
  );
}

/** Fields of a row; separators inside quotes do not count. */
function splitAt(bytes: Buffer, separator: number): readonly Buffer[] {
  const fields: Buffer[] = [];
  let start = 0;
  let quoted = false;
  for (let at = 0; at < bytes.length; at++) {
    if (bytes[at] === QUOTE && separator === COMMA) quoted = !quoted;
    if (bytes[at] !== separator || quoted) continue;
    fields.push(bytes.subarray(start, at));
    start = at + 1;
  }
  return [...fields, bytes.subarray(start)];
}
