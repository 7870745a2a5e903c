import type { Expression, Query, SortItem } from './ast.ts';
import type { TokenCursor } from './token-cursor.ts';

/** The rules that call each other across files: expressions hold queries and queries hold expressions. */
export interface Grammar {
  readonly cursor: TokenCursor;
  expression(): Expression;
  query(): Query;
  /** Number of the next `?`, from 0. */
  nextParameter(): number;
}

/** Words after ORDER BY. */
export function parseSortItem(grammar: Grammar): SortItem {
  const { cursor } = grammar;
  const { line, column } = cursor.peek();
  const expression = grammar.expression();
  const descending = cursor.accept('DESC');
  if (!descending) cursor.accept('ASC');
  const nullsFirst = cursor.accept('NULLS', 'FIRST');
  if (!nullsFirst) cursor.accept('NULLS', 'LAST');
  return { expression, descending, nullsFirst, line, column };
}
