import type { Expression } from '../../sql/ast.ts';
import { failAt, notSupported } from '../../sql-failure.ts';
import { type Compiled, coerce } from '../../trino-types/compiled.ts';
import { BOOLEAN, isFloating, typeName, UNKNOWN } from '../../trino-types/trino-type.ts';
import type { CompiledQuery, ExpressionContext } from '../context.ts';
import { compileComparison, toCommonType } from './compile-comparison.ts';

/** Conditions that are not plain comparisons. Every one gives true, false or null. */
export function compilePredicate(node: Expression, context: ExpressionContext): Compiled {
  switch (node.kind) {
    case 'logical': {
      const terms = node.terms.map((term) => booleanSql(term, context));
      return { sql: `(${terms.join(` ${node.operator.toUpperCase()} `)})`, type: BOOLEAN };
    }
    case 'not':
      return { sql: `(NOT ${booleanSql(node.operand, context)})`, type: BOOLEAN };
    case 'is-null': {
      const { sql } = context.compiler.expression(node.operand, context);
      return { sql: `(${sql} IS ${node.negated ? 'NOT ' : ''}NULL)`, type: BOOLEAN };
    }
    case 'is-distinct': {
      const operands = binaryOperands(node, context);
      const [left, right] = toCommonType('IS DISTINCT FROM', { ...operands, position: node });
      const words = node.negated ? 'IS NOT DISTINCT FROM' : 'IS DISTINCT FROM';
      return { sql: `(${left.sql} ${words} ${right.sql})`, type: BOOLEAN };
    }
    case 'between':
      return compileBetween(node, context);
    case 'in-list':
      return compileInList(node, context);
    case 'in-query':
      return compileInQuery(node, context);
    case 'like':
      return compileLike(node, context);
    case 'quantified':
      return compileQuantified(node, context);
    case 'exists': {
      const { sql } = subquery(node.query, context);
      return { sql: `EXISTS (${sql})`, type: BOOLEAN };
    }
    default:
      throw notSupported(node, `this expression (${node.kind})`);
  }
}

function booleanSql(node: Expression, context: ExpressionContext): string {
  const compiled = context.compiler.expression(node, context);
  if (compiled.type.kind !== 'boolean' && compiled.type.kind !== 'unknown') {
    throw failAt(
      'TYPE_MISMATCH',
      node,
      `Logical expression term must evaluate to a boolean (actual: ${typeName(compiled.type)})`,
    );
  }
  return coerce(compiled, BOOLEAN).sql;
}

function binaryOperands(
  node: { readonly left: Expression; readonly right: Expression },
  context: ExpressionContext,
): { readonly left: Compiled; readonly right: Compiled } {
  return {
    left: context.compiler.expression(node.left, context),
    right: context.compiler.expression(node.right, context),
  };
}

function subquery(
  query: Parameters<ExpressionContext['compiler']['query']>[0],
  context: ExpressionContext,
): CompiledQuery {
  return context.compiler.query(query, {
    outer: context.scope,
    commonTables: context.commonTables,
  });
}

function compileBetween(
  node: Expression & { readonly kind: 'between' },
  context: ExpressionContext,
): Compiled {
  const operand = context.compiler.expression(node.operand, context);
  const low = context.compiler.expression(node.low, context);
  const high = context.compiler.expression(node.high, context);
  const above = compileComparison('>=', { left: operand, right: low, position: node });
  const below = compileComparison('<=', { left: operand, right: high, position: node });
  return negateIf(node.negated, `(${above.sql} AND ${below.sql})`);
}

function compileInList(
  node: Expression & { readonly kind: 'in-list' },
  context: ExpressionContext,
): Compiled {
  const operand = context.compiler.expression(node.operand, context);
  const items = node.items.map((item) => context.compiler.expression(item, context));
  const pairs = items.map((right) => ({ left: operand, right, position: node }));
  const equalities = pairs.map((pair) => compileComparison('=', pair).sql);
  const converted = pairs.map((pair) => toCommonType('IN', pair));
  const plain = converted.every(([left]) => left.sql === operand.sql && !isFloating(left.type));
  // DuckDB prunes row groups by an IN list, not by a chain of OR.
  const sql = plain
    ? `(${operand.sql} IN (${converted.map(([, right]) => right.sql).join(', ')}))`
    : `(${equalities.join(' OR ')})`;
  return negateIf(node.negated, sql);
}

