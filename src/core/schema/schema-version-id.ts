import { createHash } from 'node:crypto';
import type { AvroRecord } from './avro-schema.ts';

/** Namespace of all schema version ids of Sluice, fixed for ever: ids are on the wire and in tables. */
export const SCHEMA_VERSION_NAMESPACE = 'b7c9a0de-5e1c-5d0b-9c0a-6f1f0c4a7d21';

/**
 * The id that goes into the header of every record written with a schema version. It is derived from
 * the stream's name, the version and the canonical text, so that every checkout computes the same one;
 * the version is part of it, because a stream may return to an earlier shape.
 */
export function schemaVersionId(schema: AvroRecord, version: number): string {
  const fullName = `${schema.namespace ?? ''}.${schema.name}`;
  return uuidV5(SCHEMA_VERSION_NAMESPACE, `${fullName}/${version}\n${canonicalSchemaText(schema)}`);
}

/**
 * The text two schemas share exactly when records of one are records of the other in every respect:
 * attributes in a fixed order, without `doc`. Unlike Avro's parsing canonical form it keeps defaults,
 * aliases and logical types, which change what a reader sees.
 */
export function canonicalSchemaText(schema: AvroRecord): string {
  return canonicalJson(schema, new Set(['doc']));
}

/** JSON with sorted keys and without spaces. */
export function canonicalJson(value: unknown, leftOut: ReadonlySet<string> = new Set()): string {
  if (Array.isArray(value)) {
    return `[${value.map((item) => canonicalJson(item, leftOut)).join(',')}]`;
  }
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const entries = Object.entries(value)
    .filter(([key, entry]) => !leftOut.has(key) && entry !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, entry]) => `${JSON.stringify(key)}:${canonicalJson(entry, leftOut)}`);
  return `{${entries.join(',')}}`;
}

/** SHA-256 of a JSON value, independent of key order and spaces; lower-case hex. */
export function contentHash(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value), 'utf8').digest('hex');
}

/** Name-based UUID. Source: RFC 9562 §5.5, UUID Version 5. */
export function uuidV5(namespace: string, name: string): string {
  const bytes = createHash('sha1')
    .update(Buffer.from(namespace.replaceAll('-', ''), 'hex'))
    .update(name, 'utf8')
    .digest()
    .subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x50, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = bytes.toString('hex');
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20),
  ].join('-');
}
