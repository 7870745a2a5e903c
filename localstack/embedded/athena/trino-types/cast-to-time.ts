import { localTime } from './cast-to-text.ts';
import type { CastPlan, Compiled } from './compiled.ts';
import type { TrinoType } from './trino-type.ts';

const DATE_TEXT = '\\s*[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}\\s*';
const TIMESTAMP_TEXT =
  '[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}( [0-9]{1,2}:[0-9]{1,2}(:[0-9]{1,2}([.][0-9]{1,6})?)?)?';

/** Cast to date and to both timestamp types; null for other targets and for sources that do not go. */
export function castToTime(value: Compiled, target: TrinoType): CastPlan | null {
  switch (target.kind) {
    case 'date':
      return castToDate(value);
    case 'timestamp':
      return castToTimestamp(value, target.precision);
    case 'timestamp-tz':
      return castToZoned(value, target.precision);
    default:
      return null;
  }
}

function castToDate(value: Compiled): CastPlan | null {
  const { sql, type } = value;
  if (type.kind === 'timestamp' || type.kind === 'timestamp-tz') {
    return { sql: `CAST(${localTime(value)} AS DATE)`, failure: null };
  }
  if (type.kind !== 'varchar') return null;
  return {
    sql: `TRY_CAST(CASE WHEN regexp_full_match(${sql}, '${DATE_TEXT}') THEN trim(${sql}) END AS DATE)`,
    failure: {
      code: 'INVALID_CAST_ARGUMENT',
      message: `'Value cannot be cast to date: ' || ${sql}`,
    },
  };
}

function castToTimestamp(value: Compiled, precision: number): CastPlan | null {
  const { sql, type } = value;
  if (type.kind === 'timestamp' || type.kind === 'timestamp-tz') {
    return { sql: roundTo(localTime(value), type.precision, precision), failure: null };
  }
  if (type.kind !== 'varchar') return null;
  const parsed = `TRY_CAST(CASE WHEN regexp_full_match(${sql}, '${TIMESTAMP_TEXT}') THEN ${sql} END AS TIMESTAMP)`;
  return {
    sql: roundTo(parsed, 6, precision),
    failure: {
      code: 'INVALID_CAST_ARGUMENT',
      message: `'Value cannot be cast to timestamp: ' || ${sql}`,
    },
  };
}

/** The session's zone is UTC, so a time without a zone is the instant itself. */
function castToZoned(value: Compiled, precision: number): CastPlan | null {
  const { sql, type } = value;
  if (type.kind !== 'timestamp' && type.kind !== 'timestamp-tz') return null;
  return { sql: roundTo(sql, type.precision, precision), failure: null };
}

/** Rounds half up to fewer fractional digits, as Trino does when a cast narrows a timestamp. */
function roundTo(sql: string, from: number, to: number): string {
  if (to >= from) return sql;
  const stepMicros = 10 ** (6 - to);
  const shifted = `(epoch_us(${sql}) + ${stepMicros / 2})`;
  return `make_timestamp(${shifted} - ((${shifted} % ${stepMicros}) + ${stepMicros}) % ${stepMicros})`;
}
