import type { ExpressionContext } from '../compile/context.ts';
import { createScope } from '../compile/scope.ts';
import type { Expression } from '../sql/ast.ts';
import { failAt, notSupported } from '../sql-failure.ts';
import { canCoerce } from '../trino-types/coercion.ts';
import { type Compiled, coerce } from '../trino-types/compiled.ts';
import { arrayOf, BOOLEAN, type TrinoType } from '../trino-types/trino-type.ts';
import { type FunctionTable, type SpecialCall, unexpectedParameters } from './function-spec.ts';

/** Functions over arrays that take a lambda. Source: Trino documentation, Lambda expressions. */
export const LAMBDA_FUNCTIONS: FunctionTable = {
  transform: { kind: 'special', compile: compileTransform },
  filter: { kind: 'special', compile: compileFilter },
  any_match: { kind: 'special', compile: (call) => compileMatch(call, 'any') },
  all_match: { kind: 'special', compile: (call) => compileMatch(call, 'all') },
  none_match: { kind: 'special', compile: (call) => compileMatch(call, 'none') },
  reduce: { kind: 'special', compile: compileReduce },
};

interface Lambda {
  /** `lambda v1: …` in DuckDB's syntax. */
  readonly sql: string;
  readonly body: Compiled;
}

function arrayOperand(
  call: SpecialCall,
  count: number,
): Compiled & { readonly type: TrinoType & { readonly kind: 'array' } } {
  const [node] = call.nodes;
  const value =
    node === undefined ? undefined : call.context.compiler.expression(node, call.context);
  if (value?.type.kind !== 'array' || call.nodes.length !== count) {
    throw unexpectedParameters({ ...call, args: value === undefined ? [] : [value] });
  }
  return { sql: value.sql, type: value.type };
}

/** Compiles a lambda with its parameters in a scope of their own, inside the query's. */
function compileLambda(
  call: SpecialCall,
  index: number,
  parameterTypes: readonly TrinoType[],
): Lambda {
  const node: Expression | undefined = call.nodes[index];
  if (node?.kind !== 'lambda' || node.parameters.length !== parameterTypes.length) {
    throw failAt(
      'FUNCTION_NOT_FOUND',
      node ?? call,
      `${call.name} expects a lambda of ${parameterTypes.length} parameter(s)`,
    );
  }
  const names = node.parameters.map(() => call.context.compiler.nextName('v'));
  const columns = node.parameters.map((parameter, at) => ({
    name: parameter.name,
    qualifier: [],
    sql: names[at] ?? '',
    type: parameterTypes[at] ?? BOOLEAN,
  }));
  const context: ExpressionContext = {
    ...call.context,
    scope: createScope(columns, call.context.scope),
    noAggregates: 'Lambda expression',
    noWindows: 'Lambda expression',
    groupKeys: null,
  };
  const body = call.context.compiler.expression(node.body, context);
  return { sql: `lambda ${names.join(', ')}: ${body.sql}`, body };
}

function compileTransform(call: SpecialCall): Compiled {
  const array = arrayOperand(call, 2);
  const lambda = compileLambda(call, 1, [array.type.element]);
  return { sql: `list_transform(${array.sql}, ${lambda.sql})`, type: arrayOf(lambda.body.type) };
}

function predicate(call: SpecialCall, element: TrinoType): Lambda {
  const lambda = compileLambda(call, 1, [element]);
  if (!canCoerce(lambda.body.type, BOOLEAN)) {
    throw failAt('TYPE_MISMATCH', call, `the lambda of ${call.name} must evaluate to a boolean`);
  }
  return lambda;
}

function compileFilter(call: SpecialCall): Compiled {
  const array = arrayOperand(call, 2);
  const lambda = predicate(call, array.type.element);
  return { sql: `list_filter(${array.sql}, ${lambda.sql})`, type: array.type };
}

/** Null unless the answer is certain without the elements for which the predicate is null. */
function compileMatch(call: SpecialCall, quantifier: 'any' | 'all' | 'none'): Compiled {
  const array = arrayOperand(call, 2);
  const lambda = predicate(call, array.type.element);
  const results = `list_transform(${array.sql}, ${lambda.sql})`;
  const decisive = quantifier === 'all' ? 'false' : 'true';
  const [found, otherwise] = quantifier === 'any' ? ['true', 'false'] : ['false', 'true'];
  const name = call.context.compiler.nextName('v');
  const hasNull = `len(list_filter(${results}, lambda ${name}: ${name} IS NULL)) > 0`;
  const sql =
    `CASE WHEN ${array.sql} IS NULL THEN NULL WHEN list_contains(${results}, ${decisive}) THEN ${found} ` +
    `WHEN ${hasNull} THEN NULL ELSE ${otherwise} END`;
  return { sql, type: BOOLEAN };
}

/** `reduce(array, start, (state, element) -> state, state -> result)`. */
function compileReduce(call: SpecialCall): Compiled {
  const array = arrayOperand(call, 4);
  const startNode = call.nodes[1];
  if (startNode === undefined) throw unexpectedParameters({ ...call, args: [array] });
  const start = call.context.compiler.expression(startNode, call.context);
  const step = compileLambda(call, 2, [start.type, array.type.element]);
  if (!canCoerce(step.body.type, start.type)) {
    throw failAt(
      'TYPE_MISMATCH',
      call,
      'the state of reduce must keep its type; cast the start value',
    );
  }
  if (!canCoerce(array.type.element, start.type)) {
    throw notSupported(call, 'reduce with a state that elements do not convert to');
  }
  const parameters = step.sql.slice(0, step.sql.indexOf(':'));
  const typedStep = `${parameters}: ${coerce(step.body, start.type).sql}`;
  const elements = coerce(array, arrayOf(start.type)).sql;
  const folded = `list_reduce(${elements}, ${typedStep}, ${start.sql})`;
  const result = compileLambda(call, 3, [start.type]);
  const name = result.sql.slice('lambda '.length, result.sql.indexOf(':'));
  return {
    sql: `CASE WHEN ${array.sql} IS NOT NULL THEN (list_transform([${folded}], lambda ${name}: ${result.body.sql}))[1] END`,
    type: result.body.type,
  };
}
