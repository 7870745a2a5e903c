/*
 * The Parquet schema of an Iceberg schema, written from the specification and kept apart from the code that
 * writes files. Source: Iceberg v2 §Appendix A: Parquet; parquet-format LogicalTypes.md §Nested Types.
 */
import type { NestedField, PrimitiveType } from '../spec/schema.ts';
import { decimalParameters, isPrimitive } from '../spec/schema-fields.ts';
import type { ParquetElement } from './parquet-footer.ts';

/** Elements of the fields, depth first. */
export function goldenElements(fields: readonly NestedField[]): readonly ParquetElement[] {
  return fields.flatMap(elementsOf);
}

/** One leaf of a file's schema: where its column chunks are found, and what they hold. */
export interface GoldenLeaf {
  readonly id: number;
  readonly type: PrimitiveType;
  readonly path: readonly string[];
  readonly repeated: boolean;
}

/** Leaves of the fields, in the order of column chunks. */
export function goldenLeaves(fields: readonly NestedField[]): readonly GoldenLeaf[] {
  return fields.flatMap((field) => leavesOf(field, { path: [], repeated: false }));
}

function elementsOf(field: NestedField): readonly ParquetElement[] {
  const { type } = field;
  if (isPrimitive(type)) {
    return [element(field, { ...storageOf(type), childCount: 0 })];
  }
  if (type.type === 'struct') {
    const children = type.fields.flatMap(elementsOf);
    return [element(field, { childCount: type.fields.length }), ...children];
  }
  if (type.type === 'list') {
    const { 'element-id': id, element: inner, 'element-required': required } = type;
    return [
      element(field, { logicalType: 'LIST', childCount: 1 }),
      repeated('list', 1),
      ...elementsOf({ id, name: 'element', required, type: inner }),
    ];
  }
  return [
    element(field, { logicalType: 'MAP', childCount: 1 }),
    repeated('key_value', 2),
    ...elementsOf({ id: type['key-id'], name: 'key', required: true, type: type.key }),
    ...elementsOf({
      id: type['value-id'],
      name: 'value',
      required: type['value-required'],
      type: type.value,
    }),
  ];
}

function leavesOf(
  field: NestedField,
  place: { readonly path: readonly string[]; readonly repeated: boolean },
): readonly GoldenLeaf[] {
  const { id, type, name } = field;
  const path = [...place.path, name];
  if (isPrimitive(type)) return [{ id, type, path, repeated: place.repeated }];
  if (type.type === 'struct') {
    return type.fields.flatMap((child) => leavesOf(child, { path, repeated: place.repeated }));
  }
  if (type.type === 'list') {
    const inner = { id: type['element-id'], name: 'element', required: false, type: type.element };
    return leavesOf(inner, { path: [...path, 'list'], repeated: true });
  }
  const inside = { path: [...path, 'key_value'], repeated: true };
  return [
    ...leavesOf({ id: type['key-id'], name: 'key', required: true, type: type.key }, inside),
    ...leavesOf({ id: type['value-id'], name: 'value', required: false, type: type.value }, inside),
  ];
}

function element(
  { id, name, required }: NestedField,
  storage: Partial<ParquetElement> & { readonly childCount: number },
): ParquetElement {
  return {
    name,
    fieldId: id,
    repetition: required ? 'required' : 'optional',
    physicalType: null,
    typeLength: null,
    logicalType: null,
    ...storage,
  };
}

function repeated(name: string, childCount: number): ParquetElement {
  return {
    name,
    fieldId: null,
    repetition: 'repeated',
    physicalType: null,
    typeLength: null,
    logicalType: null,
    childCount,
  };
}

function storageOf(
  type: PrimitiveType,
): Pick<ParquetElement, 'physicalType' | 'typeLength' | 'logicalType'> {
  const plain: Readonly<Partial<Record<PrimitiveType, readonly [string, string | null]>>> = {
    boolean: ['BOOLEAN', null],
    int: ['INT32', null],
    long: ['INT64', null],
    float: ['FLOAT', null],
    double: ['DOUBLE', null],
    date: ['INT32', 'DATE'],
    timestamp: ['INT64', 'TIMESTAMP(MICROS, local)'],
    string: ['BYTE_ARRAY', 'STRING'],
    binary: ['BYTE_ARRAY', null],
  };
  const known = plain[type];
  if (known !== undefined) {
    return { physicalType: known[0], typeLength: null, logicalType: known[1] };
  }
  const { precision, scale } = decimalParameters(type) ?? { precision: 38, scale: 0 };
  const isFixed = precision > 18;
  return {
    physicalType: isFixed ? 'FIXED_LEN_BYTE_ARRAY' : precision > 9 ? 'INT64' : 'INT32',
    typeLength: isFixed ? bytesOf(precision) : null,
    logicalType: `DECIMAL(${precision}, ${scale})`,
  };
}

/** Fewest bytes whose two's complement holds every number of that many digits. */
function bytesOf(precision: number): number {
  return Math.ceil((Math.log2(10) * precision + 1) / 8);
}
