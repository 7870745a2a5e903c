import type { LiveFile } from '#core/iceberg/scan/live-files.ts';
import type { PrimitiveType } from '#core/iceberg/spec/schema.ts';
import { isPrimitive } from '#core/iceberg/spec/schema-fields.ts';
import {
  currentSchema,
  partitionSpecById,
  type TableMetadata,
} from '#core/iceberg/spec/table-metadata.ts';
import { conformValue } from '#core/iceberg/spec/value-order.ts';
import { parseTransform, transformResultType } from '#core/iceberg/transform/transform.ts';
import { trinoTypeOf } from '../catalog/iceberg-types.ts';
import type { VirtualValue } from '../catalog/virtual-table.ts';
import { rowOf, type TrinoType } from '../trino-types/trino-type.ts';

/** A partition field of any of the table's specs. */
export interface PartitionFieldType {
  readonly fieldId: number;
  readonly name: string;
  readonly type: PrimitiveType;
}

/**
 * The fields of the `partition` row: those of all specs, each once, as long as their column is still
 * there. Source: Trino, Iceberg connector, `$partitions`.
 */
export function partitionFieldTypes(metadata: TableMetadata): readonly PartitionFieldType[] {
  const columns = new Map(currentSchema(metadata).fields.map((field) => [field.id, field.type]));
  const found = new Map<number, PartitionFieldType>();
  for (const field of metadata['partition-specs'].flatMap((spec) => spec.fields)) {
    const sourceType = columns.get(field['source-id']);
    if (sourceType === undefined || !isPrimitive(sourceType)) continue;
    const type = transformResultType(parseTransform(field.transform), sourceType);
    const fieldId = field['field-id'];
    if (type !== null && !found.has(fieldId))
      found.set(fieldId, { fieldId, name: field.name, type });
  }
  return [...found.values()];
}

export function partitionRowType(fields: readonly PartitionFieldType[]): TrinoType {
  return rowOf(fields.map((field) => [field.name, trinoTypeOf(field.type)]));
}

/** The values of one file's partition; null for fields that its spec does not have. */
export function partitionRow(
  { entry, specId }: LiveFile,
  metadata: TableMetadata,
  fields: readonly PartitionFieldType[],
): readonly VirtualValue[] {
  const spec = partitionSpecById(metadata, specId);
  return fields.map(({ fieldId, type }) => {
    const index = spec.fields.findIndex((field) => field['field-id'] === fieldId);
    const value = index < 0 ? null : (entry.file.partition[index] ?? null);
    return value === null ? null : conformValue(value, type);
  });
}
