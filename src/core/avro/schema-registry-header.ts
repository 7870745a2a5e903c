import { deflateSync, inflateSync } from 'node:zlib';
import { SluiceError } from '../errors.ts';

/*
 * Record framing of the AWS Glue Schema Registry serializers (awslabs/aws-glue-schema-registry,
 * AWSSchemaRegistryConstants):
 *
 *   record      => version compression schemaVersionId payload
 *   version     => 03
 *   compression => 00 (none) | 05 (zlib)
 *   schemaVersionId => UUID, 16 bytes, big-endian
 */
export const SCHEMA_REGISTRY_HEADER_BYTES = 18;
/** First byte of every record with this header. */
export const SCHEMA_REGISTRY_HEADER_VERSION = 3;
const COMPRESSION_NONE = 0;
const COMPRESSION_ZLIB = 5;

/** Compressed or not, no event is larger than a stream record may be; a larger one is a bomb or a mistake. Source: Kinesis quotas. */
export const DEFAULT_MAX_INFLATED_BYTES = 1024 * 1024;

const UUID_TEXT = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

export interface RegisteredRecord {
  /** Lower-case UUID of the schema version in the registry. */
  readonly schemaVersionId: string;
  readonly payload: Uint8Array;
  /** Memory that the payload takes besides the record; 0 when it is a view of it. */
  readonly inflatedBytes: number;
}

/**
 * Puts the header before the payload. Throws SCHEMA_UNKNOWN when the id is not a lower-case UUID.
 * @param options.compression zlib pays for payloads of kilobytes. @default 'none'
 */
export function encodeSchemaRegistryHeader(
  schemaVersionId: string,
  payload: Uint8Array,
  options: { readonly compression?: 'none' | 'zlib' } = {},
): Uint8Array {
  const compressed = options.compression === 'zlib';
  const content = compressed ? deflateSync(payload) : payload;
  const record = new Uint8Array(SCHEMA_REGISTRY_HEADER_BYTES + content.byteLength);
  record[0] = SCHEMA_REGISTRY_HEADER_VERSION;
  record[1] = compressed ? COMPRESSION_ZLIB : COMPRESSION_NONE;
  record.set(uuidBytes(schemaVersionId), 2);
  record.set(content, SCHEMA_REGISTRY_HEADER_BYTES);
  return record;
}

/**
 * Splits a record into schema version and payload. An uncompressed payload is a view of the record.
 * Throws FORMAT_CORRUPT when the header is not one, or when the payload does not inflate within the limit.
 */
export function decodeSchemaRegistryHeader(
  record: Uint8Array,
  options: { readonly maxInflatedBytes?: number } = {},
): RegisteredRecord {
  if (record.byteLength < SCHEMA_REGISTRY_HEADER_BYTES) {
    throw corrupt(`record of ${record.byteLength} bytes, expected at least 18 bytes of header`);
  }
  if (record[0] !== SCHEMA_REGISTRY_HEADER_VERSION) {
    throw corrupt(`header version ${record[0]}, expected 3`);
  }
  const payload = record.subarray(SCHEMA_REGISTRY_HEADER_BYTES);
  const schemaVersionId = uuidText(record.subarray(2, SCHEMA_REGISTRY_HEADER_BYTES));
  if (record[1] === COMPRESSION_NONE) return { schemaVersionId, payload, inflatedBytes: 0 };
  if (record[1] !== COMPRESSION_ZLIB) {
    throw corrupt(`compression ${record[1]}, expected 0 (none) or 5 (zlib)`);
  }
  const maxInflatedBytes = options.maxInflatedBytes ?? DEFAULT_MAX_INFLATED_BYTES;
  const inflated = inflate(payload, maxInflatedBytes);
  return { schemaVersionId, payload: inflated, inflatedBytes: inflated.byteLength };
}

function inflate(payload: Uint8Array, maxInflatedBytes: number): Uint8Array {
  // With `info` Node returns the engine too, whose bytesWritten is the input it consumed.
  let result: { buffer: Buffer; engine: { bytesWritten: number } };
  try {
    result = inflateSync(payload, {
      maxOutputLength: maxInflatedBytes,
      info: true,
    }) as unknown as typeof result;
  } catch (cause) {
    throw corrupt(
      `payload does not inflate to at most ${maxInflatedBytes} bytes of zlib data`,
      cause,
    );
  }
  const trailingBytes = payload.byteLength - result.engine.bytesWritten;
  if (trailingBytes > 0) throw corrupt(`${trailingBytes} bytes after the zlib data, expected none`);
  return result.buffer;
}

function uuidBytes(text: string): Uint8Array {
  if (!UUID_TEXT.test(text)) {
    throw new SluiceError(
      'SCHEMA_UNKNOWN',
      `schema version id "${text}", expected a lower-case UUID; register the schema first`,
    );
  }
  return Buffer.from(text.replaceAll('-', ''), 'hex');
}

function uuidText(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

function corrupt(problem: string, cause?: unknown): SluiceError {
  return new SluiceError('FORMAT_CORRUPT', `schema registry header: ${problem}`, { cause });
}
