/**
 * Types of Athena SQL. Physical form in DuckDB: intervals are a count (milliseconds, months),
 * `timestamp with time zone` is the UTC instant as TIMESTAMP with the zone in the type, and JSON is text.
 * Source: Trino documentation, Data types.
 */
export type TrinoType =
  | { readonly kind: SimpleKind }
  | { readonly kind: 'decimal'; readonly precision: number; readonly scale: number }
  /** Null length: unbounded. */
  | { readonly kind: 'varchar'; readonly length: number | null }
  | { readonly kind: 'timestamp'; readonly precision: number }
  /** Every value of an expression carries the same zone: where Trino would mix them, the compiler refuses. */
  | { readonly kind: 'timestamp-tz'; readonly precision: number; readonly zone: string }
  | { readonly kind: 'array'; readonly element: TrinoType }
  | { readonly kind: 'map'; readonly key: TrinoType; readonly value: TrinoType }
  | { readonly kind: 'row'; readonly fields: readonly RowField[] };

export type SimpleKind =
  /** Type of NULL. */
  | 'unknown'
  | 'boolean'
  | 'tinyint'
  | 'smallint'
  | 'integer'
  | 'bigint'
  | 'real'
  | 'double'
  | 'varbinary'
  | 'date'
  | 'json'
  | 'interval-day-second'
  | 'interval-year-month';

export interface RowField {
  /** Null for a field without a name. */
  readonly name: string | null;
  /** Name of the field in DuckDB's struct. */
  readonly physicalName: string;
  readonly type: TrinoType;
}

export const UNKNOWN: TrinoType = { kind: 'unknown' };
export const BOOLEAN: TrinoType = { kind: 'boolean' };
export const INTEGER: TrinoType = { kind: 'integer' };
export const BIGINT: TrinoType = { kind: 'bigint' };
export const REAL: TrinoType = { kind: 'real' };
export const DOUBLE: TrinoType = { kind: 'double' };
export const VARCHAR: TrinoType = { kind: 'varchar', length: null };
export const VARBINARY: TrinoType = { kind: 'varbinary' };
export const DATE: TrinoType = { kind: 'date' };
export const JSON_TYPE: TrinoType = { kind: 'json' };
/** What `timestamp` without a precision means. */
export const TIMESTAMP: TrinoType = { kind: 'timestamp', precision: 3 };
export const TIMESTAMP_UTC: TrinoType = { kind: 'timestamp-tz', precision: 3, zone: 'UTC' };

/** Largest decimal precision, and largest timestamp precision that DuckDB's TIMESTAMP holds. */
export const MAX_DECIMAL_PRECISION = 38;
export const MAX_TIMESTAMP_PRECISION = 6;

const INTEGER_KINDS: readonly string[] = ['tinyint', 'smallint', 'integer', 'bigint'];

export function decimalType(precision: number, scale: number): TrinoType {
  return { kind: 'decimal', precision: Math.min(precision, MAX_DECIMAL_PRECISION), scale };
}

export function arrayOf(element: TrinoType): TrinoType {
  return { kind: 'array', element };
}

export function mapOf(key: TrinoType, value: TrinoType): TrinoType {
  return { kind: 'map', key, value };
}

/** A row; its fields are told apart by their place, whatever their names. */
export function rowOf(fields: readonly (readonly [name: string, type: TrinoType])[]): TrinoType {
  return {
    kind: 'row',
    fields: fields.map(([name, type], index) => ({ name, physicalName: `f${index}`, type })),
  };
}

export function isInteger(type: TrinoType): boolean {
  return INTEGER_KINDS.includes(type.kind);
}

export function isFloating(type: TrinoType): boolean {
  return type.kind === 'real' || type.kind === 'double';
}

export function isNumeric(type: TrinoType): boolean {
  return isInteger(type) || isFloating(type) || type.kind === 'decimal';
}

export function sameType(a: TrinoType, b: TrinoType): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** The type as Trino prints it: `decimal(10,2)`, `timestamp(6)`, `array(row(a bigint))`. */
export function typeName(type: TrinoType): string {
  switch (type.kind) {
    case 'decimal':
      return `decimal(${type.precision},${type.scale})`;
    case 'varchar':
      return type.length === null ? 'varchar' : `varchar(${type.length})`;
    case 'timestamp':
      return `timestamp(${type.precision})`;
    case 'timestamp-tz':
      return `timestamp(${type.precision}) with time zone`;
    case 'interval-day-second':
      return 'interval day to second';
    case 'interval-year-month':
      return 'interval year to month';
    case 'array':
      return `array(${typeName(type.element)})`;
    case 'map':
      return `map(${typeName(type.key)},${typeName(type.value)})`;
    case 'row': {
      const fields = type.fields.map((field) =>
        field.name === null ? typeName(field.type) : `${field.name} ${typeName(field.type)}`,
      );
      return `row(${fields.join(', ')})`;
    }
    default:
      return type.kind;
  }
}

/** The DuckDB type that holds values of a type. */
export function duckType(type: TrinoType): string {
  switch (type.kind) {
    case 'unknown':
      return 'INTEGER';
    case 'real':
      return 'FLOAT';
    case 'decimal':
      return `DECIMAL(${type.precision}, ${type.scale})`;
    case 'varchar':
    case 'json':
      return 'VARCHAR';
    case 'varbinary':
      return 'BLOB';
    case 'timestamp':
    case 'timestamp-tz':
      return 'TIMESTAMP';
    case 'interval-day-second':
      return 'BIGINT';
    case 'interval-year-month':
      return 'INTEGER';
    case 'array':
      return `${duckType(type.element)}[]`;
    case 'map':
      return `MAP(${duckType(type.key)}, ${duckType(type.value)})`;
    case 'row': {
      const fields = type.fields.map(
        (field) => `${quoteIdentifier(field.physicalName)} ${duckType(field.type)}`,
      );
      return `STRUCT(${fields.join(', ')})`;
    }
    default:
      return type.kind.toUpperCase();
  }
}

/** A name for DuckDB, whatever characters it holds. */
export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A string for DuckDB; quotes are all its lexer gives a meaning to, and NUL is not text to it. */
export function quoteText(text: string): string {
  const quoted = `'${text.replaceAll("'", "''")}'`;
  if (!text.includes('\0')) return quoted;
  return `(${quoted.replaceAll('\0', "' || chr(0) || '")})`;
}
