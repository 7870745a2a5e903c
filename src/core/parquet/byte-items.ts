/**
 * Byte strings of one leaf: views of a shared buffer, picked out by index, so that nothing is copied before
 * it is known how they are stored.
 */
import { SluiceError } from '#core/errors.ts';

export interface ByteItems {
  readonly length: number;
  readonly data: Uint8Array;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  /** Item i is `data[starts[k]..ends[k])` with k = `indexes[i]`; without indexes k = `from + i`. */
  readonly indexes: Int32Array | null;
  readonly from: number;
  /** Different indexes are different values. */
  readonly isDistinct: boolean;
  /** Length prefix in PLAIN: 4 for BYTE_ARRAY, 0 for FIXED_LEN_BYTE_ARRAY. */
  readonly prefixBytes: 0 | 4;
}

/** Page and chunk sizes are signed 32-bit in many readers. */
const MAX_CHUNK_BYTES = 2 ** 31 - 1;

/** Up to here a loop over words is faster than a call. */
const MAX_LOOP_COPY_BYTES = 128;

/** Place of item `index` in `starts` and `ends`. */
export function itemPlace(items: ByteItems, index: number): number {
  return items.indexes === null ? items.from + index : (items.indexes[index] ?? 0);
}

/** A copy of item `index`. */
export function copyOfItem(items: ByteItems, index: number): Uint8Array {
  const place = itemPlace(items, index);
  // Not slice: that of a Buffer is a view.
  return new Uint8Array(items.data.subarray(items.starts[place], items.ends[place]));
}

/**
 * Writes the length of each item to `lengths` and returns their sum.
 * Throws CONFIG_INVALID when the items are too many bytes for one column chunk.
 */
export function measureItems(items: ByteItems, lengths: Int32Array): number {
  const { starts, ends, indexes, from, length } = items;
  let total = 0;
  for (let index = 0; index < length; index += 1) {
    const place = indexes === null ? from + index : (indexes[index] ?? 0);
    const itemLength = (ends[place] ?? 0) - (starts[place] ?? 0);
    lengths[index] = itemLength;
    total += itemLength;
  }
  const plainBytes = total + length * items.prefixBytes;
  if (plainBytes > MAX_CHUNK_BYTES) {
    throw new SluiceError(
      'CONFIG_INVALID',
      `parquet column chunk: got ${plainBytes} bytes in one row group, expected at most ${MAX_CHUNK_BYTES}; lower rowGroupRows or rowGroupBytes`,
    );
  }
  return total;
}

/** Writes items `from..to` back to back, without prefixes; returns the position after them. */
export function writeItems(
  items: ByteItems,
  range: { readonly from: number; readonly to: number },
  { out, at }: { readonly out: Uint8Array; readonly at: number },
): number {
  const { starts, ends, indexes } = items;
  const copier = { source: viewOf(items.data), target: viewOf(out), data: items.data, out };
  let position = at;
  // Items that follow one another in the source are one run and one copy.
  let runStart = 0;
  let runEnd = 0;
  for (let index = range.from; index < range.to; index += 1) {
    const place = indexes === null ? items.from + index : (indexes[index] ?? 0);
    const start = starts[place] ?? 0;
    if (start !== runEnd) {
      position = copyRun(copier, runStart, runEnd, position);
      runStart = start;
    }
    runEnd = ends[place] ?? 0;
  }
  return copyRun(copier, runStart, runEnd, position);
}

/** Writes items `from..to`, each after its length in 4 bytes when it has a prefix; returns the position after them. */
export function writePlainItems(
  items: ByteItems,
  range: { readonly from: number; readonly to: number },
  { out, at }: { readonly out: Uint8Array; readonly at: number },
): number {
  if (items.prefixBytes === 0) return writeItems(items, range, { out, at });
  const { starts, ends, indexes } = items;
  const copier = { source: viewOf(items.data), target: viewOf(out), data: items.data, out };
  let position = at;
  for (let index = range.from; index < range.to; index += 1) {
    const place = indexes === null ? items.from + index : (indexes[index] ?? 0);
    const start = starts[place] ?? 0;
    const end = ends[place] ?? 0;
    copier.target.setInt32(position, end - start, true);
    position = copyRun(copier, start, end, position + 4);
  }
  return position;
}

interface Copier {
  readonly source: DataView;
  readonly target: DataView;
  readonly data: Uint8Array;
  readonly out: Uint8Array;
}

function copyRun(copier: Copier, start: number, end: number, at: number): number {
  const after = at + end - start;
  if (end - start > MAX_LOOP_COPY_BYTES) {
    copier.out.set(copier.data.subarray(start, end), at);
    return after;
  }
  const { source, target, data, out } = copier;
  let from = start;
  let to = at;
  for (; from + 4 <= end; from += 4) {
    target.setInt32(to, source.getInt32(from, true), true);
    to += 4;
  }
  for (; from < end; from += 1) out[to++] = data[from] ?? 0;
  return after;
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
