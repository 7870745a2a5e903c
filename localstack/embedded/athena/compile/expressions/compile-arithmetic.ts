import type { Expression } from '../../sql/ast.ts';
import { plainCall } from '../../sql/parse-call.ts';
import { failAt } from '../../sql-failure.ts';
import { numericOperation } from '../../trino-types/arithmetic.ts';
import type { Compiled } from '../../trino-types/compiled.ts';
import { isNumeric, typeName } from '../../trino-types/trino-type.ts';
import type { ExpressionContext } from '../context.ts';
import { compileCall } from './compile-call.ts';
import { compileNumber } from './compile-literal.ts';
import { compileTimeArithmetic } from './compile-time-arithmetic.ts';

/** `+ - * / %` and `||`. Source: Trino documentation, Mathematical operators, Decimal functions and operators. */
export function compileArithmetic(
  node: Expression & { readonly kind: 'binary-operation' },
  context: ExpressionContext,
): Compiled {
  if (node.operator === '||') {
    const { line, column } = node;
    return compileCall({ ...plainCall('concat', [node.left, node.right]), line, column }, context);
  }
  const left = context.compiler.expression(node.left, context);
  const right = context.compiler.expression(node.right, context);
  const time = compileTimeArithmetic(node.operator, left, right);
  if (time !== null) return time;
  return numericOperation(node.operator, { left, right, position: node });
}

/** Unary minus. */
export function compileNegation(
  node: Expression & { readonly kind: 'negate' },
  context: ExpressionContext,
): Compiled {
  if (node.operand.kind === 'number') return compileNumber(`-${node.operand.text}`, node);
  const { sql, type } = context.compiler.expression(node.operand, context);
  const negatable = isNumeric(type) || type.kind.startsWith('interval-');
  if (!negatable && type.kind !== 'unknown') {
    throw failAt('TYPE_MISMATCH', node, `Cannot negate ${typeName(type)}`);
  }
  return { sql: `(-${sql})`, type };
}
