/**
 * Fields and the values they hold inside Sluice. One representation travels from the Avro decoder
 * through validation, mapping and the Parquet writer:
 *
 * | type                                | value in a row                                         |
 * |-------------------------------------|--------------------------------------------------------|
 * | string, enum                        | string                                                 |
 * | boolean                             | boolean                                                |
 * | int, float, double                  | number                                                 |
 * | long                                | bigint                                                 |
 * | money                               | bigint, minor units (cents)                            |
 * | decimal(p, s)                       | bigint, unscaled                                       |
 * | date                                | number, days since 1970-01-01                          |
 * | timestamp_millis, timestamp_micros  | bigint, microseconds since the epoch, UTC by contract  |
 * | bytes                               | Uint8Array                                             |
 * | list                                | Value[]                                                |
 * | map                                 | ReadonlyMap<string, Value>                             |
 * | record                              | Row                                                    |
 *
 * A missing optional value is null, never undefined.
 */
export type Value =
  | null
  | string
  | boolean
  | number
  | bigint
  | Uint8Array
  | readonly Value[]
  | ReadonlyMap<string, Value>
  | Row;

/** One event: field name to value. Rows are created without a prototype or as literals; never mutated. */
export interface Row {
  readonly [field: string]: Value;
}

export type FieldType =
  | { readonly kind: 'string' }
  | { readonly kind: 'boolean' }
  | { readonly kind: 'int' }
  | { readonly kind: 'long' }
  | { readonly kind: 'float' }
  | { readonly kind: 'double' }
  | { readonly kind: 'decimal'; readonly precision: number; readonly scale: number }
  | { readonly kind: 'money'; readonly currency: string }
  | { readonly kind: 'date' }
  | { readonly kind: 'timestamp_millis' }
  | { readonly kind: 'timestamp_micros' }
  | { readonly kind: 'bytes' }
  | { readonly kind: 'enum'; readonly symbols: readonly string[] }
  | { readonly kind: 'list'; readonly element: FieldType }
  | { readonly kind: 'map'; readonly value: FieldType }
  | { readonly kind: 'record'; readonly fields: readonly Field[] };

export interface Field {
  readonly name: string;
  readonly type: FieldType;
  /** Null is allowed; in Avro a union with null and default null. */
  readonly optional: boolean;
  /** Default for readers of older records, in row representation; undefined when there is none. */
  readonly default?: Value;
  /** Earlier names of the field. */
  readonly aliases: readonly string[];
  readonly doc?: string;
  readonly examples: readonly (string | number | boolean)[];
  /** NaN and infinities are accepted (float and double only). */
  readonly allowNan: boolean;
}

/** Name under which a field is stored in Avro and in tables: money becomes `<name>_cents`. */
export function storedName(field: Pick<Field, 'name' | 'type'>): string {
  return field.type.kind === 'money' ? `${field.name}_cents` : field.name;
}
