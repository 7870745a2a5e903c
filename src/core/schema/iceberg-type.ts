import type { IcebergType, NestedField } from '#core/iceberg/spec/schema.ts';
import { type Field, type FieldType, storedName } from './field.ts';
import { icebergScalar, isScalar } from './type-mapping.ts';

/**
 * The Iceberg type of a field type; `nextId` gives the ids of nested parts. Elements of lists and
 * values of maps are required: Avro arrays and maps of ours hold no nulls.
 */
export function toIcebergType(type: FieldType, nextId: () => number): IcebergType {
  if (isScalar(type)) return icebergScalar(type);
  switch (type.kind) {
    case 'list':
      return {
        type: 'list',
        'element-id': nextId(),
        element: toIcebergType(type.element, nextId),
        'element-required': true,
      };
    case 'map':
      return {
        type: 'map',
        'key-id': nextId(),
        key: 'string',
        'value-id': nextId(),
        value: toIcebergType(type.value, nextId),
        'value-required': true,
      };
    case 'record':
      return { type: 'struct', fields: type.fields.map((field) => toNestedField(field, nextId)) };
  }
}

function toNestedField(field: Field, nextId: () => number): NestedField {
  return {
    id: nextId(),
    name: storedName(field),
    required: !field.optional,
    type: toIcebergType(field.type, nextId),
    ...(field.doc === undefined ? {} : { doc: field.doc }),
  };
}

/** Ids 1, 2, 3 …: placeholders where a table gives its own. */
export function countingIds(): () => number {
  let id = 0;
  return () => {
    id += 1;
    return id;
  };
}
