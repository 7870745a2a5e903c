/**
 * DELTA_LENGTH_BYTE_ARRAY: lengths first, then all data in one piece.
 *
 * ```
 * page := lengths, DELTA_BINARY_PACKED   data
 * ```
 *
 * Ids of one length cost no length bytes at all, and data without prefixes compresses smaller and three times as fast.
 * Source: parquet-format Encodings.md §Delta-length byte array.
 */
import { type ByteItems, writeItems } from '../byte-items.ts';
import type { ValueRange } from '../physical-values.ts';

/** Writes a page: `encodedLengths` are those of items `from..to`. Returns the position after it. */
export function writeDeltaLength(
  items: ByteItems,
  range: ValueRange,
  {
    encodedLengths,
    out,
    at,
  }: { readonly encodedLengths: Uint8Array; readonly out: Uint8Array; readonly at: number },
): number {
  out.set(encodedLengths, at);
  return writeItems(items, range, { out, at: at + encodedLengths.length });
}
