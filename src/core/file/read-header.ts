import { suggest } from '../expression/closest-name.ts';
import type { FileFormat } from './file-format.ts';
import { createUtf16Rewriter, utf16Length } from './file-text.ts';
import { RowScanner } from './row-scanner.ts';

/** Columns of a file and where its rows begin, or why none of it can be read. */
export type HeaderReading =
  | { readonly ok: true; readonly columns: readonly string[]; readonly bodyOffset: number }
  | { readonly ok: false; readonly problem: string };

const MAX_COLUMNS = 2_000;
const MAX_COLUMN_NAME = 255;
const LF = 0x0a;
const CR = 0x0d;

/**
 * Reads what is before the first row: byte order mark, lines to skip, header. A header that is wrong makes every row
 * wrong, so it refuses the file as a whole.
 */
export async function readFileHeader(
  chunks: AsyncIterable<Uint8Array>,
  format: FileFormat,
): Promise<HeaderReading> {
  const head = await readHead(chunks, format);
  const bodyStart = skipLines(head.bytes, markLength(head.bytes), {
    lines: format.kind === 'csv' ? format.skipLines : 0,
    isWhole: head.isWhole,
  });
  if (bodyStart === null)
    return refuse(`the lines to skip are longer than ${head.bytes.length} bytes`);
  const width = (to: number) =>
    format.encoding.startsWith('utf-16') ? 2 * utf16Length(head.bytes, 0, to) : to;
  if (format.kind === 'jsonl') return { ok: true, columns: [], bodyOffset: width(bodyStart) };
  if (!format.header) return { ok: true, columns: format.columns, bodyOffset: width(bodyStart) };
  const scanner = new RowScanner({ ...format, offset: width(bodyStart) });
  const rest = head.bytes.subarray(bodyStart);
  const row = scanner.push(rest).next().value ?? lastRow(scanner, head.isWhole);
  if (row === null) return refuse(missingHeader(head.isWhole, format.maxLineBytes));
  if (row.problem !== null) return refuse(`the header is no row: ${row.problem}`);
  const problem = columnProblem(row.cells) ?? expectedProblem(row.cells, format.columns);
  if (problem !== null) return refuse(problem);
  return { ok: true, columns: row.cells, bodyOffset: row.endByte };
}

function refuse(problem: string): HeaderReading {
  return { ok: false, problem };
}

function missingHeader(isWhole: boolean, maxLineBytes: number): string {
  return isWhole
    ? 'the file has no header; expected a line with the names of the columns'
    : `the header is longer than ${maxLineBytes} bytes (max_line)`;
}

function lastRow(scanner: RowScanner, isWhole: boolean) {
  return isWhole ? (scanner.finish().next().value ?? null) : null;
}

interface Head {
  readonly bytes: Buffer;
  /** There is nothing behind it. */
  readonly isWhole: boolean;
}

async function readHead(chunks: AsyncIterable<Uint8Array>, format: FileFormat): Promise<Head> {
  const { encoding } = format;
  const rewriter =
    encoding === 'utf-16le' || encoding === 'utf-16be' ? createUtf16Rewriter(encoding) : null;
  const skipped = format.kind === 'csv' ? format.skipLines : 0;
  const wanted = (skipped + 2) * (format.maxLineBytes + 2);
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    const part = rewriter?.push(chunk) ?? chunk;
    parts.push(Buffer.from(part));
    length += part.length;
    if (length >= wanted || hasLines(parts, skipped + 2)) {
      return { bytes: Buffer.concat(parts), isWhole: false };
    }
  }
  if (rewriter !== null) parts.push(rewriter.finish());
  return { bytes: Buffer.concat(parts), isWhole: true };
}

/** Most headers are in the first chunk; names with line breaks only make it read on. */
function hasLines(parts: readonly Uint8Array[], wanted: number): boolean {
  let lines = 0;
  for (const part of parts) {
    for (let at = part.indexOf(LF); at >= 0; at = part.indexOf(LF, at + 1)) {
      lines++;
      if (lines >= wanted + 16) return true;
    }
  }
  return false;
}

/** U+FEFF in UTF-8. */
function markLength(bytes: Buffer): number {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
}

function skipLines(
  bytes: Buffer,
  from: number,
  options: { readonly lines: number; readonly isWhole: boolean },
): number | null {
  let at = from;
  for (let line = 0; line < options.lines; line++) {
    while (at < bytes.length && bytes[at] !== LF && bytes[at] !== CR) at++;
    if (at === bytes.length) return options.isWhole ? at : null;
    at += bytes[at] === CR && bytes[at + 1] === LF ? 2 : 1;
  }
  return at;
}

function columnProblem(columns: readonly string[]): string | null {
  if (columns.length > MAX_COLUMNS) {
    return `the header has ${columns.length} columns, expected at most ${MAX_COLUMNS}`;
  }
  const empty = columns.findIndex((name) => name.trim() === '');
  if (empty >= 0) return `column ${empty + 1} of the header has no name; name it`;
  const long = columns.findIndex((name) => name.length > MAX_COLUMN_NAME);
  if (long >= 0)
    return `the name of column ${long + 1} is longer than ${MAX_COLUMN_NAME} characters`;
  const seen = new Set<string>();
  for (const name of columns) {
    if (seen.has(name))
      return `column "${name}" stands twice in the header; expected every name once`;
    seen.add(name);
  }
  return null;
}

function expectedProblem(columns: readonly string[], expected: readonly string[]): string | null {
  const missing = expected.filter((name) => !columns.includes(name));
  const [first] = missing;
  if (first === undefined) return null;
  const names = missing.map((name) => `"${name}"`).join(', ');
  return `the header lacks ${names} of the configured columns${suggest(first, columns)}; it has ${columns.join(', ').slice(0, 500)}`;
}
