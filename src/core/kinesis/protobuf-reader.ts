import { SluiceError } from '../errors.ts';

/** Wire types of the protocol buffers encoding; 3 and 4 (groups) are refused. Source: protobuf.dev, Encoding. */
export const WIRE_TYPE = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

/** A position inside a message; `end` is exclusive, both count from the start of the whole record. */
export interface ProtobufCursor {
  readonly bytes: Uint8Array;
  offset: number;
  readonly end: number;
}

export interface FieldTag {
  readonly field: number;
  readonly wireType: number;
  /** Where the tag starts, for error messages. */
  readonly offset: number;
}

/** FORMAT_CORRUPT for an aggregated record, with the byte that broke the format. */
export function corruptAt(offset: number, problem: string): SluiceError {
  return new SluiceError(
    'FORMAT_CORRUPT',
    `aggregated record, byte ${offset}: ${problem}; send the record to the rejected table`,
    { context: { offset } },
  );
}

/**
 * Reads an unsigned varint of at most 64 bits. Values above 2^53 lose their low bits, which is harmless:
 * every varint of this format is an index or a length and is compared with a small bound afterwards.
 */
export function readVarint(cursor: ProtobufCursor): number {
  const start = cursor.offset;
  let value = 0;
  let scale = 1;
  for (let count = 1; count <= 10; count++) {
    if (cursor.offset >= cursor.end) throw corruptAt(start, 'varint is cut off');
    const byte = cursor.bytes[cursor.offset++] as number;
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) {
      if (count === 10 && byte > 1) throw corruptAt(start, 'varint has more than 64 bits');
      return value;
    }
    scale *= 128;
  }
  throw corruptAt(start, 'varint has more than 10 bytes');
}

/** Reads the tag of the next field, or null at the end of the message. */
export function readTag(cursor: ProtobufCursor): FieldTag | null {
  if (cursor.offset === cursor.end) return null;
  const offset = cursor.offset;
  const tag = readVarint(cursor);
  const field = Math.floor(tag / 8);
  // Field numbers have 29 bits.
  if (field === 0 || field > 0x1fffffff) {
    throw corruptAt(offset, `field number ${field}, expected 1 to 536870911`);
  }
  return { field, wireType: tag % 8, offset };
}

/** Checks the wire type of a field this format defines. */
export function expectWireType(tag: FieldTag, wireType: number, name: string): void {
  if (tag.wireType !== wireType) {
    throw corruptAt(tag.offset, `${name} has wire type ${tag.wireType}, expected ${wireType}`);
  }
}

/** Reads a length-delimited field as a cursor over its bytes; nothing is copied. */
export function readDelimited(cursor: ProtobufCursor): ProtobufCursor {
  const start = cursor.offset;
  const length = readVarint(cursor);
  if (length > cursor.end - cursor.offset) {
    throw corruptAt(start, `length ${length}, but ${cursor.end - cursor.offset} bytes are left`);
  }
  const offset = cursor.offset;
  cursor.offset += length;
  return { bytes: cursor.bytes, offset, end: cursor.offset };
}

/** Steps over a field this format does not define. */
export function skipField(cursor: ProtobufCursor, tag: FieldTag): void {
  switch (tag.wireType) {
    case WIRE_TYPE.varint:
      readVarint(cursor);
      return;
    case WIRE_TYPE.bytes:
      readDelimited(cursor);
      return;
    case WIRE_TYPE.fixed64:
      skipBytes(cursor, 8);
      return;
    case WIRE_TYPE.fixed32:
      skipBytes(cursor, 4);
      return;
    default:
      throw corruptAt(tag.offset, `wire type ${tag.wireType}, expected 0, 1, 2 or 5`);
  }
}

function skipBytes(cursor: ProtobufCursor, count: number): void {
  if (cursor.end - cursor.offset < count) {
    throw corruptAt(cursor.offset, `fixed field of ${count} bytes is cut off`);
  }
  cursor.offset += count;
}
