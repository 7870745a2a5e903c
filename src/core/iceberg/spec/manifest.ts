import type { AvroSchemaObject } from '../../avro/datum-reader.ts';
import { decodeObjectContainer, encodeObjectContainer } from '../../avro/object-container.ts';
import { SluiceError } from '../../errors.ts';
import { bindPartitionSpec } from '../transform/bind-partition-spec.ts';
import { asObject } from './json-field.ts';
import type { EntryStatus, FileContent, InheritedEntry, ManifestEntry } from './manifest-entry.ts';
import { encodeEntry } from './manifest-entry-encoding.ts';
import {
  arrayOf,
  asInt,
  asLong,
  asRecord,
  bytesOf,
  intOf,
  longOf,
  type ManifestRecord,
  manifestCorrupt,
  mapOf,
  optionalOf,
  stringOf,
} from './manifest-fields.ts';
import type { ManifestFile } from './manifest-list.ts';
import { fieldIdKey, manifestEntrySchema } from './manifest-schema.ts';
import type { PartitionSpec } from './partition.ts';
import { partitionReader } from './partition-reader.ts';
import type { Schema } from './schema.ts';
import { parseSchema } from './schema-json.ts';
import { parsePartitionFields } from './table-metadata-json.ts';

export type ManifestContent = 'data' | 'deletes';

/** What a manifest's header says. Source: Iceberg v2 §Manifest Metadata. */
export interface ManifestHeader {
  /** The table's schema when the manifest was written. */
  readonly schema: Schema;
  readonly partitionSpec: PartitionSpec;
  readonly content: ManifestContent;
}

export interface Manifest extends ManifestHeader {
  readonly entries: readonly ManifestEntry[];
}

const STATUSES: readonly EntryStatus[] = ['existing', 'added', 'deleted'];
const CONTENTS: readonly FileContent[] = ['data', 'position-deletes', 'equality-deletes'];

/**
 * Encodes a manifest. Throws SCHEMA_INCOMPATIBLE when the spec does not go with the schema or a
 * partition value not with its field, TABLE_INVALID when a tuple has another length than the spec.
 */
export function encodeManifest(
  header: ManifestHeader,
  entries: readonly ManifestEntry[],
  options: { readonly syncMarker: Uint8Array },
): Uint8Array {
  const { schema, partitionSpec, content } = header;
  const columns = bindPartitionSpec(partitionSpec, schema).map(({ fieldId, name, resultType }) => ({
    fieldId,
    name,
    type: resultType,
  }));
  const records = entries.map((entry) => encodeEntry(entry, columns));
  return encodeObjectContainer(manifestEntrySchema(columns), records, {
    metadata: {
      schema: JSON.stringify(schema),
      'schema-id': String(schema['schema-id']),
      'partition-spec': JSON.stringify(partitionSpec.fields),
      'partition-spec-id': String(partitionSpec['spec-id']),
      'format-version': '2',
      content,
    },
    syncMarker: options.syncMarker,
  });
}

/** Decodes a manifest of any writer, by field id. Throws FORMAT_CORRUPT, FEATURE_UNSUPPORTED, TABLE_INVALID. */
export function decodeManifest(bytes: Uint8Array): Manifest {
  const container = decodeObjectContainer(bytes, { recordKey: fieldIdKey });
  const header = decodeHeader(container.metadata);
  const readPartition = partitionReader(
    container.schema as AvroSchemaObject,
    header.partitionSpec.fields.map((field) => field['field-id']),
  );
  return {
    ...header,
    entries: container.records.map((record) =>
      decodeEntry(asRecord(record, 'entry'), readPartition),
    ),
  };
}

/**
 * Fills in what entries leave to the manifest list.
 * Source: Iceberg v2 §Sequence Number Inheritance. Throws FORMAT_CORRUPT for an existing or deleted
 * entry without numbers of its own.
 */
