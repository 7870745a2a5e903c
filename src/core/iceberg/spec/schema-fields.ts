import type { IcebergType, NestedField, PrimitiveType, Schema } from './schema.ts';

/** One addressable column of a schema: a struct field, list element, map key or map value. */
export interface SchemaColumn {
  readonly id: number;
  /** Names from the root; list elements are `element`, map entries `key` and `value`. */
  readonly path: readonly string[];
  readonly required: boolean;
  readonly type: IcebergType;
  /** Inside a list or map: has neither partition values nor one bound per row. */
  readonly repeated: boolean;
}

export function isPrimitive(type: IcebergType): type is PrimitiveType {
  return typeof type === 'string';
}

/** Precision and scale of a decimal type, null for any other. */
export function decimalParameters(
  type: IcebergType,
): { readonly precision: number; readonly scale: number } | null {
  if (!isPrimitive(type)) return null;
  const match = /^decimal\((\d+), ?(\d+)\)$/.exec(type);
  return match === null ? null : { precision: Number(match[1]), scale: Number(match[2]) };
}

/** Every column of a schema by field id, parents before children. */
export function columnsById(schema: Pick<Schema, 'fields'>): ReadonlyMap<number, SchemaColumn> {
  const columns = new Map<number, SchemaColumn>();
  for (const field of schema.fields) collectField(field, { path: [], repeated: false }, columns);
  return columns;
}

/** Highest field id in use, 0 for a schema without fields. */
export function highestFieldId(schema: Pick<Schema, 'fields'>): number {
  return Math.max(0, ...columnsById(schema).keys());
}

interface Place {
  readonly path: readonly string[];
  readonly repeated: boolean;
}

function collectField(field: NestedField, place: Place, columns: Map<number, SchemaColumn>): void {
  const path = [...place.path, field.name];
  columns.set(field.id, {
    id: field.id,
    path,
    required: field.required,
    type: field.type,
    repeated: place.repeated,
  });
  collectType(field.type, { path, repeated: place.repeated }, columns);
}

function collectType(type: IcebergType, place: Place, columns: Map<number, SchemaColumn>): void {
  if (isPrimitive(type)) return;
  if (type.type === 'struct') {
    for (const field of type.fields) collectField(field, place, columns);
    return;
  }
  const inside = { path: place.path, repeated: true };
  for (const child of childrenOf(type)) collectField(child, inside, columns);
}

/** Element of a list, key and value of a map, as fields. */
function childrenOf(type: Exclude<IcebergType, PrimitiveType | { type: 'struct' }>): NestedField[] {
  if (type.type === 'list') {
    return [
      {
        id: type['element-id'],
        name: 'element',
        required: type['element-required'],
        type: type.element,
      },
    ];
  }
  return [
    { id: type['key-id'], name: 'key', required: true, type: type.key },
    { id: type['value-id'], name: 'value', required: type['value-required'], type: type.value },
  ];
}
