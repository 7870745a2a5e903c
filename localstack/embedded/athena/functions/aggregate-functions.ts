import { failAt, notSupported } from '../sql-failure.ts';
import { type Compiled, coerce } from '../trino-types/compiled.ts';
import {
  arrayOf,
  BIGINT,
  BOOLEAN,
  DOUBLE,
  decimalType,
  duckType,
  isFloating,
  isInteger,
  isNumeric,
  MAX_DECIMAL_PRECISION,
  REAL,
  type TrinoType,
  typeName,
  VARCHAR,
} from '../trino-types/trino-type.ts';
import {
  type AggregateCall,
  type FunctionSpec,
  type FunctionTable,
  unexpectedParameters,
} from './function-spec.ts';

/** Source: Trino documentation, Aggregate functions. */
export const AGGREGATE_FUNCTIONS: FunctionTable = {
  count: { kind: 'aggregate', compile: compileCount },
  count_if: {
    kind: 'aggregate',
    compile: (call) => ({
      sql: `CAST(${call.invoke('count_if', [typed(call, BOOLEAN)])} AS BIGINT)`,
      type: BIGINT,
    }),
  },
  sum: { kind: 'aggregate', compile: compileSum },
  avg: { kind: 'aggregate', compile: compileAverage },
  min: { kind: 'aggregate', compile: (call) => compileExtreme(call, 'min') },
  max: { kind: 'aggregate', compile: (call) => compileExtreme(call, 'max') },
  // Rows with a null value count: DuckDB's plain arg_max skips them.
  min_by: { kind: 'aggregate', compile: (call) => compileExtremeBy(call, 'arg_min_null') },
  max_by: { kind: 'aggregate', compile: (call) => compileExtremeBy(call, 'arg_max_null') },
  arbitrary: { kind: 'aggregate', compile: (call) => sameType(call, 'any_value') },
  any_value: { kind: 'aggregate', compile: (call) => sameType(call, 'any_value') },
  bool_and: booleanAggregate('bool_and'),
  every: booleanAggregate('bool_and'),
  bool_or: booleanAggregate('bool_or'),
  array_agg: {
    kind: 'aggregate',
    compile(call) {
      const value = only(call);
      return { sql: call.invoke('list', [value.sql]), type: arrayOf(value.type) };
    },
  },
  listagg: { kind: 'aggregate', compile: compileListagg },
  // Counted and ranked exactly: an estimate without error is within Trino's error bounds.
  approx_distinct: { kind: 'aggregate', compile: compileApproxDistinct },
  approx_percentile: { kind: 'aggregate', compile: compileApproxPercentile },
  stddev: doubleAggregate('stddev_samp'),
  stddev_samp: doubleAggregate('stddev_samp'),
  stddev_pop: doubleAggregate('stddev_pop'),
  variance: doubleAggregate('var_samp'),
  var_samp: doubleAggregate('var_samp'),
  var_pop: doubleAggregate('var_pop'),
  covar_pop: twoDoubles('covar_pop'),
  covar_samp: twoDoubles('covar_samp'),
  corr: twoDoubles('corr'),
  regr_slope: twoDoubles('regr_slope'),
  regr_intercept: twoDoubles('regr_intercept'),
  geometric_mean: doubleAggregate('geometric_mean'),
  bitwise_and_agg: bigintAggregate('bit_and'),
  bitwise_or_agg: bigintAggregate('bit_or'),
  histogram: { kind: 'aggregate', compile: compileHistogram },
  grouping: { kind: 'aggregate', compile: compileGrouping },
};

function only(call: AggregateCall): Compiled {
  const [value, second] = call.args;
  if (value === undefined || second !== undefined || call.star) throw unexpectedParameters(call);
  return value;
}

function typed(call: AggregateCall, type: TrinoType): string {
  const value = only(call);
  if (value.type.kind !== type.kind && value.type.kind !== 'unknown') {
    throw unexpectedParameters(call, [{ args: [type] }]);
  }
  return coerce(value, type).sql;
}

