import { encodeFixedTwosComplement } from '../avro/decimal-bytes.ts';
import { SluiceError } from '../errors.ts';
import { type Field, type FieldType, type Row, storedName, type Value } from '../schema/field.ts';
import { countingIds, toIcebergType } from '../schema/iceberg-type.ts';
import { buildVector } from './build-vectors.ts';
import { TextBuilder } from './text-builder.ts';
import type { Vector } from './vector.ts';

/** Values of one field, put in row by row; see Vector for the layouts. */
export interface VectorBuilder {
  /** Throws SCHEMA_INCOMPATIBLE for a value that the type does not have. */
  set(row: number, value: Value): void;
  /** The vector of rows `0..length`; those that were not set are missing. */
  finish(): Vector;
}

/** Decimals of more digits take 16 bytes. */
const INT64_DIGITS = 18;
const DECIMAL128_BYTES = 16;
/** More distinct texts than these are seldom repeated. */
const MAX_REMEMBERED_TEXTS = 65_536;

/** Vectors of rows, one per field. Throws SCHEMA_INCOMPATIBLE for a value that a field does not have. */
export function vectorsOf(fields: readonly Field[], rows: readonly Row[]): readonly Vector[] {
  return fields.map((field) => {
    const key = storedName(field);
    return vectorOf(
      key,
      field.type,
      rows.map((row) => row[key] ?? null),
    );
  });
}

function vectorOf(name: string, type: FieldType, values: readonly Value[]): Vector {
  const nextId = countingIds();
  const id = nextId();
  return buildVector({ id, name, required: false, type: toIcebergType(type, nextId) }, values);
}

/** A builder of so many rows, all of them missing. */
export function createVectorBuilder(type: FieldType, length: number): VectorBuilder {
  switch (type.kind) {
    case 'boolean': {
      const values = new Uint8Array(length);
      const put = (row: number, value: boolean) => {
        values[row] = value ? 1 : 0;
      };
      return builderOf(length, isBoolean, put, (base) => ({ kind: 'boolean', ...base, values }));
    }
    case 'int':
    case 'date': {
      const values = new Int32Array(length);
      return builderOf(length, isInt32, putInto(values), (base) => ({
        kind: 'int32',
        ...base,
        values,
      }));
    }
    case 'float': {
      const values = new Float32Array(length);
      return builderOf(length, isFloat, putInto(values), (base) => ({
        kind: 'float32',
        ...base,
        values,
      }));
    }
    case 'double': {
      const values = new Float64Array(length);
      return builderOf(length, isNumber, putInto(values), (base) => ({
        kind: 'float64',
        ...base,
        values,
      }));
    }
    case 'decimal':
      return type.precision <= INT64_DIGITS
        ? int64Builder(length, hasDigits(type.precision))
        : decimal128Builder(length, hasDigits(type.precision));
    case 'string':
    case 'enum':
      return textBuilder(length);
    case 'bytes':
    case 'list':
    case 'map':
    case 'record':
      return gatheringBuilder(length, type);
    default:
      return int64Builder(length, isInt64);
  }
}

interface VectorBase {
  readonly length: number;
  readonly validity: Uint8Array | null;
}

function builderOf<T extends Value>(
  length: number,
  fits: (value: Value) => value is T,
  put: (row: number, value: T) => void,
  toVector: (base: VectorBase) => Vector,
): VectorBuilder {
  const validity = new Uint8Array(length);
  return {
    set: (row, value) => {
      if (value === null) return;
      if (!fits(value)) throw doesNotFit(value);
      put(row, value);
      validity[row] = 1;
    },
    finish: () => toVector({ length, validity: validity.includes(0) ? validity : null }),
  };
}

function putInto(
  values: Int32Array | Float32Array | Float64Array,
): (row: number, value: number) => void {
  return (row, value) => {
    values[row] = value;
  };
}

function int64Builder(length: number, fits: (value: Value) => value is bigint): VectorBuilder {
  const values = new BigInt64Array(length);
  const put = (row: number, value: bigint) => {
    values[row] = value;
  };
  return builderOf(length, fits, put, (base) => ({ kind: 'int64', ...base, values }));
}

function decimal128Builder(length: number, fits: (value: Value) => value is bigint): VectorBuilder {
  const values = new Uint8Array(DECIMAL128_BYTES * length);
  const put = (row: number, value: bigint) =>
    values.set(encodeFixedTwosComplement(DECIMAL128_BYTES, value), DECIMAL128_BYTES * row);
  return builderOf(length, fits, put, (base) => ({ kind: 'decimal128', ...base, values }));
}

function textBuilder(length: number): VectorBuilder {
  const texts = new TextBuilder(MAX_REMEMBERED_TEXTS);
  const items = new Int32Array(length);
  const put = (row: number, value: string) => {
    items[row] = texts.addOnce(value);
  };
  return builderOf(length, isText, put, ({ validity }) => texts.bytesVector(items, validity));
}

/** What no expression computes but only passes on. */
function gatheringBuilder(length: number, type: FieldType): VectorBuilder {
  const values = new Array<Value>(length).fill(null);
  return {
    set: (row, value) => {
      // Alone first: what does not fit is the fault of this row.
      vectorOf('value', type, [value]);
      values[row] = value;
    },
    finish: () => vectorOf('value', type, values),
  };
}

function isBoolean(value: Value): value is boolean {
  return typeof value === 'boolean';
}

function isInt32(value: Value): value is number {
  return typeof value === 'number' && value === (value | 0);
}

function isNumber(value: Value): value is number {
  return typeof value === 'number';
}

/** Numbers beyond the range of 32 bits would become infinite. */
function isFloat(value: Value): value is number {
  return (
    typeof value === 'number' && (Number.isFinite(Math.fround(value)) || !Number.isFinite(value))
  );
}

function isInt64(value: Value): value is bigint {
  return typeof value === 'bigint' && BigInt.asIntN(64, value) === value;
}

function hasDigits(precision: number): (value: Value) => value is bigint {
  const limit = 10n ** BigInt(precision);
  return (value): value is bigint => typeof value === 'bigint' && value < limit && value > -limit;
}

function isText(value: Value): value is string {
  return typeof value === 'string' && value.isWellFormed();
}

/** What was received is told by kind: a message never holds a value. */
function doesNotFit(value: Value): SluiceError {
  return new SluiceError(
    'SCHEMA_INCOMPATIBLE',
    `column value: got a ${typeof value} that the type of the column does not have; correct the expression or the type`,
  );
}
