import { failAt, notSupported } from '../sql-failure.ts';
import { cast } from '../trino-types/cast.ts';
import { localTime } from '../trino-types/cast-to-text.ts';
import { commonSuperType, zonesDiffer } from '../trino-types/coercion.ts';
import { type Compiled, coerce } from '../trino-types/compiled.ts';
import { fromLocalSql, resolveZone } from '../trino-types/time-zone.ts';
import {
  BIGINT,
  DATE,
  DOUBLE,
  TIMESTAMP,
  TIMESTAMP_UTC,
  type TrinoType,
  UNKNOWN,
  VARCHAR,
} from '../trino-types/trino-type.ts';
import {
  type FunctionSpec,
  type FunctionTable,
  literalText,
  requireArity,
  type ScalarCall,
  scalar,
  unexpectedParameters,
} from './function-spec.ts';

/** Units of date_trunc, date_add and date_diff; milliseconds only for times. */
const UNITS = [
  'millisecond',
  'second',
  'minute',
  'hour',
  'day',
  'week',
  'month',
  'quarter',
  'year',
];

/** Source: Trino documentation, Date and time functions and operators. The session's time zone is UTC. */
export const DATE_FUNCTIONS: FunctionTable = {
  current_date: { kind: 'scalar', compile: (call) => currentTime(call, 'date') },
  current_timestamp: { kind: 'scalar', compile: (call) => currentTime(call, 'zoned') },
  now: { kind: 'scalar', compile: (call) => currentTime(call, 'zoned') },
  localtimestamp: { kind: 'scalar', compile: (call) => currentTime(call, 'local') },
  date: { kind: 'scalar', compile: compileDate },
  date_trunc: { kind: 'scalar', compile: compileDateTrunc },
  date_add: { kind: 'scalar', compile: compileDateAdd },
  date_diff: { kind: 'scalar', compile: compileDateDiff },
  year: part('year'),
  quarter: part('quarter'),
  month: part('month'),
  week: part('week'),
  week_of_year: part('week'),
  day: part('day'),
  day_of_month: part('day'),
  // Monday is 1, Sunday 7.
  day_of_week: part('isodow'),
  dow: part('isodow'),
  day_of_year: part('doy'),
  doy: part('doy'),
  year_of_week: part('isoyear'),
  yow: part('isoyear'),
  hour: timePart((time) => `extract(hour FROM ${time})`),
  minute: timePart((time) => `extract(minute FROM ${time})`),
  second: timePart((time) => `extract(second FROM ${time})`),
  // DuckDB's milliseconds include the seconds.
  millisecond: timePart((time) => `(extract(millisecond FROM ${time}) % 1000)`),
  last_day_of_month: { kind: 'scalar', compile: compileLastDay },
  at_timezone: { kind: 'scalar', compile: compileAtTimezone },
  with_timezone: { kind: 'scalar', compile: compileWithTimezone },
  from_unixtime: scalar({ args: [DOUBLE], returns: TIMESTAMP_UTC, sql: fromUnixtime }),
  to_unixtime: { kind: 'scalar', compile: compileToUnixtime },
  from_iso8601_date: scalar({
    args: [VARCHAR],
    returns: DATE,
    sql: (text) => `CAST(athena_iso_date(${text}) AS DATE)`,
  }),
  from_iso8601_timestamp: scalar({
    args: [VARCHAR],
    returns: TIMESTAMP_UTC,
    sql: (text) => `make_timestamp(athena_iso_timestamp(${text}))`,
  }),
  to_iso8601: { kind: 'scalar', compile: compileToIso8601 },
};

function currentTime(call: ScalarCall, form: 'date' | 'zoned' | 'local'): Compiled {
  requireArity(call, 0);
  const text = new Date(call.context.compiler.session.nowMs).toISOString();
  if (form === 'date') return { sql: `DATE '${text.slice(0, 10)}'`, type: DATE };
  const sql = `TIMESTAMP '${text.slice(0, 10)} ${text.slice(11, 23)}'`;
  return { sql, type: form === 'zoned' ? TIMESTAMP_UTC : TIMESTAMP };
}

