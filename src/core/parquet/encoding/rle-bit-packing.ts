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
import type { ValueRange } from '../physical-values.ts';
import { writeVarint } from './varint.ts';

/** Bit-packed values come in groups; a run shorter than a group costs no less as RLE than as part of one. */
const GROUP_VALUES = 8;

/** A run header: counts stay below 2^31, as the specification demands. */
const MAX_RUN_HEADER_BYTES = 5;

interface Target {
  readonly bitWidth: number;
  readonly out: Uint8Array;
  readonly at: number;
}

/** Bits needed for values 0..maxValue; 0 when there is only one value. */
export function bitWidthOf(maxValue: number): number {
  return 32 - Math.clz32(maxValue);
}

/**
 * Writes `values[from..to)`, each in 0..2^bitWidth-1, bitWidth 0..32, without the length prefix of level streams;
 * returns the position after them. The last bit-packed group is filled up with zeros; the reader knows the value count.
 */
export function writeRleBitPacked(
  values: Uint8Array | Int32Array,
  { from, to }: ValueRange,
  { bitWidth, out, at: start }: Target,
): number {
  let at = start;
  let literalFrom = from;
  // A run can begin only where the groups of 8 before it are full.
  let groupFrom = from;
  while (groupFrom + GROUP_VALUES <= to) {
    if (!isUniformGroup(values, groupFrom)) {
      groupFrom += GROUP_VALUES;
      continue;
    }
    const value = values[groupFrom] ?? 0;
    let runTo = groupFrom + GROUP_VALUES;
    while (runTo < to && values[runTo] === value) runTo += 1;
    at = writeBitPackedRun(values, { from: literalFrom, to: groupFrom, bitWidth, out, at });
    at = writeRleRun(runTo - groupFrom, value, { bitWidth, out, at });
    literalFrom = runTo;
    groupFrom = runTo;
  }
  return writeBitPackedRun(values, { from: literalFrom, to, bitWidth, out, at });
}

/** Without a branch per value: in random data each would be mispredicted. */
function isUniformGroup(values: Uint8Array | Int32Array, from: number): boolean {
  const value = values[from] ?? 0;
  let differences = 0;
  for (let offset = 1; offset < GROUP_VALUES; offset += 1) {
    differences |= (values[from + offset] ?? 0) ^ value;
  }
  return differences === 0;
}

/** Writes `count` times the same value, as `writeRleBitPacked` would; returns the position after it. */
export function writeConstantRun(count: number, value: number, target: Target): number {
  if (count >= GROUP_VALUES) return writeRleRun(count, value, target);
  return writeRleBitPacked(new Int32Array(count).fill(value), { from: 0, to: count }, target);
}

/** Room that `count` values take at most: every run covers 8 values or more, except the last one. */
export function maxRleBytes(count: number, bitWidth: number): number {
  return (Math.ceil(count / 8) + 1) * (Math.max(bitWidth, 4) + MAX_RUN_HEADER_BYTES);
}

function writeRleRun(count: number, value: number, { bitWidth, out, at: start }: Target): number {
  let at = writeVarint(out, start, count * 2);
  for (let shift = 0; shift < bitWidth; shift += 8) out[at++] = value >>> shift;
  return at;
}

function writeBitPackedRun(
  values: Uint8Array | Int32Array,
  run: { from: number; to: number; bitWidth: number; out: Uint8Array; at: number },
): number {
  if (run.from === run.to) return run.at;
  const groups = Math.ceil((run.to - run.from) / 8);
  const at = writeVarint(run.out, run.at, groups * 2 + 1);
  const end = at + groups * run.bitWidth;
  // Bits after the last value are zero, whatever the memory held before.
  run.out.fill(0, Math.max(at, end - run.bitWidth), end);
  packBits(values, { from: run.from, to: run.to, bitWidth: run.bitWidth, out: run.out, at });
  return end;
}

/**
 * Packs `values[from..to)` of `bitWidth` 0..32 bits, LSB first, from `at`.
 * Bits of the last byte after the last value are zero; the caller knows the length.
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
