import zlib from 'node:zlib';
import { SluiceError } from '../../errors.ts';
import { parseBigintJson } from './bigint-json.ts';
import { tableInvalid } from './json-field.ts';
import type { PartitionSpec } from './partition.ts';
import type { Schema } from './schema.ts';
import type { Snapshot } from './snapshot.ts';
import { checkTableMetadata, type TableMetadata } from './table-metadata-json.ts';
import { readByLines, writeByLines } from './table-metadata-text.ts';

export type { TableMetadata };

const NO_SNAPSHOT_ID = -1n;
/** Of a file that says it is compressed: a table with a hundred thousand snapshots. */
const MAX_METADATA_BYTES = 256 * 1024 * 1024;

/**
 * Parses and checks what the rest of the module relies on.
 * Throws TABLE_INVALID with the key; FEATURE_UNSUPPORTED for another format version or column type.
 */
export function parseTableMetadata(text: string): TableMetadata {
  return readByLines(Buffer.from(text)) ?? parseWhole(text);
}

/** Inverse of parseTableMetadata; the lines are explained in table-metadata-text.ts. */
export function serializeTableMetadata(metadata: TableMetadata): string {
  return Buffer.from(encodeTableMetadata(metadata)).toString('utf8');
}

/** A metadata file's content, not compressed. Inverse of decodeTableMetadata. */
export function encodeTableMetadata(metadata: TableMetadata): Uint8Array {
  const {
    snapshots,
    refs,
    'snapshot-log': snapshotLog,
    'metadata-log': metadataLog,
    ...rest
  } = metadata;
  const id = metadata['current-snapshot-id'] ?? NO_SNAPSHOT_ID;
  return writeByLines(
    { ...rest, 'current-snapshot-id': id },
    { snapshots, refs, 'snapshot-log': snapshotLog, 'metadata-log': metadataLog },
  );
}

/**
 * A metadata file's content; `.gz.metadata.json` files are recognised by their first bytes.
 * Throws as parseTableMetadata, and FORMAT_CORRUPT for bytes that are neither gzip nor UTF-8.
 */
export function decodeTableMetadata(bytes: Uint8Array): TableMetadata {
  const content = isGzip(bytes) ? gunzip(bytes) : bytes;
  const view = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  return readByLines(view) ?? parseWhole(decodeUtf8(view));
}

/** The schema that new data is written with. */
export function currentSchema(metadata: TableMetadata): Schema {
  return schemaById(metadata, metadata['current-schema-id']);
}

/** Throws TABLE_INVALID when the table has no such schema. */
export function schemaById(metadata: TableMetadata, schemaId: number): Schema {
  const schema = metadata.schemas.find((candidate) => candidate['schema-id'] === schemaId);
  if (schema === undefined)
    throw tableInvalid('schemas', `a schema with id ${schemaId}`, undefined);
  return schema;
}

/** The partition spec that new data is written with. */
export function defaultPartitionSpec(metadata: TableMetadata): PartitionSpec {
  return partitionSpecById(metadata, metadata['default-spec-id']);
}

/** Throws TABLE_INVALID when the table has no such spec. */
export function partitionSpecById(metadata: TableMetadata, specId: number): PartitionSpec {
  const spec = metadata['partition-specs'].find((candidate) => candidate['spec-id'] === specId);
  if (spec === undefined) {
    throw tableInvalid('partition-specs', `a partition spec with id ${specId}`, undefined);
  }
  return spec;
}

/** The snapshot readers see, null for a table that never had one. */
export function currentSnapshot(metadata: TableMetadata): Snapshot | null {
  const id = metadata['current-snapshot-id'];
  return id === null ? null : snapshotById(metadata, id);
}

/** Null when the table never had the snapshot or has expired it. */
export function snapshotById(metadata: TableMetadata, snapshotId: bigint): Snapshot | null {
  return metadata.snapshots.find((snapshot) => snapshot['snapshot-id'] === snapshotId) ?? null;
}

/**
 * The snapshot that was current at a time, by the snapshot log; null when the log does not reach back.
 * Source: Iceberg v2 §Point in Time Reads.
 */
export function snapshotAsOf(metadata: TableMetadata, timeMs: number): Snapshot | null {
  const entry = metadata['snapshot-log'].findLast((item) => item['timestamp-ms'] <= timeMs);
  return entry === undefined ? null : snapshotById(metadata, entry['snapshot-id']);
}

function parseWhole(text: string): TableMetadata {
  let json: unknown;
  try {
    json = parseBigintJson(text);
  } catch (cause) {
    throw new SluiceError(
      'TABLE_INVALID',
      `table metadata: expected JSON, got ${text.length} characters that are not; is the file whole`,
      { cause },
    );
  }
  return checkTableMetadata(json);
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new SluiceError('FORMAT_CORRUPT', 'table metadata: expected UTF-8', { cause });
  }
}

function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

function gunzip(bytes: Uint8Array): Uint8Array {
  try {
    return zlib.gunzipSync(bytes, { maxOutputLength: MAX_METADATA_BYTES });
  } catch (cause) {
    throw new SluiceError('FORMAT_CORRUPT', 'table metadata: gzip does not decompress', { cause });
  }
}
