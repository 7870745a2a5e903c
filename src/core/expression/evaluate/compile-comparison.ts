import type { Value } from '../../schema/field.ts';
import type { ExpressionType } from '../expression-type.ts';
import type { ComparisonOperator } from '../syntax/syntax-tree.ts';
import type { TypedNode } from '../typed-tree.ts';
import { compareCodePoints } from '../values/code-points.ts';
import type { CompileContext, Evaluate } from './compile-context.ts';

type Ordered = number | bigint | boolean | string;

/** Comparison of two values of one type; null on either side is null. NaN equals nothing and is in no order. */
export function compileComparison(
  node: Extract<TypedNode, { kind: 'comparison' }>,
  context: CompileContext,
): Evaluate {
  const evaluateLeft = context.compile(node.left);
  const evaluateRight = context.compile(node.right);
  const holds = comparison(node.operator, node.left.type);
  return (row) => {
    const left = evaluateLeft(row);
    if (left === null) return null;
    const right = evaluateRight(row);
    return right === null ? null : holds(left as Ordered, right as Ordered);
  };
}

/** Three-valued: a null in the list makes "not found" unknown. */
export function compileIn(
  node: Extract<TypedNode, { kind: 'in' }>,
  context: CompileContext,
): Evaluate {
  const evaluate = context.compile(node.value);
  const constants = constantSet(node.list);
  if (constants !== null) {
    const { values, otherwise } = constants;
    return (row) => {
      const value = evaluate(row);
      if (value === null) return null;
      return values.has(value) ? true : otherwise;
    };
  }
  const items = node.list.map((item) => context.compile(item));
  return (row) => {
    const value = evaluate(row);
    if (value === null) return null;
    let result: Value = false;
    for (const item of items) {
      const candidate = item(row);
      if (candidate === null) result = null;
      else if (candidate === value) return true;
    }
    return result;
  };
}

/** Literals in a set, so that long lists cost nothing; not with NaN, which a Set finds and SQL does not. */
function constantSet(
  list: readonly TypedNode[],
): { readonly values: ReadonlySet<Value>; readonly otherwise: false | null } | null {
  const values = new Set<Value>();
  let otherwise: false | null = false;
  for (const item of list) {
    if (item.kind !== 'literal' || Number.isNaN(item.value)) return null;
    if (item.value === null) otherwise = null;
    else values.add(item.value);
  }
  return { values, otherwise };
}

/** Whether a comparison holds for two values that are not null. */
function comparison(
  operator: ComparisonOperator,
  type: ExpressionType,
): (left: Ordered, right: Ordered) => boolean {
  if (operator === '=') return (left, right) => left === right;
  if (operator === '<>') return (left, right) => left !== right;
  if (type.kind === 'string') return textComparison(operator);
  switch (operator) {
    case '<':
      return (left, right) => left < right;
    case '<=':
      return (left, right) => left <= right;
    case '>':
      return (left, right) => left > right;
    case '>=':
      return (left, right) => left >= right;
  }
}

function textComparison(
  operator: Exclude<ComparisonOperator, '=' | '<>'>,
): (left: Ordered, right: Ordered) => boolean {
  const order = (left: Ordered, right: Ordered) =>
    compareCodePoints(left as string, right as string);
  switch (operator) {
    case '<':
      return (left, right) => order(left, right) < 0;
    case '<=':
      return (left, right) => order(left, right) <= 0;
    case '>':
      return (left, right) => order(left, right) > 0;
    case '>=':
      return (left, right) => order(left, right) >= 0;
  }
}

/** True when `left` sorts before `right`; both are of the type and not NaN. */
export function isLess(type: ExpressionType): (left: Value, right: Value) => boolean {
  const less = comparison('<', type);
  return (left, right) => less(left as Ordered, right as Ordered);
}
