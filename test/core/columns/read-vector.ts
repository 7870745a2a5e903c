/** Vectors back to row values, item by item: slow, and shares no code with what builds or stores them. */
import type { BytesVector, Vector } from '#core/columns/vector.ts';
import type { IcebergType } from '#core/iceberg/spec/schema.ts';
import type { Value } from '#core/schema/field.ts';

const DECODER = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Values of all rows. */
export function readVector(type: IcebergType, vector: Vector): Value[] {
  return Array.from({ length: vector.length }, (_, row) => readValue(type, vector, row));
}

/** The value of one row; null when it is missing. */
export function readValue(type: IcebergType, vector: Vector, row: number): Value {
  if (vector.validity?.[row] === 0) return null;
  switch (vector.kind) {
    case 'boolean':
      return vector.values[row] === 1;
    case 'int32':
    case 'int64':
    case 'float32':
    case 'float64':
      return vector.values[row] as number | bigint;
    case 'decimal128': {
      const bytes = Buffer.from(vector.values.slice(16 * row, 16 * row + 16));
      return BigInt.asIntN(128, BigInt(`0x${bytes.toString('hex')}`));
    }
    case 'bytes':
      return readBytes(type, vector, row);
    case 'dictionary':
      return readBytes(type, vector.dictionary, vector.codes[row] ?? -1);
    default:
      return readNested(type, vector, row);
  }
}

function readBytes(type: IcebergType, { data, starts, ends }: BytesVector, item: number): Value {
  const bytes = data.slice(starts[item], ends[item]);
  return type === 'string' ? DECODER.decode(bytes) : bytes;
}

function readNested(
  type: IcebergType,
  vector: Extract<Vector, { kind: 'list' | 'map' | 'struct' }>,
  row: number,
): Value {
  if (typeof type === 'string') throw new Error(`${vector.kind} for ${type}`);
  if (vector.kind === 'struct' && type.type === 'struct') {
    return Object.fromEntries(
      type.fields.map((field, index) => {
        const child = vector.children[index];
        if (child === undefined) throw new Error(`no child ${field.name}`);
        return [field.name, readValue(field.type, child, row)];
      }),
    );
  }
  if (vector.kind === 'struct') throw new Error(`struct for ${type.type}`);
  const from = vector.offsets[row] ?? 0;
  const items = Array.from({ length: (vector.offsets[row + 1] ?? 0) - from }, (_, i) => from + i);
  if (vector.kind === 'list' && type.type === 'list') {
    return items.map((item) => readValue(type.element, vector.element, item));
  }
  if (vector.kind === 'map' && type.type === 'map') {
    return new Map(
      items.map((item) => [
        readValue(type.key, vector.keys, item) as string,
        readValue(type.value, vector.values, item),
      ]),
    );
  }
  throw new Error(`${vector.kind} for ${type.type}`);
}
