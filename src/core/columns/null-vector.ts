import type { IcebergType } from '../iceberg/spec/schema.ts';
import type { BytesVector, Vector } from './vector.ts';

const INT64_DIGITS = 18;

/** A vector in which every value is missing, of the kind that a column of this type has. */
export function nullVector(type: IcebergType, length: number): Vector {
  return emptyVector(type, length, new Uint8Array(length));
}

function emptyVector(type: IcebergType, length: number, validity: Uint8Array): Vector {
  if (typeof type !== 'string') return nestedVector(type, length, validity);
  switch (type) {
    case 'boolean':
      return { kind: 'boolean', length, validity, values: new Uint8Array(length) };
    case 'int':
    case 'date':
      return { kind: 'int32', length, validity, values: new Int32Array(length) };
    case 'long':
    case 'timestamp':
      return { kind: 'int64', length, validity, values: new BigInt64Array(length) };
    case 'float':
      return { kind: 'float32', length, validity, values: new Float32Array(length) };
    case 'double':
      return { kind: 'float64', length, validity, values: new Float64Array(length) };
    case 'string':
    case 'binary':
      return emptyBytes(length, validity);
    default:
      return precisionOf(type) <= INT64_DIGITS
        ? { kind: 'int64', length, validity, values: new BigInt64Array(length) }
        : { kind: 'decimal128', length, validity, values: new Uint8Array(16 * length) };
  }
}

function nestedVector(
  type: Exclude<IcebergType, string>,
  length: number,
  validity: Uint8Array,
): Vector {
  const offsets = new Int32Array(length + 1);
  switch (type.type) {
    case 'list':
      return { kind: 'list', length, validity, offsets, element: nullVector(type.element, 0) };
    case 'map': {
      const keys = nullVector(type.key, 0);
      return { kind: 'map', length, validity, offsets, keys, values: nullVector(type.value, 0) };
    }
    case 'struct': {
      const children = type.fields.map((field) => nullVector(field.type, length));
      return { kind: 'struct', length, validity, children };
    }
  }
}

function emptyBytes(length: number, validity: Uint8Array): BytesVector {
  const data = new Uint8Array(0);
  const starts = new Int32Array(length);
  return { kind: 'bytes', length, validity, data, starts, ends: starts };
}

function precisionOf(decimal: string): number {
  return Number(/\((\d+)/.exec(decimal)?.[1]);
}
