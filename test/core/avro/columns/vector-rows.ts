import type { ColumnDecoderOptions } from '#core/avro/columns/column-decoder.ts';
import { createColumnDecoder } from '#core/avro/columns/column-decoder.ts';
import { createColumnTarget } from '#core/avro/columns/column-target.ts';
import type { BytesVector, Vector } from '#core/columns/vector.ts';
import {
  type Field,
  type FieldType,
  type Row,
  storedName,
  type Value,
} from '#core/schema/field.ts';

/** The value of a row of a vector, in row representation: the other way from values to columns, written for clarity. */
export function valueAt(vector: Vector, type: FieldType, row: number): Value {
  if (vector.validity !== null && vector.validity[row] === 0) return null;
  switch (vector.kind) {
    case 'boolean':
      return vector.values[row] === 1;
    case 'int32':
    case 'int64':
    case 'float32':
    case 'float64':
      return present(vector.values[row]);
    case 'decimal128':
      return decimalAt(vector.values, row * 16);
    case 'bytes':
      return bytesValue(vector, type, row);
    case 'dictionary':
      return bytesValue(vector.dictionary, type, present(vector.codes[row]));
    default:
      return nestedAt(vector, type, row);
  }
}

type Nested = Extract<Vector, { kind: 'list' | 'map' | 'struct' }>;

function nestedAt(vector: Nested, type: FieldType, row: number): Value {
  if (vector.kind === 'struct' && type.kind === 'record') {
    return rowAt(vector.children, type.fields, row);
  }
  if (vector.kind === 'struct') throw new Error(`struct for ${type.kind}`);
  const [from, to] = [present(vector.offsets[row]), present(vector.offsets[row + 1])];
  const items = Array.from({ length: to - from }, (_, index) => from + index);
  if (vector.kind === 'list' && type.kind === 'list') {
    return items.map((item) => valueAt(vector.element, type.element, item));
  }
  if (vector.kind !== 'map' || type.kind !== 'map')
    throw new Error(`${vector.kind} for ${type.kind}`);
  const entries = items.map((item): [string, Value] => [
    String(valueAt(vector.keys, { kind: 'string' }, item)),
    valueAt(vector.values, type.value, item),
  ]);
  const map = new Map(entries);
  if (map.size !== entries.length) throw new Error('a key comes twice in a row');
  return map;
}

export function rowAt(vectors: readonly Vector[], fields: readonly Field[], row: number): Row {
  const values = fields.map((field, index): [string, Value] => [
    storedName(field),
    valueAt(present(vectors[index]), field.type, row),
  ]);
  return Object.fromEntries(values);
}

function bytesValue({ data, starts, ends }: BytesVector, type: FieldType, item: number): Value {
  const [start, end] = [present(starts[item]), present(ends[item])];
  if (start < 0 || end < start || end > data.length) throw new Error(`item ${start} to ${end}`);
  const bytes = data.slice(start, end);
  return type.kind === 'bytes'
    ? bytes
    : new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
}

function decimalAt(bytes: Uint8Array, at: number): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, 16);
  return (view.getBigInt64(0) << 64n) | view.getBigUint64(8);
}

function present<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('nothing there');
  return value;
}

export interface DatumRows {
  readonly data: Uint8Array;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  readonly ok: Uint8Array;
}

/** Datums one after another, each between bytes that are none of its own. */
export function layOut(
  datums: readonly Uint8Array[],
  poison: Uint8Array = Uint8Array.of(0xff),
): DatumRows {
  const starts = new Int32Array(datums.length);
  const ends = new Int32Array(datums.length);
  const parts: Uint8Array[] = [poison];
  let at = poison.length;
  datums.forEach((datum, index) => {
    starts[index] = at;
    ends[index] = at + datum.length;
    at += datum.length + poison.length;
    parts.push(datum, poison);
  });
  return { data: Buffer.concat(parts), starts, ends, ok: new Uint8Array(datums.length).fill(1) };
}

/** Decodes datums in one batch of a new target; null for one that does not decode. */
export function decodeColumns(
  options: ColumnDecoderOptions,
  datums: readonly Uint8Array[],
  poison?: Uint8Array,
): readonly (Row | null)[] {
  const target = createColumnTarget(options.fields);
  const rows = layOut(datums, poison);
  target.begin(datums.length);
  createColumnDecoder(options).decode(target, rows, 0, datums.length);
  const vectors = target.finish(datums.length);
  return datums.map((_, row) => (rows.ok[row] === 1 ? rowAt(vectors, options.fields, row) : null));
}
