import { compileSubscript } from '../../functions/array-functions.ts';
import type { Expression, Identifier } from '../../sql/ast.ts';
import { plainCall } from '../../sql/parse-call.ts';
import { failAt, notSupported } from '../../sql-failure.ts';
import { cast } from '../../trino-types/cast.ts';
import { commonTypeOf } from '../../trino-types/coercion.ts';
import { type Compiled, coerce } from '../../trino-types/compiled.ts';
import { resolveTypeName } from '../../trino-types/resolve-type-name.ts';
import {
  arrayOf,
  BOOLEAN,
  quoteIdentifier,
  sameType,
  type TrinoType,
  typeName,
} from '../../trino-types/trino-type.ts';
import type { ExpressionContext } from '../context.ts';
import { resolveColumn } from '../scope.ts';
import { compileArithmetic, compileNegation } from './compile-arithmetic.ts';
import { compileCall } from './compile-call.ts';
import { compileCase } from './compile-case.ts';
import { compileComparison } from './compile-comparison.ts';
import { compileLiteral } from './compile-literal.ts';
import { compilePredicate } from './compile-predicate.ts';

/**
 * Turns an expression into DuckDB SQL with exactly Trino's meaning, or throws. Every construct has
 * its own rule here: nothing of the statement's text reaches DuckDB but quoted literals.
 */
export function compileExpression(node: Expression, context: ExpressionContext): Compiled {
  const { uses } = context.scope;
  const usesBefore = uses.length;
  const compiled = compileNode(node, context);
  // An expression that is grouped by may hold columns that are not.
  if (context.groupKeys?.has(compiled.sql)) uses.length = usesBefore;
  return compiled;
}

function compileNode(node: Expression, context: ExpressionContext): Compiled {
  switch (node.kind) {
    case 'column':
    case 'field':
      return compileReference(node, context);
    case 'parameter':
      return compileParameter(node, context);
    case 'call':
      return compileCall(node, context);
    case 'case':
      return compileCase(node, context);
    case 'cast':
      return compileCast(node, context);
    case 'binary-operation':
      return compileArithmetic(node, context);
    case 'negate':
      return compileNegation(node, context);
    case 'comparison':
      return compileComparison(node.operator, {
        left: compileExpression(node.left, context),
        right: compileExpression(node.right, context),
        position: node,
      });
    case 'array':
      return compileArray(node, context);
    case 'row':
      return compileRow(node, context);
    case 'subquery':
      return compileScalarSubquery(node, context);
    case 'lambda':
      throw failAt(
        'SYNTAX_ERROR',
        node,
        'Lambda expression should always be used inside a function',
      );
    case 'subscript':
      return compileSubscript({
        name: 'subscript',
        args: [compileExpression(node.base, context), compileExpression(node.index, context)],
        nodes: [node.base, node.index],
        context,
        line: node.line,
        column: node.column,
      });
    case 'extract':
      return compileExtract(node, context);
    case 'at-time-zone':
      return compileFunction('at_timezone', { node, args: [node.operand, node.zone], context });
    default:
      return compileLiteral(node) ?? compilePredicate(node, context);
  }
}

/** `a`, `t.a`, `db.t.a` or a field of a row. */
function compileReference(
  node: Expression & { readonly kind: 'column' | 'field' },
  context: ExpressionContext,
): Compiled {
  const parts = dottedName(node);
  if (parts === null) {
    if (node.kind !== 'field') throw notSupported(node, 'this reference');
    return compileField(compileExpression(node.base, context), node.field);
  }
  const { column, fields } = resolveColumn(context.scope, parts);
  return fields.reduce<Compiled>(compileField, { sql: column.sql, type: column.type });
}

function dottedName(node: Expression): readonly Identifier[] | null {
  if (node.kind === 'column') return [node.identifier];
  if (node.kind !== 'field') return null;
  const base = dottedName(node.base);
  return base === null ? null : [...base, node.field];
}

