import { findFunction } from '../function-allow-list.ts';
import type { Expression, GroupingElement, Select, SortItem } from '../sql/ast.ts';
import { failAt } from '../sql-failure.ts';
import { typeName } from '../trino-types/trino-type.ts';
import type { ExpressionContext } from './context.ts';

/** GROUP BY in DuckDB's SQL, and the SQL of every expression in it. */
export function compileGroupBy(
  select: Select,
  plain: ExpressionContext,
): { readonly sql: string; readonly keys: ReadonlySet<string> } {
  if (select.groupBy === null) return { sql: '', keys: new Set() };
  const clause = 'GROUP BY clause';
  const context = { ...plain, noAggregates: clause, noWindows: clause };
  const keys = new Set<string>();
  const compileKey = (node: Expression): string => {
    const target = byOrdinal(node, select);
    const compiled = context.compiler.expression(target, context);
    if (['map', 'json'].includes(compiled.type.kind)) {
      throw failAt(
        'TYPE_MISMATCH',
        node,
        `${typeName(compiled.type)} is not comparable, and therefore cannot be used in GROUP BY`,
      );
    }
    keys.add(compiled.sql);
    return compiled.sql;
  };
  const elements = select.groupBy.elements.map((element) => elementSql(element, compileKey));
  return { sql: `GROUP BY ${elements.join(', ')}`, keys };
}

function elementSql(element: GroupingElement, compileKey: (node: Expression) => string): string {
  if (element.kind === 'simple') {
    // `GROUP BY ()` is one group of everything.
    if (element.expressions.length === 0) return 'GROUPING SETS (())';
    return element.expressions.map(compileKey).join(', ');
  }
  const sets = element.sets.map((set) => `(${set.map(compileKey).join(', ')})`);
  const words = { rollup: 'ROLLUP', cube: 'CUBE', 'grouping-sets': 'GROUPING SETS' };
  return `${words[element.kind]} (${sets.join(', ')})`;
}

/** `GROUP BY 2` means the second item of the select list. */
function byOrdinal(node: Expression, select: Select): Expression {
  if (node.kind !== 'number' || !/^\d+$/.test(node.text)) return node;
  const item = select.items[Number(node.text) - 1];
  if (item?.kind === 'expression') return item.expression;
  throw failAt(
    'INVALID_COLUMN_REFERENCE',
    node,
    `GROUP BY position ${node.text} is not in select list`,
  );
}

/** True when the SELECT aggregates without GROUP BY, which makes one group of all rows. */
export function holdsAggregate(select: Select, orderBy: readonly SortItem[]): boolean {
  const items = select.items.flatMap((item) =>
    item.kind === 'expression' ? [item.expression] : [],
  );
  const having = select.having === null ? [] : [select.having];
  const sorted = orderBy.map((item) => item.expression);
  return select.having !== null || [...items, ...having, ...sorted].some(isAggregating);
}

/** Looks for an aggregate call, not inside subqueries, which aggregate for themselves. */
function isAggregating(node: unknown): boolean {
  if (Array.isArray(node)) return node.some(isAggregating);
  if (node === null || typeof node !== 'object') return false;
  const candidate = node as Readonly<Record<string, unknown>>;
  if (isQuery(candidate)) return false;
  if (candidate['kind'] === 'call' && candidate['window'] === null) {
    const name = String(candidate['name']).toLowerCase();
    if (findFunction(name)?.kind === 'aggregate') return true;
  }
  return Object.values(candidate).some(isAggregating);
}

function isQuery(candidate: Readonly<Record<string, unknown>>): boolean {
  return 'body' in candidate && 'with' in candidate;
}
