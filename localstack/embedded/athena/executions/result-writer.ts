import { SqlFailure } from '../sql-failure.ts';
import type { ResultColumn, ResultSink } from '../statements/select-statement.ts';
import { encodeCsvRow, type ResultFormat } from './result-file.ts';

/** Largest result kept: it is held in memory until it is stored. */
const MAX_RESULT_BYTES = 64 * 1024 * 1024;

/** Collects a result in the form of its file. */
export interface ResultWriter extends ResultSink {
  readonly format: ResultFormat;
  resultColumns(): readonly ResultColumn[];
  /** Rows taken so far, without the header. */
  rowCount(): number;
  body(): Buffer;
}

/**
 * A header names the columns in the first row. Throws SqlFailure from `row` when the result grows too
 * large.
 */
export function createResultWriter(
  format: ResultFormat,
  options: { readonly header: boolean },
): ResultWriter {
  const chunks: Buffer[] = [];
  let columns: readonly ResultColumn[] = [];
  let text = '';
  let sizeBytes = 0;
  let rows = 0;
  let isFirst = true;
  const flush = (): void => {
    const chunk = Buffer.from(text, 'utf8');
    chunks.push(chunk);
    sizeBytes += chunk.length;
    text = '';
    if (sizeBytes > MAX_RESULT_BYTES) {
      throw new SqlFailure(
        'NOT_SUPPORTED',
        `the local query engine keeps results of up to ${MAX_RESULT_BYTES} bytes; add a LIMIT or aggregate`,
      );
    }
  };
  const append = (row: readonly (string | null)[]): void => {
    const line = format === 'csv' ? encodeCsvRow(row) : row.map((value) => value ?? '').join('\t');
    // Lines of text are parted by line feeds, rows of CSV ended by them.
    text += format === 'csv' || isFirst ? line : `\n${line}`;
    isFirst = false;
    if (text.length > 1024 * 1024) flush();
  };
  return {
    format,
    columns(resultColumns) {
      columns = resultColumns;
      if (options.header) append(resultColumns.map((column) => column.name));
    },
    row(values) {
      rows += 1;
      append(values);
    },
    rowCount: () => rows,
    resultColumns: () => columns,
    body() {
      flush();
      return Buffer.concat(chunks);
    },
  };
}
