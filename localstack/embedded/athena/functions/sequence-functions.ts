import { type Compiled, coerce, failureSql } from '../trino-types/compiled.ts';
import { arrayOf, BIGINT, DATE, duckType, isInteger } from '../trino-types/trino-type.ts';
import {
  type FunctionTable,
  requireArity,
  type ScalarCall,
  unexpectedParameters,
} from './function-spec.ts';
import { failWhen } from './guard.ts';

/** Functions that make arrays. Source: Trino documentation, Array functions and operators. */
export const SEQUENCE_FUNCTIONS: FunctionTable = {
  sequence: { kind: 'scalar', compile: compileSequence },
  repeat: { kind: 'scalar', compile: compileRepeat },
};

/** Longest array these functions make. Source: Trino documentation, Array functions. */
const MAX_SEQUENCE = 10_000;
const DAY_MS = 86_400_000;

/** `sequence(1, 5)`, `sequence(5, 1, -2)`, and of dates with a step of days or months. */
function compileSequence(call: ScalarCall): Compiled {
  requireArity(call, 2, 3);
  const [start, stop, step] = call.args;
  if (start === undefined || stop === undefined) throw unexpectedParameters(call);
  if (isInteger(start.type) && isInteger(stop.type)) return integerSequence(call, start, stop);
  if (start.type.kind !== 'date' || stop.type.kind !== 'date') throw unexpectedParameters(call);
  return { sql: limited(dateSequence(call, { start, stop, step })), type: arrayOf(DATE) };
}

/** Every date is counted from the first one: January 31st, February 29th, March 31st. */
function dateSequence(
  call: ScalarCall,
  bounds: {
    readonly start: Compiled;
    readonly stop: Compiled;
    readonly step: Compiled | undefined;
  },
): string {
  const { start, stop, step } = bounds;
  const kind = step?.type.kind ?? 'interval-day-second';
  if (kind !== 'interval-day-second' && kind !== 'interval-year-month') {
    throw unexpectedParameters(call);
  }
  const isMonths = kind === 'interval-year-month';
  const unit = isMonths ? 'month' : 'day';
  const size = step === undefined ? '1' : isMonths ? step.sql : `(${step.sql} // ${DAY_MS})`;
  const checkedSize = failWhen(
    `(${size}) <= 0${isMonths || step === undefined ? '' : ` OR ${step.sql} % ${DAY_MS} <> 0`}`,
    'the local query engine takes steps of whole days or months, forward only',
    { sql: size, type: BIGINT },
  );
  const count = `date_diff('${unit}', ${start.sql}, ${stop.sql}) // (${checkedSize}) + 1`;
  const item = `CAST(${start.sql} + to_${unit}s(CAST(v * (${size}) AS INTEGER)) AS DATE)`;
  const dates = `list_transform(range(least(${count}, ${MAX_SEQUENCE + 1})), lambda v: ${item})`;
  return `list_filter(${dates}, lambda d: d <= ${stop.sql})`;
}

function integerSequence(call: ScalarCall, start: Compiled, stop: Compiled): Compiled {
  const step = call.args[2];
  if (step !== undefined && !isInteger(step.type)) throw unexpectedParameters(call);
  const from = coerce(start, BIGINT).sql;
  const to = coerce(stop, BIGINT).sql;
  const by =
    step === undefined ? `CASE WHEN ${from} <= ${to} THEN 1 ELSE -1 END` : coerce(step, BIGINT).sql;
  const type = arrayOf(BIGINT);
  // Cut after one too many, so that a list of billions is never made.
  const last = `CAST(${from} AS HUGEINT) + ${MAX_SEQUENCE} * (${by})`;
  const bounded = `CAST(CASE WHEN (${by}) > 0 THEN least(${to}, ${last}) ELSE greatest(${to}, ${last}) END AS BIGINT)`;
  const values = limited(`generate_series(${from}, ${bounded}, ${by})`);
  const wrongWay = `(${by}) = 0 OR (${from} < ${to} AND (${by}) < 0) OR (${from} > ${to} AND (${by}) > 0)`;
  const message =
    'sequence stop value should be greater than or equal to start value if step is greater than zero otherwise stop should be less than or equal to start';
  return { sql: failWhen(wrongWay, message, { sql: values, type }), type };
}

function limited(list: string): string {
  const failure = failureSql(
    'INVALID_FUNCTION_ARGUMENT',
    "'result of sequence function must not have more than 10000 entries'",
    { kind: 'boolean' },
  );
  return `CASE WHEN CASE WHEN len(${list}) > ${MAX_SEQUENCE} THEN ${failure} ELSE true END THEN ${list} END`;
}

function compileRepeat(call: ScalarCall): Compiled {
  requireArity(call, 2);
  const [element, count] = call.args;
  if (element === undefined || count === undefined || !isInteger(count.type)) {
    throw unexpectedParameters(call);
  }
  const type = arrayOf(element.type);
  const name = call.context.compiler.nextName('v');
  const typed = `CAST(${element.sql} AS ${duckType(element.type)})`;
  const sql = `list_transform(range(least(${coerce(count, BIGINT).sql}, ${MAX_SEQUENCE})), lambda ${name}: ${typed})`;
  return {
    sql: failWhen(
      `${count.sql} > ${MAX_SEQUENCE}`,
      'count argument of repeat function must be less than or equal to 10000',
      { sql, type },
    ),
    type,
  };
}