function compileField(base: Compiled, field: Identifier): Compiled {
  if (base.type.kind !== 'row') {
    throw failAt('TYPE_MISMATCH', field, `Expression is not of type ROW: ${typeName(base.type)}`);
  }
  const wanted = field.name.toLowerCase();
  const found = base.type.fields.find((candidate) => candidate.name?.toLowerCase() === wanted);
  if (found === undefined) {
    throw failAt(
      'COLUMN_NOT_FOUND',
      field,
      `Column '${wanted}' cannot be resolved or requester is not authorized to access requested resources`,
    );
  }
  return { sql: `(${base.sql}).${quoteIdentifier(found.physicalName)}`, type: found.type };
}

function compileParameter(
  node: Expression & { readonly kind: 'parameter' },
  context: ExpressionContext,
): Compiled {
  const value = context.compiler.session.parameters[node.index];
  if (value === undefined) {
    throw failAt(
      'INVALID_ARGUMENTS',
      node,
      `no execution parameter for placeholder ${node.index + 1}`,
    );
  }
  return compileExpression(value, context);
}

function compileCast(
  node: Expression & { readonly kind: 'cast' },
  context: ExpressionContext,
): Compiled {
  const operand = compileExpression(node.operand, context);
  return cast(operand, resolveTypeName(node.type), { safe: node.safe, position: node });
}

function compileArray(
  node: Expression & { readonly kind: 'array' },
  context: ExpressionContext,
): Compiled {
  const items = node.items.map((item) => compileExpression(item, context));
  const element = commonTypeOf(items.map((item) => item.type));
  if (element === null) {
    throw failAt('TYPE_MISMATCH', node, 'All ARRAY elements must be the same type');
  }
  const type: TrinoType = arrayOf(element);
  if (items.length === 0) return { sql: 'CAST([] AS INTEGER[])', type };
  return { sql: `[${items.map((item) => coerce(item, element).sql).join(', ')}]`, type };
}

function compileRow(
  node: Expression & { readonly kind: 'row' },
  context: ExpressionContext,
): Compiled {
  const items = node.items.map((item) => compileExpression(item, context));
  const fields = items.map((item, index) => ({
    name: null,
    physicalName: `f${index}`,
    type: item.type,
  }));
  const packed = items.map((item, index) => `f${index} := ${item.sql}`);
  return { sql: `struct_pack(${packed.join(', ')})`, type: { kind: 'row', fields } };
}

function compileScalarSubquery(
  node: Expression & { readonly kind: 'subquery' },
  context: ExpressionContext,
): Compiled {
  const { compiler, scope, commonTables } = context;
  const query = compiler.query(node.query, { outer: scope, commonTables });
  const [column, second] = query.columns;
  if (column === undefined || second !== undefined) {
    throw notSupported(node, 'a subquery of several columns as a value');
  }
  return { sql: `(${query.sql})`, type: column.type };
}

/** EXTRACT(field FROM x) is the function of that name. Source: Trino documentation, Extraction function. */
function compileExtract(
  node: Expression & { readonly kind: 'extract' },
  context: ExpressionContext,
): Compiled {
  const field = node.field.name.toLowerCase();
  const fields =
    'year quarter month week day day_of_month day_of_week dow day_of_year doy year_of_week yow hour minute second';
  if (!fields.split(' ').includes(field)) {
    throw failAt('SYNTAX_ERROR', node.field, `Invalid EXTRACT field: ${node.field.name}`);
  }
  return compileFunction(field, { node, args: [node.operand], context });
}

function compileFunction(
  name: string,
  call: {
    readonly node: Expression;
    readonly args: readonly Expression[];
    readonly context: ExpressionContext;
  },
): Compiled {
  const { line, column } = call.node;
  return compileCall({ ...plainCall(name, call.args), line, column }, call.context);
}

/** A condition of WHERE, HAVING, ON, CASE: throws TYPE_MISMATCH when it is no boolean. */
export function compileCondition(
  node: Expression,
  clause: string,
  context: ExpressionContext,
): string {
  const compiled = compileExpression(node, context);
  if (!sameType(compiled.type, BOOLEAN) && compiled.type.kind !== 'unknown') {
    throw failAt(
      'TYPE_MISMATCH',
      node,
      `${clause} must evaluate to a boolean: actual type ${typeName(compiled.type)}`,
    );
  }
  return coerce(compiled, BOOLEAN).sql;
}
