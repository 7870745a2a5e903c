import type {
  Expression,
  FrameBound,
  Position,
  SortItem,
  Window,
  WindowFrame,
} from '../../sql/ast.ts';
import { failAt, notSupported } from '../../sql-failure.ts';
import type { Compiled } from '../../trino-types/compiled.ts';
import { isInteger, isNumeric, typeName } from '../../trino-types/trino-type.ts';
import type { ExpressionContext } from '../context.ts';

/** `ORDER BY …` with Trino's defaults spelled out; empty for no items. */
export function compileSortItems(items: readonly SortItem[], context: ExpressionContext): string {
  if (items.length === 0) return '';
  const compiled = items.map((item) => {
    const value = context.compiler.expression(item.expression, context);
    return sortItemSql(requireOrderable(value, item), item);
  });
  return `ORDER BY ${compiled.join(', ')}`;
}

/** One sort key, given its SQL. */
export function sortItemSql(sql: string, item: SortItem): string {
  const direction = item.descending ? 'DESC' : 'ASC';
  return `${sql} ${direction} NULLS ${item.nullsFirst ? 'FIRST' : 'LAST'}`;
}

export function requireOrderable({ sql, type }: Compiled, position: Position): string {
  if (type.kind === 'row' || type.kind === 'array') {
    throw notSupported(position, `ORDER BY of type ${typeName(type)}`);
  }
  if (type.kind === 'map' || type.kind === 'json') {
    throw failAt(
      'TYPE_MISMATCH',
      position,
      `Type ${typeName(type)} is not orderable, and therefore cannot be used in ORDER BY`,
    );
  }
  return sql;
}

/** The parentheses after OVER. */
export function compileWindow(
  window: Window | string,
  call: { readonly node: Position; readonly context: ExpressionContext },
): string {
  const { context, node } = call;
  const resolved =
    typeof window === 'string' ? context.namedWindows.get(window.toLowerCase()) : window;
  if (resolved === undefined) {
    throw failAt('INVALID_COLUMN_REFERENCE', node, `Cannot resolve WINDOW name ${String(window)}`);
  }
  const inner = { ...context, noWindows: 'Window specification' };
  const partition = resolved.partitionBy.map((item) => inner.compiler.expression(item, inner).sql);
  const parts = [
    partition.length === 0 ? '' : `PARTITION BY ${partition.join(', ')}`,
    compileSortItems(resolved.orderBy, inner),
    resolved.frame === null ? '' : compileFrame(resolved.frame, resolved.orderBy, inner),
  ];
  return `(${parts.filter((part) => part !== '').join(' ')})`;
}

function compileFrame(
  frame: WindowFrame,
  orderBy: readonly SortItem[],
  context: ExpressionContext,
): string {
  const [key, second] = orderBy;
  const bounds = [frame.start, frame.end ?? ({ kind: 'current-row' } as const)];
  const hasOffset = bounds.some((bound) => 'offset' in bound);
  if (frame.unit === 'range' && hasOffset && (key === undefined || second !== undefined)) {
    throw failAt(
      'SYNTAX_ERROR',
      frame,
      'Window frame of type RANGE PRECEDING or FOLLOWING requires single sort item in ORDER BY',
    );
  }
  const [start, end] = bounds.map((bound) => compileBound(bound, { frame, context }));
  return `${frame.unit.toUpperCase()} BETWEEN ${start} AND ${end}`;
}

function compileBound(
  bound: FrameBound,
  place: { readonly frame: WindowFrame; readonly context: ExpressionContext },
): string {
  switch (bound.kind) {
    case 'unbounded-preceding':
      return 'UNBOUNDED PRECEDING';
    case 'unbounded-following':
      return 'UNBOUNDED FOLLOWING';
    case 'current-row':
      return 'CURRENT ROW';
    default:
      return `${compileOffset(bound.offset, place)} ${bound.kind.toUpperCase()}`;
  }
}

function compileOffset(
  node: Expression,
  place: { readonly frame: WindowFrame; readonly context: ExpressionContext },
): string {
  const { sql, type } = place.context.compiler.expression(node, place.context);
  if (place.frame.unit !== 'range') {
    if (isInteger(type)) return sql;
    throw failAt(
      'TYPE_MISMATCH',
      node,
      `Window frame ${place.frame.unit.toUpperCase()} offset must be integer`,
    );
  }
  if (type.kind === 'interval-day-second') return `to_milliseconds(${sql})`;
  if (type.kind === 'interval-year-month') return `to_months(${sql})`;
  if (isNumeric(type)) return sql;
  throw notSupported(node, `a RANGE offset of type ${typeName(type)}`);
}
