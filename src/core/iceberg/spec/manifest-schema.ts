import type { AvroSchema, AvroSchemaObject } from '../../avro/datum-reader.ts';
import type { PrimitiveType } from './schema.ts';
import { decimalParameters } from './schema-fields.ts';

/** What the partition struct of a manifest holds for one partition field. */
export interface PartitionColumn {
  readonly fieldId: number;
  readonly name: string;
  readonly type: PrimitiveType;
}

/** Avro schema of `manifest_entry`, with the field ids readers resolve by. Source: Iceberg v2 §Manifests. */
export function manifestEntrySchema(partition: readonly PartitionColumn[]): AvroSchemaObject {
  return record('manifest_entry', [
    required(0, 'status', 'int'),
    optional(1, 'snapshot_id', 'long'),
    optional(3, 'sequence_number', 'long'),
    optional(4, 'file_sequence_number', 'long'),
    required(2, 'data_file', dataFileSchema(partition)),
  ]);
}

/** Avro schema of `manifest_file`, the row of a manifest list. Source: Iceberg v2 §Manifest Lists. */
export const MANIFEST_FILE_SCHEMA: AvroSchemaObject = record('manifest_file', [
  required(500, 'manifest_path', 'string'),
  required(501, 'manifest_length', 'long'),
  required(502, 'partition_spec_id', 'int'),
  required(517, 'content', 'int'),
  required(515, 'sequence_number', 'long'),
  required(516, 'min_sequence_number', 'long'),
  required(503, 'added_snapshot_id', 'long'),
  required(504, 'added_files_count', 'int'),
  required(505, 'existing_files_count', 'int'),
  required(506, 'deleted_files_count', 'int'),
  required(512, 'added_rows_count', 'long'),
  required(513, 'existing_rows_count', 'long'),
  required(514, 'deleted_rows_count', 'long'),
  optional(507, 'partitions', {
    type: 'array',
    items: record('r508', [
      required(509, 'contains_null', 'boolean'),
      optional(518, 'contains_nan', 'boolean'),
      optional(510, 'lower_bound', 'bytes'),
      optional(511, 'upper_bound', 'bytes'),
    ]),
    'element-id': 508,
  }),
  optional(519, 'key_metadata', 'bytes'),
]);

/** Field id to name, for every field of version 2 manifests and manifest lists. */
const FIELD_NAMES: ReadonlyMap<number, string> = new Map([
  ...namesIn(manifestEntrySchema([])),
  ...namesIn(MANIFEST_FILE_SCHEMA),
  // Written by newer writers only.
  [143, 'referenced_data_file'],
]);

/**
 * Record key for readers: the specification's name of the field id, whatever the writer called it;
 * partition fields by partitionKeyOf. A field without an id is no field of the specification.
 */
export function fieldIdKey(field: AvroSchemaObject): string {
  const id = field['field-id'];
  if (typeof id !== 'number') return `unnumbered ${field['name']}`;
  return FIELD_NAMES.get(id) ?? partitionKeyOf(id);
}

/** Record key of a partition field. */
export function partitionKeyOf(fieldId: number): string {
  return `field ${fieldId}`;
}

/**
 * A partition name as Avro allows it: letters, digits and underscore, no digit first; other
 * characters become `_x` and their hex code, as the reference implementation writes them.
 */
export function avroName(name: string): string {
  const escaped = name.replace(/[^A-Za-z0-9_]/g, (character) => {
    return `_x${character.charCodeAt(0).toString(16).toUpperCase()}`;
  });
  return /^\d/.test(escaped) ? `_${escaped}` : escaped;
}

function dataFileSchema(partition: readonly PartitionColumn[]): AvroSchemaObject {
  return record('r2', [
    required(134, 'content', 'int'),
    required(100, 'file_path', 'string'),
    required(101, 'file_format', 'string'),
    required(102, 'partition', partitionSchema(partition)),
    required(103, 'record_count', 'long'),
    required(104, 'file_size_in_bytes', 'long'),
    optional(108, 'column_sizes', intMap(117, 118, 'long')),
    optional(109, 'value_counts', intMap(119, 120, 'long')),
    optional(110, 'null_value_counts', intMap(121, 122, 'long')),
    optional(137, 'nan_value_counts', intMap(138, 139, 'long')),
    optional(125, 'lower_bounds', intMap(126, 127, 'bytes')),
    optional(128, 'upper_bounds', intMap(129, 130, 'bytes')),
    optional(131, 'key_metadata', 'bytes'),
    optional(132, 'split_offsets', { type: 'array', items: 'long', 'element-id': 133 }),
    optional(135, 'equality_ids', { type: 'array', items: 'int', 'element-id': 136 }),
    optional(140, 'sort_order_id', 'int'),
  ]);
}

function partitionSchema(partition: readonly PartitionColumn[]): AvroSchemaObject {
  const defined = new Set<string>();
  return record(
    'r102',
    partition.map((column) => {
      const name = avroName(column.name);
      const field = optional(column.fieldId, name, partitionType(column, defined));
      return name === column.name ? field : { ...field, 'iceberg-field-name': column.name };
    }),
  );
}

/** Source: Iceberg v2 §Appendix A: Avro. */
function partitionType({ type, fieldId }: PartitionColumn, defined: Set<string>): AvroSchema {
  switch (type) {
    case 'date':
      return { type: 'int', logicalType: 'date' };
    case 'timestamp':
      return { type: 'long', logicalType: 'timestamp-micros', 'adjust-to-utc': false };
    case 'binary':
      return 'bytes';
    default: {
      const decimal = decimalParameters(type);
      if (decimal === null) return type;
      // Spelled out every time under a name of its own: not every reader follows a reference by name.
      const name = `decimal_${decimal.precision}_${decimal.scale}`;
      const size = decimalSizeBytes(decimal.precision);
      const unique = defined.has(name) ? `${name}_${fieldId}` : name;
      defined.add(name);
      return { type: 'fixed', name: unique, size, logicalType: 'decimal', ...decimal };
    }
  }
}

/** Fewest bytes whose two's complement holds every number of that many digits. */
export function decimalSizeBytes(precision: number): number {
  const largest = 10n ** BigInt(precision) - 1n;
  let size = 1;
  while (BigInt.asIntN(8 * size, largest) !== largest) size++;
  return size;
}

function record(name: string, fields: readonly AvroSchemaObject[]): AvroSchemaObject {
  return { type: 'record', name, fields };
}

function required(id: number, name: string, type: AvroSchema): AvroSchemaObject {
  return { name, type, 'field-id': id };
}

function optional(id: number, name: string, type: AvroSchema): AvroSchemaObject {
  return { name, type: ['null', type], default: null, 'field-id': id };
}

/** A map with int keys: an array of pairs, since Avro's own maps have string keys. */
function intMap(keyId: number, valueId: number, value: AvroSchema): AvroSchemaObject {
  const pair = record(`k${keyId}_v${valueId}`, [
    required(keyId, 'key', 'int'),
    required(valueId, 'value', value),
  ]);
  return { type: 'array', items: pair, logicalType: 'map' };
}

function namesIn(schema: unknown): readonly (readonly [number, string])[] {
  if (typeof schema !== 'object' || schema === null) return [];
  const inside = Object.values(schema).flatMap(namesIn);
  const { 'field-id': id, name } = schema as AvroSchemaObject;
  return typeof id === 'number' && typeof name === 'string' ? [[id, name], ...inside] : inside;
}
