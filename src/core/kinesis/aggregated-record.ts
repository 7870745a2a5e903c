import { hash } from 'node:crypto';
import { HASH_KEY_SPACE } from './hash-key.ts';
import {
  corruptAt,
  expectWireType,
  type ProtobufCursor,
  readDelimited,
  readTag,
  readVarint,
  skipField,
  WIRE_TYPE,
} from './protobuf-reader.ts';

/*
 * KPL Aggregated Record Format (awslabs/amazon-kinesis-producer, aggregation-format.md):
 *
 *   aggregated       => magic message md5
 *   magic            => F3 89 9A C2
 *   md5              => MD5 of message, 16 bytes
 *   message          => { string partition_key_table = 1; string explicit_hash_key_table = 2; Record records = 3 }   all repeated
 *   Record           => { uint64 partition_key_index = 1; uint64 explicit_hash_key_index = 2; bytes data = 3; Tag tags = 4 }
 *
 * explicit_hash_key_index is optional, tags are not used by any producer and are skipped.
 */
export const AGGREGATION_MAGIC = Uint8Array.of(0xf3, 0x89, 0x9a, 0xc2);
export const AGGREGATION_DIGEST_BYTES = 16;

/** One record to be packed; an explicit hash key places it in a shard whatever its partition key. */
export interface UserRecordInput {
  readonly partitionKey: string;
  readonly explicitHashKey?: bigint;
  readonly data: Uint8Array;
}

/** One unpacked record. `data` is a view into the Kinesis record, not a copy. */
export interface UserRecord {
  readonly partitionKey: string;
  readonly explicitHashKey: bigint | null;
  readonly data: Uint8Array;
  /** Place inside the Kinesis record, dense from 0; 0 for a plain record. */
  readonly subSequence: number;
  readonly aggregated: boolean;
}

/** Bytes a varint takes; `value` is an index or a length, below 2^53. */
export function varintSize(value: number): number {
  let size = 1;
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) size++;
  return size;
}

/** Bytes of a length-delimited field with a one-byte tag. */
export function delimitedSize(contentBytes: number): number {
  return 1 + varintSize(contentBytes) + contentBytes;
}

/** Bytes of the inner Record message; `explicitHashKeyIndex` is null without explicit hash key. */
export function recordSize(
  partitionKeyIndex: number,
  explicitHashKeyIndex: number | null,
  dataBytes: number,
): number {
  const explicit = explicitHashKeyIndex === null ? 0 : 1 + varintSize(explicitHashKeyIndex);
  return 1 + varintSize(partitionKeyIndex) + explicit + delimitedSize(dataBytes);
}

/** Encodes user records in order; equal keys share one table entry. Indices follow first use. */
export function encodeAggregatedRecord(userRecords: readonly UserRecordInput[]): Uint8Array {
  const partitionKeys = new Map<string, number>();
  const explicitHashKeys = new Map<bigint, number>();
  let messageBytes = 0;
  for (const record of userRecords) {
    const partitionKeyIndex = indexOf(partitionKeys, record.partitionKey);
    const explicitIndex =
      record.explicitHashKey === undefined
        ? null
        : indexOf(explicitHashKeys, record.explicitHashKey);
    messageBytes += delimitedSize(
      recordSize(partitionKeyIndex, explicitIndex, record.data.byteLength),
    );
  }
  for (const key of partitionKeys.keys()) messageBytes += delimitedSize(Buffer.byteLength(key));
  for (const key of explicitHashKeys.keys()) messageBytes += delimitedSize(`${key}`.length);

  const out = Buffer.allocUnsafeSlow(
    AGGREGATION_MAGIC.length + messageBytes + AGGREGATION_DIGEST_BYTES,
  );
  out.set(AGGREGATION_MAGIC, 0);
  let offset = AGGREGATION_MAGIC.length;
  for (const key of partitionKeys.keys()) offset = writeString(out, offset, 0x0a, key);
  for (const key of explicitHashKeys.keys()) offset = writeString(out, offset, 0x12, `${key}`);
  for (const record of userRecords) {
    const explicitIndex =
      record.explicitHashKey === undefined ? null : explicitHashKeys.get(record.explicitHashKey);
    offset = writeRecord(out, offset, {
      partitionKeyIndex: partitionKeys.get(record.partitionKey) ?? 0,
      explicitHashKeyIndex: explicitIndex ?? null,
      data: record.data,
    });
  }
  const message = out.subarray(AGGREGATION_MAGIC.length, offset);
  out.set(hash('md5', message, 'buffer'), offset);
  return new Uint8Array(out.buffer, out.byteOffset, out.byteLength);
}

/**
 * Unpacks one Kinesis record. Without magic, or with an MD5 that does not match, the bytes are a plain record:
 * any producer may write any bytes. With both right and a broken message it throws FORMAT_CORRUPT with the offset.
 */
export function decodeRecord(data: Uint8Array, partitionKey: string): UserRecord[] {
  if (!isAggregated(data)) {
    return [{ partitionKey, explicitHashKey: null, data, subSequence: 0, aggregated: false }];
  }
  const message = readMessage({
    bytes: data,
    offset: AGGREGATION_MAGIC.length,
    end: data.byteLength - AGGREGATION_DIGEST_BYTES,
  });
  return message.records.map((record, subSequence) => {
    const { partitionKey: key, explicitHashKey, data: content } = readRecord(record, message);
    return { partitionKey: key, explicitHashKey, data: content, subSequence, aggregated: true };
  });
}

interface AggregatedMessage {
  readonly partitionKeys: readonly string[];
  readonly explicitHashKeys: readonly bigint[];
  readonly records: readonly ProtobufCursor[];
}

