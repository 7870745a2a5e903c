import { findFunction } from '../../function-allow-list.ts';
import {
  type AggregateCall,
  type FunctionSpec,
  unexpectedParameters,
} from '../../functions/function-spec.ts';
import type { Expression, FunctionCall, Position } from '../../sql/ast.ts';
import { failAt } from '../../sql-failure.ts';
import { type Compiled, coerce } from '../../trino-types/compiled.ts';
import { BOOLEAN } from '../../trino-types/trino-type.ts';
import type { ExpressionContext } from '../context.ts';
import { compileSortItems, compileWindow } from './compile-window.ts';

type CallNode = FunctionCall & Position;

/** A function call. Only functions of the allow-list exist: everything else is not registered. */
export function compileCall(node: CallNode, context: ExpressionContext): Compiled {
  const name = node.name.toLowerCase();
  const spec = findFunction(name);
  if (spec === null) {
    throw failAt('FUNCTION_NOT_FOUND', node, `Function '${name}' not registered`);
  }
  if (spec.kind === 'aggregate' || spec.kind === 'window') {
    return compileAggregate(node, spec, context);
  }
  refuseAggregateClauses(node, name);
  const position = { line: node.line, column: node.column };
  if (spec.kind === 'special') {
    return spec.compile({ name, nodes: node.args, context, ...position });
  }
  const args = compileArguments(node.args, context);
  return spec.compile({ name, args, nodes: node.args, context, ...position });
}

function refuseAggregateClauses(node: CallNode, name: string): void {
  if (node.window !== null || node.nullTreatment !== null) {
    throw failAt('FUNCTION_NOT_FOUND', node, `'${name}' is not a window function`);
  }
  if (node.star) throw unexpectedParameters({ ...node, name, args: [] });
  if (node.distinct || node.filter !== null || node.orderBy.length > 0) {
    throw failAt(
      'SYNTAX_ERROR',
      node,
      `DISTINCT, FILTER and ORDER BY are not valid for the scalar function ${name}`,
    );
  }
}

function compileArguments(
  nodes: readonly Expression[],
  context: ExpressionContext,
): readonly Compiled[] {
  return nodes.map((node) => context.compiler.expression(node, context));
}

function compileAggregate(
  node: CallNode,
  spec: FunctionSpec & { readonly kind: 'aggregate' | 'window' },
  context: ExpressionContext,
): Compiled {
  const name = node.name.toLowerCase();
  const isWindow = node.window !== null;
  checkPlacement(node, spec, context);
  const { uses } = context.scope;
  const usesBefore = uses.length;
  const inner = isWindow ? { ...context, noWindows: 'Window function' } : insideAggregate(context);
  const filter = compileFilter(node, inner);
  const orderBy = compileSortItems(node.orderBy, inner);
  const args = compileArguments(node.args, inner);
  // What stands inside an aggregate need not be grouped by.
  if (!isWindow) uses.length = usesBefore;
  const over = node.window === null ? '' : ` OVER ${compileWindow(node.window, { node, context })}`;
  const nulls = node.nullTreatment === 'ignore' ? ' IGNORE NULLS' : '';
  const call: AggregateCall = {
    name,
    args,
    nodes: node.args,
    context,
    star: node.star,
    distinct: node.distinct,
    orderBy,
    isWindow,
    line: node.line,
    column: node.column,
    invoke(duckFunction, argumentSql) {
      const distinct = node.distinct ? 'DISTINCT ' : '';
      const inside = `${distinct}${argumentSql.join(', ')}${orderBy === '' ? '' : ` ${orderBy}`}`;
      return `${duckFunction}(${inside}${nulls})${filter}${over}`;
    },
  };
  return spec.compile(call);
}

function checkPlacement(node: CallNode, spec: FunctionSpec, context: ExpressionContext): void {
  const name = node.name.toLowerCase();
  const clause = node.window === null ? context.noAggregates : context.noWindows;
  if (clause !== null) {
    const nested = clause === 'Aggregate function' || clause === 'Window function';
    throw failAt(
      nested ? 'NESTED_AGGREGATION' : 'EXPRESSION_NOT_SCALAR',
      node,
      `${clause} cannot contain aggregations, window functions or grouping operations: ${name}`,
    );
  }
  if (spec.kind === 'window' && node.window === null) {
    throw failAt('SYNTAX_ERROR', node, `Window function ${name} requires an OVER clause`);
  }
  if (node.window !== null && node.distinct) {
    throw failAt('NOT_SUPPORTED', node, 'DISTINCT in window function parameters not yet supported');
  }
  if (node.nullTreatment !== null && spec.kind !== 'window') {
    throw failAt('NOT_SUPPORTED', node, 'Cannot specify null treatment clause for an aggregation');
  }
}

function insideAggregate(context: ExpressionContext): ExpressionContext {
  return {
    ...context,
    noAggregates: 'Aggregate function',
    noWindows: 'Aggregate function',
    groupKeys: null,
  };
}

function compileFilter(node: CallNode, context: ExpressionContext): string {
  if (node.filter === null) return '';
  const filter = context.compiler.expression(node.filter, context);
  if (filter.type.kind !== 'boolean') {
    throw failAt('TYPE_MISMATCH', node.filter, 'FILTER clause must evaluate to a boolean');
  }
  return ` FILTER (WHERE ${coerce(filter, BOOLEAN).sql})`;
}
