/**
 * ULEB128 and zigzag ULEB128 as Parquet encodings use them.
 *
 * ```
 * uleb128 := (low 7 bits | 0x80)* (last 7 bits)
 * zigzag  := uleb128((value << 1) ^ (value >> 63))
 * ```
 */

/** Longest ULEB128 of a 64-bit value. */
export const MAX_VARINT_BYTES = 10;

/** Writes 0 <= value < 2^31 at `at`; returns the position after it. */
export function writeVarint(out: Uint8Array, at: number, value: number): number {
  let position = at;
  let rest = value;
  while (rest > 0x7f) {
    out[position++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  out[position++] = rest;
  return position;
}

/** Writes a signed 64-bit value at `at`; returns the position after it. */
export function writeZigZag(out: Uint8Array, at: number, value: bigint): number {
  let position = at;
  let rest = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n));
  while (rest > 0x7fn) {
    out[position++] = Number(rest & 0x7fn) | 0x80;
    rest >>= 7n;
  }
  out[position++] = Number(rest);
  return position;
}
