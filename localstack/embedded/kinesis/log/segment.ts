import { type FileHandle, open } from 'node:fs/promises';
import {
  corruptSegment,
  decodeFrame,
  type FrameOutcome,
  type LoggedRecord,
  SEGMENT_HEADER,
} from './record-frame.ts';
import { comparePositions, type ShardPosition } from './sequence-number.ts';

/** Where a frame starts; one entry per INDEX_INTERVAL_BYTES, so that a read starts close to its position. */
export interface IndexEntry extends ShardPosition {
  readonly offset: number;
}

/** One append-only file of a shard. */
export interface Segment {
  readonly path: string;
  /** Position of its first record. */
  readonly first: ShardPosition;
  /** Bytes of whole frames, header included. What lies behind is not part of the log. */
  sizeBytes: number;
  /** Null until the first read of a segment that an earlier process wrote. */
  index: IndexEntry[] | null;
}

const INDEX_INTERVAL_BYTES = 64 * 1024;
const READ_BLOCK_BYTES = 256 * 1024;

export interface SegmentScan {
  readonly first: ShardPosition | null;
  readonly last: ShardPosition | null;
  /** End of the last whole frame. */
  readonly sizeBytes: number;
  readonly index: IndexEntry[];
}

/** Adds an index entry when the last one is far enough behind. */
export function addIndexEntry(index: IndexEntry[], entry: IndexEntry): void {
  const newest = index.at(-1);
  if (newest === undefined || entry.offset - newest.offset >= INDEX_INTERVAL_BYTES) {
    index.push(entry);
  }
}

/**
 * Reads all frames of a segment's bytes. With `tornTail` what a killed writer leaves behind is cut off:
 * a frame that the file ends in, zeros up to the end, or a last frame with a wrong checksum. Any other
 * damage throws FORMAT_CORRUPT, because records behind it were acknowledged.
 */
export function scanSegment(
  path: string,
  bytes: Buffer,
  options: { readonly tornTail: 'cut' | 'reject' },
): SegmentScan {
  const index: IndexEntry[] = [];
  let first: ShardPosition | null = null;
  let last: ShardPosition | null = null;
  const hasHeader = bytes.subarray(0, SEGMENT_HEADER.length).equals(SEGMENT_HEADER);
  if (!hasHeader) {
    if (options.tornTail === 'cut' && bytes.length < SEGMENT_HEADER.length) {
      return { first, last, sizeBytes: 0, index };
    }
    throw corruptSegment(path, 0);
  }
  let offset = SEGMENT_HEADER.length;
  while (offset < bytes.length) {
    const outcome = decodeFrame(bytes, offset);
    if (outcome.kind !== 'record') {
      if (options.tornTail === 'cut' && isTornTail(bytes, offset, outcome)) break;
      throw corruptSegment(path, offset);
    }
    const { arrivalMs, ordinal } = outcome.record;
    last = { arrivalMs, ordinal };
    first ??= last;
    addIndexEntry(index, { arrivalMs, ordinal, offset });
    offset = outcome.nextOffset;
  }
  return { first, last, sizeBytes: offset, index };
}

function isTornTail(bytes: Buffer, offset: number, outcome: FrameOutcome): boolean {
  if (outcome.kind === 'incomplete') return true;
  if (outcome.kind === 'corrupt' && outcome.nextOffset >= bytes.length) return true;
  return bytes.subarray(offset).every((byte) => byte === 0);
}

/** Offset of a frame at or before the first record after `after`. */
export function indexedOffset(index: readonly IndexEntry[], after: ShardPosition): number {
  let low = 0;
  let high = index.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const entry = index[middle];
    if (entry !== undefined && comparePositions(entry, after) <= 0) low = middle + 1;
    else high = middle;
  }
  return index[Math.max(0, low - 1)]?.offset ?? SEGMENT_HEADER.length;
}

/** Yields the records of a segment in groups, from the frame at `fromOffset` to the one that ends at `toOffset`. */
export async function* readSegment(
  path: string,
  range: { readonly fromOffset: number; readonly toOffset: number },
): AsyncGenerator<readonly LoggedRecord[]> {
  const file = await open(path, 'r');
  try {
    let offset = range.fromOffset;
    let blockBytes = READ_BLOCK_BYTES;
    while (offset < range.toOffset) {
      const sizeBytes = Math.min(blockBytes, range.toOffset - offset);
      const block = await readBlock(file, offset, { path, sizeBytes });
      const group = decodeGroup(block, { path, offset });
      blockBytes = Math.max(READ_BLOCK_BYTES, group.neededBytes);
      if (group.consumedBytes === 0 && group.neededBytes > range.toOffset - offset) {
        throw corruptSegment(path, offset);
      }
      offset += group.consumedBytes;
      if (group.records.length > 0) yield group.records;
    }
  } finally {
    await file.close();
  }
}

async function readBlock(
  file: FileHandle,
  offset: number,
  options: { readonly path: string; readonly sizeBytes: number },
): Promise<Buffer> {
  const block = Buffer.allocUnsafeSlow(options.sizeBytes);
  let filled = 0;
  while (filled < block.length) {
    const { bytesRead } = await file.read(block, filled, block.length - filled, offset + filled);
    if (bytesRead === 0) throw corruptSegment(options.path, offset + filled);
    filled += bytesRead;
  }
  return block;
}

/** Whole frames of a block; `neededBytes` is the length of the frame that the block ends in, or 0. */
function decodeGroup(
  block: Buffer,
  place: { readonly path: string; readonly offset: number },
): {
  readonly records: readonly LoggedRecord[];
  readonly consumedBytes: number;
  readonly neededBytes: number;
} {
  const records: LoggedRecord[] = [];
  let consumedBytes = 0;
  while (consumedBytes < block.length) {
    const outcome = decodeFrame(block, consumedBytes);
    if (outcome.kind === 'corrupt') throw corruptSegment(place.path, place.offset + consumedBytes);
    if (outcome.kind === 'incomplete') {
      return { records, consumedBytes, neededBytes: outcome.neededBytes };
    }
    records.push(outcome.record);
    consumedBytes = outcome.nextOffset;
  }
  return { records, consumedBytes, neededBytes: 0 };
}
