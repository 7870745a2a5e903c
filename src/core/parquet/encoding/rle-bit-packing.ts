/**
 * RLE / bit-packing hybrid: levels, and the indices of dictionary pages.
 *
 * ```
 * encoded-data   := run*
 * run            := bit-packed-run | rle-run
 * bit-packed-run := varint(groups << 1 | 1) (8 values of bit-width bits, LSB first)*groups
 * rle-run        := varint(count << 1) value, in ceil(bit-width / 8) little-endian bytes
 * ```
 *
 * Source: parquet-format Encodings.md §Run Length Encoding / Bit-Packing Hybrid.
 */
import { writeVarint } from './varint.ts';

/** A shorter run costs no less as RLE than as part of a bit-packed group. */
const MIN_RLE_RUN = 8;

/** A run header: counts stay below 2^31, as the specification demands. */
const MAX_RUN_HEADER_BYTES = 5;

/** Bits needed for values 0..maxValue; 0 when there is only one value. */
export function bitWidthOf(maxValue: number): number {
  return 32 - Math.clz32(maxValue);
}

/**
 * Encodes `values[from..to)`, each in 0..2^bitWidth-1, bitWidth 0..32, without the length prefix of level streams.
 * The last bit-packed group is filled up with zeros; the reader knows the value count.
 */
export function encodeRleBitPacked(
  values: Uint8Array | Int32Array,
  bitWidth: number,
  { from, to }: { from: number; to: number },
): Uint8Array {
  const out = new Uint8Array(maxEncodedBytes(to - from, bitWidth));
  let at = 0;
  let literalFrom = from;
  let runFrom = from;
  while (runFrom < to) {
    const value = values[runFrom] ?? 0;
    let runTo = runFrom + 1;
    while (runTo < to && values[runTo] === value) runTo += 1;
    // Pending literals take values of this run until their last group of 8 is full.
    const rleFrom = runFrom + ((literalFrom - runFrom) & 7);
    if (runTo - rleFrom >= MIN_RLE_RUN) {
      at = writeBitPackedRun(values, { from: literalFrom, to: rleFrom, bitWidth, out, at });
      at = writeRleRun(out, at, { count: runTo - rleFrom, value, bitWidth });
      literalFrom = runTo;
    }
    runFrom = runTo;
  }
  at = writeBitPackedRun(values, { from: literalFrom, to, bitWidth, out, at });
  return out.subarray(0, at);
}

/** Every run covers 8 values or more, except the last one. */
function maxEncodedBytes(count: number, bitWidth: number): number {
  return (Math.ceil(count / 8) + 1) * (Math.max(bitWidth, 4) + MAX_RUN_HEADER_BYTES);
}

function writeRleRun(
  out: Uint8Array,
  start: number,
  run: { count: number; value: number; bitWidth: number },
): number {
  let at = writeVarint(out, start, run.count * 2);
  for (let shift = 0; shift < run.bitWidth; shift += 8) out[at++] = run.value >>> shift;
  return at;
}

function writeBitPackedRun(
  values: Uint8Array | Int32Array,
  run: { from: number; to: number; bitWidth: number; out: Uint8Array; at: number },
): number {
  if (run.from === run.to) return run.at;
  const groups = Math.ceil((run.to - run.from) / 8);
  const at = writeVarint(run.out, run.at, groups * 2 + 1);
  packBits(values, { ...run, at });
  return at + groups * run.bitWidth;
}

/**
 * Packs `values[from..to)` of `bitWidth` 0..32 bits, LSB first, into zeroed bytes from `at`.
 * Bits after the last value stay zero; the caller knows the length.
 */
export function packBits(
  values: Uint8Array | Int32Array,
  run: { from: number; to: number; bitWidth: number; out: Uint8Array; at: number },
): void {
  const { to, bitWidth, out } = run;
  let at = run.at;
  // The low `pendingBits` bits of `pending` wait for a full 32-bit word; a shift drops what does not fit.
  let pending = 0;
  let pendingBits = 0;
  for (let index = run.from; index < to; index += 1) {
    const value = values[index] ?? 0;
    pending |= value << pendingBits;
    pendingBits += bitWidth;
    if (pendingBits >= 32) {
      out[at] = pending;
      out[at + 1] = pending >>> 8;
      out[at + 2] = pending >>> 16;
      out[at + 3] = pending >>> 24;
      at += 4;
      pendingBits -= 32;
      // 1 <= bitWidth - pendingBits <= 31 here: a shift by 32 would be a shift by 0.
      pending = pendingBits === 0 ? 0 : value >>> (bitWidth - pendingBits);
    }
  }
  for (; pendingBits > 0; pendingBits -= 8) {
    out[at++] = pending;
    pending >>>= 8;
  }
}