function isTime(type: TrinoType): boolean {
  return type.kind === 'date' || type.kind === 'timestamp' || type.kind === 'timestamp-tz';
}

/** The argument as a date or time; null stands for an unknown one. */
function timeArgument(call: ScalarCall, index: number): Compiled {
  const value = call.args[index];
  if (value?.type.kind === 'unknown') return coerce(value, TIMESTAMP);
  if (value === undefined || !isTime(value.type)) throw unexpectedParameters(call);
  return value;
}

function part(field: string): FunctionSpec {
  return {
    kind: 'scalar',
    compile(call) {
      requireArity(call, 1);
      const value = call.args[0] ?? { sql: 'NULL', type: UNKNOWN };
      if (value.type.kind.startsWith('interval-'))
        throw notSupported(call, `${call.name} of an interval`);
      return { sql: `extract(${field} FROM ${localTime(timeArgument(call, 0))})`, type: BIGINT };
    },
  };
}

function timePart(sql: (time: string) => string): FunctionSpec {
  return {
    kind: 'scalar',
    compile(call) {
      requireArity(call, 1);
      const time = timeArgument(call, 0);
      if (time.type.kind === 'date') throw unexpectedParameters(call);
      return { sql: sql(localTime(time)), type: BIGINT };
    },
  };
}

function unitOf(call: ScalarCall, type: TrinoType): string {
  const unit = literalText(call, 0, 'unit').toLowerCase();
  const known = type.kind === 'date' ? UNITS.slice(UNITS.indexOf('day')) : UNITS;
  if (!known.includes(unit)) {
    const kind = type.kind === 'date' ? 'DATE' : 'TIMESTAMP';
    throw failAt('INVALID_FUNCTION_ARGUMENT', call, `'${unit}' is not a valid ${kind} field`);
  }
  return unit;
}

function compileDate(call: ScalarCall): Compiled {
  requireArity(call, 1);
  const [value] = call.args;
  if (value === undefined) throw unexpectedParameters(call);
  return cast(value, DATE, { safe: false, position: call });
}

function compileDateTrunc(call: ScalarCall): Compiled {
  requireArity(call, 2);
  const time = timeArgument(call, 1);
  const unit = unitOf(call, time.type);
  const truncated = `date_trunc('${unit}', ${localTime(time)})`;
  if (time.type.kind === 'date') return { sql: `CAST(${truncated} AS DATE)`, type: DATE };
  return { sql: backToInstant(truncated, time.type), type: time.type };
}

function backToInstant(local: string, type: TrinoType): string {
  return type.kind === 'timestamp-tz' ? fromLocalSql(local, type.zone) : local;
}

/** Months are added to the wall-clock time and clamped to the end of the month, as in Trino. */
function compileDateAdd(call: ScalarCall): Compiled {
  requireArity(call, 3);
  const amount = call.args[1];
  const time = timeArgument(call, 2);
  const unit = unitOf(call, time.type);
  if (amount === undefined) throw unexpectedParameters(call);
  const count = coerceTo(call, amount, BIGINT);
  const interval = intervalSql(unit, `CAST(${count} AS INTEGER)`, count);
  const sum = `(${localTime(time)} + ${interval})`;
  if (time.type.kind === 'date') return { sql: `CAST(${sum} AS DATE)`, type: DATE };
  const precise =
    unit === 'millisecond' && 'precision' in time.type ? Math.max(time.type.precision, 3) : null;
  const type = precise === null ? time.type : ({ ...time.type, precision: precise } as TrinoType);
  return { sql: backToInstant(sum, time.type), type };
}

