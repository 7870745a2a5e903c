import { hasCode, SluiceError } from '../errors.ts';
import type { Field, Row } from '../schema/field.ts';
import { AvroCursor, avroCorrupt } from './avro-cursor.ts';
import { type AvroRecord, parseAvroType } from './avro-type.ts';
import { AvroWriter } from './avro-writer.ts';
import { createRecordReader } from './value-reader.ts';
import { createRecordWriter } from './value-writer.ts';

/*
 * Rows as Avro binary, one datum without container. Rows are keyed by `storedName(field)`: money is `<name>_cents`.
 * avsc is not used for reading: it sizes arrays by the announced count and repairs invalid UTF-8 silently.
 */

export interface RowDecoderOptions {
  /** Schema the bytes were written with, as JSON value. */
  readonly writerSchema: unknown;
  /** Schema of `fields`, as JSON value; its aliases find renamed fields. */
  readonly readerSchema: unknown;
  readonly fields: readonly Field[];
}

/**
 * Compiles an encoder. It throws SCHEMA_INCOMPATIBLE for a row that does not fit, and so does this function
 * when schema and fields differ.
 */
export function createRowEncoder(
  avroSchema: unknown,
  fields: readonly Field[],
): (row: Row) => Uint8Array {
  const write = createRecordWriter(parseRecord(avroSchema), { path: '', fields });
  const out = new AvroWriter();
  return (row) => {
    out.reset();
    write(out, row);
    return out.toBytes();
  };
}

/**
 * Compiles a decoder with schema resolution. The decoder throws FORMAT_CORRUPT for bytes that are cut off, have
 * bytes left over, or hold counts, lengths, symbols or UTF-8 that cannot be; its work is bounded by the input.
 * This function throws SCHEMA_INCOMPATIBLE when the reader cannot read the writer's schema.
 */
export function createRowDecoder(
  options: RowDecoderOptions,
): (bytes: Uint8Array) => { readonly row: Row } {
  const read = createRecordReader(
    parseRecord(options.writerSchema),
    parseRecord(options.readerSchema),
    { path: '', fields: options.fields },
  );
  return (bytes) => {
    const cursor = new AvroCursor(bytes);
    const row = readAt(cursor, bytes.byteLength, read);
    if (cursor.remaining > 0) {
      throw avroCorrupt(`${cursor.remaining} bytes after the row, expected none`);
    }
    return { row };
  };
}

/** Adds the place to the error: the cursor itself knows only what is wrong. */
function readAt(cursor: AvroCursor, sizeBytes: number, read: (cursor: AvroCursor) => Row): Row {
  try {
    return read(cursor);
  } catch (error) {
    if (!hasCode(error, 'FORMAT_CORRUPT')) throw error;
    const offset = sizeBytes - cursor.remaining;
    throw new SluiceError(
      'FORMAT_CORRUPT',
      `${error.message}, near byte ${offset} of ${sizeBytes}`,
      {
        context: { offset, sizeBytes },
        cause: error,
      },
    );
  }
}

function parseRecord(schema: unknown): AvroRecord {
  const type = parseAvroType(schema);
  if (type.kind === 'record') return type;
  throw new SluiceError(
    'SCHEMA_INCOMPATIBLE',
    `avro schema: got ${type.kind}, expected a record; register the schema of a stream`,
  );
}
