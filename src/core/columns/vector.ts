/**
 * Values of one field of many rows, as arrays instead of objects: what the decoder fills, the judge looks at and
 * the Parquet writer encodes. Layouts follow Apache Arrow's, with two differences: validity takes a byte per row,
 * and byte strings are views (start, end) of one shared buffer, so that decoding copies nothing.
 *
 * Only rows `0..length` count: arrays may be longer, because their owners reuse them. A vector is valid until its
 * owner fills it again. Values are in the representation of src/core/schema/field.ts:
 *
 * | type                                          | vector                                            |
 * |-----------------------------------------------|---------------------------------------------------|
 * | boolean                                       | boolean                                           |
 * | int, date                                     | int32                                             |
 * | long, money, timestamps (always microseconds) | int64                                             |
 * | decimal(p, s), p up to 18                     | int64, unscaled                                   |
 * | decimal(p, s), p from 19                      | decimal128, unscaled                              |
 * | float, double                                 | float32, float64                                  |
 * | string                                        | bytes or dictionary, well-formed UTF-8            |
 * | enum                                          | dictionary                                        |
 * | bytes                                         | bytes                                             |
 * | list, map, record                             | list, map, struct                                 |
 */
export type Vector =
  | BooleanVector
  | Int32Vector
  | Int64Vector
  | Float32Vector
  | Float64Vector
  | Decimal128Vector
  | BytesVector
  | DictionaryVector
  | ListVector
  | MapVector
  | StructVector;

interface VectorBase {
  /** Rows. */
  readonly length: number;
  /** One byte per row, 0 for a missing value; null when no value is missing. What a missing row's value slot holds is undefined. */
  readonly validity: Uint8Array | null;
}

export interface BooleanVector extends VectorBase {
  readonly kind: 'boolean';
  /** 0 or 1. */
  readonly values: Uint8Array;
}

export interface Int32Vector extends VectorBase {
  readonly kind: 'int32';
  readonly values: Int32Array;
}

export interface Int64Vector extends VectorBase {
  readonly kind: 'int64';
  readonly values: BigInt64Array;
}

export interface Float32Vector extends VectorBase {
  readonly kind: 'float32';
  readonly values: Float32Array;
}

export interface Float64Vector extends VectorBase {
  readonly kind: 'float64';
  readonly values: Float64Array;
}

export interface Decimal128Vector extends VectorBase {
  readonly kind: 'decimal128';
  /** 16 bytes per row, big-endian two's complement. */
  readonly values: Uint8Array;
}

export interface BytesVector extends VectorBase {
  readonly kind: 'bytes';
  /** Item i is `data[starts[i]..ends[i])`; items may overlap and lie in any order. */
  readonly data: Uint8Array;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
}

export interface DictionaryVector extends VectorBase {
  readonly kind: 'dictionary';
  /** Index into `dictionary`. */
  readonly codes: Int32Array;
  /** Distinct values, none missing. */
  readonly dictionary: BytesVector;
}

export interface ListVector extends VectorBase {
  readonly kind: 'list';
  /** `length + 1` places: the items of row i are `element[offsets[i]..offsets[i + 1])`; none for a missing row. */
  readonly offsets: Int32Array;
  readonly element: Vector;
}

export interface MapVector extends VectorBase {
  readonly kind: 'map';
  /** As in a list. */
  readonly offsets: Int32Array;
  /** Strings, none missing; different within a row. */
  readonly keys: Vector;
  readonly values: Vector;
}

export interface StructVector extends VectorBase {
  readonly kind: 'struct';
  /** One per field of the record, in the order of its fields, each of this vector's length. */
  readonly children: readonly Vector[];
}
