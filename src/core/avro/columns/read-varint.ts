/*
 * Variable-length integers for generated decoders, which read those of one byte themselves. Each function gets the
 * place of the first byte and the end of the datum, and reads nothing from the end on. Overlong forms are taken up
 * to ten bytes, bits beyond 64 are not. Source: Avro 1.12 §Binary Encoding.
 */

/** A position beyond every end: the value was cut off or cannot be. */
export const PAST = 0x7fff_ffff;

/** Where the last value that was returned ends; PAST when it could not be read. */
export const cursor = { next: 0 };

const LONGEST = 10;
const words = new Int32Array(2);

/** A long as two words, low one first, at `slot`. Answers where it ends, or PAST. */
export function readLong(
  bytes: Uint8Array,
  start: number,
  end: number,
  into: Int32Array,
  slot: number,
): number {
  if (end - start < LONGEST) return readLongNearEnd(bytes, start, end, into, slot);
  let at = start;
  let high = 0;
  let byte = bytes[at++] as number;
  let low = byte & 0x7f;
  if (byte < 0x80) return storeLong(into, slot, low, high, at);
  byte = bytes[at++] as number;
  low |= (byte & 0x7f) << 7;
  if (byte < 0x80) return storeLong(into, slot, low, high, at);
  byte = bytes[at++] as number;
  low |= (byte & 0x7f) << 14;
  if (byte < 0x80) return storeLong(into, slot, low, high, at);
  byte = bytes[at++] as number;
  low |= (byte & 0x7f) << 21;
  if (byte < 0x80) return storeLong(into, slot, low, high, at);
  byte = bytes[at++] as number;
  low |= byte << 28;
  high = (byte & 0x7f) >>> 4;
  if (byte < 0x80) return storeLong(into, slot, low, high, at);
  byte = bytes[at++] as number;
  high |= (byte & 0x7f) << 3;
  if (byte < 0x80) return storeLong(into, slot, low, high, at);
  byte = bytes[at++] as number;
  high |= (byte & 0x7f) << 10;
  if (byte < 0x80) return storeLong(into, slot, low, high, at);
  byte = bytes[at++] as number;
  high |= (byte & 0x7f) << 17;
  if (byte < 0x80) return storeLong(into, slot, low, high, at);
  byte = bytes[at++] as number;
  high |= (byte & 0x7f) << 24;
  if (byte < 0x80) return storeLong(into, slot, low, high, at);
  byte = bytes[at++] as number;
  // The tenth group has one bit left.
  if (byte > 1) return PAST;
  high |= byte << 31;
  return storeLong(into, slot, low, high, at);
}

/** Undoes the zig-zag; answers `next`. */
function storeLong(
  into: Int32Array,
  slot: number,
  low: number,
  high: number,
  next: number,
): number {
  const sign = -(low & 1);
  into[slot * 2] = ((low >>> 1) | (high << 31)) ^ sign;
  into[slot * 2 + 1] = (high >>> 1) ^ sign;
  return next;
}

function readLongNearEnd(
  bytes: Uint8Array,
  start: number,
  end: number,
  into: Int32Array,
  slot: number,
): number {
  let low = 0;
  let high = 0;
  // At most nine groups are left, which are 63 bits.
  for (let at = start, shift = 0; at < end; at++, shift += 7) {
    const byte = bytes[at] as number;
    const group = byte & 0x7f;
    if (shift < 32) low |= group << shift;
    if (shift > 28) high |= group << (shift - 32);
    else if (shift === 28) high |= group >>> 4;
    if (byte < 0x80) return storeLong(into, slot, low, high, at + 1);
  }
  return PAST;
}

/** Where a long ends that nobody wants, or PAST. */
export function skipLong(bytes: Uint8Array, start: number, end: number): number {
  return readLong(bytes, start, end, words, 0);
}

/** A long as the nearest double, as an Avro long is promoted; `cursor.next` tells where it ends. */
export function readLongAsDouble(bytes: Uint8Array, start: number, end: number): number {
  cursor.next = readLong(bytes, start, end, words, 0);
  return (words[1] as number) * 0x1_0000_0000 + ((words[0] as number) >>> 0);
}

/** An int; `cursor.next` tells where it ends, PAST also for a value outside 32 bits. */
export function readInt(bytes: Uint8Array, start: number, end: number): number {
  cursor.next = readLong(bytes, start, end, words, 0);
  const low = words[0] as number;
  if (words[1] !== low >> 31) cursor.next = PAST;
  return low;
}

/** A length; `cursor.next` tells where it ends. -1 for one that no datum can have. */
export function readLength(bytes: Uint8Array, start: number, end: number): number {
  const length = readInt(bytes, start, end);
  return cursor.next === PAST || length < 0 ? -1 : length;
}

/**
 * Items of an array or map block, which the caller compares with the bytes that are left; 0 ends it. A negative count is
 * followed by the block's size in bytes. `cursor.next` tells where the items begin, PAST also for a size that cannot be.
 */
export function readBlockCount(bytes: Uint8Array, start: number, end: number): number {
  const count = readInt(bytes, start, end);
  if (count >= 0) return count;
  if (cursor.next < end) {
    const sizeBytes = readLength(bytes, cursor.next, end);
    if (sizeBytes < 0 || sizeBytes > end - cursor.next) cursor.next = PAST;
  } else cursor.next = PAST;
  return -count;
}
