import {
  closeSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  truncateSync,
  writeSync,
} from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { SluiceError } from '#core/errors.ts';
import { corruptSegment, encodeFrames, type LoggedRecord, SEGMENT_HEADER } from './record-frame.ts';
import { addIndexEntry, indexedOffset, readSegment, type Segment, scanSegment } from './segment.ts';
import { comparePositions, type ShardPosition } from './sequence-number.ts';

export const DEFAULT_SEGMENT_BYTES = 8 * 1024 * 1024;
const SEGMENT_SUFFIX = '.log';

export interface ShardLogOptions {
  /** Last position before the shard's first record. */
  readonly start: ShardPosition;
  /** A segment that reached this size is followed by a new one. @default DEFAULT_SEGMENT_BYTES */
  readonly segmentBytes?: number;
}

/** What `read` returns, in record order. */
export interface ShardRead {
  /** Only records after this position. */
  readonly after: ShardPosition;
  readonly limit: number;
  /** Bytes of data; the first record is returned whatever its size. */
  readonly maxBytes: number;
  /** Records that arrived earlier are past the retention period. */
  readonly oldestArrivalMs: number;
}

/**
 * Append-only log of one shard: files of whole frames, of which only a sparse index is in memory.
 * `append` returns after the operating system has the bytes, so that an acknowledged record survives
 * SIGKILL of this process. One process at a time may have a log open.
 */
export class ShardLog {
  readonly #folder: string;
  readonly #segmentBytes: number;
  readonly #segments: Segment[] = [];
  #last: ShardPosition;
  #isEmpty = true;
  /** Of the newest segment, opened by the first append. */
  #file: number | null = null;
  /** Set when a failed write could not be taken back: what follows it would be unreadable. */
  #broken: unknown = null;

  /** Recovers the log of a folder that may not exist yet. Throws FORMAT_CORRUPT on damage that is not a torn tail. */
  constructor(folder: string, options: ShardLogOptions) {
    this.#folder = folder;
    this.#segmentBytes = options.segmentBytes ?? DEFAULT_SEGMENT_BYTES;
    this.#last = options.start;
    mkdirSync(folder, { recursive: true });
    const names = readdirSync(folder).filter((name) => name.endsWith(SEGMENT_SUFFIX));
    for (const [i, name] of names.sort().entries()) {
      const segmentPath = path.join(folder, name);
      if (i < names.length - 1) this.#adoptSealed(segmentPath);
      else this.#recoverNewest(segmentPath);
    }
  }

  /** Position of the newest record, or the place before the first one. */
  get last(): ShardPosition {
    return this.#last;
  }

  /** True while no record was ever kept. */
  get isEmpty(): boolean {
    return this.#isEmpty;
  }

