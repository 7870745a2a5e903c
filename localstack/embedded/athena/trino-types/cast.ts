import type { Position } from '../sql/ast.ts';
import { failAt, notSupported } from '../sql-failure.ts';
import { castNested } from './cast-nested.ts';
import { castToText } from './cast-to-text.ts';
import { castToTime } from './cast-to-time.ts';
import { canCoerce } from './coercion.ts';
import { type CastPlan, type Compiled, coerce, failureSql } from './compiled.ts';
import {
  duckType,
  isFloating,
  isInteger,
  isNumeric,
  quoteText,
  type TrinoType,
  typeName,
} from './trino-type.ts';

/** What Java's trim removes of ordinary text. */
const SPACE_CHARACTERS = "(' ' || chr(9) || chr(10) || chr(11) || chr(12) || chr(13))";
const SPACE = '[ \\t\\n\\v\\f\\r]*';
const WHOLE_NUMBER = `${SPACE}[+-]?[0-9]+${SPACE}`;
const DECIMAL_NUMBER = '[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)([eE][+-]?[0-9]+)?';
const FLOATING_NUMBER = `${SPACE}(${DECIMAL_NUMBER}|NaN|[+-]?Infinity)${SPACE}`;

/**
 * CAST and TRY_CAST with Trino's rules, which differ from DuckDB's in what text is a number, in
 * rounding (half up, away from zero) and in how floating numbers are written.
 * Source: Trino documentation, Conversion functions; cast operators of its types.
 */
export function cast(
  value: Compiled,
  to: TrinoType,
  options: { readonly safe: boolean; readonly position: Position },
): Compiled {
  const target = keepZone(value.type, to);
  if (value.type.kind === 'unknown' || isPlainCoercion(value.type, target)) {
    return coerce(value, target);
  }
  const nested = castNested(value, target, (element, type) => cast(element, type, options));
  if (nested !== null) return nested;
  const plan = planCast(value, target, options.position);
  if (options.safe || plan.failure === null) return { sql: plan.sql, type: target };
  const { code, message } = plan.failure;
  const sql =
    `CASE WHEN ${value.sql} IS NOT NULL AND ${plan.sql} IS NULL ` +
    `THEN ${failureSql(code, message, target)} ELSE ${plan.sql} END`;
  return { sql, type: target };
}

/** A cast changes the precision of a zoned timestamp, never its zone. */
function keepZone(from: TrinoType, to: TrinoType): TrinoType {
  const zoned = from.kind === 'timestamp-tz' && to.kind === 'timestamp-tz';
  return zoned ? { ...to, zone: from.zone } : to;
}

/** Casts that are also coercions, but for rounding and zones, which need more than DuckDB's cast. */
function isPlainCoercion(from: TrinoType, to: TrinoType): boolean {
  const isTime = to.kind === 'timestamp' || to.kind === 'timestamp-tz';
  return canCoerce(from, to) && !(isTime && from.kind !== 'date');
}

function planCast(value: Compiled, target: TrinoType, position: Position): CastPlan {
  const { type } = value;
  const plan =
    planScalarCast(value, target) ?? castToText(value, target) ?? castToTime(value, target);
  if (plan !== null) return plan;
  if (type.kind === 'json' || target.kind === 'json' || isNested(type) || isNested(target)) {
    throw notSupported(position, `a cast from ${typeName(type)} to ${typeName(target)}`);
  }
  throw failAt('TYPE_MISMATCH', position, `Cannot cast ${typeName(type)} to ${typeName(target)}`);
}

function isNested(type: TrinoType): boolean {
  return type.kind === 'array' || type.kind === 'map' || type.kind === 'row';
}

function planScalarCast(value: Compiled, target: TrinoType): CastPlan | null {
  switch (target.kind) {
    case 'boolean':
      return castToBoolean(value);
    case 'tinyint':
    case 'smallint':
    case 'integer':
    case 'bigint':
      return castToInteger(value, target);
    case 'real':
    case 'double':
      return castToFloating(value, target);
    case 'decimal':
      return castToDecimal(value, target);
    case 'varbinary':
      return value.type.kind === 'varchar' ? { sql: `encode(${value.sql})`, failure: null } : null;
    default:
      return null;
  }
}

function castToBoolean({ sql, type }: Compiled): CastPlan | null {
  if (isNumeric(type)) return { sql: `(${sql} <> 0)`, failure: null };
  if (type.kind !== 'varchar') return null;
  return {
    sql: `CASE WHEN lower(${sql}) IN ('t', 'true', '1') THEN true WHEN lower(${sql}) IN ('f', 'false', '0') THEN false END`,
    failure: textFailure(sql, 'BOOLEAN'),
  };
}