export function inheritEntries(
  manifest: Manifest,
  listed: Pick<ManifestFile, 'sequenceNumber' | 'addedSnapshotId' | 'manifestPath'>,
): readonly InheritedEntry[] {
  return manifest.entries.map((entry) => {
    const explicit = entry.sequenceNumber !== null && entry.fileSequenceNumber !== null;
    // Sequence number 0 means the manifest was written by version 1: all its entries inherit 0.
    if (entry.status !== 'added' && !explicit && listed.sequenceNumber !== 0n) {
      throw new SluiceError(
        'FORMAT_CORRUPT',
        `manifest ${listed.manifestPath}: expected sequence numbers in an entry that is ${entry.status}, got null`,
      );
    }
    return {
      ...entry,
      snapshotId: entry.snapshotId ?? listed.addedSnapshotId,
      sequenceNumber: entry.sequenceNumber ?? listed.sequenceNumber,
      fileSequenceNumber: entry.fileSequenceNumber ?? listed.sequenceNumber,
    };
  });
}

function decodeHeader(metadata: ReadonlyMap<string, string>): ManifestHeader {
  const schema = parseSchema(
    { 'schema-id': Number(metadata.get('schema-id') ?? 0), ...jsonObject(metadata, 'schema') },
    'manifest schema',
  );
  const fields = { fields: json(metadata, 'partition-spec') };
  const content = metadata.get('content') ?? 'data';
  if (content !== 'data' && content !== 'deletes') {
    throw manifestCorrupt('content', 'data or deletes', content);
  }
  return {
    schema,
    partitionSpec: {
      'spec-id': Number(metadata.get('partition-spec-id') ?? 0),
      fields: parsePartitionFields(fields, 'fields', 'manifest partition-spec'),
    },
    content,
  };
}

function jsonObject(metadata: ReadonlyMap<string, string>, key: string): object {
  return asObject(json(metadata, key), `manifest ${key}`);
}

function json(metadata: ReadonlyMap<string, string>, key: string): unknown {
  const text = metadata.get(key);
  if (text === undefined) throw manifestCorrupt(`header ${key}`, 'JSON', text);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new SluiceError('FORMAT_CORRUPT', `manifest header ${key}: expected JSON`, { cause });
  }
}

function decodeEntry(
  record: ManifestRecord,
  readPartition: ReturnType<typeof partitionReader>,
): ManifestEntry {
  const file = asRecord(record['data_file'], 'data_file');
  return {
    status: oneOf(STATUSES, intOf(record, 'status'), 'status'),
    snapshotId: optionalOf(record, 'snapshot_id', longOf),
    sequenceNumber: optionalOf(record, 'sequence_number', longOf),
    fileSequenceNumber: optionalOf(record, 'file_sequence_number', longOf),
    content: oneOf(CONTENTS, optionalOf(file, 'content', intOf) ?? 0, 'content'),
    fileFormat: stringOf(file, 'file_format'),
    file: {
      filePath: stringOf(file, 'file_path'),
      partition: readPartition(asRecord(file['partition'], 'partition')),
      recordCount: longOf(file, 'record_count'),
      fileSizeBytes: longOf(file, 'file_size_in_bytes'),
      columnSizes: mapOf(file, 'column_sizes', longOf),
      valueCounts: mapOf(file, 'value_counts', longOf),
      nullValueCounts: mapOf(file, 'null_value_counts', longOf),
      nanValueCounts: mapOf(file, 'nan_value_counts', longOf),
      lowerBounds: mapOf(file, 'lower_bounds', bytesOf),
      upperBounds: mapOf(file, 'upper_bounds', bytesOf),
      splitOffsets: (optionalOf(file, 'split_offsets', arrayOf) ?? []).map((item) =>
        asLong(item, 'split_offsets'),
      ),
    },
    keyMetadata: optionalOf(file, 'key_metadata', bytesOf),
    equalityIds:
      optionalOf(file, 'equality_ids', arrayOf)?.map((item) => asInt(item, 'equality_ids')) ?? null,
    sortOrderId: optionalOf(file, 'sort_order_id', intOf),
    referencedDataFile: optionalOf(file, 'referenced_data_file', stringOf),
  };
}

function oneOf<T>(values: readonly T[], index: number, where: string): T {
  const value = values[index];
  if (value === undefined) throw manifestCorrupt(where, `0 to ${values.length - 1}`, index);
  return value;
}
