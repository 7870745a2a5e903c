/**
 * How an Iceberg primitive is stored in Parquet.
 *
 * | Iceberg        | physical                                                    | logical               | converted |
 * |----------------|-------------------------------------------------------------|-----------------------|-----------|
 * | boolean        | BOOLEAN                                                     |                       |           |
 * | int            | INT32                                                       |                       |           |
 * | long           | INT64                                                       |                       |           |
 * | float          | FLOAT                                                       |                       |           |
 * | double         | DOUBLE                                                      |                       |           |
 * | decimal(p, s)  | INT32 p <= 9, INT64 p <= 18, else FIXED_LEN_BYTE_ARRAY      | DECIMAL(p, s)         | DECIMAL   |
 * | date           | INT32                                                       | DATE                  | DATE      |
 * | timestamp      | INT64                                                       | TIMESTAMP micros, no UTC | none   |
 * | string         | BYTE_ARRAY                                                  | STRING                | UTF8      |
 * | binary         | BYTE_ARRAY                                                  |                       |           |
 *
 * `timestamp` has no converted type: TIMESTAMP_MICROS would claim an instant in UTC.
 * Source: Iceberg v2 §Appendix A: Parquet; parquet-format LogicalTypes.md.
 */
import { SluiceError } from '#core/errors.ts';
import type { PrimitiveType } from '#core/iceberg/spec/schema.ts';
import { bool, i32, struct, type ThriftValue } from './thrift-compact.ts';

/** parquet.thrift `Type`. */
export const PHYSICAL_TYPE_IDS = {
  BOOLEAN: 0,
  INT32: 1,
  INT64: 2,
  FLOAT: 4,
  DOUBLE: 5,
  BYTE_ARRAY: 6,
  FIXED_LEN_BYTE_ARRAY: 7,
} as const;

export type PhysicalType = keyof typeof PHYSICAL_TYPE_IDS;

/** parquet.thrift `ConvertedType`, the ones Iceberg uses. */
export const CONVERTED_TYPE_IDS = { UTF8: 0, MAP: 1, LIST: 3, DECIMAL: 5, DATE: 6 } as const;

export interface DecimalParameters {
  readonly precision: number;
  readonly scale: number;
}

/** What a schema element says of a leaf. */
export interface LeafStorage {
  readonly physicalType: PhysicalType;
  /** Bytes of one value, FIXED_LEN_BYTE_ARRAY only. */
  readonly typeLength?: number;
  readonly convertedType?: number;
  readonly logicalType?: ThriftValue;
  readonly decimal?: DecimalParameters;
}

const MAX_DECIMAL_PRECISION = 38;

/** Maps a primitive to its storage. Throws FEATURE_UNSUPPORTED for a type that is not in the table. */
export function leafStorage(type: PrimitiveType): LeafStorage {
  switch (type) {
    case 'boolean':
      return { physicalType: 'BOOLEAN' };
    case 'int':
      return { physicalType: 'INT32' };
    case 'long':
      return { physicalType: 'INT64' };
    case 'float':
      return { physicalType: 'FLOAT' };
    case 'double':
      return { physicalType: 'DOUBLE' };
    case 'date':
      return {
        physicalType: 'INT32',
        convertedType: CONVERTED_TYPE_IDS.DATE,
        logicalType: struct({ 6: struct({}) }),
      };
    case 'timestamp':
      // TimestampType { 1: isAdjustedToUTC, 2: unit }, unit MICROS is field 2 of TimeUnit.
      return {
        physicalType: 'INT64',
        logicalType: struct({ 8: struct({ 1: bool(false), 2: struct({ 2: struct({}) }) }) }),
      };
    case 'string':
      return {
        physicalType: 'BYTE_ARRAY',
        convertedType: CONVERTED_TYPE_IDS.UTF8,
        logicalType: struct({ 1: struct({}) }),
      };
    case 'binary':
      return { physicalType: 'BYTE_ARRAY' };
    default:
      return decimalStorage(parseDecimalType(type));
  }
}

/** Reads `decimal(p, s)`. Throws FEATURE_UNSUPPORTED for another type and for 0 < p <= 38, 0 <= s <= p not met. */
export function parseDecimalType(type: string): DecimalParameters {
  const match = /^decimal\(\s*(\d+)\s*,\s*(\d+)\s*\)$/.exec(type);
  const precision = Number(match?.[1]);
  const scale = Number(match?.[2]);
  if (!(precision >= 1 && precision <= MAX_DECIMAL_PRECISION && scale <= precision)) {
    throw new SluiceError(
      'FEATURE_UNSUPPORTED',
      `parquet type: got ${type}, expected boolean, int, long, float, double, date, timestamp, string, binary or decimal(p, s) with 1 <= p <= ${MAX_DECIMAL_PRECISION} and s <= p`,
    );
  }
  return { precision, scale };
}

function decimalStorage(decimal: DecimalParameters): LeafStorage {
  const annotation = {
    decimal,
    convertedType: CONVERTED_TYPE_IDS.DECIMAL,
    logicalType: struct({ 5: struct({ 1: i32(decimal.scale), 2: i32(decimal.precision) }) }),
  };
  if (decimal.precision <= 9) return { physicalType: 'INT32', ...annotation };
  if (decimal.precision <= 18) return { physicalType: 'INT64', ...annotation };
  return {
    physicalType: 'FIXED_LEN_BYTE_ARRAY',
    typeLength: decimalBytes(decimal.precision),
    ...annotation,
  };
}

/** Fewest bytes whose two's complement range holds every unscaled value of `precision` digits. */
function decimalBytes(precision: number): number {
  let widthBytes = 1;
  while (2n ** BigInt(8 * widthBytes - 1) < 10n ** BigInt(precision)) widthBytes += 1;
  return widthBytes;
}
