import { numericOperation } from '../trino-types/arithmetic.ts';
import { asDecimalType } from '../trino-types/coercion.ts';
import { type Compiled, coerce } from '../trino-types/compiled.ts';
import {
  BIGINT,
  BOOLEAN,
  DOUBLE,
  decimalType,
  duckType,
  isFloating,
  isInteger,
  isNumeric,
  MAX_DECIMAL_PRECISION,
  type TrinoType,
} from '../trino-types/trino-type.ts';
import {
  type FunctionSpec,
  type FunctionTable,
  requireArity,
  type ScalarCall,
  scalar,
  unexpectedParameters,
} from './function-spec.ts';
import { failWhen } from './guard.ts';

/** Source: Trino documentation, Mathematical functions and operators. */
export const MATH_FUNCTIONS: FunctionTable = {
  abs: sameNumber((x) => `abs(${x})`),
  sign: sameNumber((x) => `sign(${x})`),
  ceiling: wholeNumber('ceil'),
  ceil: wholeNumber('ceil'),
  floor: wholeNumber('floor'),
  round: { kind: 'scalar', compile: compileRound },
  truncate: { kind: 'scalar', compile: compileTruncate },
  mod: { kind: 'scalar', compile: compileMod },
  power: twoDoubles((x, y) => `pow(${x}, ${y})`),
  pow: twoDoubles((x, y) => `pow(${x}, ${y})`),
  // Outside their domain Java gives NaN or minus infinity, DuckDB an error.
  sqrt: oneDouble((x) => `CASE WHEN ${x} < 0 THEN 'NaN'::DOUBLE ELSE sqrt(${x}) END`),
  // DuckDB's is a power and off by a digit: cbrt(27) is not 3.
  cbrt: oneDouble((x) => `athena_cbrt(${x})`),
  exp: oneDouble((x) => `exp(${x})`),
  ln: oneDouble((x) => logarithm('ln', x)),
  log2: oneDouble((x) => logarithm('log2', x)),
  log10: oneDouble((x) => logarithm('log10', x)),
  log: twoDoubles((base, x) => `(${logarithm('ln', x)} / ${logarithm('ln', base)})`),
  radians: oneDouble((x) => `radians(${x})`),
  degrees: oneDouble((x) => `degrees(${x})`),
  sin: oneDouble((x) => finiteOnly('sin', x)),
  cos: oneDouble((x) => finiteOnly('cos', x)),
  tan: oneDouble((x) => finiteOnly('tan', x)),
  atan: oneDouble((x) => `atan(${x})`),
  atan2: twoDoubles((y, x) => `atan2(${y}, ${x})`),
  pi: constant('pi()'),
  e: constant('exp(1::DOUBLE)'),
  infinity: constant("'Infinity'::DOUBLE"),
  nan: constant("'NaN'::DOUBLE"),
  is_nan: floatingTest((x) => `isnan(${x})`),
  is_infinite: floatingTest((x) => `isinf(${x})`),
  is_finite: floatingTest((x) => `isfinite(${x})`),
  random: scalar({ args: [], returns: DOUBLE, sql: () => 'random()' }),
  rand: scalar({ args: [], returns: DOUBLE, sql: () => 'random()' }),
  bitwise_and: twoBigints((a, b) => `(${a} & ${b})`),
  bitwise_or: twoBigints((a, b) => `(${a} | ${b})`),
  bitwise_xor: twoBigints((a, b) => `xor(${a}, ${b})`),
  bitwise_not: scalar({ args: [BIGINT], returns: BIGINT, sql: (a) => `(~${a})` }),
  width_bucket: scalar({
    args: [DOUBLE, DOUBLE, DOUBLE, BIGINT],
    returns: BIGINT,
    sql: widthBucket,
  }),
};

function oneDouble(sql: (x: string) => string): FunctionSpec {
  return scalar({ args: [DOUBLE], returns: DOUBLE, sql });
}

function twoDoubles(sql: (x: string, y: string) => string): FunctionSpec {
  return scalar({ args: [DOUBLE, DOUBLE], returns: DOUBLE, sql });
}

function twoBigints(sql: (a: string, b: string) => string): FunctionSpec {
  return scalar({ args: [BIGINT, BIGINT], returns: BIGINT, sql });
}

function constant(sql: string): FunctionSpec {
  return scalar({ args: [], returns: DOUBLE, sql: () => sql });
}

function floatingTest(sql: (x: string) => string): FunctionSpec {
  return scalar({ args: [DOUBLE], returns: BOOLEAN, sql });
}

function logarithm(duckFunction: string, x: string): string {
  return `CASE WHEN ${x} = 0 THEN '-Infinity'::DOUBLE WHEN ${x} < 0 THEN 'NaN'::DOUBLE ELSE ${duckFunction}(${x}) END`;
}

function finiteOnly(duckFunction: string, x: string): string {
  return `CASE WHEN isfinite(${x}) OR ${x} IS NULL THEN ${duckFunction}(${x}) ELSE 'NaN'::DOUBLE END`;
}

function number(call: ScalarCall, ...counts: readonly number[]): Compiled {
  requireArity(call, ...counts);
  const [value] = call.args;
  if (value?.type.kind === 'unknown') return coerce(value, DOUBLE);
  if (value === undefined || !isNumeric(value.type)) throw unexpectedParameters(call);
  return value;
}

