/**
 * PLAIN: values back to back.
 *
 * ```
 * BOOLEAN              := 1 bit per value, LSB first, last byte filled up with zeros
 * INT32 | FLOAT        := 4 bytes, little-endian
 * INT64 | DOUBLE       := 8 bytes, little-endian
 * BYTE_ARRAY           := length, 4 bytes little-endian, data
 * FIXED_LEN_BYTE_ARRAY := data
 * ```
 *
 * Source: parquet-format Encodings.md §Plain.
 */
import { writePlainItems } from '../byte-items.ts';
import type { PhysicalValues, ValueRange } from '../physical-values.ts';
import { packBits } from './rle-bit-packing.ts';

/** Writes a range of values at `at`; returns the position after them. `out` holds zeros or anything. */
export function writePlain(
  column: PhysicalValues,
  { from, to }: ValueRange,
  { out, at }: { readonly out: Uint8Array; readonly at: number },
): number {
  switch (column.type) {
    case 'BOOLEAN':
      packBits(column.values, { from, to, bitWidth: 1, out, at });
      return at + Math.ceil((to - from) / 8);
    case 'BYTE_ARRAY':
    case 'FIXED_LEN_BYTE_ARRAY':
      return writePlainItems(column.values, { from, to }, { out, at });
    default: {
      const { buffer, byteOffset, BYTES_PER_ELEMENT: width } = column.values;
      out.set(new Uint8Array(buffer, byteOffset + from * width, (to - from) * width), at);
      return at + (to - from) * width;
    }
  }
}