function isAggregated(data: Uint8Array): boolean {
  const messageEnd = data.byteLength - AGGREGATION_DIGEST_BYTES;
  if (messageEnd < AGGREGATION_MAGIC.length) return false;
  if (AGGREGATION_MAGIC.some((byte, index) => data[index] !== byte)) return false;
  const digest = hash('md5', data.subarray(AGGREGATION_MAGIC.length, messageEnd), 'buffer');
  return digest.equals(data.subarray(messageEnd));
}

/** Tables may follow the records that use them, so records are only located here and read afterwards. */
function readMessage(cursor: ProtobufCursor): AggregatedMessage {
  const partitionKeys: string[] = [];
  const explicitHashKeys: bigint[] = [];
  const records: ProtobufCursor[] = [];
  for (let tag = readTag(cursor); tag !== null; tag = readTag(cursor)) {
    if (tag.field === 1) {
      expectWireType(tag, WIRE_TYPE.bytes, 'partition_key_table');
      partitionKeys.push(readString(readDelimited(cursor)));
    } else if (tag.field === 2) {
      expectWireType(tag, WIRE_TYPE.bytes, 'explicit_hash_key_table');
      explicitHashKeys.push(readHashKey(readDelimited(cursor)));
    } else if (tag.field === 3) {
      expectWireType(tag, WIRE_TYPE.bytes, 'records');
      records.push(readDelimited(cursor));
    } else {
      skipField(cursor, tag);
    }
  }
  return { partitionKeys, explicitHashKeys, records };
}

function readRecord(
  cursor: ProtobufCursor,
  message: AggregatedMessage,
): Pick<UserRecord, 'partitionKey' | 'explicitHashKey' | 'data'> {
  const start = cursor.offset;
  let partitionKey: string | undefined;
  let explicitHashKey: bigint | null = null;
  let data: Uint8Array | undefined;
  for (let tag = readTag(cursor); tag !== null; tag = readTag(cursor)) {
    if (tag.field === 1) {
      expectWireType(tag, WIRE_TYPE.varint, 'partition_key_index');
      partitionKey = readTableEntry(cursor, message.partitionKeys, 'partition_key_index');
    } else if (tag.field === 2) {
      expectWireType(tag, WIRE_TYPE.varint, 'explicit_hash_key_index');
      explicitHashKey = readTableEntry(cursor, message.explicitHashKeys, 'explicit_hash_key_index');
    } else if (tag.field === 3) {
      expectWireType(tag, WIRE_TYPE.bytes, 'data');
      const content = readDelimited(cursor);
      data = content.bytes.subarray(content.offset, content.end);
    } else {
      skipField(cursor, tag);
    }
  }
  if (partitionKey === undefined) throw corruptAt(start, 'record without partition_key_index');
  if (data === undefined) throw corruptAt(start, 'record without data');
  return { partitionKey, explicitHashKey, data };
}

function readTableEntry<Entry>(
  cursor: ProtobufCursor,
  table: readonly Entry[],
  name: string,
): Entry {
  const offset = cursor.offset;
  const index = readVarint(cursor);
  const entry = table[index];
  if (entry === undefined) {
    throw corruptAt(offset, `${name} ${index}, but the table has ${table.length} entries`);
  }
  return entry;
}

// `ignoreBOM` keeps a leading U+FEFF: it is part of the key and of its hash.
const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function readString(cursor: ProtobufCursor): string {
  try {
    return strictUtf8.decode(cursor.bytes.subarray(cursor.offset, cursor.end));
  } catch {
    throw corruptAt(cursor.offset, 'partition key is not UTF-8');
  }
}

function readHashKey(cursor: ProtobufCursor): bigint {
  const text = readString(cursor);
  // 2^128 - 1 has 39 digits; the length bound also keeps BigInt() cheap on hostile input.
  if (/^[0-9]{1,39}$/.test(text)) {
    const hashKey = BigInt(text);
    if (hashKey < HASH_KEY_SPACE) return hashKey;
  }
  throw corruptAt(cursor.offset, 'explicit hash key is not a decimal integer below 2^128');
}

function indexOf<Key>(table: Map<Key, number>, key: Key): number {
  const known = table.get(key);
  if (known !== undefined) return known;
  table.set(key, table.size);
  return table.size - 1;
}

function writeVarint(out: Buffer, offset: number, value: number): number {
  let rest = value;
  let position = offset;
  while (rest >= 128) {
    out[position++] = (rest % 128) | 0x80;
    rest = Math.floor(rest / 128);
  }
  out[position++] = rest;
  return position;
}

function writeString(out: Buffer, offset: number, tag: number, text: string): number {
  out[offset] = tag;
  const start = writeVarint(out, offset + 1, Buffer.byteLength(text));
  return start + out.write(text, start, 'utf8');
}

function writeRecord(
  out: Buffer,
  offset: number,
  record: {
    readonly partitionKeyIndex: number;
    readonly explicitHashKeyIndex: number | null;
    readonly data: Uint8Array;
  },
): number {
  const { partitionKeyIndex, explicitHashKeyIndex, data } = record;
  out[offset] = 0x1a;
  let position = writeVarint(
    out,
    offset + 1,
    recordSize(partitionKeyIndex, explicitHashKeyIndex, data.byteLength),
  );
  out[position] = 0x08;
  position = writeVarint(out, position + 1, partitionKeyIndex);
  if (explicitHashKeyIndex !== null) {
    out[position] = 0x10;
    position = writeVarint(out, position + 1, explicitHashKeyIndex);
  }
  out[position] = 0x1a;
  position = writeVarint(out, position + 1, data.byteLength);
  out.set(data, position);
  return position + data.byteLength;
}
