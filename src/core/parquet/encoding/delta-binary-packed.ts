/**
 * DELTA_BINARY_PACKED for INT32 and INT64.
 *
 * ```
 * page      := header block*
 * header    := varint(block size) varint(miniblocks per block) varint(value count) zigzag(first value)
 * block     := zigzag(min delta) (bit width byte)*miniblocks miniblock*
 * miniblock := (delta - min delta)*32, bit-packed LSB first, the last one filled up with zeros
 * ```
 *
 * Deltas wrap around at the width of the type: INT32 never needs more than 32 bits, INT64 never more than 64.
 * 64-bit arithmetic runs on pairs of 32-bit words, because a BigInt per value costs more than the packing.
 * Source: parquet-format Encodings.md §Delta Encoding.
 */
import { type ValueRange, wordsOf } from '../physical-values.ts';
import { packBits } from './rle-bit-packing.ts';
import { MAX_VARINT_BYTES, writeVarint, writeZigZag } from './varint.ts';

const BLOCK_VALUES = 128;
const MINIBLOCKS = 4;
const MINIBLOCK_VALUES = BLOCK_VALUES / MINIBLOCKS;

/** Deltas of one block as low and high words; unused places are zero. */
interface Block {
  readonly low: Int32Array;
  readonly high: Int32Array;
  count: number;
  minLow: number;
  minHigh: number;
}

/** Writes `values[from..to)` at `at` and returns the position after them; an empty range is a header that says so. */
export function writeDeltaBinaryPacked(
  values: Int32Array | BigInt64Array,
  { from, to }: ValueRange,
  { out, at: start }: { readonly out: Uint8Array; readonly at: number },
): number {
  const isWide = values instanceof BigInt64Array;
  // Little-endian machine: word 2i is the low half of value i.
  const words = wordsOf(values);
  let at = writeVarint(out, start, BLOCK_VALUES);
  at = writeVarint(out, at, MINIBLOCKS);
  at = writeVarint(out, at, to - from);
  at = writeZigZag(out, at, to > from ? BigInt(values[from] ?? 0) : 0n);
  const block: Block = {
    low: new Int32Array(BLOCK_VALUES),
    high: new Int32Array(BLOCK_VALUES),
    count: 0,
    minLow: 0,
    minHigh: 0,
  };
  for (let index = from + 1; index < to; index += BLOCK_VALUES) {
    const range = { from: index, to: Math.min(index + BLOCK_VALUES, to) };
    if (isWide) fillWideBlock(block, words, range);
    else fillBlock(block, words, range);
    at = writeBlock(block, out, at);
  }
  return at;
}

/** Room that `count` values of `valueBytes` bytes take at most. */
export function maxDeltaBytes(count: number, valueBytes: number): number {
  const blocks = Math.ceil(count / BLOCK_VALUES);
  const blockBytes = MAX_VARINT_BYTES + MINIBLOCKS + BLOCK_VALUES * valueBytes;
  return 2 + 2 * MAX_VARINT_BYTES + 1 + blocks * blockBytes;
}

/** Puts the deltas of 32-bit values `from..to` against their predecessors, less the smallest of them, into the block. */
function fillBlock(block: Block, words: Int32Array, { from, to }: ValueRange): void {
  const { low, high } = block;
  let previous = words[from - 1] ?? 0;
  let min = 0x7fffffff;
  for (let index = from; index < to; index += 1) {
    const current = words[index] ?? 0;
    const delta = (current - previous) | 0;
    previous = current;
    low[index - from] = delta;
    if (delta < min) min = delta;
  }
  const count = to - from;
  // Less than 2^32 above the minimum, so the high words stay zero.
  for (let index = 0; index < count; index += 1) low[index] = (low[index] ?? 0) - min;
  low.fill(0, count);
  high.fill(0);
  block.count = count;
  block.minLow = min;
  block.minHigh = min >> 31;
}

