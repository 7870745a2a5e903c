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

/** Encodes `values[from..to)`; an empty range is a header that says so. */
export function encodeDeltaBinaryPacked(
  values: Int32Array | BigInt64Array,
  { from, to }: { from: number; to: number },
): Uint8Array {
  const isWide = values instanceof BigInt64Array;
  // Little-endian machine: word 2i is the low half of value i (see plain.ts).
  const words = isWide
    ? new Int32Array(values.buffer, values.byteOffset, values.length * 2)
    : values;
  const out = new Uint8Array(maxEncodedBytes(to - from, values.BYTES_PER_ELEMENT));
  let at = writeVarint(out, 0, BLOCK_VALUES);
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
    fillBlock(block, words, { isWide, from: index, to: Math.min(index + BLOCK_VALUES, to) });
    at = writeBlock(block, out, at);
  }
  return out.subarray(0, at);
}

function maxEncodedBytes(count: number, valueBytes: number): number {
  const blocks = Math.ceil(count / BLOCK_VALUES);
  const blockBytes = MAX_VARINT_BYTES + MINIBLOCKS + BLOCK_VALUES * valueBytes;
  return 2 + 2 * MAX_VARINT_BYTES + 1 + blocks * blockBytes;
}

/** Puts the deltas of values `from..to` against their predecessors, less the smallest of them, into the block. */
function fillBlock(
  block: Block,
  words: Int32Array,
  { isWide, from, to }: { isWide: boolean; from: number; to: number },
): void {
  const { low, high } = block;
  let previousLow = lowWord(words, from - 1, isWide);
  let previousHigh = isWide ? (words[2 * from - 1] ?? 0) : 0;
  let minLow = -1;
  let minHigh = 0x7fffffff;
  for (let index = from; index < to; index += 1) {
    const currentLow = lowWord(words, index, isWide);
    const deltaLow = (currentLow - previousLow) | 0;
    let deltaHigh = deltaLow >> 31;
    if (isWide) {
      const currentHigh = words[2 * index + 1] ?? 0;
      deltaHigh = (currentHigh - previousHigh - borrow(currentLow, previousLow)) | 0;
      previousHigh = currentHigh;
    }
    previousLow = currentLow;
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

function lowWord(words: Int32Array, index: number, isWide: boolean): number {
  return words[isWide ? 2 * index : index] ?? 0;
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
