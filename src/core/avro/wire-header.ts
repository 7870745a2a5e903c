import { SluiceError } from '../errors.ts';
import { type WireSchemaId, wireFormatOf } from '../schema/wire-schema-id.ts';
import {
  CONFLUENT_MAGIC,
  decodeConfluentHeader,
  encodeConfluentHeader,
} from './confluent-header.ts';
import {
  decodeSchemaRegistryHeader,
  encodeSchemaRegistryHeader,
  SCHEMA_REGISTRY_HEADER_VERSION,
} from './schema-registry-header.ts';

/** Which header a record has, and what it says. */
export type WireHeader =
  | {
      readonly kind: 'glue' | 'confluent';
      readonly schemaVersionId: WireSchemaId;
      readonly payload: Uint8Array;
      /** Memory that the payload takes besides the record; 0 when it is a view of it. */
      readonly inflatedBytes: number;
    }
  | { readonly kind: 'none' };

const NONE: WireHeader = { kind: 'none' };

/**
 * Tells the header of a record by its first byte: 3 is AWS Glue's, 0 is Confluent's, any other is none.
 * Throws FORMAT_CORRUPT when a header begins so and is broken, or when a compressed payload does not
 * inflate within the limit.
 */
export function readWireHeader(
  record: Uint8Array,
  options: { readonly maxInflatedBytes?: number } = {},
): WireHeader {
  switch (record[0]) {
    case SCHEMA_REGISTRY_HEADER_VERSION: {
      const { schemaVersionId, payload, inflatedBytes } = decodeSchemaRegistryHeader(
        record,
        options,
      );
      return { kind: 'glue', schemaVersionId, payload, inflatedBytes };
    }
    case CONFLUENT_MAGIC: {
      const { schemaVersionId, payload } = decodeConfluentHeader(record);
      return { kind: 'confluent', schemaVersionId, payload, inflatedBytes: 0 };
    }
    default:
      return NONE;
  }
}

/** Puts the header that the form of the id asks for before the payload. Throws SCHEMA_UNKNOWN for an id that is none. */
export function encodeWireHeader(id: WireSchemaId, payload: Uint8Array): Uint8Array {
  return wireFormatOf(id) === 'confluent'
    ? encodeConfluentHeader(id, payload)
    : encodeSchemaRegistryHeader(id, payload);
}

/** What is said of a record without header. */
export function noHeader(record: Uint8Array): SluiceError {
  const first = record.byteLength === 0 ? 'nothing' : `byte ${record[0]}`;
  return new SluiceError(
    'FORMAT_CORRUPT',
    `schema registry header: record of ${record.byteLength} bytes begins with ${first}, expected 3 (AWS Glue) or 0 (Confluent)`,
  );
}