/** The same for 64-bit values, on pairs of words. */
function fillWideBlock(block: Block, words: Int32Array, { from, to }: ValueRange): void {
  const { low, high } = block;
  let previousLow = words[2 * from - 2] ?? 0;
  let previousHigh = words[2 * from - 1] ?? 0;
  let minLow = -1;
  let minHigh = 0x7fffffff;
  for (let index = from; index < to; index += 1) {
    const currentLow = words[2 * index] ?? 0;
    const currentHigh = words[2 * index + 1] ?? 0;
    const deltaLow = (currentLow - previousLow) | 0;
    const deltaHigh = (currentHigh - previousHigh - borrow(currentLow, previousLow)) | 0;
    previousLow = currentLow;
    previousHigh = currentHigh;
    low[index - from] = deltaLow;
    high[index - from] = deltaHigh;
    if (deltaHigh < minHigh || (deltaHigh === minHigh && deltaLow >>> 0 < minLow >>> 0)) {
      minLow = deltaLow;
      minHigh = deltaHigh;
    }
  }
  block.count = to - from;
  block.minLow = minLow;
  block.minHigh = minHigh;
  subtractMin(block);
}

/** 1 when `a - b` of two low words borrows from the high word. */
function borrow(a: number, b: number): number {
  return a >>> 0 < b >>> 0 ? 1 : 0;
}

function subtractMin(block: Block): void {
  const { low, high, count, minLow, minHigh } = block;
  for (let index = 0; index < count; index += 1) {
    const value = low[index] ?? 0;
    high[index] = (high[index] ?? 0) - minHigh - borrow(value, minLow);
    low[index] = value - minLow;
  }
  low.fill(0, count);
  high.fill(0, count);
}

function writeBlock(block: Block, out: Uint8Array, start: number): number {
  const minDelta = (BigInt(block.minHigh) << 32n) | BigInt(block.minLow >>> 0);
  let at = writeZigZag(out, start, minDelta);
  const widthsAt = at;
  at += MINIBLOCKS;
  // Miniblocks beyond the last value have width 0, whatever the memory held before.
  out.fill(0, widthsAt, at);
  for (let miniblock = 0; miniblock * MINIBLOCK_VALUES < block.count; miniblock += 1) {
    const from = miniblock * MINIBLOCK_VALUES;
    const run = { from, to: from + MINIBLOCK_VALUES, out, at };
    const bitWidth = bitWidthOfMiniblock(block, run);
    out[widthsAt + miniblock] = bitWidth;
    if (bitWidth > 32) packWideBits(block, { ...run, bitWidth });
    else packBits(block.low, { ...run, bitWidth });
    at += (MINIBLOCK_VALUES / 8) * bitWidth;
  }
  return at;
}

function bitWidthOfMiniblock(block: Block, { from, to }: { from: number; to: number }): number {
  let lowBits = 0;
  let highBits = 0;
  for (let index = from; index < to; index += 1) {
    lowBits |= block.low[index] ?? 0;
    highBits |= block.high[index] ?? 0;
  }
  return highBits === 0 ? 32 - Math.clz32(lowBits) : 64 - Math.clz32(highBits);
}

/** Packs 33..64 bits per value: the low word, then the rest of the high word, LSB first. */
function packWideBits(
  block: Block,
  run: { from: number; to: number; bitWidth: number; out: Uint8Array; at: number },
): void {
  const halves = new Int32Array(2);
  const view = new DataView(run.out.buffer, run.out.byteOffset);
  const highBits = run.bitWidth - 32;
  let at = run.at;
  let pending = 0;
  let pendingBits = 0;
  for (let index = run.from; index < run.to; index += 1) {
    halves[0] = block.low[index] ?? 0;
    halves[1] = block.high[index] ?? 0;
    for (let half = 0; half < 2; half += 1) {
      const value = halves[half] ?? 0;
      const valueBits = half === 0 ? 32 : highBits;
      pending |= value << pendingBits;
      pendingBits += valueBits;
      if (pendingBits >= 32) {
        view.setInt32(at, pending, true);
        at += 4;
        pendingBits -= 32;
        pending = pendingBits === 0 ? 0 : value >>> (valueBits - pendingBits);
      }
    }
  }
}
