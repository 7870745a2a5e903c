import type { ComparisonOperator, Expression } from '../sql/ast.ts';
import type { OpenedTable, ScanCondition } from './context.ts';

/** What compileFrom tells of a base table: how its columns can be named, and the table. */
export interface ScannedTable {
  /** Lower-case alias or qualified name, outermost first. */
  readonly qualifier: readonly string[];
  readonly table: OpenedTable;
}

const FLIPPED: Readonly<Record<ComparisonOperator, ComparisonOperator>> = {
  '=': '=',
  '<>': '<>',
  '<': '>',
  '<=': '>=',
  '>': '<',
  '>=': '<=',
};

/**
 * Hands every base table of a FROM clause the comparisons with constants that its rows must pass to
 * be in the result: top-level terms of WHERE joined by AND. Such a term is never true for null, so
 * it holds for outer joins as well. Anything less plain is left to the engine.
 */
export function collectScanConditions(
  where: Expression | null,
  from: {
    readonly tables: readonly ScannedTable[];
    readonly columns: readonly { readonly name: string; readonly qualifier: readonly string[] }[];
  },
): void {
  if (where === null) return;
  for (const term of conjuncts(where)) {
    for (const { column, operator, constant } of comparisonsOf(term)) {
      const names = columnPath(column);
      const name = names?.at(-1);
      if (names === null || name === undefined) continue;
      const matching = from.columns.filter(
        (candidate) =>
          candidate.name.toLowerCase() === name &&
          endsWith(candidate.qualifier, names.slice(0, -1)),
      );
      const owner = from.tables.filter(({ qualifier }) => matching[0]?.qualifier === qualifier);
      const target = owner[0]?.table.columns.find((item) => item.name.toLowerCase() === name);
      if (matching.length !== 1 || owner.length !== 1 || target === undefined) continue;
      owner[0]?.table.onFilter?.({ physicalName: target.physicalName, operator, constant });
    }
  }
}

function conjuncts(node: Expression): readonly Expression[] {
  return node.kind === 'logical' && node.operator === 'and'
    ? node.terms.flatMap(conjuncts)
    : [node];
}

interface ColumnComparison {
  readonly column: Expression;
  readonly operator: ScanCondition['operator'];
  readonly constant: Expression;
}

function comparisonsOf(node: Expression): readonly ColumnComparison[] {
  if (node.kind === 'between' && !node.negated) {
    return [
      ...comparison(node.operand, '>=', node.low),
      ...comparison(node.operand, '<=', node.high),
    ];
  }
  if (node.kind !== 'comparison') return [];
  return [
    ...comparison(node.left, node.operator, node.right),
    ...comparison(node.right, FLIPPED[node.operator], node.left),
  ];
}

function comparison(
  column: Expression,
  operator: ComparisonOperator,
  constant: Expression,
): readonly ColumnComparison[] {
  if (operator === '<>' || columnPath(column) === null || !isConstant(constant)) return [];
  return [{ column, operator, constant }];
}

function isConstant(node: Expression): boolean {
  const inner = node.kind === 'negate' ? node.operand : node;
  return ['number', 'string', 'boolean', 'typed-literal', 'parameter'].includes(inner.kind);
}

/** Lower-case parts of `t.a`; null for anything that is no plain column. */
function columnPath(node: Expression): readonly string[] | null {
  if (node.kind === 'column') return [node.identifier.name.toLowerCase()];
  if (node.kind !== 'field') return null;
  const base = columnPath(node.base);
  return base === null ? null : [...base, node.field.name.toLowerCase()];
}

function endsWith(qualifier: readonly string[], wanted: readonly string[]): boolean {
  const tail = wanted.length === 0 ? [] : qualifier.slice(-wanted.length);
  return tail.length === wanted.length && tail.every((part, index) => part === wanted[index]);
}
