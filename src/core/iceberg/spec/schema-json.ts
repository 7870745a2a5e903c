import { SluiceError } from '../../errors.ts';
import {
  arrayField,
  asObject,
  booleanField,
  intField,
  type JsonObject,
  stringField,
  tableInvalid,
} from './json-field.ts';
import type { IcebergType, NestedField, PrimitiveType, Schema } from './schema.ts';

const MAX_DECIMAL_PRECISION = 38;
const SIMPLE_TYPES: ReadonlySet<string> = new Set([
  'boolean',
  'int',
  'long',
  'float',
  'double',
  'date',
  'timestamp',
  'string',
  'binary',
]);

/**
 * Checks a schema from metadata JSON; unknown keys stay. Throws TABLE_INVALID with the key, and
 * FEATURE_UNSUPPORTED for a type that is valid Iceberg but not handled (`uuid`, `timestamptz` …).
 * Source: Iceberg v2 §Appendix C: Schemas.
 */
export function parseSchema(value: unknown, where: string): Schema {
  const object = asObject(value, where);
  return {
    ...object,
    type: 'struct',
    'schema-id': intField(object, 'schema-id', where),
    fields: parseFields(object, where),
  };
}

function parseFields(object: JsonObject, where: string): readonly NestedField[] {
  return arrayField(object, 'fields', { where, item: parseField });
}

function parseField(value: unknown, where: string): NestedField {
  const object = asObject(value, where);
  return {
    ...object,
    id: intField(object, 'id', where),
    name: stringField(object, 'name', where),
    required: booleanField(object, 'required', where),
    type: parseType(object['type'], `${where}.type`),
  };
}

function parseType(value: unknown, where: string): IcebergType {
  if (typeof value === 'string') return parsePrimitive(value, where);
  const object = asObject(value, where);
  switch (object['type']) {
    case 'struct':
      return { ...object, type: 'struct', fields: parseFields(object, where) };
    case 'list':
      return {
        ...object,
        type: 'list',
        'element-id': intField(object, 'element-id', where),
        element: parseType(object['element'], `${where}.element`),
        'element-required': booleanField(object, 'element-required', where),
      };
    case 'map':
      return {
        ...object,
        type: 'map',
        'key-id': intField(object, 'key-id', where),
        key: parseType(object['key'], `${where}.key`),
        'value-id': intField(object, 'value-id', where),
        value: parseType(object['value'], `${where}.value`),
        'value-required': booleanField(object, 'value-required', where),
      };
    default:
      throw tableInvalid(`${where}.type`, 'struct, list or map', object['type']);
  }
}

function parsePrimitive(text: string, where: string): PrimitiveType {
  const decimal = /^decimal\(\s*(\d+)\s*,\s*(\d+)\s*\)$/.exec(text);
  if (decimal !== null) return decimalType(Number(decimal[1]), Number(decimal[2]), where);
  if (SIMPLE_TYPES.has(text)) return text as PrimitiveType;
  throw new SluiceError(
    'FEATURE_UNSUPPORTED',
    `table metadata ${where}: column type "${text}" is not supported; expected ${[...SIMPLE_TYPES].join(', ')} or decimal(P, S)`,
    { context: { key: where } },
  );
}

/** One spelling: the specification allows `decimal(9,2)` and `decimal(9, 2)`. */
function decimalType(precision: number, scale: number, where: string): PrimitiveType {
  if (precision < 1 || precision > MAX_DECIMAL_PRECISION || scale > precision) {
    throw tableInvalid(
      where,
      'a precision from 1 to 38 and a scale up to it',
      `${precision}, ${scale}`,
    );
  }
  return `decimal(${precision}, ${scale})`;
}
