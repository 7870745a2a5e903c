/**
 * Values of one leaf in the shape of their physical type, nulls removed.
 * Multi-byte numbers lie in memory little-endian, which is what PLAIN wants and what every platform of Node has.
 */
import type { ByteStrings } from './byte-strings.ts';

export type PhysicalValues =
  /** 0 or 1 per value. */
  | { readonly type: 'BOOLEAN'; readonly values: Uint8Array }
  | { readonly type: 'INT32'; readonly values: Int32Array }
  | { readonly type: 'INT64'; readonly values: BigInt64Array }
  | { readonly type: 'FLOAT'; readonly values: Float32Array }
  | { readonly type: 'DOUBLE'; readonly values: Float64Array }
  | { readonly type: 'BYTE_ARRAY'; readonly values: ByteStrings }
  | { readonly type: 'FIXED_LEN_BYTE_ARRAY'; readonly values: ByteStrings };

/** One physical value: a number (BOOLEAN: 0 or 1), an INT64, or the bytes of a byte array. */
export type PhysicalValue = number | bigint | Uint8Array;

/** A half-open range of values. */
export interface ValueRange {
  readonly from: number;
  readonly to: number;
}
