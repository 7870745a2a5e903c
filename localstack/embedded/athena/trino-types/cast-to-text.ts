import type { CastPlan, Compiled } from './compiled.ts';
import { toLocalSql } from './time-zone.ts';
import { isInteger, quoteText, type TrinoType, typeName } from './trino-type.ts';

/** Cast to varchar; null when the source type has no text form. */
export function castToText(value: Compiled, target: TrinoType): CastPlan | null {
  if (target.kind !== 'varchar') return null;
  if (value.type.kind === 'varchar') {
    // Shortening is silent for text only.
    const sql = target.length === null ? value.sql : `substring(${value.sql}, 1, ${target.length})`;
    return { sql, failure: null };
  }
  const text = textSql(value);
  if (text === null) return null;
  if (target.length === null) return { sql: text, failure: null };
  return {
    sql: `CASE WHEN length(${text}) <= ${target.length} THEN ${text} END`,
    failure: {
      code: 'INVALID_CAST_ARGUMENT',
      message: `'Value ' || ${text} || ' cannot be represented as ${typeName(target)}'`,
    },
  };
}

/** A value as Trino writes it in text. */
export function textSql({ sql, type }: Compiled): string | null {
  switch (type.kind) {
    case 'boolean':
    case 'decimal':
    case 'date':
      return `CAST(${sql} AS VARCHAR)`;
    case 'real':
      return `athena_real_text(${sql})`;
    case 'double':
      return `athena_double_text(${sql})`;
    case 'timestamp':
      return timestampText(sql, type.precision);
    case 'timestamp-tz': {
      const local = localTime({ sql, type });
      return `(${timestampText(local, type.precision)} || ${quoteText(` ${type.zone}`)})`;
    }
    case 'interval-day-second':
      return `athena_day_second_text(${sql})`;
    case 'interval-year-month':
      return `athena_year_month_text(${sql})`;
    default:
      return isInteger(type) ? `CAST(${sql} AS VARCHAR)` : null;
  }
}

/** Wall-clock time of a timestamp in its own zone, as TIMESTAMP. */
export function localTime({ sql, type }: Compiled): string {
  return type.kind === 'timestamp-tz' ? toLocalSql(sql, type.zone) : sql;
}

function timestampText(sql: string, precision: number): string {
  if (precision === 0) return `strftime(${sql}, '%Y-%m-%d %H:%M:%S')`;
  const full = `strftime(${sql}, '%Y-%m-%d %H:%M:%S.%f')`;
  // %f writes six digits.
  return precision === 6 ? full : `left(${full}, ${20 + precision})`;
}
