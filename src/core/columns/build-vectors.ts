/** Row values to vectors: every value is checked against its Iceberg type on the way. */
import type { IcebergType, NestedField } from '#core/iceberg/spec/schema.ts';
import { parseDecimalType } from '#core/parquet/physical-type.ts';
import { describeValue, expectedOf, rejectValue } from '#core/parquet/value-error.ts';
import type { Row, Value } from '#core/schema/field.ts';
import { buildBytes, buildStrings, type RejectAt } from './build-byte-vectors.ts';
import {
  toBigEndian,
  toBooleans,
  toDoubles,
  toFloats,
  toInt32s,
  toInt64s,
} from './build-number-vectors.ts';
import type { Vector } from './vector.ts';

/** Values of one field on one level of nesting. */
export interface FieldValues {
  readonly values: ArrayLike<Value>;
  readonly required: boolean;
  /** Path for messages: `items.element.price`. */
  readonly column: string;
  /** Row of each value; null on the top level, where they are the same. */
  readonly rows: readonly number[] | null;
}

/**
 * The vector of a field, one value per row in the representation of src/core/schema/field.ts. It shares no
 * memory with the values, except a BigInt64Array.
 *
 * Throws SCHEMA_INCOMPATIBLE with column, row and expectation for a value of another kind or out of range, for
 * undefined, and for null in a required field; FEATURE_UNSUPPORTED for an unknown type.
 */
export function buildVector(field: NestedField, values: ArrayLike<Value>): Vector {
  const { required, name } = field;
  return buildFrom(field.type, { values, required, column: name, rows: null });
}

function buildFrom(type: IcebergType, input: FieldValues): Vector {
  const reject = rejecterOf(typeof type === 'string' ? type : type.type, input);
  if (typeof type === 'string') return buildPrimitive(type, input, reject);
  const validity = findMissing(input, reject);
  switch (type.type) {
    case 'struct':
      return buildStruct(type.fields, input, { validity, reject });
    case 'list':
      return buildList(type, input, { validity, reject });
    case 'map':
      return buildMap(type, input, { validity, reject });
  }
}

function rejecterOf(type: string, input: FieldValues): RejectAt {
  return (index, received = describeValue(input.values[index])) => {
    const because = received === 'null' && input.required ? ' because the column is required' : '';
    rejectValue(input.column, input.rows?.[index] ?? index, {
      received,
      expected: `${expectedOf(type)}${because}`,
    });
  };
}

/** A validity byte per value, or null when none is missing. */
function findMissing({ values, required }: FieldValues, reject: RejectAt): Uint8Array | null {
  if (values instanceof BigInt64Array) return null;
  let validity: Uint8Array | null = null;
  for (let index = 0; index < values.length; index += 1) {
    if (values[index] !== null) continue;
    if (required) reject(index);
    validity ??= new Uint8Array(values.length).fill(1);
    validity[index] = 0;
  }
  return validity;
}

function buildPrimitive(type: string, input: FieldValues, reject: RejectAt): Vector {
  const validity = findMissing(input, reject);
  const { values } = input;
  const base = { length: values.length, validity };
  switch (type) {
    case 'boolean':
      return { kind: 'boolean', ...base, values: toBooleans(values, reject) };
    case 'int':
    case 'date':
      return { kind: 'int32', ...base, values: toInt32s(values, reject) };
    case 'long':
    case 'timestamp':
      return { kind: 'int64', ...base, values: toInt64s(values, reject) };
    case 'float':
      return { kind: 'float32', ...base, values: toFloats(values, reject) };
    case 'double':
      return { kind: 'float64', ...base, values: toDoubles(values, reject) };
    case 'string':
      return { kind: 'bytes', ...base, ...buildStrings(values, reject) };
    case 'binary':
      return { kind: 'bytes', ...base, ...buildBytes(values, reject) };
    default:
      return buildDecimals(type, input, { validity, reject });
  }
}

interface Checked {
  readonly validity: Uint8Array | null;
  readonly reject: RejectAt;
}

