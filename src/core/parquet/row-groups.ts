/** How many rows go into a row group. */
import type { Vector } from '#core/columns/vector.ts';
import { rowAt, type Selection } from './leaf-entries.ts';

/** Rows looked at, evenly spread. */
const SAMPLE_ROWS = 4096;
/** Offsets and lengths count too: rows of empty lists are not free. */
const ROW_BYTES = 4;

/**
 * Rows per row group so that one takes about `rowGroupBytes` as PLAIN, at least 1 and at most `rowGroupRows`.
 * Measured on a sample by content, so that equal rows are cut alike however their vectors hold them.
 */
export function rowsPerGroup(
  vectors: readonly Vector[],
  selection: Selection,
  limits: { readonly rowGroupRows: number; readonly rowGroupBytes: number },
): number {
  const rowCount = selection.to - selection.from;
  const sampleCount = Math.min(rowCount, SAMPLE_ROWS);
  if (sampleCount === 0) return limits.rowGroupRows;
  let bytes = 0;
  for (const vector of vectors) {
    for (let sample = 0; sample < sampleCount; sample += 1) {
      const index = Math.floor((sample * rowCount) / sampleCount);
      bytes += sizeOf(vector, rowAt(selection, index));
    }
  }
  const rows = Math.floor((limits.rowGroupBytes * sampleCount) / bytes);
  return Math.max(1, Math.min(rows, limits.rowGroupRows));
}

/** Bytes of a row's value as PLAIN, with its length. */
function sizeOf(vector: Vector, row: number): number {
  if (vector.validity !== null && vector.validity[row] === 0) return ROW_BYTES;
  switch (vector.kind) {
    case 'boolean':
    case 'int32':
    case 'float32':
      return ROW_BYTES + 4;
    case 'int64':
    case 'float64':
      return ROW_BYTES + 8;
    case 'decimal128':
      return ROW_BYTES + 16;
    case 'bytes':
      return ROW_BYTES + (vector.ends[row] ?? 0) - (vector.starts[row] ?? 0);
    case 'dictionary':
      return sizeOf(vector.dictionary, vector.codes[row] ?? 0);
    case 'struct':
      return vector.children.reduce((bytes, child) => bytes + sizeOf(child, row), 0);
    case 'list':
      return sizeOfItems([vector.element], vector.offsets, row);
    case 'map':
      return sizeOfItems([vector.keys, vector.values], vector.offsets, row);
  }
}

function sizeOfItems(items: readonly Vector[], offsets: Int32Array, row: number): number {
  let bytes = ROW_BYTES;
  for (let item = offsets[row] ?? 0; item < (offsets[row + 1] ?? 0); item += 1) {
    for (const vector of items) bytes += sizeOf(vector, item);
  }
  return bytes;
}
