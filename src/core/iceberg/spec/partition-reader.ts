import type { AvroSchemaObject } from '../../avro/datum-reader.ts';
import { type ManifestRecord, manifestCorrupt } from './manifest-fields.ts';
import { partitionKeyOf } from './manifest-schema.ts';
import type { PartitionTuple } from './partition.ts';

const DATA_FILE = 2;
const PARTITION = 102;

/**
 * Reads partition tuples in the order of the spec's field ids, whatever the order of the struct.
 * A decimal is stored as fixed bytes and becomes its unscaled bigint.
 */
export function partitionReader(
  entrySchema: AvroSchemaObject,
  fieldIds: readonly number[],
): (record: ManifestRecord) => PartitionTuple {
  const decimals = decimalFields(entrySchema);
  const columns = fieldIds.map((id) => ({ key: partitionKeyOf(id), decimal: decimals.get(id) }));
  for (const { key, decimal } of columns) {
    if (decimal === undefined) throw manifestCorrupt('partition struct', key, undefined);
  }
  return (record) =>
    columns.map(({ key, decimal }) => {
      const value = record[key] ?? null;
      return (
        decimal && value instanceof Uint8Array ? unscaled(value) : value
      ) as PartitionTuple[number];
    });
}

/** Field ids of the partition struct, and whether each is a decimal. */
function decimalFields(entrySchema: AvroSchemaObject): ReadonlyMap<number, boolean> {
  const dataFile = fieldType(entrySchema, DATA_FILE);
  const partition = fieldType(dataFile, PARTITION);
  const fields = partition['fields'];
  if (!Array.isArray(fields)) throw manifestCorrupt('schema', 'a partition struct', fields);
  // A decimal type that occurs twice is defined once and named afterwards.
  const named = new Set<string>();
  return new Map(
    fields.map((field: AvroSchemaObject) => {
      const id = field['field-id'];
      if (typeof id !== 'number') throw manifestCorrupt('partition struct', 'a field-id', id);
      return [id, isDecimal(nonNull(field['type']), named)] as const;
    }),
  );
}

function fieldType(schema: AvroSchemaObject, fieldId: number): AvroSchemaObject {
  const fields: unknown = schema['fields'];
  const field: unknown = Array.isArray(fields)
    ? fields.find((candidate: AvroSchemaObject) => candidate['field-id'] === fieldId)
    : undefined;
  const type = (field as AvroSchemaObject | undefined)?.['type'];
  if (typeof type !== 'object' || type === null) {
    throw manifestCorrupt('schema', `a record under field-id ${fieldId}`, type);
  }
  return type as AvroSchemaObject;
}

function nonNull(type: unknown): unknown {
  return Array.isArray(type) ? type.find((branch) => branch !== 'null') : type;
}

function isDecimal(type: unknown, named: Set<string>): boolean {
  if (typeof type === 'string') return named.has(type);
  const { logicalType, name } = type as AvroSchemaObject;
  if (logicalType !== 'decimal') return false;
  if (typeof name === 'string') named.add(name);
  return true;
}

function unscaled(bytes: Uint8Array): bigint {
  const magnitude = BigInt(`0x0${Buffer.from(bytes).toString('hex')}`);
  return BigInt.asIntN(8 * bytes.length, magnitude);
}
