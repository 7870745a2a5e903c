import type { IcebergType } from '#core/iceberg/spec/schema.ts';
import { assignFieldIds, type NextFieldId, toColumnType } from './column-type.ts';
import type { FieldType } from './field.ts';

/** The Iceberg type of a field type, nested parts with fresh ids. */
export function toIcebergType(type: FieldType, nextId: NextFieldId): IcebergType {
  return assignFieldIds(toColumnType(type), nextId);
}
