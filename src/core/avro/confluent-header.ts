import { SluiceError } from '../errors.ts';
import { confluentIdOf, type WireSchemaId } from '../schema/wire-schema-id.ts';

/*
 * Record framing of Confluent's serializers, Avro form (Confluent Platform documentation, "Wire format"):
 *
 *   record  => magic schemaId payload
 *   magic   => 00
 *   schemaId => 4 bytes, big-endian
 */
export const CONFLUENT_HEADER_BYTES = 5;
export const CONFLUENT_MAGIC = 0;

/** Puts the header before the payload. Throws SCHEMA_UNKNOWN when the id is not a positive 32-bit number in digits. */
export function encodeConfluentHeader(id: WireSchemaId, payload: Uint8Array): Uint8Array {
  const schemaId = confluentIdOf(id);
  if (schemaId === null) {
    throw new SluiceError(
      'SCHEMA_UNKNOWN',
      `schema id "${id}", expected a number from 1 to 2147483647; register the schema first`,
    );
  }
  const record = Buffer.allocUnsafe(CONFLUENT_HEADER_BYTES + payload.byteLength);
  record[0] = CONFLUENT_MAGIC;
  record.writeInt32BE(schemaId, 1);
  record.set(payload, CONFLUENT_HEADER_BYTES);
  return record;
}

/**
 * Splits a record into schema id (as WireSchemaId) and payload, a view of the record.
 * Throws FORMAT_CORRUPT when the header is cut off, or its id is not positive: no registry gives such ids.
 */
export function decodeConfluentHeader(record: Uint8Array): {
  readonly schemaVersionId: WireSchemaId;
  readonly payload: Uint8Array;
} {
  if (record.byteLength < CONFLUENT_HEADER_BYTES || record[0] !== CONFLUENT_MAGIC) {
    throw corrupt(
      `record of ${record.byteLength} bytes that begins with ${record[0] ?? 'nothing'}, expected 0 and at least 5 bytes`,
    );
  }
  const view = new DataView(record.buffer, record.byteOffset, record.byteLength);
  const schemaId = view.getInt32(1);
  if (schemaId <= 0) throw corrupt(`schema id ${schemaId}, expected a positive number`);
  return {
    schemaVersionId: String(schemaId),
    payload: record.subarray(CONFLUENT_HEADER_BYTES),
  };
}

function corrupt(problem: string): SluiceError {
  return new SluiceError('FORMAT_CORRUPT', `confluent schema header: ${problem}`);
}