function buildDecimals(
  type: string,
  { values }: FieldValues,
  { validity, reject }: Checked,
): Vector {
  const { precision } = parseDecimalType(type);
  const limit = 10n ** BigInt(precision);
  for (let index = 0; index < values.length; index += 1) {
    const value = values[index];
    if (value === null) continue;
    if (typeof value !== 'bigint' || value >= limit || value <= -limit) reject(index);
  }
  const base = { length: values.length, validity };
  return precision <= 18
    ? { kind: 'int64', ...base, values: toInt64s(values, reject) }
    : { kind: 'decimal128', ...base, values: toBigEndian(values) };
}

function buildStruct(
  fields: readonly NestedField[],
  { values, column, rows }: FieldValues,
  { validity, reject }: Checked,
): Vector {
  for (let index = 0; index < values.length; index += 1) {
    const row = values[index];
    if (row !== null && !isRow(row)) reject(index);
  }
  const children = fields.map((field) => {
    const path = `${column}.${field.name}`;
    const childValues = Array.from(values, (row) => (isRow(row) ? row[field.name] : null) as Value);
    return buildChild(field, { values: childValues, column: path, rows, validity });
  });
  for (let index = 0; index < values.length; index += 1) {
    // All children were there, so more keys are fields the file would silently lose.
    const row = values[index];
    if (!isRow(row) || Object.keys(row).length <= fields.length) continue;
    rejectValue(column, rows?.[index] ?? index, {
      received: describeValue(row),
      expected: `no other fields than ${fields.map(({ name }) => name).join()}`,
    });
  }
  return { kind: 'struct', length: values.length, validity, children };
}

/** A child of a missing struct is missing without fault, even when the field is required. */
function buildChild(
  field: NestedField,
  {
    values,
    column,
    rows,
    validity,
  }: {
    values: readonly Value[];
    column: string;
    rows: readonly number[] | null;
    validity: Uint8Array | null;
  },
): Vector {
  if (!field.required || validity === null) {
    return buildFrom(field.type, { values, required: field.required, column, rows });
  }
  const missing = values.findIndex((value, index) => value === null && validity[index] === 1);
  if (missing >= 0) {
    rejecterOf(typeof field.type === 'string' ? field.type : field.type.type, {
      values,
      required: true,
      column,
      rows,
    })(missing);
  }
  return buildFrom(field.type, { values, required: false, column, rows });
}

function buildList(
  type: Extract<IcebergType, { type: 'list' }>,
  input: FieldValues,
  { validity, reject }: Checked,
): Vector {
  const { values, column } = input;
  const offsets = new Int32Array(values.length + 1);
  const items: Value[] = [];
  const rows: number[] = [];
  for (let index = 0; index < values.length; index += 1) {
    const list: unknown = values[index];
    if (list !== null) {
      if (!Array.isArray(list)) return reject(index);
      // By index: a hole is undefined, and refused.
      for (let item = 0; item < list.length; item += 1) {
        items.push(list[item]);
        rows.push(input.rows?.[index] ?? index);
      }
    }
    offsets[index + 1] = items.length;
  }
  const element = buildFrom(type.element, {
    values: items,
    required: type['element-required'],
    column: `${column}.element`,
    rows,
  });
  return { kind: 'list', length: values.length, validity, offsets, element };
}

function buildMap(
  type: Extract<IcebergType, { type: 'map' }>,
  input: FieldValues,
  { validity, reject }: Checked,
): Vector {
  const { values, column } = input;
  const offsets = new Int32Array(values.length + 1);
  const keys: Value[] = [];
  const items: Value[] = [];
  const rows: number[] = [];
  for (let index = 0; index < values.length; index += 1) {
    const map: unknown = values[index];
    if (map !== null) {
      if (!(map instanceof Map)) return reject(index);
      for (const [key, value] of map) {
        keys.push(key);
        items.push(value);
        rows.push(input.rows?.[index] ?? index);
      }
    }
    offsets[index + 1] = keys.length;
  }
  return {
    kind: 'map',
    length: values.length,
    validity,
    offsets,
    keys: buildFrom(type.key, { values: keys, required: true, column: `${column}.key`, rows }),
    values: buildFrom(type.value, {
      values: items,
      required: type['value-required'],
      column: `${column}.value`,
      rows,
    }),
  };
}

function isRow(value: Value | undefined): value is Row {
  if (typeof value !== 'object' || value === null) return false;
  return !Array.isArray(value) && !(value instanceof Map) && !ArrayBuffer.isView(value);
}