function intervalSql(unit: string, count: string, wideCount: string): string {
  switch (unit) {
    case 'millisecond':
      return `to_milliseconds(${wideCount})`;
    case 'second':
    case 'minute':
    case 'hour':
      return `to_${unit}s(${wideCount})`;
    case 'quarter':
      return `to_months(3 * ${count})`;
    default:
      return `to_${unit}s(${count})`;
  }
}

/** Complete units between two times, where DuckDB's date_diff counts boundaries. */
function compileDateDiff(call: ScalarCall): Compiled {
  requireArity(call, 3);
  const from = timeArgument(call, 1);
  const to = timeArgument(call, 2);
  const common = commonSuperType(from.type, to.type);
  if (common === null) throw unexpectedParameters(call);
  if (zonesDiffer(from.type, to.type))
    throw notSupported(call, 'date_diff of different time zones');
  const unit = unitOf(call, common);
  const [a, b] = [from, to].map((value) => localTime(coerce(value, common)));
  return { sql: `date_sub('${unit}', ${a}, ${b})`, type: BIGINT };
}

function coerceTo(call: ScalarCall, value: Compiled, type: TrinoType): string {
  const common = commonSuperType(value.type, type);
  if (common?.kind !== type.kind) throw unexpectedParameters(call);
  return coerce(value, type).sql;
}

function compileLastDay(call: ScalarCall): Compiled {
  requireArity(call, 1);
  return { sql: `last_day(CAST(${localTime(timeArgument(call, 0))} AS DATE))`, type: DATE };
}

/** The same instant, shown in another zone. A timestamp without a zone is UTC. */
function compileAtTimezone(call: ScalarCall): Compiled {
  requireArity(call, 2);
  const time = timeArgument(call, 0);
  const zone = resolveZone(literalText(call, 1, 'time zone'), call);
  if (time.type.kind === 'date') throw unexpectedParameters(call);
  const precision = 'precision' in time.type ? time.type.precision : 3;
  return { sql: time.sql, type: { kind: 'timestamp-tz', precision, zone } };
}

/** A wall-clock time, taken to be in a zone. */
function compileWithTimezone(call: ScalarCall): Compiled {
  requireArity(call, 2);
  const time = timeArgument(call, 0);
  const zone = resolveZone(literalText(call, 1, 'time zone'), call);
  if (time.type.kind !== 'timestamp') throw unexpectedParameters(call);
  const type: TrinoType = { kind: 'timestamp-tz', precision: time.type.precision, zone };
  return { sql: fromLocalSql(time.sql, zone), type };
}

/** Rounded to milliseconds, as Java's Math.round. */
function fromUnixtime(seconds: string): string {
  return `make_timestamp(CAST(floor(${seconds} * 1000 + 0.5::DOUBLE) AS BIGINT) * 1000)`;
}

function compileToUnixtime(call: ScalarCall): Compiled {
  requireArity(call, 1);
  const time = timeArgument(call, 0);
  if (time.type.kind === 'date') throw unexpectedParameters(call);
  return { sql: `(epoch_us(${time.sql}) / 1000000::DOUBLE)`, type: DOUBLE };
}

function compileToIso8601(call: ScalarCall): Compiled {
  requireArity(call, 1);
  const time = timeArgument(call, 0);
  if (time.type.kind === 'date') return { sql: `CAST(${time.sql} AS VARCHAR)`, type: VARCHAR };
  const precision = 'precision' in time.type ? time.type.precision : 3;
  if (time.type.kind === 'timestamp-tz' && time.type.zone !== 'UTC') {
    throw notSupported(call, 'to_iso8601 of a zone other than UTC');
  }
  const suffix = time.type.kind === 'timestamp-tz' ? 'Z' : '';
  const digits = precision === 0 ? 19 : 20 + precision;
  return {
    sql: `(left(strftime(${time.sql}, '%Y-%m-%dT%H:%M:%S.%f'), ${digits}) || '${suffix}')`,
    type: VARCHAR,
  };
}