  /** Appends all records or, throwing, none. Positions go on after the newest, whatever the clock says. */
  append(
    records: readonly { readonly partitionKey: string; readonly data: Buffer }[],
    nowMs: number,
  ): readonly ShardPosition[] {
    if (this.#broken !== null) throw this.#broken;
    const arrivalMs = Math.max(Math.trunc(nowMs), this.#last.arrivalMs);
    const firstOrdinal = this.#last.ordinal + 1;
    const placed = records.map(
      (record, i): LoggedRecord => ({
        arrivalMs,
        ordinal: firstOrdinal + i,
        partitionKey: record.partitionKey,
        data: record.data,
      }),
    );
    const newest = placed.at(-1);
    if (newest === undefined) return [];
    const { bytes, offsets } = encodeFrames(placed);
    const { file, segment } = this.#openForAppend({ arrivalMs, ordinal: firstOrdinal });
    this.#write(file, bytes, segment);
    const index = segment.index ?? [];
    for (const [i, offset] of offsets.entries()) {
      const entry = { arrivalMs, ordinal: firstOrdinal + i, offset: segment.sizeBytes + offset };
      addIndexEntry(index, entry);
    }
    segment.index = index;
    segment.sizeBytes += bytes.length;
    this.#last = { arrivalMs, ordinal: newest.ordinal };
    this.#isEmpty = false;
    return placed;
  }

  async read(request: ShardRead): Promise<readonly LoggedRecord[]> {
    if (comparePositions(request.after, this.#last) >= 0) return [];
    const found: LoggedRecord[] = [];
    let sizeBytes = 0;
    // A copy: retention may drop segments, and appends lengthen the newest, between two awaits.
    const segments = this.#segments.map((segment) => ({ segment, toOffset: segment.sizeBytes }));
    const from = segments.findLastIndex(
      ({ segment }) => comparePositions(segment.first, request.after) <= 0,
    );
    for (const { segment, toOffset } of segments.slice(Math.max(0, from))) {
      for await (const group of this.#readFrom(segment, request.after, toOffset)) {
        for (const record of group) {
          if (isOutside(record, request)) continue;
          const isFull = found.length > 0 && sizeBytes + record.data.length > request.maxBytes;
          if (isFull) return found;
          found.push(record);
          sizeBytes += record.data.length;
          if (found.length >= request.limit) return found;
        }
      }
    }
    return found;
  }

  /** Deletes segments whose records all arrived before `oldestArrivalMs`. The newest always stays: it holds the last ordinal. */
  deleteBefore(oldestArrivalMs: number): void {
    let next = this.#segments[1];
    while (next !== undefined && next.first.arrivalMs < oldestArrivalMs) {
      const oldest = this.#segments.shift();
      if (oldest !== undefined) rmSync(oldest.path, { force: true });
      next = this.#segments[1];
    }
  }

  close(): void {
    if (this.#file !== null) closeSync(this.#file);
    this.#file = null;
  }

  #adoptSealed(segmentPath: string): void {
    const first = readFirstPosition(segmentPath);
    this.#segments.push({ path: segmentPath, first, sizeBytes: -1, index: null });
    this.#isEmpty = false;
  }

  #recoverNewest(segmentPath: string): void {
    const bytes = readFileSync(segmentPath);
    const scan = scanSegment(segmentPath, bytes, { tornTail: 'cut' });
    if (scan.first === null || scan.last === null) {
      // Nothing in it was acknowledged; the segment before it is the newest again.
      rmSync(segmentPath);
      const previous = this.#segments.pop();
      if (previous !== undefined) this.#recoverNewest(previous.path);
      return;
    }
    if (scan.sizeBytes < bytes.length) truncateSync(segmentPath, scan.sizeBytes);
    const { first, sizeBytes, index } = scan;
    this.#segments.push({ path: segmentPath, first, sizeBytes, index });
    this.#last = scan.last;
    this.#isEmpty = false;
  }

  #openForAppend(first: ShardPosition): { readonly file: number; readonly segment: Segment } {
    const newest = this.#segments.at(-1);
    if (newest !== undefined && newest.sizeBytes < this.#segmentBytes) {
      this.#file ??= openSync(newest.path, 'r+');
      return { file: this.#file, segment: newest };
    }
    this.close();
    const name = `${String(first.ordinal).padStart(16, '0')}${SEGMENT_SUFFIX}`;
    const segmentPath = path.join(this.#folder, name);
    const segment: Segment = {
      path: segmentPath,
      first,
      sizeBytes: SEGMENT_HEADER.length,
      index: [],
    };
    this.#file = openSync(segmentPath, 'w');
    writeFully(this.#file, SEGMENT_HEADER, 0);
    this.#segments.push(segment);
    return { file: this.#file, segment };
  }

  #write(file: number, bytes: Buffer, segment: Segment): void {
    try {
      writeFully(file, bytes, segment.sizeBytes);
    } catch (error) {
      try {
        ftruncateSync(file, segment.sizeBytes);
      } catch (truncateError) {
        this.#broken = truncateError;
      }
      throw new SluiceError(
        'SOURCE_UNAVAILABLE',
        `kinesis segment ${segment.path} took no more bytes, expected ${bytes.length} to be written; ` +
          'free disk space and send the records again',
        { cause: error },
      );
    }
  }

  async *#readFrom(
    segment: Segment,
    after: ShardPosition,
    toOffset: number,
  ): AsyncGenerator<readonly LoggedRecord[]> {
    try {
      if (segment.index === null) {
        const bytes = await readFile(segment.path);
        const scan = scanSegment(segment.path, bytes, { tornTail: 'reject' });
        segment.index = scan.index;
        segment.sizeBytes = scan.sizeBytes;
      }
      const range = {
        fromOffset: indexedOffset(segment.index, after),
        toOffset: toOffset < 0 ? segment.sizeBytes : toOffset,
      };
      yield* readSegment(segment.path, range);
    } catch (error) {
      // Retention deleted the file while this read waited: its records are past their time.
      if (!this.#segments.includes(segment)) return;
      throw error;
    }
  }
}

function isOutside(record: LoggedRecord, request: ShardRead): boolean {
  if (record.arrivalMs < request.oldestArrivalMs) return true;
  return comparePositions(record, request.after) <= 0;
}

function writeFully(file: number, bytes: Buffer, position: number): void {
  let written = 0;
  while (written < bytes.length) {
    written += writeSync(file, bytes, written, bytes.length - written, position + written);
  }
}

/** Arrival time and ordinal of a segment's first frame; its checksum is checked when the segment is read. */
function readFirstPosition(segmentPath: string): ShardPosition {
  const start = SEGMENT_HEADER.length + 8;
  const bytes = Buffer.alloc(start + 12);
  const file = openSync(segmentPath, 'r');
  try {
    if (readSync(file, bytes) < bytes.length) throw corruptSegment(segmentPath, 0);
  } finally {
    closeSync(file);
  }
  return { arrivalMs: bytes.readUIntLE(start, 6), ordinal: bytes.readUIntLE(start + 6, 6) };
}
