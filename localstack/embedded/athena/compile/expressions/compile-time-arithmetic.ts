import type { BinaryOperator } from '../../sql/ast.ts';
import type { Compiled } from '../../trino-types/compiled.ts';
import { fromLocalSql, toLocalSql } from '../../trino-types/time-zone.ts';
import { isFloating, isInteger, type TrinoType } from '../../trino-types/trino-type.ts';

/**
 * Date and time arithmetic; null when the operands are none of it.
 * Source: Trino documentation, Date and time operators.
 */
export function compileTimeArithmetic(
  operator: BinaryOperator,
  left: Compiled,
  right: Compiled,
): Compiled | null {
  const interval = isInterval(right.type) && isTime(left.type);
  if ((operator === '+' || operator === '-') && interval) return shift(operator, left, right);
  if (operator === '+' && isInterval(left.type) && isTime(right.type)) {
    return shift('+', right, left);
  }
  if (operator === '-' && isTime(left.type) && isTime(right.type)) return difference(left, right);
  return intervalArithmetic(operator, left, right);
}

function isInterval(type: TrinoType): boolean {
  return type.kind === 'interval-day-second' || type.kind === 'interval-year-month';
}

function isTime(type: TrinoType): boolean {
  return type.kind === 'date' || type.kind === 'timestamp' || type.kind === 'timestamp-tz';
}

/** A day of DAY TO SECOND is 24 hours of real time; months keep the wall-clock time of the zone. */
function shift(operator: '+' | '-', time: Compiled, interval: Compiled): Compiled | null {
  const { type } = time;
  if (interval.type.kind === 'interval-year-month') {
    const months = `to_months(${interval.sql})`;
    if (type.kind === 'timestamp-tz') {
      const local = `(${toLocalSql(time.sql, type.zone)} ${operator} ${months})`;
      return { sql: fromLocalSql(local, type.zone), type };
    }
    const shifted = `(${time.sql} ${operator} ${months})`;
    return { sql: type.kind === 'date' ? `CAST(${shifted} AS DATE)` : shifted, type };
  }
  if (type.kind === 'date') return shiftDate(operator, time, interval);
  const precision = Math.max('precision' in type ? type.precision : 0, 3);
  return {
    sql: `(${time.sql} ${operator} to_milliseconds(${interval.sql}))`,
    type: { ...type, precision } as TrinoType,
  };
}

/** Trino adds whole days only to a date. */
function shiftDate(operator: '+' | '-', time: Compiled, interval: Compiled): Compiled {
  const days = `CAST(${interval.sql} // 86400000 AS INTEGER)`;
  const whole =
    `CASE WHEN ${interval.sql} % 86400000 <> 0 THEN ` +
    `CAST(athena_fail('INVALID_FUNCTION_ARGUMENT: Cannot add hour, minutes or seconds to a date') AS INTEGER) ELSE ${days} END`;
  return { sql: `(${time.sql} ${operator} ${whole})`, type: time.type };
}

function difference(left: Compiled, right: Compiled): Compiled | null {
  const zoned = left.type.kind === 'timestamp-tz';
  if (zoned !== (right.type.kind === 'timestamp-tz')) return null;
  const micros = (value: Compiled): string => `epoch_us(CAST(${value.sql} AS TIMESTAMP))`;
  return {
    // Rounded half up to milliseconds.
    sql: `CAST(floor((${micros(left)} - ${micros(right)} + 500) / 1000) AS BIGINT)`,
    type: { kind: 'interval-day-second' },
  };
}

function intervalArithmetic(
  operator: BinaryOperator,
  left: Compiled,
  right: Compiled,
): Compiled | null {
  if (isInterval(left.type) && left.type.kind === right.type.kind) {
    return operator === '+' || operator === '-'
      ? { sql: `(${left.sql} ${operator} ${right.sql})`, type: left.type }
      : null;
  }
  const [interval, factor] = isInterval(left.type) ? [left, right] : [right, left];
  if (!isInterval(interval.type)) return null;
  const physical = interval.type.kind === 'interval-day-second' ? 'BIGINT' : 'INTEGER';
  if (operator === '*' && isInteger(factor.type)) {
    return { sql: `CAST(${interval.sql} * ${factor.sql} AS ${physical})`, type: interval.type };
  }
  if (operator === '*' && isFloating(factor.type)) {
    // Java's cast to long drops the fraction.
    return {
      sql: `CAST(trunc(${interval.sql} * ${factor.sql}) AS ${physical})`,
      type: interval.type,
    };
  }
  return null;
}
