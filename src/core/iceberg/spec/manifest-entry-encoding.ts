import { SluiceError } from '../../errors.ts';
import type { DataFile } from './data-file.ts';
import type { ManifestEntry } from './manifest-entry.ts';
import { avroName, decimalSizeBytes, type PartitionColumn } from './manifest-schema.ts';
import { decimalParameters } from './schema-fields.ts';
import type { SingleValue } from './single-value.ts';
import { conformValue } from './value-order.ts';

const STATUS_CODES = { existing: 0, added: 1, deleted: 2 } as const;
const CONTENT_CODES = { data: 0, 'position-deletes': 1, 'equality-deletes': 2 } as const;

/** A manifest entry as the Avro encoder takes it: field names of manifestEntrySchema, bytes as Buffer. */
export function encodeEntry(
  entry: ManifestEntry,
  columns: readonly PartitionColumn[],
): Readonly<Record<string, unknown>> {
  return {
    status: STATUS_CODES[entry.status],
    snapshot_id: entry.snapshotId,
    sequence_number: entry.sequenceNumber,
    file_sequence_number: entry.fileSequenceNumber,
    data_file: encodeDataFile(entry, columns),
  };
}

function encodeDataFile(
  entry: ManifestEntry,
  columns: readonly PartitionColumn[],
): Readonly<Record<string, unknown>> {
  const { file } = entry;
  return {
    content: CONTENT_CODES[entry.content],
    file_path: file.filePath,
    file_format: entry.fileFormat,
    partition: encodePartition(file, columns),
    record_count: file.recordCount,
    file_size_in_bytes: file.fileSizeBytes,
    column_sizes: encodeMap(file.columnSizes, (value) => value),
    value_counts: encodeMap(file.valueCounts, (value) => value),
    null_value_counts: encodeMap(file.nullValueCounts, (value) => value),
    nan_value_counts: encodeMap(file.nanValueCounts, (value) => value),
    lower_bounds: encodeMap(file.lowerBounds, asBuffer),
    upper_bounds: encodeMap(file.upperBounds, asBuffer),
    key_metadata: entry.keyMetadata === null ? null : asBuffer(entry.keyMetadata),
    split_offsets: file.splitOffsets.length === 0 ? null : file.splitOffsets,
    equality_ids: entry.equalityIds,
    sort_order_id: entry.sortOrderId,
  };
}

function encodePartition(
  file: DataFile,
  columns: readonly PartitionColumn[],
): Readonly<Record<string, unknown>> {
  if (file.partition.length !== columns.length) {
    throw new SluiceError(
      'TABLE_INVALID',
      `data file ${file.filePath}: expected ${columns.length} partition values, got ${file.partition.length}; was it written for another partition spec`,
    );
  }
  const record: Record<string, unknown> = {};
  columns.forEach((column, index) => {
    const value = file.partition[index] ?? null;
    record[avroName(column.name)] = value === null ? null : encodeValue(value, column, file);
  });
  return record;
}

function encodeValue(value: SingleValue, column: PartitionColumn, file: DataFile): unknown {
  const conformed = conformValue(value, column.type);
  if (conformed === null) {
    throw new SluiceError(
      'SCHEMA_INCOMPATIBLE',
      `data file ${file.filePath}: partition field ${column.name} expects ${column.type}, got a ${typeof value} that is none`,
    );
  }
  const decimal = decimalParameters(column.type);
  if (decimal !== null && typeof conformed === 'bigint') {
    return fixedDecimal(conformed, decimalSizeBytes(decimal.precision));
  }
  return conformed instanceof Uint8Array ? asBuffer(conformed) : conformed;
}

/** Two's complement, big-endian, sign-extended to the fixed size. */
function fixedDecimal(unscaled: bigint, sizeBytes: number): Buffer {
  const bits = BigInt.asUintN(8 * sizeBytes, unscaled);
  return Buffer.from(bits.toString(16).padStart(2 * sizeBytes, '0'), 'hex');
}

function encodeMap<T>(
  map: ReadonlyMap<number, T>,
  encode: (value: T) => unknown,
): readonly { readonly key: number; readonly value: unknown }[] | null {
  if (map.size === 0) return null;
  return [...map].map(([key, value]) => ({ key, value: encode(value) }));
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
