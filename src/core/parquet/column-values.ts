/** Checks row values against their Iceberg type and turns them into physical values. */
import type { Value } from '#core/schema/field.ts';
import {
  type ByteStrings,
  encodeBigEndian,
  encodeByteArrays,
  encodeStrings,
} from './byte-strings.ts';
import { type LeafEntries, rowOfValue } from './levels.ts';
import type { PhysicalValues } from './physical-values.ts';
import type { LeafNode } from './schema-node.ts';
import { describeValue, rejectValue } from './value-error.ts';

/** Called with the index of a value that does not fit. */
type Reject = (index: number, received?: string) => never;

/** The one NaN that is written: payload bits would make equal input yield different bytes. */
const CANONICAL_NAN_FLOAT = 0x7fc00000;
const CANONICAL_NAN_DOUBLE_HIGH = 0x7ff80000;

const EXPECTED: Readonly<Record<string, string>> = {
  boolean: 'a boolean',
  int: 'an integer from -2^31 to 2^31-1',
  date: 'days since 1970-01-01 as an integer from -2^31 to 2^31-1',
  long: 'a bigint from -2^63 to 2^63-1',
  timestamp: 'microseconds since the epoch as a bigint from -2^63 to 2^63-1',
  float: 'a number within the range of a 32-bit float',
  double: 'a number',
  string: 'a string of well-formed Unicode',
  binary: 'a Uint8Array',
};

/**
 * Converts the defined values of a leaf. Throws SCHEMA_INCOMPATIBLE with column, row and expectation for
 * a value of another kind, out of range, null or undefined. A float is rounded to 32 bits, as its type says;
 * NaN payloads are dropped.
 */
export function toPhysicalValues(leaf: LeafNode, entries: LeafEntries): PhysicalValues {
  const { values } = entries;
  const reject: Reject = (index, received = describeValue(values[index])) => {
    const expected = leaf.storage.decimal
      ? `an unscaled bigint of at most ${leaf.storage.decimal.precision} digits for ${leaf.type}`
      : EXPECTED[leaf.type];
    const isMissing = received === 'null' && leaf.required;
    rejectValue(leaf.column, rowOfValue(entries, leaf.maxDefinitionLevel, index), {
      received,
      expected: `${expected}${isMissing ? ' because the column is required' : ''}`,
    });
  };
  switch (leaf.type) {
    case 'boolean':
      return { type: 'BOOLEAN', values: toBooleans(values, reject) };
    case 'int':
    case 'date':
      return { type: 'INT32', values: toInt32s(values, reject) };
    case 'long':
    case 'timestamp':
      return { type: 'INT64', values: toInt64s(values, reject) };
    case 'float':
      return { type: 'FLOAT', values: toFloats(values, reject) };
    case 'double':
      return { type: 'DOUBLE', values: toDoubles(values, reject) };
    case 'string':
      return { type: 'BYTE_ARRAY', values: toStrings(values, reject) };
    case 'binary':
      return { type: 'BYTE_ARRAY', values: toByteArrays(values, reject) };
    default:
      return toDecimals(leaf, values, reject);
  }
}

function toBooleans(values: ArrayLike<Value>, reject: Reject): Uint8Array {
  const out = new Uint8Array(values.length);
  for (let index = 0; index < values.length; index += 1) {
    const value = values[index];
    if (typeof value !== 'boolean') reject(index);
    out[index] = value ? 1 : 0;
  }
  return out;
}

function toInt32s(values: ArrayLike<Value>, reject: Reject): Int32Array {
  const out = new Int32Array(values.length);
  for (let index = 0; index < values.length; index += 1) {
    const value = values[index];
    if (typeof value !== 'number' || value !== (value | 0)) reject(index);
    out[index] = value;
  }
  return out;
}

function toInt64s(values: ArrayLike<Value>, reject: Reject): BigInt64Array {
  if (values instanceof BigInt64Array) return values;
  const out = new BigInt64Array(values.length);
  for (let index = 0; index < values.length; index += 1) {
    const value = values[index];
    if (typeof value !== 'bigint') reject(index);
    out[index] = value;
    // A value beyond 64 bits wraps around when it is stored.
    if (out[index] !== value) reject(index);
  }
  return out;
}

function toFloats(values: ArrayLike<Value>, reject: Reject): Float32Array {
  const out = new Float32Array(values.length);
  const words = new Int32Array(out.buffer);
  for (let index = 0; index < values.length; index += 1) {
    const value = values[index];
    if (typeof value !== 'number') reject(index);
    out[index] = value;
    if (Number.isNaN(value)) words[index] = CANONICAL_NAN_FLOAT;
    else if (!Number.isFinite(out[index]) && Number.isFinite(value)) reject(index);
  }
  return out;
}

function toDoubles(values: ArrayLike<Value>, reject: Reject): Float64Array {
  const out = new Float64Array(values.length);
  const words = new Int32Array(out.buffer);
  for (let index = 0; index < values.length; index += 1) {
    const value = values[index];
    if (typeof value !== 'number') reject(index);
    out[index] = value;
    if (Number.isNaN(value)) {
      words[2 * index] = 0;
      words[2 * index + 1] = CANONICAL_NAN_DOUBLE_HIGH;
    }
  }
  return out;
}

function toStrings(values: ArrayLike<Value>, reject: Reject): ByteStrings {
  for (let index = 0; index < values.length; index += 1) {
    if (typeof values[index] !== 'string') reject(index);
  }
  return encodeStrings(values as ArrayLike<string>, (index) =>
    reject(index, 'a string with a lone surrogate, which UTF-8 cannot carry'),
  );
}

function toByteArrays(values: ArrayLike<Value>, reject: Reject): ByteStrings {
  for (let index = 0; index < values.length; index += 1) {
    if (!(values[index] instanceof Uint8Array)) reject(index);
  }
  return encodeByteArrays(values as ArrayLike<Uint8Array>);
}

function toDecimals(leaf: LeafNode, values: ArrayLike<Value>, reject: Reject): PhysicalValues {
  const max = 10n ** BigInt(leaf.storage.decimal?.precision ?? 0) - 1n;
  for (let index = 0; index < values.length; index += 1) {
    const value = values[index];
    if (typeof value !== 'bigint' || value > max || value < -max) reject(index);
  }
  const unscaled = values as ArrayLike<bigint>;
  switch (leaf.storage.physicalType) {
    case 'INT32':
      return { type: 'INT32', values: Int32Array.from(unscaled, Number) };
    case 'INT64':
      return { type: 'INT64', values: toInt64s(unscaled, reject) };
    default:
      return {
        type: 'FIXED_LEN_BYTE_ARRAY',
        values: encodeBigEndian(unscaled, leaf.storage.typeLength ?? 0),
      };
  }
}
