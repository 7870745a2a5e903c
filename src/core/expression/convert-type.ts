import { castFunction } from './evaluate/value-cast.ts';
import { invalidAt } from './expression-error.ts';
import { commonType, describeType, type ExpressionType, isSameType } from './expression-type.ts';
import type { TypedNode } from './typed-tree.ts';

/** The node as a value of the type; nothing is added when it has the type already. */
export function convert(node: TypedNode, type: ExpressionType, column = node.column): TypedNode {
  if (isSameType(node.type, type)) return node;
  if (node.kind === 'literal') {
    if (node.value === null) return { ...node, type };
    // Constants are converted once, here; one that cannot be is left to fail where it is evaluated.
    const value = castFunction(node.type, type)?.(node.value) ?? null;
    if (value !== null) return { ...node, value, type };
  }
  return { kind: 'cast', operand: node, type, column };
}

/** Widens all nodes to one type. Throws EXPRESSION_INVALID when there is none. */
export function toCommonType(
  nodes: readonly TypedNode[],
  where: string,
  column: number,
): readonly TypedNode[] {
  let common: ExpressionType = { kind: 'null' };
  for (const node of nodes) {
    const wider = commonType(common, node.type);
    if (wider === null) {
      throw invalidAt(
        column,
        `${describeType(common)} and ${describeType(node.type)} ${where}, expected one type${hintFor(common, node.type)}`,
      );
    }
    common = wider;
  }
  return nodes.map((node) => convert(node, common));
}

/** The node if it is of the type or null. Throws EXPRESSION_INVALID. */
export function expectType(node: TypedNode, type: ExpressionType, expected: string): TypedNode {
  if (node.type.kind === 'null' || isSameType(node.type, type)) return convert(node, type);
  throw invalidAt(node.column, `got ${describeType(node.type)}, expected ${expected}`);
}

function hintFor(left: ExpressionType, right: ExpressionType): string {
  const kinds = [left.kind, right.kind];
  if (!kinds.includes('string')) return '; cast one side';
  if (kinds.includes('timestamp_micros')) return "; write timestamp '2000-01-03 10:20:30'";
  if (kinds.includes('date')) return "; write date '2000-01-03'";
  const other = left.kind === 'string' ? right : left;
  return `; use cast(… as ${describeType(other)})`;
}
