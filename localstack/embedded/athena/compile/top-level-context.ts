import type { CommonTableView, Compiler, ExpressionContext } from './context.ts';
import type { Scope } from './scope.ts';

/** Context of an expression outside any SELECT clause: no aggregates, no windows. */
export function topLevelContext(
  compiler: Compiler,
  scope: Scope,
  commonTables: ReadonlyMap<string, CommonTableView>,
): ExpressionContext {
  return {
    compiler,
    scope,
    commonTables,
    noAggregates: 'Expression',
    noWindows: 'Expression',
    groupKeys: null,
    namedWindows: new Map(),
  };
}
