import { crc32 } from 'node:zlib';
import { SluiceError } from '#core/errors.ts';
import type { ShardPosition } from './sequence-number.ts';

export interface LoggedRecord extends ShardPosition {
  readonly partitionKey: string;
  readonly data: Buffer;
}

/*
 * segment => magic(4)="SLKS" version(1)=1 [frame]
 * frame   => payload_length:u32 crc32(payload):u32 payload
 * payload => arrival_ms:u48 ordinal:u48 key_length:u16 key:utf8 data
 * All integers little-endian; u48 holds milliseconds up to the year 10889.
 */
export const SEGMENT_HEADER = Buffer.from('SLKS\x01', 'latin1');
const FRAME_HEADER_BYTES = 8;
const FIXED_PAYLOAD_BYTES = 14;
/** A record is at most 10 MiB of key and data: a longer length field is damage, not a record. */
const MAX_PAYLOAD_BYTES = 11 * 1024 * 1024;

/** Bytes of each frame one after the other, in one buffer, with the offset of every frame in it. */
export function encodeFrames(records: readonly LoggedRecord[]): {
  readonly bytes: Buffer;
  readonly offsets: readonly number[];
} {
  const keys = records.map((record) => Buffer.from(record.partitionKey, 'utf8'));
  const offsets: number[] = [];
  let sizeBytes = 0;
  for (const [i, record] of records.entries()) {
    offsets.push(sizeBytes);
    sizeBytes +=
      FRAME_HEADER_BYTES + FIXED_PAYLOAD_BYTES + (keys[i]?.length ?? 0) + record.data.length;
  }
  const bytes = Buffer.allocUnsafe(sizeBytes);
  for (const [i, record] of records.entries()) {
    const start = (offsets[i] ?? 0) + FRAME_HEADER_BYTES;
    const end = offsets[i + 1] ?? sizeBytes;
    const key = keys[i] ?? Buffer.alloc(0);
    bytes.writeUIntLE(record.arrivalMs, start, 6);
    bytes.writeUIntLE(record.ordinal, start + 6, 6);
    bytes.writeUInt16LE(key.length, start + 12);
    key.copy(bytes, start + FIXED_PAYLOAD_BYTES);
    record.data.copy(bytes, start + FIXED_PAYLOAD_BYTES + key.length);
    bytes.writeUInt32LE(end - start, start - 8);
    bytes.writeUInt32LE(crc32(bytes.subarray(start, end)), start - 4);
  }
  return { bytes, offsets };
}

export type FrameOutcome =
  | { readonly kind: 'record'; readonly record: LoggedRecord; readonly nextOffset: number }
  /** The bytes end inside the frame; `neededBytes` from its start would hold it (or its header). */
  | { readonly kind: 'incomplete'; readonly neededBytes: number }
  | { readonly kind: 'corrupt'; readonly nextOffset: number };

/** Reads the frame that starts at `offset`. The record's data shares memory with `bytes`. */
export function decodeFrame(bytes: Buffer, offset: number): FrameOutcome {
  if (bytes.length - offset < FRAME_HEADER_BYTES) {
    return { kind: 'incomplete', neededBytes: FRAME_HEADER_BYTES };
  }
  const payloadBytes = bytes.readUInt32LE(offset);
  const start = offset + FRAME_HEADER_BYTES;
  const end = start + payloadBytes;
  if (payloadBytes < FIXED_PAYLOAD_BYTES || payloadBytes > MAX_PAYLOAD_BYTES) {
    return { kind: 'corrupt', nextOffset: start };
  }
  if (end > bytes.length) return { kind: 'incomplete', neededBytes: end - offset };
  const payload = bytes.subarray(start, end);
  const dataStart = FIXED_PAYLOAD_BYTES + payload.readUInt16LE(12);
  if (crc32(payload) !== bytes.readUInt32LE(offset + 4) || dataStart > payloadBytes) {
    return { kind: 'corrupt', nextOffset: end };
  }
  const record: LoggedRecord = {
    arrivalMs: payload.readUIntLE(0, 6),
    ordinal: payload.readUIntLE(6, 6),
    partitionKey: payload.toString('utf8', FIXED_PAYLOAD_BYTES, dataStart),
    data: payload.subarray(dataStart),
  };
  return { kind: 'record', record, nextOffset: end };
}

/** The error for damage that is not a torn tail: acknowledged records behind it must not vanish silently. */
export function corruptSegment(path: string, offset: number): SluiceError {
  return new SluiceError(
    'FORMAT_CORRUPT',
    `kinesis segment ${path} has a damaged frame at byte ${offset}, expected length and CRC32 of a record; ` +
      'restore the file, or delete the state folder to start empty',
    { context: { path, offset } },
  );
}
