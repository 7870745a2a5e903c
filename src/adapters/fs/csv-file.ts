import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { parse } from 'csv-parse';
import { SluiceError } from '#core/errors.ts';

export interface CsvRecord {
  /** 1 for the first line after the header. */
  readonly rowNumber: number;
  readonly values: Readonly<Record<string, string>>;
  /** Bytes of the file read so far, for progress. */
  readonly bytesRead: number;
}

/** A CSV line that does not have the header's columns. */
export interface CsvProblem {
  readonly rowNumber: number;
  readonly problem: string;
}

/** Column names of the first line. Throws USAGE when the file is missing, empty or names a column twice. */
export async function readCsvHeader(file: string): Promise<readonly string[]> {
  const handle = await open(file).catch((cause: unknown) => {
    throw new SluiceError(
      'USAGE',
      `cannot read ${file}: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    );
  });
  await handle.close();
  for await (const record of createReadStream(file).pipe(
    parse({ bom: true, toLine: 1, relax_column_count: true, skip_empty_lines: true }),
  )) {
    const columns = record as string[];
    const repeated = columns.find((name, index) => columns.indexOf(name) !== index);
    if (repeated !== undefined)
      throw new SluiceError(
        'USAGE',
        `${file}:1: column "${repeated}" stands twice; expected every name once`,
      );
    return columns;
  }
  throw new SluiceError('USAGE', `${file} is empty; expected a header line with column names`);
}

/** Streams the lines after the header in constant memory; a malformed line is a value, and the rest goes on. */
export async function* readCsv(
  file: string,
  columns: readonly string[],
): AsyncGenerator<CsvRecord | CsvProblem> {
  const input = createReadStream(file, { highWaterMark: 256 * 1024 });
  const parser = input.pipe(
    parse({
      bom: true,
      fromLine: 2,
      relax_column_count: true,
      skip_empty_lines: true,
      relax_quotes: true,
    }),
  );
  let rowNumber = 0;
  for await (const line of parser) {
    const cells = line as string[];
    rowNumber++;
    if (cells.length !== columns.length) {
      yield { rowNumber, problem: `expected ${columns.length} columns, got ${cells.length}` };
      continue;
    }
    const values: Record<string, string> = Object.create(null);
    for (const [index, name] of columns.entries()) values[name] = cells[index] ?? '';
    yield { rowNumber, values, bytesRead: input.bytesRead };
  }
}
