import type { PrimitiveType } from '#core/iceberg/spec/schema.ts';
import type { FieldType } from './field.ts';

/** Types that hold one value; the others hold types. */
export type ScalarType = Exclude<FieldType, { kind: 'list' | 'map' | 'record' }>;

/** An Avro primitive, alone or with attributes; enums need a name and are built in avro-schema.ts. */
export type AvroScalar =
  | 'boolean'
  | 'int'
  | 'long'
  | 'float'
  | 'double'
  | 'bytes'
  | 'string'
  | { readonly type: 'int' | 'long' | 'bytes'; readonly [attribute: string]: string | number };

interface TypeMapping<T> {
  /** Null for enums. */
  readonly avro: (type: T) => AvroScalar | null;
  readonly iceberg: (type: T) => PrimitiveType;
  /** Name in Athena DDL and in the Glue catalog. */
  readonly athena: (type: T) => string;
}

type TypeMappings = {
  readonly [K in ScalarType['kind']]: TypeMapping<Extract<ScalarType, { kind: K }>>;
};

/**
 * The one table of types. Both timestamps are microseconds in Iceberg, which has no coarser unit in
 * version 2. Money keeps its currency as an Avro attribute, which readers that do not know it ignore.
 * Sources: Avro 1.12 §Logical Types; Iceberg v2 §Primitive Types, §Appendix A: Avro;
 * Amazon Athena User Guide, "Data types in Amazon Athena", "Supported data types for Iceberg tables".
 */
const TYPE_MAPPINGS: TypeMappings = {
  string: mapping('string', 'string', 'string'),
  boolean: mapping('boolean', 'boolean', 'boolean'),
  int: mapping('int', 'int', 'int'),
  long: mapping('long', 'long', 'bigint'),
  float: mapping('float', 'float', 'float'),
  double: mapping('double', 'double', 'double'),
  bytes: mapping('bytes', 'binary', 'binary'),
  date: mapping({ type: 'int', logicalType: 'date' }, 'date', 'date'),
  timestamp_millis: mapping(
    { type: 'long', logicalType: 'timestamp-millis' },
    'timestamp',
    'timestamp',
  ),
  timestamp_micros: mapping(
    { type: 'long', logicalType: 'timestamp-micros' },
    'timestamp',
    'timestamp',
  ),
  enum: { avro: () => null, iceberg: () => 'string', athena: () => 'string' },
  money: {
    avro: ({ currency }) => ({ type: 'long', currency }),
    iceberg: () => 'long',
    athena: () => 'bigint',
  },
  decimal: {
    avro: ({ precision, scale }) => ({ type: 'bytes', logicalType: 'decimal', precision, scale }),
    iceberg: ({ precision, scale }) => `decimal(${precision}, ${scale})`,
    athena: ({ precision, scale }) => `decimal(${precision},${scale})`,
  },
};

function mapping(avro: AvroScalar, iceberg: PrimitiveType, athena: string) {
  return { avro: () => avro, iceberg: () => iceberg, athena: () => athena };
}

/** Correlates a type with its row of the table, which TypeScript cannot do for a union. */
function mappingOf(type: ScalarType): TypeMapping<ScalarType> {
  return TYPE_MAPPINGS[type.kind] as TypeMapping<ScalarType>;
}

export function isScalar(type: FieldType): type is ScalarType {
  return type.kind !== 'list' && type.kind !== 'map' && type.kind !== 'record';
}

/** Avro type of a scalar; null for an enum, which is a named type. */
export function avroScalar(type: ScalarType): AvroScalar | null {
  return mappingOf(type).avro(type);
}

export function icebergScalar(type: ScalarType): PrimitiveType {
  return mappingOf(type).iceberg(type);
}

export function athenaScalar(type: ScalarType): string {
  return mappingOf(type).athena(type);
}
