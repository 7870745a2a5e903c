import type { TypeName } from '../sql/ast.ts';
import { failAt, notSupported } from '../sql-failure.ts';
import {
  MAX_DECIMAL_PRECISION,
  MAX_TIMESTAMP_PRECISION,
  type RowField,
  type SimpleKind,
  type TrinoType,
} from './trino-type.ts';

const SIMPLE: ReadonlySet<string> = new Set<SimpleKind>([
  'boolean',
  'tinyint',
  'smallint',
  'integer',
  'bigint',
  'real',
  'double',
  'varbinary',
  'date',
  'json',
]);

/** Types Athena has and this engine cannot hold faithfully. */
const REFUSED: ReadonlySet<string> = new Set([
  'char',
  'time',
  'time with time zone',
  'uuid',
  'ipaddress',
]);

/** A type written in a statement. Throws TYPE_NOT_FOUND, or NOT_SUPPORTED for one the engine cannot hold. */
export function resolveTypeName(name: TypeName): TrinoType {
  if (SIMPLE.has(name.name) && name.arguments.length === 0)
    return { kind: name.name as SimpleKind };
  switch (name.name) {
    case 'varchar':
      return { kind: 'varchar', length: numberArgument(name, 0, null) };
    case 'decimal':
      return resolveDecimal(name);
    case 'timestamp':
      return { kind: 'timestamp', precision: timestampPrecision(name) };
    case 'timestamp with time zone':
      return { kind: 'timestamp-tz', precision: timestampPrecision(name), zone: 'UTC' };
    case 'array':
      return { kind: 'array', element: typeArgument(name, 0) };
    case 'map':
      return { kind: 'map', key: typeArgument(name, 0), value: typeArgument(name, 1) };
    case 'row':
      return { kind: 'row', fields: name.arguments.map((_, index) => rowField(name, index)) };
    case 'interval day to second':
      return { kind: 'interval-day-second' };
    case 'interval year to month':
      return { kind: 'interval-year-month' };
    default:
      if (REFUSED.has(name.name)) throw notSupported(name, `type ${name.name}`);
      throw failAt('TYPE_NOT_FOUND', name, `Unknown type: ${name.name}`);
  }
}

function resolveDecimal(name: TypeName): TrinoType {
  const precision = numberArgument(name, 0, MAX_DECIMAL_PRECISION) ?? MAX_DECIMAL_PRECISION;
  const scale = numberArgument(name, 1, 0) ?? 0;
  if (precision < 1 || precision > MAX_DECIMAL_PRECISION) {
    throw failAt(
      'INVALID_ARGUMENTS',
      name,
      `DECIMAL precision must be in range [1, 38]: ${precision}`,
    );
  }
  if (scale > precision) {
    throw failAt(
      'INVALID_ARGUMENTS',
      name,
      `DECIMAL scale must be in range [0, precision (${precision})]: ${scale}`,
    );
  }
  return { kind: 'decimal', precision, scale };
}

function timestampPrecision(name: TypeName): number {
  const precision = numberArgument(name, 0, 3) ?? 3;
  if (precision > MAX_TIMESTAMP_PRECISION) {
    throw notSupported(name, `timestamps finer than microseconds (timestamp(${precision}))`);
  }
  return precision;
}

function numberArgument(name: TypeName, index: number, fallback: number | null): number | null {
  const argument = name.arguments[index];
  if (argument === undefined) return fallback;
  if (typeof argument === 'number') return argument;
  throw failAt('TYPE_NOT_FOUND', name, `Unknown type: ${name.name}`);
}

function typeArgument(name: TypeName, index: number): TrinoType {
  const argument = name.arguments[index];
  if (argument === undefined || typeof argument === 'number') {
    throw failAt('TYPE_NOT_FOUND', name, `Unknown type: ${name.name}`);
  }
  return resolveTypeName(argument);
}

function rowField(name: TypeName, index: number): RowField {
  return {
    name: name.fieldNames[index] ?? null,
    physicalName: `f${index}`,
    type: typeArgument(name, index),
  };
}
