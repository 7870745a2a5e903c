import { decodeObjectContainer, encodeObjectContainer } from '../../avro/object-container.ts';
import { SluiceError } from '../../errors.ts';
import {
  arrayOf,
  asRecord,
  booleanOf,
  bytesOf,
  intOf,
  longOf,
  type ManifestRecord,
  manifestCorrupt,
  optionalOf,
  stringOf,
} from './manifest-fields.ts';
import { fieldIdKey, MANIFEST_FILE_SCHEMA } from './manifest-schema.ts';

/** Range of one partition field over a manifest; bounds are single-value serialized. */
export interface FieldSummary {
  readonly containsNull: boolean;
  /** Null: the writer did not say. */
  readonly containsNan: boolean | null;
  readonly lowerBound: Uint8Array | null;
  readonly upperBound: Uint8Array | null;
}

/** One row of a manifest list. Source: Iceberg v2 §Manifest Lists, `manifest_file`. */
export interface ManifestFile {
  readonly manifestPath: string;
  readonly manifestLength: bigint;
  readonly partitionSpecId: number;
  readonly content: 'data' | 'deletes';
  /** Sequence number of the commit that added the manifest. */
  readonly sequenceNumber: bigint;
  /** Lowest data sequence number of its live files. */
  readonly minSequenceNumber: bigint;
  readonly addedSnapshotId: bigint;
  readonly addedFilesCount: number;
  readonly existingFilesCount: number;
  readonly deletedFilesCount: number;
  readonly addedRowsCount: bigint;
  readonly existingRowsCount: bigint;
  readonly deletedRowsCount: bigint;
  /** One summary per field of the manifest's partition spec; null: the writer did not say. */
  readonly partitions: readonly FieldSummary[] | null;
  readonly keyMetadata: Uint8Array | null;
}

/** Encodes a manifest list; the header names the snapshot, as the reference implementation does. */
export function encodeManifestList(
  manifests: readonly ManifestFile[],
  options: {
    readonly snapshotId: bigint;
    readonly parentSnapshotId: bigint | null;
    readonly sequenceNumber: bigint;
    readonly syncMarker: Uint8Array;
  },
): Uint8Array {
  return encodeObjectContainer(MANIFEST_FILE_SCHEMA, manifests.map(encodeManifestFile), {
    metadata: {
      'snapshot-id': String(options.snapshotId),
      'parent-snapshot-id': String(options.parentSnapshotId),
      'sequence-number': String(options.sequenceNumber),
      'format-version': '2',
    },
    syncMarker: options.syncMarker,
  });
}

/**
 * Decodes a manifest list of any writer, by field id.
 * Throws FORMAT_CORRUPT; FEATURE_UNSUPPORTED for version 1 lists, which may leave counts out.
 */
export function decodeManifestList(bytes: Uint8Array): readonly ManifestFile[] {
  const { records } = decodeObjectContainer(bytes, { recordKey: fieldIdKey });
  return records.map((record) => decodeManifestFile(asRecord(record, 'list entry')));
}

function encodeManifestFile(manifest: ManifestFile): Readonly<Record<string, unknown>> {
  return {
    manifest_path: manifest.manifestPath,
    manifest_length: manifest.manifestLength,
    partition_spec_id: manifest.partitionSpecId,
    content: manifest.content === 'data' ? 0 : 1,
    sequence_number: manifest.sequenceNumber,
    min_sequence_number: manifest.minSequenceNumber,
    added_snapshot_id: manifest.addedSnapshotId,
    added_files_count: manifest.addedFilesCount,
    existing_files_count: manifest.existingFilesCount,
    deleted_files_count: manifest.deletedFilesCount,
    added_rows_count: manifest.addedRowsCount,
    existing_rows_count: manifest.existingRowsCount,
    deleted_rows_count: manifest.deletedRowsCount,
    partitions: manifest.partitions?.map(encodeFieldSummary) ?? null,
    key_metadata: asBuffer(manifest.keyMetadata),
  };
}

function encodeFieldSummary(summary: FieldSummary): Readonly<Record<string, unknown>> {
  return {
    contains_null: summary.containsNull,
    contains_nan: summary.containsNan,
    lower_bound: asBuffer(summary.lowerBound),
    upper_bound: asBuffer(summary.upperBound),
  };
}

function decodeManifestFile(record: ManifestRecord): ManifestFile {
  const content = optionalOf(record, 'content', intOf) ?? 0;
  if (content !== 0 && content !== 1) throw manifestCorrupt('content', '0 or 1', content);
  if (optionalOf(record, 'added_files_count', intOf) === null) {
    throw new SluiceError(
      'FEATURE_UNSUPPORTED',
      'manifest list: expected file counts, got none; it was written by format version 1: rewrite the manifests',
    );
  }
  return {
    manifestPath: stringOf(record, 'manifest_path'),
    manifestLength: longOf(record, 'manifest_length'),
    partitionSpecId: intOf(record, 'partition_spec_id'),
    content: content === 0 ? 'data' : 'deletes',
    // Missing in lists from before an upgrade to version 2: Iceberg v2 §Appendix E.
    sequenceNumber: optionalOf(record, 'sequence_number', longOf) ?? 0n,
    minSequenceNumber: optionalOf(record, 'min_sequence_number', longOf) ?? 0n,
    addedSnapshotId: longOf(record, 'added_snapshot_id'),
    addedFilesCount: intOf(record, 'added_files_count'),
    existingFilesCount: intOf(record, 'existing_files_count'),
    deletedFilesCount: intOf(record, 'deleted_files_count'),
    addedRowsCount: longOf(record, 'added_rows_count'),
    existingRowsCount: longOf(record, 'existing_rows_count'),
    deletedRowsCount: longOf(record, 'deleted_rows_count'),
    partitions: optionalOf(record, 'partitions', arrayOf)?.map(decodeFieldSummary) ?? null,
    keyMetadata: optionalOf(record, 'key_metadata', bytesOf),
  };
}

function decodeFieldSummary(value: unknown): FieldSummary {
  const record = asRecord(value, 'field summary');
  return {
    containsNull: booleanOf(record, 'contains_null'),
    containsNan: optionalOf(record, 'contains_nan', booleanOf),
    lowerBound: optionalOf(record, 'lower_bound', bytesOf),
    upperBound: optionalOf(record, 'upper_bound', bytesOf),
  };
}

function asBuffer(bytes: Uint8Array | null): Buffer | null {
  return bytes === null ? null : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
