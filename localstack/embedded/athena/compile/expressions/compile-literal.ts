import type { Expression, Position } from '../../sql/ast.ts';
import { failAt, notSupported } from '../../sql-failure.ts';
import { integerLiteralType } from '../../trino-types/coercion.ts';
import type { Compiled } from '../../trino-types/compiled.ts';
import { parseTimestampLiteral } from '../../trino-types/timestamp-literal.ts';
import {
  BIGINT,
  BOOLEAN,
  DATE,
  DOUBLE,
  duckType,
  JSON_TYPE,
  MAX_DECIMAL_PRECISION,
  quoteText,
  REAL,
  type TrinoType,
  UNKNOWN,
  VARBINARY,
  VARCHAR,
} from '../../trino-types/trino-type.ts';

/** Constants of a statement; null when the node is none. */
export function compileLiteral(node: Expression): Compiled | null {
  switch (node.kind) {
    case 'null':
      return { sql: 'NULL', type: UNKNOWN };
    case 'boolean':
      return { sql: String(node.value), type: BOOLEAN };
    case 'number':
      return compileNumber(node.text, node);
    case 'string':
      return {
        sql: quoteText(node.value),
        type: { kind: 'varchar', length: [...node.value].length },
      };
    case 'binary':
      return { sql: `unhex('${node.hex}')`, type: VARBINARY };
    case 'typed-literal':
      return compileTyped(node);
    case 'interval':
      return compileInterval(node);
    default:
      return null;
  }
}

/**
 * `1` is integer or bigint, `1.50` and `1e3` are double; a decimal is written `DECIMAL '1.50'`. `text`
 * may carry a minus sign, because -9223372036854775808 has no positive counterpart. Source: Amazon
 * Athena user guide, Data types, decimal; measured on engine version 3 (0.1 + 0.2 is 0.30000000000000004).
 */
export function compileNumber(text: string, position: Position): Compiled {
  if (/[eE.]/.test(text)) return { sql: `CAST('${text}' AS DOUBLE)`, type: DOUBLE };
  const type = text === '-9223372036854775808' ? BIGINT : integerLiteralType(text.replace('-', ''));
  if (type === null) {
    throw failAt('INVALID_LITERAL', position, `Invalid numeric literal: ${text}`);
  }
  return { sql: `CAST(${text} AS ${duckType(type)})`, type };
}

function compileDecimal(text: string, position: Position): Compiled {
  const [whole = '', fraction = ''] = text.replace(/^[+-]/, '').split('.');
  if (!/^\d*$/.test(whole + fraction) || whole + fraction === '') {
    throw failAt('INVALID_LITERAL', position, `Invalid decimal literal: ${text}`);
  }
  const precision = Math.max(1, whole.replace(/^0+/, '').length + fraction.length);
  if (precision > MAX_DECIMAL_PRECISION) {
    throw failAt(
      'INVALID_LITERAL',
      position,
      `DECIMAL precision must be in range [1, 38]: ${precision}`,
    );
  }
  const type: TrinoType = { kind: 'decimal', precision, scale: fraction.length };
  return { sql: `CAST('${text}' AS ${duckType(type)})`, type };
}

function compileTyped(node: Expression & { readonly kind: 'typed-literal' }): Compiled {
  const text = node.value.trim();
  switch (node.type) {
    case 'date':
      return { sql: `DATE '${checkDate(text, node)}'`, type: DATE };
    case 'timestamp':
      return parseTimestampLiteral(text, node);
    case 'decimal':
      return compileDecimal(text, node);
    case 'varchar':
      return { sql: quoteText(node.value), type: VARCHAR };
    case 'json':
      return { sql: `athena_json_parse(${quoteText(node.value)})`, type: JSON_TYPE };
    case 'bigint':
    case 'integer':
    case 'int':
    case 'smallint':
    case 'tinyint':
      return compileTypedInteger(node, text);
    case 'double':
    case 'real':
      return compileTypedFloating(node, text);
    default:
      throw notSupported(node, `a literal of type ${node.type}`);
  }
}

