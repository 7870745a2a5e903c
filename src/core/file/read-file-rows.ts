import type { FileFormat, FileRow } from './file-format.ts';
import { createUtf16Rewriter } from './file-text.ts';
import { RowScanner, type ScannedRow } from './row-scanner.ts';

/** Rows of so many bytes are taken apart at a time, so that a large chunk does not become a large heap. */
const PIECE_BYTES = 65_536;

/**
 * Rows of a file from a place on that is the end of a row, or of the header. Memory: a chunk, a row of `maxLineBytes`
 * and the rows of one piece.
 */
export async function* readFileRows(
  chunks: AsyncIterable<Uint8Array>,
  format: FileFormat,
  options: {
    readonly columns: readonly string[];
    readonly offset: number;
    readonly rowNumber: number;
  },
): AsyncGenerator<readonly FileRow[], void> {
  const { encoding, maxLineBytes } = format;
  const rewriter =
    encoding === 'utf-16le' || encoding === 'utf-16be' ? createUtf16Rewriter(encoding) : null;
  const scanner = new RowScanner({
    encoding,
    delimiter: format.kind === 'csv' ? format.delimiter : null,
    quote: format.kind === 'csv' ? format.quote : null,
    maxLineBytes,
    offset: options.offset,
  });
  let { rowNumber } = options;
  const width = format.kind === 'csv' ? options.columns.length : 1;
  const number = (rows: Iterable<ScannedRow>): FileRow[] => {
    const numbered: FileRow[] = [];
    for (const row of rows) numbered.push(numberRow(row, { rowNumber: rowNumber++, width }));
    return numbered;
  };
  for await (const chunk of chunks) {
    for (let from = 0; from < chunk.length; from += PIECE_BYTES) {
      const piece = chunk.subarray(from, from + PIECE_BYTES);
      const rows = number(scanner.push(rewriter?.push(piece) ?? piece));
      if (rows.length > 0) yield rows;
    }
  }
  const last = [...(rewriter === null ? [] : number(scanner.push(rewriter.finish())))];
  last.push(...number(scanner.finish()));
  if (last.length > 0) yield last;
}

function numberRow(
  row: ScannedRow,
  options: { readonly rowNumber: number; readonly width: number },
): FileRow {
  const { rowNumber, width } = options;
  if (row.problem !== null || row.cells.length === width) return { rowNumber, ...row };
  const problem = `expected ${width} ${width === 1 ? 'column' : 'columns'}, got ${row.cells.length}`;
  return { rowNumber, ...row, cells: [], problem };
}
