/*
 * Unscaled decimals: big-endian two's complement of any length up to a bound, the excess being sign extension; no
 * bytes are zero. Source: Avro 1.12 §Decimal.
 */

/** Longest decimal that is read: 38 digits fit 16 bytes. The same bound as the row decoder's. */
const MAX_DECIMAL_BYTES = 64;
const DECIMAL128_BYTES = 16;

/** The largest number of a precision, as unsigned words from the highest to the lowest. */
export type LargestDecimal = Uint32Array;

/** 10^precision - 1 in as many words as its column has: two up to 18 digits, four from 19. */
export function largestDecimal(precision: number, wordCount: 2 | 4): LargestDecimal {
  const largest = 10n ** BigInt(precision) - 1n;
  return Uint32Array.from({ length: wordCount }, (_, index) =>
    Number(BigInt.asUintN(32, largest >> BigInt(32 * (wordCount - 1 - index)))),
  );
}

/** Reads `size` bytes at `start` as two words at `slot`, low one first; false when the number has too many digits. */
export function readDecimal64(
  bytes: Uint8Array,
  start: number,
  size: number,
  into: Int32Array,
  slot: number,
  largest: LargestDecimal,
): boolean {
  if (size > MAX_DECIMAL_BYTES) return false;
  const sign = size > 0 ? ((bytes[start] as number) << 24) >> 31 : 0;
  let at = start;
  const end = start + size;
  for (; end - at > 8; at++) if (bytes[at] !== (sign & 0xff)) return false;
  let high = sign;
  let low = sign;
  for (; end - at > 4; at++) high = (high << 8) | (bytes[at] as number);
  for (; at < end; at++) low = (low << 8) | (bytes[at] as number);
  // The sign of nine bytes and more is in the excess; it must be the sign of the rest.
  if (size > 8 && high >> 31 !== sign) return false;
  into[slot * 2] = low;
  into[slot * 2 + 1] = high;
  return fits(high, low, largest);
}

function fits(high: number, low: number, largest: LargestDecimal): boolean {
  // The complement of a negative number is its magnitude less one.
  const sign = high >> 31;
  const upper = high ^ sign;
  if (upper !== largest[0]) return upper < (largest[0] as number);
  const lower = (low ^ sign) >>> 0;
  return lower === largest[1] ? sign === 0 : lower < (largest[1] as number);
}

/** Reads `size` bytes at `start` as 16 bytes at `slot`; false when the number has too many digits. */
export function readDecimal128(
  bytes: Uint8Array,
  start: number,
  size: number,
  into: Uint8Array,
  slot: number,
  largest: LargestDecimal,
): boolean {
  if (size > MAX_DECIMAL_BYTES) return false;
  const sign = size > 0 ? ((bytes[start] as number) >> 7) * 0xff : 0;
  const first = start + size - DECIMAL128_BYTES;
  for (let at = start; at < first; at++) if (bytes[at] !== sign) return false;
  const to = slot * DECIMAL128_BYTES;
  for (let index = 0; index < DECIMAL128_BYTES; index++) {
    into[to + index] = first + index < start ? sign : (bytes[first + index] as number);
  }
  if (size > DECIMAL128_BYTES && (into[to] as number) >> 7 !== (sign & 1)) return false;
  return fits128(into, to, largest);
}

/** Compares from the highest word: of a negative number the complement, its magnitude less one. */
function fits128(bytes: Uint8Array, at: number, largest: LargestDecimal): boolean {
  const mask = (bytes[at] as number) >= 0x80 ? 0xff : 0;
  for (let word = 0; word < 4; word++) {
    const magnitude = wordAt(bytes, at + word * 4, mask);
    if (magnitude !== largest[word]) return magnitude < (largest[word] as number);
  }
  return mask === 0;
}

function wordAt(bytes: Uint8Array, at: number, mask: number): number {
  const high = (((bytes[at] as number) ^ mask) << 8) | ((bytes[at + 1] as number) ^ mask);
  const low = (((bytes[at + 2] as number) ^ mask) << 8) | ((bytes[at + 3] as number) ^ mask);
  return high * 0x1_0000 + low;
}
