/**
 * Many byte strings in one buffer, laid out as PLAIN wants them, so that a page is a view of it.
 *
 * ```
 * bytes := (prefix data)*    prefix := length, 4 bytes little-endian (BYTE_ARRAY) | nothing (FIXED_LEN_BYTE_ARRAY)
 * ```
 */
import { SluiceError } from '#core/errors.ts';

export interface ByteStrings {
  readonly length: number;
  readonly bytes: Uint8Array;
  /** `length + 1` positions: item i with its prefix is `bytes[offsets[i]..offsets[i + 1])`. */
  readonly offsets: Int32Array;
  readonly prefixBytes: 0 | 4;
}

const LENGTH_PREFIX_BYTES = 4;
const EMPTY = new Uint8Array(0);
const TEXT_ENCODER = new TextEncoder();

/** Page and chunk sizes are signed 32-bit in many readers, and so are the offsets here. */
const MAX_CHUNK_BYTES = 2 ** 31 - 1;

/** Start of the data of item `index`. */
export function dataStart(strings: ByteStrings, index: number): number {
  return (strings.offsets[index] ?? 0) + strings.prefixBytes;
}

/** End of item `index`. */
export function dataEnd(strings: ByteStrings, index: number): number {
  return strings.offsets[index + 1] ?? 0;
}

/** A view of the data of item `index`. */
export function dataOf(strings: ByteStrings, index: number): Uint8Array {
  return strings.bytes.subarray(dataStart(strings, index), dataEnd(strings, index));
}

/**
 * Encodes strings as UTF-8, length-prefixed.
 * Calls `rejectLoneSurrogate` with the index of a string that UTF-8 cannot carry; replacing it would alter data.
 */
export function encodeStrings(
  values: ArrayLike<string>,
  rejectLoneSurrogate: (index: number) => never,
): ByteStrings {
  const offsets = new Int32Array(values.length + 1);
  // ASCII takes exactly this; everything after `at` that is still to come stays reserved when the buffer grows.
  let reserved = values.length * LENGTH_PREFIX_BYTES;
  for (let index = 0; index < values.length; index += 1) reserved += values[index]?.length ?? 0;
  let bytes = new Uint8Array(checkChunkBytes(reserved));
  let at = 0;
  for (let index = 0; index < values.length; index += 1) {
    const value = values[index] ?? '';
    reserved -= value.length + LENGTH_PREFIX_BYTES;
    const start = at + LENGTH_PREFIX_BYTES;
    at = writeAscii(value, bytes, start);
    if (at < start) {
      // UTF-8 needs at most 3 bytes per UTF-16 code unit.
      bytes = grow(bytes, start + 3 * value.length + reserved);
      at = writeUtf8(value, bytes, start);
      if (at < start) rejectLoneSurrogate(index);
    }
    writeLength(bytes, start, at - start);
    offsets[index + 1] = at;
  }
  return { length: values.length, bytes, offsets, prefixBytes: LENGTH_PREFIX_BYTES };
}

/** Concatenates byte strings, length-prefixed. */
export function encodeByteArrays(values: ArrayLike<Uint8Array>): ByteStrings {
  const offsets = new Int32Array(values.length + 1);
  let total = values.length * LENGTH_PREFIX_BYTES;
  for (let index = 0; index < values.length; index += 1) total += values[index]?.length ?? 0;
  const bytes = new Uint8Array(checkChunkBytes(total));
  let at = 0;
  for (let index = 0; index < values.length; index += 1) {
    const value = values[index] ?? EMPTY;
    at += LENGTH_PREFIX_BYTES;
    writeLength(bytes, at, value.length);
    bytes.set(value, at);
    at += value.length;
    offsets[index + 1] = at;
  }
  return { length: values.length, bytes, offsets, prefixBytes: LENGTH_PREFIX_BYTES };
}

/** Writes big-endian two's complement integers of `widthBytes` 1..16 each; every value is in range. */
export function encodeBigEndian(values: ArrayLike<bigint>, widthBytes: number): ByteStrings {
  const bytes = new Uint8Array(checkChunkBytes(values.length * widthBytes));
  const wide = new Uint8Array(16);
  const view = new DataView(wide.buffer);
  const tail = wide.subarray(16 - widthBytes);
  const offsets = new Int32Array(values.length + 1);
  for (let index = 0; index < values.length; index += 1) {
    const value = values[index] ?? 0n;
    view.setBigInt64(0, value >> 64n);
    view.setBigUint64(8, BigInt.asUintN(64, value));
    bytes.set(tail, index * widthBytes);
    offsets[index + 1] = (index + 1) * widthBytes;
  }
  return { length: values.length, bytes, offsets, prefixBytes: 0 };
}

/** Copies the items at `positions`, in that order. */
export function gatherByteStrings(strings: ByteStrings, positions: Int32Array): ByteStrings {
  const offsets = new Int32Array(positions.length + 1);
  let total = 0;
  positions.forEach((position, index) => {
    total += dataEnd(strings, position) - (strings.offsets[position] ?? 0);
    offsets[index + 1] = total;
  });
  const bytes = new Uint8Array(total);
  positions.forEach((position, index) => {
    const item = strings.bytes.subarray(strings.offsets[position], dataEnd(strings, position));
    bytes.set(item, offsets[index]);
  });
  return { length: positions.length, bytes, offsets, prefixBytes: strings.prefixBytes };
}

function writeLength(bytes: Uint8Array, dataStartsAt: number, length: number): void {
  bytes[dataStartsAt - 4] = length;
  bytes[dataStartsAt - 3] = length >>> 8;
  bytes[dataStartsAt - 2] = length >>> 16;
  bytes[dataStartsAt - 1] = length >>> 24;
}

/** Returns the position after the string, or -1 at the first character beyond ASCII. */
function writeAscii(value: string, bytes: Uint8Array, start: number): number {
  for (let index = 0; index < value.length; index += 1) {
    const unit = value.charCodeAt(index);
    if (unit > 0x7f) return -1;
    bytes[start + index] = unit;
  }
  return start + value.length;
}

/** Returns the position after the string, or -1 at a lone surrogate. */
function writeUtf8(value: string, bytes: Uint8Array, start: number): number {
  if (!value.isWellFormed()) return -1;
  return start + TEXT_ENCODER.encodeInto(value, bytes.subarray(start)).written;
}

function grow(bytes: Uint8Array<ArrayBuffer>, neededBytes: number): Uint8Array<ArrayBuffer> {
  if (neededBytes <= bytes.length) return bytes;
  const doubled = Math.min(2 * bytes.length, MAX_CHUNK_BYTES);
  const grown = new Uint8Array(Math.max(doubled, checkChunkBytes(neededBytes)));
  grown.set(bytes);
  return grown;
}

function checkChunkBytes(bytes: number): number {
  if (bytes > MAX_CHUNK_BYTES) {
    throw new SluiceError(
      'CONFIG_INVALID',
      `parquet column chunk: got ${bytes} bytes in one row group, expected at most ${MAX_CHUNK_BYTES}; lower rowGroupRows`,
    );
  }
  return bytes;
}