function numeric(call: AggregateCall): Compiled {
  const value = only(call);
  if (value.type.kind === 'unknown') return coerce(value, DOUBLE);
  if (!isNumeric(value.type)) throw unexpectedParameters(call);
  return value;
}

function compileCount(call: AggregateCall): Compiled {
  if (call.star || call.args.length === 0)
    return { sql: call.invoke('count', ['*']), type: BIGINT };
  return { sql: call.invoke('count', [only(call).sql]), type: BIGINT };
}

/** Integers sum to bigint and fail beyond it; DuckDB would go on in 128 bits. */
function compileSum(call: AggregateCall): Compiled {
  const value = numeric(call);
  const sum = call.invoke('sum', [value.sql]);
  const type = sumType(value.type);
  return { sql: type.kind === 'double' ? sum : `CAST(${sum} AS ${duckType(type)})`, type };
}

function sumType(type: TrinoType): TrinoType {
  if (isInteger(type)) return BIGINT;
  if (type.kind === 'decimal') return decimalType(MAX_DECIMAL_PRECISION, type.scale);
  return type;
}

/** The average of decimals is a decimal of the same type, rounded half up. */
function compileAverage(call: AggregateCall): Compiled {
  const value = numeric(call);
  if (value.type.kind !== 'decimal') {
    const average = call.invoke('avg', [
      coerce(value, isInteger(value.type) ? DOUBLE : value.type).sql,
    ]);
    return value.type.kind === 'real'
      ? { sql: `CAST(${average} AS FLOAT)`, type: REAL }
      : { sql: average, type: DOUBLE };
  }
  const count = call.invoke('count', [value.sql]);
  const sum = `CAST(${call.invoke('sum', [value.sql])} AS VARCHAR)`;
  const quotient = `athena_decimal_divide(${sum}, CAST(${count} AS VARCHAR), ${value.type.scale})`;
  return {
    sql: `CASE WHEN ${count} > 0 THEN CAST(${quotient} AS ${duckType(value.type)}) END`,
    type: value.type,
  };
}

function requireOrderable(call: AggregateCall, value: Compiled): void {
  if (['map', 'row', 'json', 'array'].includes(value.type.kind)) {
    throw failAt(
      'TYPE_MISMATCH',
      call,
      `${call.name} of type ${typeName(value.type)} is not supported`,
    );
  }
}

function compileExtreme(call: AggregateCall, duckFunction: string): Compiled {
  if (call.args.length === 2) throw notSupported(call, `${call.name} with a number of values`);
  const value = only(call);
  requireOrderable(call, value);
  return { sql: call.invoke(duckFunction, [value.sql]), type: value.type };
}

function compileExtremeBy(call: AggregateCall, duckFunction: string): Compiled {
  const [value, key, count] = call.args;
  if (count !== undefined) throw notSupported(call, `${call.name} with a number of values`);
  if (value === undefined || key === undefined) throw unexpectedParameters(call);
  requireOrderable(call, key);
  return { sql: call.invoke(duckFunction, [value.sql, key.sql]), type: value.type };
}

function sameType(call: AggregateCall, duckFunction: string): Compiled {
  const value = only(call);
  return { sql: call.invoke(duckFunction, [value.sql]), type: value.type };
}

function booleanAggregate(duckFunction: string): FunctionSpec {
  return {
    kind: 'aggregate',
    compile: (call) => ({ sql: call.invoke(duckFunction, [typed(call, BOOLEAN)]), type: BOOLEAN }),
  };
}

function doubleAggregate(duckFunction: string): FunctionSpec {
  return {
    kind: 'aggregate',
    compile(call) {
      const value = coerce(numeric(call), DOUBLE);
      return { sql: call.invoke(duckFunction, [value.sql]), type: DOUBLE };
    },
  };
}

