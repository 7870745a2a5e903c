import type { IcebergType, PrimitiveType } from '#core/iceberg/spec/schema.ts';
import { type Field, type FieldType, storedName } from './field.ts';
import { athenaScalar, icebergScalar, isScalar } from './type-mapping.ts';

/** An Iceberg type before a table gave it field ids: what migrations carry. Keys of maps are text. */
export type ColumnType = PrimitiveType | ColumnStruct | ColumnList | ColumnMap;

export interface ColumnStruct {
  readonly type: 'struct';
  readonly fields: readonly ColumnField[];
}

export interface ColumnField {
  readonly name: string;
  readonly required: boolean;
  readonly type: ColumnType;
  readonly doc?: string;
}

export interface ColumnList {
  readonly type: 'list';
  readonly element: ColumnType;
}

export interface ColumnMap {
  readonly type: 'map';
  readonly value: ColumnType;
}

/** The type of the column that holds values of a field type. */
export function toColumnType(type: FieldType): ColumnType {
  if (isScalar(type)) return icebergScalar(type);
  switch (type.kind) {
    case 'list':
      return { type: 'list', element: toColumnType(type.element) };
    case 'map':
      return { type: 'map', value: toColumnType(type.value) };
    case 'record':
      return { type: 'struct', fields: type.fields.map(toColumnField) };
  }
}

function toColumnField(field: Field): ColumnField {
  return {
    name: storedName(field),
    required: !field.optional,
    type: toColumnType(field.type),
    ...(field.doc === undefined ? {} : { doc: field.doc }),
  };
}

/** Hands out field ids in rising order. */
export type NextFieldId = () => number;

/** A counter that starts after the highest id a table has used. */
export function fieldIdsAfter(lastColumnId: number): NextFieldId {
  let id = lastColumnId;
  return () => {
    id += 1;
    return id;
  };
}

/**
 * A column type with fresh field ids. Elements of lists and values of maps are required: Avro arrays
 * and maps of ours hold no nulls. Source: Iceberg v2 §Nested Types.
 */
export function assignFieldIds(type: ColumnType, nextId: NextFieldId): IcebergType {
  if (typeof type === 'string') return type;
  switch (type.type) {
    case 'list':
      return {
        type: 'list',
        'element-id': nextId(),
        element: assignFieldIds(type.element, nextId),
        'element-required': true,
      };
    case 'map':
      return {
        type: 'map',
        'key-id': nextId(),
        key: 'string',
        'value-id': nextId(),
        value: assignFieldIds(type.value, nextId),
        'value-required': true,
      };
    case 'struct':
      return {
        type: 'struct',
        fields: type.fields.map(({ type: fieldType, name, ...rest }) => ({
          id: nextId(),
          name,
          ...rest,
          type: assignFieldIds(fieldType, nextId),
        })),
      };
  }
}

/** Type name in Athena DDL and the Glue catalog: `array<struct<a:int>>`, `map<string,double>`. */
export function toAthenaType(type: FieldType): string {
  if (isScalar(type)) return athenaScalar(type);
  switch (type.kind) {
    case 'list':
      return `array<${toAthenaType(type.element)}>`;
    case 'map':
      return `map<string,${toAthenaType(type.value)}>`;
    case 'record': {
      const fields = type.fields.map((f) => `${storedName(f)}:${toAthenaType(f.type)}`);
      return `struct<${fields.join(',')}>`;
    }
  }
}
