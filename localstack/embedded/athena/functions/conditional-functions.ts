import { unify } from '../compile/expressions/compile-case.ts';
import { compileComparison } from '../compile/expressions/compile-comparison.ts';
import { failAt } from '../sql-failure.ts';
import { type Compiled, coerce } from '../trino-types/compiled.ts';
import { BOOLEAN, isFloating, quoteText, typeName, VARCHAR } from '../trino-types/trino-type.ts';
import {
  type FunctionTable,
  requireArity,
  type ScalarCall,
  type SpecialCall,
  unexpectedParameters,
} from './function-spec.ts';
import { failWhen } from './guard.ts';

/** Source: Trino documentation, Conditional expressions, Comparison functions. */
export const CONDITIONAL_FUNCTIONS: FunctionTable = {
  if: { kind: 'scalar', compile: compileIf },
  coalesce: { kind: 'scalar', compile: compileCoalesce },
  nullif: { kind: 'scalar', compile: compileNullif },
  greatest: { kind: 'scalar', compile: (call) => compileExtreme(call, 'greatest') },
  least: { kind: 'scalar', compile: (call) => compileExtreme(call, 'least') },
  try: { kind: 'special', compile: compileTry },
  typeof: { kind: 'scalar', compile: compileTypeof },
};

function nodeOf(call: ScalarCall): (typeof call.nodes)[number] {
  const [node] = call.nodes;
  if (node === undefined) throw unexpectedParameters(call);
  return node;
}

function compileIf(call: ScalarCall): Compiled {
  requireArity(call, 2, 3);
  const [condition, ...results] = call.args;
  if (condition === undefined || !['boolean', 'unknown'].includes(condition.type.kind)) {
    throw failAt('TYPE_MISMATCH', call, 'IF condition must evaluate to a boolean');
  }
  const { type, values } = unify(results, nodeOf(call));
  const otherwise = values[1] === undefined ? '' : ` ELSE ${values[1]}`;
  const sql = `CASE WHEN ${coerce(condition, BOOLEAN).sql} THEN ${values[0]}${otherwise} END`;
  return { sql, type };
}

function compileCoalesce(call: ScalarCall): Compiled {
  if (call.args.length < 2) {
    throw failAt(
      'INVALID_ARGUMENTS',
      call,
      "The 'coalesce' function must have at least two arguments",
    );
  }
  const { type, values } = unify(call.args, nodeOf(call));
  return { sql: `coalesce(${values.join(', ')})`, type };
}

function compileNullif(call: ScalarCall): Compiled {
  requireArity(call, 2);
  const [left, right] = call.args;
  if (left === undefined || right === undefined) throw unexpectedParameters(call);
  const equal = compileComparison('=', { left, right, position: call });
  return { sql: `CASE WHEN ${equal.sql} THEN NULL ELSE ${left.sql} END`, type: left.type };
}

/** Null if any argument is null, where DuckDB skips nulls; NaN is an error, as in Trino. */
function compileExtreme(call: ScalarCall, duckFunction: string): Compiled {
  if (call.args.length === 0) throw unexpectedParameters(call);
  const { type, values } = unify(call.args, nodeOf(call));
  if (['array', 'map', 'row', 'json'].includes(type.kind)) throw unexpectedParameters(call);
  const extreme = `${duckFunction}(${values.join(', ')})`;
  const anyNull = values.map((value) => `${value} IS NULL`).join(' OR ');
  const sql = `CASE WHEN ${anyNull} THEN NULL ELSE ${extreme} END`;
  if (!isFloating(type)) return { sql, type };
  const anyNan = values.map((value) => `isnan(${value})`).join(' OR ');
  return {
    sql: failWhen(anyNan, `Invalid argument to ${duckFunction}(): NaN`, { sql, type }),
    type,
  };
}

/** Null when the argument cannot be evaluated for a row. */
function compileTry(call: SpecialCall): Compiled {
  const [node, second] = call.nodes;
  if (node === undefined || second !== undefined) {
    throw failAt('SYNTAX_ERROR', call, "The 'try' function must have exactly one argument");
  }
  const value = call.context.compiler.expression(node, call.context);
  return { sql: `TRY(${value.sql})`, type: value.type };
}

function compileTypeof(call: ScalarCall): Compiled {
  requireArity(call, 1);
  const [value] = call.args;
  if (value === undefined) throw unexpectedParameters(call);
  return { sql: quoteText(typeName(value.type)), type: VARCHAR };
}