function bigintAggregate(duckFunction: string): FunctionSpec {
  return {
    kind: 'aggregate',
    compile(call) {
      const value = only(call);
      if (!isInteger(value.type)) throw unexpectedParameters(call, [{ args: [BIGINT] }]);
      return { sql: call.invoke(duckFunction, [coerce(value, BIGINT).sql]), type: BIGINT };
    },
  };
}

function twoDoubles(duckFunction: string): FunctionSpec {
  return {
    kind: 'aggregate',
    compile(call) {
      const values = call.args.filter((arg) => isNumeric(arg.type));
      if (values.length !== 2 || call.args.length !== 2) {
        throw unexpectedParameters(call, [{ args: [DOUBLE, DOUBLE] }]);
      }
      const args = values.map((value) => coerce(value, DOUBLE).sql);
      return { sql: call.invoke(duckFunction, args), type: DOUBLE };
    },
  };
}

function compileListagg(call: AggregateCall): Compiled {
  const [value, separator, extra] = call.args;
  if (value?.type.kind !== 'varchar' || extra !== undefined || call.isWindow) {
    throw unexpectedParameters(call, [{ args: [VARCHAR, VARCHAR] }]);
  }
  if (call.orderBy === '') {
    throw failAt('SYNTAX_ERROR', call, 'listagg requires WITHIN GROUP (ORDER BY …)');
  }
  return { sql: call.invoke('string_agg', [value.sql, separator?.sql ?? "''"]), type: VARCHAR };
}

function compileApproxDistinct(call: AggregateCall): Compiled {
  const [value] = call.args;
  const isPlain = !call.isWindow && !call.distinct;
  if (value === undefined || call.args.length > 2 || !isPlain) throw unexpectedParameters(call);
  return { sql: call.invoke('count', [`DISTINCT ${value.sql}`]), type: BIGINT };
}

/** The percentile is a value of the input, one or an array of them. */
function compileApproxPercentile(call: AggregateCall): Compiled {
  const [value, percentage, extra] = call.args;
  if (extra !== undefined) throw notSupported(call, 'approx_percentile with weight or accuracy');
  if (value === undefined || percentage === undefined || call.isWindow || call.distinct) {
    throw unexpectedParameters(call);
  }
  const type = isInteger(value.type) ? BIGINT : value.type.kind === 'decimal' ? DOUBLE : value.type;
  if (!isNumeric(type)) throw unexpectedParameters(call);
  const source = coerce(value, type).sql;
  const node = call.nodes[1];
  const fractions = node?.kind === 'array' ? node.items : node === undefined ? [] : [node];
  const quantiles = fractions.map((fraction) => {
    if (fraction.kind !== 'number' || Number(fraction.text) > 1) {
      throw failAt(
        'INVALID_FUNCTION_ARGUMENT',
        fraction,
        'Percentile must be a literal between 0 and 1',
      );
    }
    return call.invoke('quantile_disc', [source, fraction.text]);
  });
  const [first = 'NULL'] = quantiles;
  if (node?.kind !== 'array') return { sql: first, type };
  return {
    sql: `CASE WHEN ${first} IS NOT NULL THEN [${quantiles.join(', ')}] END`,
    type: arrayOf(type),
  };
}

function compileHistogram(call: AggregateCall): Compiled {
  const value = only(call);
  if (isFloating(value.type)) throw notSupported(call, 'histogram of floating numbers');
  requireOrderable(call, value);
  const type: TrinoType = { kind: 'map', key: value.type, value: BIGINT };
  return { sql: `CAST(${call.invoke('histogram', [value.sql])} AS ${duckType(type)})`, type };
}

/** A bit per argument, the last one lowest: 1 where the column is not grouped by in this row. */
function compileGrouping(call: AggregateCall): Compiled {
  if (call.args.length === 0 || call.isWindow || call.distinct) throw unexpectedParameters(call);
  return {
    sql: `CAST(grouping(${call.args.map((arg) => arg.sql).join(', ')}) AS INTEGER)`,
    type: call.args.length < 32 ? { kind: 'integer' } : BIGINT,
  };
}