/** The operand and the rows of a subquery's one column, converted to the type they are compared in. */
function besideQuery(
  node: Expression & { readonly kind: 'in-query' | 'quantified' },
  operator: Parameters<typeof toCommonType>[0],
  context: ExpressionContext,
): { readonly left: Compiled; readonly rows: string } {
  const operand = context.compiler.expression(node.operand, context);
  const query = singleColumn(node, subquery(node.query, context));
  const name = context.compiler.nextName('q');
  const item = { sql: `${name}.c0`, type: query.columns[0]?.type ?? UNKNOWN };
  const [left, right] = toCommonType(operator, { left: operand, right: item, position: node });
  refuseNested(node, left);
  return { left, rows: `SELECT ${right.sql} FROM (${query.sql}) AS ${name}` };
}

function compileInQuery(
  node: Expression & { readonly kind: 'in-query' },
  context: ExpressionContext,
): Compiled {
  const { left, rows } = besideQuery(node, 'IN', context);
  const membership = `(${left.sql} IN (${rows}))`;
  const sql = isFloating(left.type) ? `(${membership} AND NOT isnan(${left.sql}))` : membership;
  return negateIf(node.negated, sql);
}

function compileQuantified(
  node: Expression & { readonly kind: 'quantified' },
  context: ExpressionContext,
): Compiled {
  const { left, rows } = besideQuery(node, node.operator, context);
  if (isFloating(left.type)) throw notSupported(node, 'quantified comparison of floating numbers');
  return {
    sql: `(${left.sql} ${node.operator} ${node.quantifier.toUpperCase()} (${rows}))`,
    type: BOOLEAN,
  };
}

function singleColumn(node: Expression, query: CompiledQuery): CompiledQuery {
  if (query.columns.length !== 1) {
    throw failAt(
      'NOT_SUPPORTED',
      node,
      'Multiple columns returned by subquery are not yet supported',
    );
  }
  return query;
}

function refuseNested(node: Expression, { type }: Compiled): void {
  if (['array', 'map', 'row', 'json'].includes(type.kind)) {
    throw notSupported(node, `comparison of ${typeName(type)} values`);
  }
}

function compileLike(
  node: Expression & { readonly kind: 'like' },
  context: ExpressionContext,
): Compiled {
  const operand = textSql(node.operand, context);
  const pattern = textSql(node.pattern, context);
  if (node.escapeCharacter === null) {
    return negateIf(node.negated, `(${operand} LIKE ${pattern})`);
  }
  const escapeNode = node.escapeCharacter;
  if (escapeNode.kind !== 'string' || [...escapeNode.value].length !== 1) {
    throw failAt(
      'INVALID_FUNCTION_ARGUMENT',
      escapeNode,
      'Escape string must be a single character',
    );
  }
  return negateIf(
    node.negated,
    `(${operand} LIKE ${pattern} ESCAPE ${textSql(escapeNode, context)})`,
  );
}

function textSql(node: Expression, context: ExpressionContext): string {
  const compiled = context.compiler.expression(node, context);
  if (compiled.type.kind !== 'varchar' && compiled.type.kind !== 'unknown') {
    throw failAt(
      'TYPE_MISMATCH',
      node,
      `Left side of LIKE expression must evaluate to a varchar (actual: ${typeName(compiled.type)})`,
    );
  }
  return coerce(compiled, { kind: 'varchar', length: null }).sql;
}

function negateIf(negated: boolean, sql: string): Compiled {
  return { sql: negated ? `(NOT ${sql})` : sql, type: BOOLEAN };
}
