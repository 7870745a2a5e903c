import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream';
import { type Options, parse } from 'csv-parse';
import { SluiceError } from '#core/errors.ts';

export interface CsvRecord {
  /** 1 for the first line after the header; empty lines do not count. */
  readonly rowNumber: number;
  readonly values: Readonly<Record<string, string>>;
}

/** A CSV line that does not have the header's columns. */
export interface CsvProblem {
  readonly rowNumber: number;
  readonly problem: string;
}

/**
 * Column names of the first line. Throws USAGE when the file cannot be read, is empty or names a column
 * twice, FORMAT_CORRUPT when its quotes are wrong.
 */
export async function readCsvHeader(file: string): Promise<readonly string[]> {
  for await (const columns of readLines(file, { toLine: 1 })) {
    const repeated = columns.find((name, index) => columns.indexOf(name) !== index);
    if (repeated === undefined) return columns;
    throw new SluiceError(
      'USAGE',
      `${file}:1: column "${repeated}" stands twice; expected every name once`,
    );
  }
  throw new SluiceError('USAGE', `${file} is empty; expected a header line with column names`);
}

/**
 * Streams the lines after the header in constant memory; a line with other columns is a value, and the
 * rest goes on. Throws USAGE when the file cannot be read, FORMAT_CORRUPT when its quotes leave no next
 * line to go on with.
 */
export async function* readCsv(
  file: string,
  columns: readonly string[],
): AsyncGenerator<CsvRecord | CsvProblem> {
  let rowNumber = 0;
  for await (const cells of readLines(file, { fromLine: 2, relax_quotes: true })) {
    rowNumber++;
    if (cells.length !== columns.length) {
      yield { rowNumber, problem: `expected ${columns.length} columns, got ${cells.length}` };
      continue;
    }
    const values: Record<string, string> = Object.create(null);
    for (const [index, name] of columns.entries()) values[name] = cells[index] ?? '';
    yield { rowNumber, values };
  }
}

async function* readLines(file: string, options: Options): AsyncGenerator<readonly string[]> {
  const parser = parse({ bom: true, relax_column_count: true, skip_empty_lines: true, ...options });
  // Not pipe(): it would not tell the parser that the file cannot be read, and reading would never end.
  // The callback is for leaving the loop early; every failure comes out of the loop itself.
  pipeline(createReadStream(file, { highWaterMark: 256 * 1024 }), parser, () => {});
  try {
    for await (const line of parser) yield line as string[];
  } catch (error) {
    throw csvFailure(error, file);
  }
}

/** Codes of the CSV parser: the text breaks the format. */
const PARSER_CODE = /^(CSV_|INVALID_OPENING_QUOTE$)/;

/** What is said instead of the system's words. */
const UNREADABLE: ReadonlyMap<string, string> = new Map([
  ['EISDIR', 'it is a folder, expected a CSV file'],
  ['ENOENT', 'there is no such file, expected a CSV file'],
]);

/** Names file and line; shows no data. */
function csvFailure(cause: unknown, file: string): SluiceError {
  const { code, lines } = cause as { readonly code?: unknown; readonly lines?: unknown };
  if (typeof code !== 'string' || !PARSER_CODE.test(code)) {
    const known = typeof code === 'string' ? UNREADABLE.get(code) : undefined;
    const reason = known ?? (cause instanceof Error ? cause.message : String(cause));
    return new SluiceError('USAGE', `cannot read ${file}: ${reason}`, { cause });
  }
  const place = typeof lines === 'number' ? `${file}:${lines}` : file;
  const problem =
    code === 'CSV_QUOTE_NOT_CLOSED'
      ? 'a quoted value is still open at the end of the file; close the quote'
      : 'quotes do not follow RFC 4180; expected a CSV file with "" for a quote inside a quoted value';
  return new SluiceError(
    'FORMAT_CORRUPT',
    `${place}: ${problem} (${code}); complete rows before it may have been sent`,
    { cause },
  );
}
