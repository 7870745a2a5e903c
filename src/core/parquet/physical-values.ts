/**
 * Values of one leaf in the shape of their physical type, nulls removed.
 * Multi-byte numbers lie in memory little-endian, which is what PLAIN wants and what every platform of Node has.
 */
import type { ByteItems } from './byte-items.ts';

export type PhysicalValues =
  /** 0 or 1 per value. */
  | { readonly type: 'BOOLEAN'; readonly values: Uint8Array }
  | { readonly type: 'INT32'; readonly values: Int32Array }
  | { readonly type: 'INT64'; readonly values: BigInt64Array }
  | { readonly type: 'FLOAT'; readonly values: Float32Array }
  | { readonly type: 'DOUBLE'; readonly values: Float64Array }
  | { readonly type: 'BYTE_ARRAY'; readonly values: ByteItems }
  | { readonly type: 'FIXED_LEN_BYTE_ARRAY'; readonly values: ByteItems };

/** One physical value: a number (BOOLEAN: 0 or 1), an INT64, or the bytes of a byte array. */
export type PhysicalValue = number | bigint | Uint8Array;

/** A half-open range of values. */
export interface ValueRange {
  readonly from: number;
  readonly to: number;
}

/** Typed array over the same memory, in 32-bit words: copying and comparing words costs no BigInt and keeps every bit. */
export function wordsOf(
  values: Int32Array | BigInt64Array | Float32Array | Float64Array,
): Int32Array {
  return new Int32Array(values.buffer, values.byteOffset, values.byteLength / 4);
}