function castToInteger({ sql, type }: Compiled, target: TrinoType): CastPlan | null {
  const duck = duckType(target);
  const range = outOfRange(sql, target);
  if (type.kind === 'boolean') return { sql: `CAST(${sql} AS ${duck})`, failure: null };
  if (isInteger(type) || type.kind === 'decimal') {
    return { sql: `TRY_CAST(${sql} AS ${duck})`, failure: range };
  }
  // round() is half away from zero, a cast alone would round half to even.
  if (isFloating(type)) return { sql: `TRY_CAST(round(${sql}) AS ${duck})`, failure: range };
  if (type.kind !== 'varchar') return null;
  const text = `CASE WHEN regexp_full_match(${sql}, '${WHOLE_NUMBER}') THEN trim(${sql}, ${SPACE_CHARACTERS}) END`;
  return {
    sql: `TRY_CAST(${text} AS ${duck})`,
    failure: textFailure(sql, target.kind === 'integer' ? 'INT' : duck),
  };
}

function castToFloating({ sql, type }: Compiled, target: TrinoType): CastPlan | null {
  const duck = duckType(target);
  if (type.kind === 'boolean' || isInteger(type) || type.kind === 'decimal') {
    return { sql: `CAST(${sql} AS ${duck})`, failure: null };
  }
  if (type.kind === 'double') {
    // Beyond the range of real Java gives infinity, DuckDB an error.
    const infinity = `CASE WHEN ${sql} > 0 THEN 'Infinity' ELSE '-Infinity' END::FLOAT`;
    return {
      sql: `CASE WHEN ${sql} IS NOT NULL THEN coalesce(TRY_CAST(${sql} AS FLOAT), ${infinity}) END`,
      failure: null,
    };
  }
  if (type.kind !== 'varchar') return null;
  const text = `CASE WHEN regexp_full_match(${sql}, '${FLOATING_NUMBER}') THEN trim(${sql}, ${SPACE_CHARACTERS}) END`;
  return {
    sql: `TRY_CAST(${text} AS ${duck})`,
    failure: textFailure(sql, typeName(target).toUpperCase()),
  };
}

function castToDecimal({ sql, type }: Compiled, target: TrinoType): CastPlan | null {
  const duck = duckType(target);
  const name = typeName(target).toUpperCase().replace(',', ', ');
  if (type.kind === 'boolean' || isInteger(type) || type.kind === 'decimal') {
    const from = typeName(type).toUpperCase().replace(',', ', ');
    return {
      sql: `TRY_CAST(${sql} AS ${duck})`,
      failure: {
        code: 'INVALID_CAST_ARGUMENT',
        message: `'Cannot cast ${from} ''' || CAST(${sql} AS VARCHAR) || ''' to ${name}'`,
      },
    };
  }
  if (isFloating(type)) {
    // By way of the shortest decimal text, as Java's BigDecimal.valueOf: 1.005 rounds to 1.01.
    return {
      sql: `TRY_CAST(CAST(${sql} AS VARCHAR) AS ${duck})`,
      failure: {
        code: 'INVALID_CAST_ARGUMENT',
        message: `'Cannot cast ${duckType(type)} ''' || CAST(${sql} AS VARCHAR) || ''' to ${name}'`,
      },
    };
  }
  if (type.kind !== 'varchar') return null;
  const text = `CASE WHEN regexp_full_match(${sql}, '${DECIMAL_NUMBER}') THEN ${sql} END`;
  return {
    sql: `TRY_CAST(${text} AS ${duck})`,
    failure: {
      code: 'INVALID_CAST_ARGUMENT',
      message: `'Cannot cast VARCHAR ''' || ${sql} || ''' to ${name}'`,
    },
  };
}

function textFailure(sql: string, name: string): CastPlan['failure'] {
  return {
    code: 'INVALID_CAST_ARGUMENT',
    message: `'Cannot cast ''' || ${sql} || ''' to ${name}'`,
  };
}

function outOfRange(sql: string, target: TrinoType): CastPlan['failure'] {
  return {
    code: 'NUMERIC_VALUE_OUT_OF_RANGE',
    message: `${quoteText(`Out of range for ${target.kind}: `)} || CAST(${sql} AS VARCHAR)`,
  };
}
