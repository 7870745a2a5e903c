import { decodeTwosComplement } from '../avro/decimal-bytes.ts';
import { type Field, type FieldType, type Row, storedName, type Value } from '../schema/field.ts';
import type { BytesVector, DictionaryVector, MapVector, StructVector, Vector } from './vector.ts';

/** The value of a row in the representation of src/core/schema/field.ts; null for a missing one. */
export type ReadValue = (row: number) => Value;

/** Bytes of one item. */
const DECIMAL128_BYTES = 16;

/** Compiles the reader of a vector of this type. The vector must not be filled again while it is used. */
export function valueReader(vector: Vector, type: FieldType): ReadValue {
  const read = presentReader(vector, type);
  const { validity } = vector;
  if (validity === null) return read;
  return (row) => (validity[row] === 0 ? null : read(row));
}

function presentReader(vector: Vector, type: FieldType): ReadValue {
  switch (vector.kind) {
    case 'boolean':
      return (row) => vector.values[row] === 1;
    case 'int32':
    case 'int64':
    case 'float32':
    case 'float64': {
      const { values } = vector;
      return (row) => values[row]!;
    }
    case 'decimal128': {
      const { values } = vector;
      return (row) =>
        decodeTwosComplement(values.subarray(row * DECIMAL128_BYTES, (row + 1) * DECIMAL128_BYTES));
    }
    case 'bytes':
      return bytesReader(vector, type);
    case 'dictionary':
      return dictionaryReader(vector, type);
    case 'list': {
      const { offsets } = vector;
      const read = valueReader(vector.element, elementType(type));
      return (row) => readRange(read, offsets[row]!, offsets[row + 1]!);
    }
    case 'map':
      return mapReader(vector, type);
    case 'struct':
      return structReader(vector, type);
  }
}

function bytesReader({ data, starts, ends }: BytesVector, type: FieldType): ReadValue {
  // A copy: a view would keep the whole batch alive.
  if (type.kind === 'bytes') return (row) => data.slice(starts[row], ends[row]);
  const text = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  return (row) => text.toString('utf8', starts[row], ends[row]);
}

/** Values are made once per entry. */
function dictionaryReader({ codes, dictionary }: DictionaryVector, type: FieldType): ReadValue {
  const read = valueReader(dictionary, type);
  const values: Value[] = [];
  return (row) => {
    const code = codes[row]!;
    const value = values[code] ?? read(code);
    values[code] = value;
    return value;
  };
}

function readRange(read: ReadValue, from: number, to: number): readonly Value[] {
  return Array.from({ length: to - from }, (_, index) => read(from + index));
}

function elementType(type: FieldType): FieldType {
  if (type.kind !== 'list') throw new TypeError(`list vector for a field of type ${type.kind}`);
  return type.element;
}

function mapReader({ offsets, keys, values }: MapVector, type: FieldType): ReadValue {
  if (type.kind !== 'map') throw new TypeError(`map vector for a field of type ${type.kind}`);
  const readKey = valueReader(keys, { kind: 'string' });
  const readItem = valueReader(values, type.value);
  return (row) => {
    const entries = new Map<string, Value>();
    for (let item = offsets[row]!; item < offsets[row + 1]!; item++) {
      entries.set(String(readKey(item)), readItem(item));
    }
    return entries;
  };
}

function structReader({ children }: StructVector, type: FieldType): ReadValue {
  if (type.kind !== 'record') throw new TypeError(`struct vector for a field of type ${type.kind}`);
  return rowReader(type.fields, children);
}

/** Compiles the reader of whole rows, keyed by stored name. */
export function rowReader(
  fields: readonly Field[],
  vectors: readonly Vector[],
): (row: number) => Row {
  const readers = fields.map((field, index) => ({
    key: storedName(field),
    read: valueReader(vectors[index]!, field.type),
  }));
  return (row) => {
    const values: Record<string, Value> = {};
    for (const { key, read } of readers) values[key] = read(row);
    return values;
  };
}