function compileMod(call: ScalarCall): Compiled {
  const [left, right] = call.args;
  if (left === undefined || right === undefined) throw unexpectedParameters(call);
  requireArity(call, 2);
  return numericOperation('%', { left, right, position: call });
}

/** Functions that keep the type of their argument. */
function sameNumber(sql: (x: string) => string): FunctionSpec {
  return {
    kind: 'scalar',
    compile(call) {
      const value = number(call, 1);
      const type =
        call.name === 'sign' && value.type.kind === 'decimal' ? decimalType(1, 0) : value.type;
      return { sql: `CAST(${sql(value.sql)} AS ${duckType(type)})`, type };
    },
  };
}

function wholeNumber(duckFunction: string): FunctionSpec {
  return {
    kind: 'scalar',
    compile(call) {
      const value = number(call, 1);
      if (isInteger(value.type)) return value;
      const type = wholeType(value.type);
      return { sql: `CAST(${duckFunction}(${value.sql}) AS ${duckType(type)})`, type };
    },
  };
}

/** Type of ceil, floor, round and truncate to a whole number. */
function wholeType(type: TrinoType): TrinoType {
  if (type.kind !== 'decimal') return type;
  return decimalType(type.precision - type.scale + Math.min(type.scale, 1), 0);
}

/** Half away from zero, in both engines. */
function compileRound(call: ScalarCall): Compiled {
  const value = number(call, 1, 2);
  const digits = call.args[1];
  if (digits === undefined) {
    if (isInteger(value.type)) return value;
    const type = wholeType(value.type);
    return { sql: `CAST(round(${value.sql}) AS ${duckType(type)})`, type };
  }
  if (!isInteger(digits.type)) throw unexpectedParameters(call);
  const places = coerce(digits, BIGINT).sql;
  if (isFloating(value.type)) {
    const rounded = `round(${coerce(value, DOUBLE).sql}, CAST(${places} AS INTEGER))`;
    return { sql: `CAST(${rounded} AS ${duckType(value.type)})`, type: value.type };
  }
  return roundDecimal(call, value, asDecimalType(value.type));
}

/** The number of places must be known: it decides how the result is computed. */
function roundDecimal(
  call: ScalarCall,
  value: Compiled,
  decimal: TrinoType & { readonly kind: 'decimal' },
): Compiled {
  const places = literalInteger(call, 1);
  const type = isInteger(value.type)
    ? value.type
    : decimalType(decimal.precision + 1, decimal.scale);
  const physical = duckType(type);
  if (places >= decimal.scale) return { sql: `CAST(${value.sql} AS ${physical})`, type };
  const source = coerce(value, decimal).sql;
  if (places >= 0) {
    const narrow = duckType(decimalType(decimal.precision - decimal.scale + places + 1, places));
    return { sql: `CAST(CAST(${source} AS ${narrow}) AS ${physical})`, type };
  }
  // The fraction cannot tip the balance at a whole unit, and rounding twice would.
  const whole = `CAST(trunc(${source}) AS HUGEINT)`;
  const unit = 10n ** BigInt(Math.min(-places, MAX_DECIMAL_PRECISION));
  const rounded = `(((abs(${whole}) + ${unit / 2n}) // ${unit}) * ${unit} * sign(${whole}))`;
  return { sql: `CAST(${places <= -MAX_DECIMAL_PRECISION ? '0' : rounded} AS ${physical})`, type };
}

function literalInteger(call: ScalarCall, index: number): number {
  const node = call.nodes[index];
  const negative = node?.kind === 'negate';
  const inner = node?.kind === 'negate' ? node.operand : node;
  if (inner?.kind !== 'number' || !/^\d{1,9}$/.test(inner.text)) throw unexpectedParameters(call);
  return negative ? -Number(inner.text) : Number(inner.text);
}

function compileTruncate(call: ScalarCall): Compiled {
  const value = number(call, 1, 2);
  if (call.args.length === 1) {
    if (isInteger(value.type)) return value;
    const type = wholeType(value.type);
    return { sql: `CAST(trunc(${value.sql}) AS ${duckType(type)})`, type };
  }
  if (value.type.kind !== 'decimal') throw unexpectedParameters(call);
  const places = literalInteger(call, 1);
  const { precision, scale } = value.type;
  if (places >= scale) return value;
  if (places < 0) throw unexpectedParameters(call);
  // Cut by taking the remainder off, which is exact.
  const unit = duckType({ kind: 'decimal', precision: Math.max(places, 1) + 1, scale: places });
  const step = `CAST('${places === 0 ? '1' : `0.${'0'.repeat(places - 1)}1`}' AS ${unit})`;
  const sql = `(${value.sql} - (${value.sql} % ${step}))`;
  return { sql: `CAST(${sql} AS DECIMAL(${precision}, ${scale}))`, type: value.type };
}

function widthBucket(x: string, low: string, high: string, buckets: string): string {
  const position = `CASE WHEN ${x} < ${low} THEN 0 WHEN ${x} >= ${high} THEN ${buckets} + 1 ELSE CAST(floor(${buckets} * (${x} - ${low}) / (${high} - ${low})) AS BIGINT) + 1 END`;
  return failWhen(
    `${buckets} <= 0 OR isnan(${x}) OR ${low} >= ${high}`,
    'width_bucket needs a number, ascending bounds and at least one bucket',
    { sql: position, type: BIGINT },
  );
}