function compileTypedInteger(
  node: Expression & { readonly kind: 'typed-literal' },
  text: string,
): Compiled {
  const kinds = {
    bigint: 'bigint',
    integer: 'integer',
    int: 'integer',
    smallint: 'smallint',
    tinyint: 'tinyint',
  };
  const type = { kind: kinds[node.type as keyof typeof kinds] } as TrinoType;
  const bits = { bigint: 64, integer: 32, smallint: 16, tinyint: 8 }[type.kind as 'bigint'];
  if (!/^[+-]?\d+$/.test(text) || BigInt.asIntN(bits, BigInt(text)) !== BigInt(text)) {
    throw failAt('INVALID_LITERAL', node, `'${node.value}' is not a valid ${type.kind} literal`);
  }
  return { sql: `CAST(${BigInt(text)} AS ${duckType(type)})`, type };
}

function compileTypedFloating(
  node: Expression & { readonly kind: 'typed-literal' },
  text: string,
): Compiled {
  if (!/^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$|^NaN$|^[+-]?Infinity$/.test(text)) {
    throw failAt('INVALID_LITERAL', node, `'${node.value}' is not a valid ${node.type} literal`);
  }
  const type = node.type === 'real' ? REAL : DOUBLE;
  return { sql: `CAST('${text}' AS ${duckType(type)})`, type };
}

function checkDate(text: string, position: Position): string {
  const time = Date.parse(`${text}T00:00:00Z`);
  const valid = /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(time);
  if (!valid || new Date(time).toISOString().slice(0, 10) !== text) {
    throw failAt('INVALID_LITERAL', position, `'${text}' is not a valid date literal`);
  }
  return text;
}

const DAY_SECOND_UNIT_MS: Readonly<Record<string, number>> = {
  day: 86_400_000,
  hour: 3_600_000,
  minute: 60_000,
  second: 1000,
};
const YEAR_MONTH_UNIT: Readonly<Record<string, number>> = { year: 12, month: 1 };

function compileInterval(node: Expression & { readonly kind: 'interval' }): Compiled {
  const sign = node.negative ? -1 : 1;
  if (node.toUnit !== null) return compileIntervalSpan(node, sign);
  const months = YEAR_MONTH_UNIT[node.unit];
  const unitMs = DAY_SECOND_UNIT_MS[node.unit];
  const pattern = node.unit === 'second' ? /^[+-]?\d{1,12}(\.\d{1,3})?$/ : /^[+-]?\d{1,9}$/;
  if ((months === undefined && unitMs === undefined) || !pattern.test(node.value)) {
    throw failAt(
      'INVALID_LITERAL',
      node,
      `Invalid INTERVAL ${node.unit.toUpperCase()} value: ${node.value}`,
    );
  }
  if (months !== undefined) return yearMonth(sign * Number(node.value) * months);
  return daySecond(sign * Math.round(Number(node.value) * (unitMs ?? 1)));
}

function compileIntervalSpan(
  node: Expression & { readonly kind: 'interval' },
  sign: number,
): Compiled {
  const yearToMonth = /^(\d{1,6})-(\d{1,2})$/.exec(node.value);
  if (node.unit === 'year' && node.toUnit === 'month' && yearToMonth !== null) {
    return yearMonth(sign * (Number(yearToMonth[1]) * 12 + Number(yearToMonth[2])));
  }
  const parts = /^(\d{1,9}) (\d{1,2}):(\d{1,2}):(\d{1,2}(?:\.\d{1,3})?)$/.exec(node.value);
  if (node.unit === 'day' && node.toUnit === 'second' && parts !== null) {
    const [, days, hours, minutes, seconds] = parts.map(Number);
    const totalSeconds =
      (((days ?? 0) * 24 + (hours ?? 0)) * 60 + (minutes ?? 0)) * 60 + (seconds ?? 0);
    return daySecond(sign * Math.round(totalSeconds * 1000));
  }
  throw notSupported(node, `INTERVAL '${node.value}' ${node.unit} TO ${node.toUnit}`);
}

function daySecond(milliseconds: number): Compiled {
  return { sql: `CAST(${milliseconds} AS BIGINT)`, type: { kind: 'interval-day-second' } };
}

function yearMonth(months: number): Compiled {
  return { sql: `CAST(${months} AS INTEGER)`, type: { kind: 'interval-year-month' } };
}
