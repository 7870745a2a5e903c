import { hash } from 'node:crypto';
import { AGGREGATION_DIGEST_BYTES, AGGREGATION_MAGIC, decodeRecord } from './aggregated-record.ts';
import { HASH_KEY_SPACE } from './hash-key.ts';

/** Tags of the fields that producers write; see aggregated-record.ts for the format. */
const PARTITION_KEY = 0x0a;
const EXPLICIT_HASH_KEY = 0x12;
const RECORD = 0x1a;
const KEY_INDEX = 0x08;
const HASH_KEY_INDEX = 0x10;
const DATA = 0x1a;

/** Where the user records of one stream record lie, without an object for any of them. */
export interface RecordSpans {
  /** User records of the record that was read last. */
  count(): number;
  /** Offsets of their data; only the first `count()` items are valid, and until the next call of `read`. */
  starts(): Int32Array;
  ends(): Int32Array;
  /**
   * Finds the user records of `bytes[from..to)`: as decodeRecord does, and with its errors.
   * Throws FORMAT_CORRUPT.
   */
  read(bytes: Uint8Array, from: number, to: number): void;
}

interface Found {
  starts: Int32Array;
  ends: Int32Array;
  count: number;
  partitionKeys: number;
  hashKeys: number;
  maxPartitionKey: number;
  maxHashKey: number;
}

interface Cursor {
  offset: number;
}

export function createRecordSpans(): RecordSpans {
  const found: Found = {
    starts: new Int32Array(256),
    ends: new Int32Array(256),
    count: 0,
    partitionKeys: 0,
    hashKeys: 0,
    maxPartitionKey: -1,
    maxHashKey: -1,
  };
  return {
    count: () => found.count,
    starts: () => found.starts,
    ends: () => found.ends,
    read: (bytes, from, to) => {
      reset(found);
      if (!isAggregated(bytes, from, to)) {
        add(found, from, to);
        return;
      }
      const end = to - AGGREGATION_DIGEST_BYTES;
      if (!findRecords(found, bytes, { from: from + AGGREGATION_MAGIC.length, end })) {
        readStrictly(found, bytes, { from, to });
      }
    },
  };
}

function reset(found: Found): void {
  found.count = 0;
  found.partitionKeys = 0;
  found.hashKeys = 0;
  found.maxPartitionKey = -1;
  found.maxHashKey = -1;
}

function add(found: Found, start: number, end: number): void {
  if (found.count === found.starts.length) {
    found.starts = doubled(found.starts);
    found.ends = doubled(found.ends);
  }
  found.starts[found.count] = start;
  found.ends[found.count] = end;
  found.count++;
}

function doubled(items: Int32Array): Int32Array {
  const grown = new Int32Array(2 * items.length);
  grown.set(items);
  return grown;
}

function isAggregated(bytes: Uint8Array, from: number, to: number): boolean {
  const end = to - AGGREGATION_DIGEST_BYTES;
  if (end < from + AGGREGATION_MAGIC.length) return false;
  if (AGGREGATION_MAGIC.some((byte, index) => bytes[from + index] !== byte)) return false;
  const digest = hash('md5', bytes.subarray(from + AGGREGATION_MAGIC.length, end), 'buffer');
  return digest.equals(bytes.subarray(end, to));
}

/** The reference reader decides about everything that producers do not write, and says what is wrong. */
function readStrictly(
  found: Found,
  bytes: Uint8Array,
  { from, to }: { readonly from: number; readonly to: number },
): void {
  reset(found);
  for (const { data } of decodeRecord(bytes.subarray(from, to), '')) {
    const start = data.byteOffset - bytes.byteOffset;
    add(found, start, start + data.byteLength);
  }
}

/** False when the message is not in the form that producers write; it may be right or broken. */
function findRecords(
  found: Found,
  bytes: Uint8Array,
  { from, end }: { readonly from: number; readonly end: number },
): boolean {
  const cursor: Cursor = { offset: from };
  while (cursor.offset < end) {
    const tag = bytes[cursor.offset++];
    const length = readShort(bytes, cursor, end);
    const start = cursor.offset;
    if (length < 0 || length > end - start) return false;
    cursor.offset = start + length;
    if (tag === RECORD) {
      if (!findData(found, bytes, { cursor: { offset: start }, end: start + length })) return false;
    } else if (tag === PARTITION_KEY) {
      if (!isText(bytes, start, start + length)) return false;
      found.partitionKeys++;
    } else if (tag === EXPLICIT_HASH_KEY) {
      if (!isHashKey(bytes, start, start + length)) return false;
      found.hashKeys++;
    } else return false;
  }
  // Tables may follow the records that use them.
  return found.maxPartitionKey < found.partitionKeys && found.maxHashKey < found.hashKeys;
}

function findData(
  found: Found,
  bytes: Uint8Array,
  { cursor, end }: { readonly cursor: Cursor; readonly end: number },
): boolean {
  let hasKey = false;
  let dataStart = -1;
  let dataEnd = -1;
  while (cursor.offset < end) {
    const tag = bytes[cursor.offset++];
    const value = readShort(bytes, cursor, end);
    if (value < 0) return false;
    if (tag === DATA) {
      if (value > end - cursor.offset) return false;
      dataStart = cursor.offset;
      dataEnd = cursor.offset + value;
      cursor.offset = dataEnd;
    } else if (tag === KEY_INDEX) {
      hasKey = true;
      if (value > found.maxPartitionKey) found.maxPartitionKey = value;
    } else if (tag === HASH_KEY_INDEX) {
      if (value > found.maxHashKey) found.maxHashKey = value;
    } else return false;
  }
  if (!hasKey || dataStart < 0) return false;
  add(found, dataStart, dataEnd);
  return true;
}

/** A varint of at most four bytes; -1 for a longer one and at the end of the bytes. */
function readShort(bytes: Uint8Array, cursor: Cursor, end: number): number {
  let value = 0;
  for (let shift = 0; shift < 28; shift += 7) {
    if (cursor.offset >= end) return -1;
    const byte = bytes[cursor.offset++]!;
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) return value;
  }
  return -1;
}

const strictUtf8 = new TextDecoder('utf-8', { fatal: true });

function isText(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) {
    if (bytes[at]! > 0x7f) return isUtf8(bytes.subarray(at, end));
  }
  return true;
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    strictUtf8.decode(bytes);
    return true;
  } catch {
    return false;
  }
}

function isHashKey(bytes: Uint8Array, start: number, end: number): boolean {
  const text = String.fromCharCode(...bytes.subarray(start, Math.min(end, start + 40)));
  return /^[0-9]{1,39}$/.test(text) && BigInt(text) < HASH_KEY_SPACE;
}
