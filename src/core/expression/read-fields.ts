import type { TypedNode } from './typed-tree.ts';

/** Stored names of the row's own fields that an expression may read, each once; of a nested field, the outermost. */
export function fieldsReadBy(root: TypedNode): readonly string[] {
  const names = new Set<string>();
  collect(root, names);
  return [...names];
}

function collect(node: TypedNode, names: Set<string>): void {
  if (node.kind === 'field') {
    const [first] = node.path;
    if (first !== undefined) names.add(first);
    return;
  }
  for (const part of partsOf(node)) collect(part, names);
}

function partsOf(node: Exclude<TypedNode, { kind: 'field' }>): readonly TypedNode[] {
  switch (node.kind) {
    case 'literal':
      return [];
    case 'negate':
    case 'not':
    case 'isNull':
    case 'cast':
      return [node.operand];
    case 'arithmetic':
    case 'comparison':
      return [node.left, node.right];
    case 'and':
    case 'or':
    case 'coalesce':
      return node.operands;
    case 'in':
      return [node.value, ...node.list];
    case 'matches':
      return [node.value];
    case 'case':
      return [...node.branches.flatMap(({ when, result }) => [when, result]), node.otherwise];
    case 'call':
    case 'extension':
      return node.args;
  }
}
