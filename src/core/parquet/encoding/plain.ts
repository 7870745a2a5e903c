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
import type { PhysicalValues, ValueRange } from '../physical-values.ts';
import { packBits } from './rle-bit-packing.ts';

/** Encodes a range of values; where the memory layout is already PLAIN, the result is a view and not a copy. */
export function encodePlain(column: PhysicalValues, { from, to }: ValueRange): Uint8Array {
  switch (column.type) {
    case 'BOOLEAN': {
      const out = new Uint8Array(Math.ceil((to - from) / 8));
      packBits(column.values, { from, to, bitWidth: 1, out, at: 0 });
      return out;
    }
    case 'BYTE_ARRAY':
    case 'FIXED_LEN_BYTE_ARRAY':
      return column.values.bytes.subarray(column.values.offsets[from], column.values.offsets[to]);
    default: {
      const { buffer, byteOffset, BYTES_PER_ELEMENT: width } = column.values;
      return new Uint8Array(buffer, byteOffset + from * width, (to - from) * width);
    }
  }
}
