import type {
  Expression,
  FrameBound,
  FunctionCall,
  Position,
  SortItem,
  Window,
  WindowFrame,
} from './ast.ts';
import { type Grammar, parseSortItem } from './grammar.ts';
import { parseList, type TokenCursor } from './token-cursor.ts';

/** A call without any of the clauses around its arguments. */
export function plainCall(name: string, args: readonly Expression[]): FunctionCall {
  return {
    kind: 'call',
    name,
    args,
    star: false,
    distinct: false,
    orderBy: [],
    filter: null,
    nullTreatment: null,
    window: null,
  };
}

/**
 * `name([DISTINCT] args [ORDER BY …]) [WITHIN GROUP (…)] [FILTER (…)] [IGNORE NULLS] [OVER …]`.
 * Source: Trino grammar, rule primaryExpression, functionCall and listagg.
 */
export function parseCall(grammar: Grammar, position: Position): Expression {
  const { cursor } = grammar;
  const name = cursor.next().text;
  cursor.expectSymbol('(');
  const star = cursor.acceptSymbol('*');
  const distinct = !star && cursor.accept('DISTINCT');
  if (!star && !distinct) cursor.accept('ALL');
  const args =
    star || cursor.atSymbol(')') || cursor.atKeywords('ORDER', 'BY')
      ? []
      : parseList(cursor, () => grammar.expression());
  const innerOrder = parseOrderBy(grammar);
  cursor.expectSymbol(')');
  const withinGroup = parseWithinGroup(grammar);
  const filter = parseFilter(grammar);
  const nullTreatment = parseNullTreatment(cursor);
  const window = cursor.accept('OVER') ? parseOver(grammar) : null;
  if (nullTreatment !== null && window === null) throw cursor.mismatch("'OVER'");
  const orderBy = innerOrder.length > 0 ? innerOrder : withinGroup;
  return {
    kind: 'call',
    name,
    args,
    star,
    distinct,
    orderBy,
    filter,
    nullTreatment,
    window,
    ...position,
  };
}

/** `PARTITION BY … ORDER BY … frame`, without its parentheses. */
export function parseWindow(grammar: Grammar): Window {
  const { cursor } = grammar;
  const partitionBy = cursor.accept('PARTITION', 'BY')
    ? parseList(cursor, () => grammar.expression())
    : [];
  return { partitionBy, orderBy: parseOrderBy(grammar), frame: parseFrame(grammar) };
}

/** Sort items when ORDER BY comes next, none otherwise. */
export function parseOrderBy(grammar: Grammar): readonly SortItem[] {
  return grammar.cursor.accept('ORDER', 'BY')
    ? parseList(grammar.cursor, () => parseSortItem(grammar))
    : [];
}

function parseWithinGroup(grammar: Grammar): readonly SortItem[] {
  const { cursor } = grammar;
  if (!cursor.accept('WITHIN', 'GROUP')) return [];
  cursor.expectSymbol('(');
  const items = parseOrderBy(grammar);
  cursor.expectSymbol(')');
  return items;
}

function parseFilter(grammar: Grammar): Expression | null {
  const { cursor } = grammar;
  if (!cursor.atKeywords('FILTER') || cursor.peek(1).text !== '(') return null;
  cursor.next();
  cursor.expectSymbol('(');
  cursor.expect('WHERE');
  const filter = grammar.expression();
  cursor.expectSymbol(')');
  return filter;
}

function parseNullTreatment(cursor: TokenCursor): 'ignore' | 'respect' | null {
  if (cursor.accept('IGNORE', 'NULLS')) return 'ignore';
  if (cursor.accept('RESPECT', 'NULLS')) return 'respect';
  return null;
}

function parseOver(grammar: Grammar): Window | string {
  const { cursor } = grammar;
  if (!cursor.acceptSymbol('(')) return cursor.identifier().name;
  const window = parseWindow(grammar);
  cursor.expectSymbol(')');
  return window;
}

function parseFrame(grammar: Grammar): WindowFrame | null {
  const { cursor } = grammar;
  const { line, column, upper } = cursor.peek();
  const units: Readonly<Record<string, WindowFrame['unit']>> = {
    ROWS: 'rows',
    RANGE: 'range',
    GROUPS: 'groups',
  };
  const unit = cursor.peek().kind === 'word' ? units[upper] : undefined;
  if (unit === undefined) return null;
  cursor.next();
  if (!cursor.accept('BETWEEN')) {
    return { unit, start: parseBound(grammar), end: null, line, column };
  }
  const start = parseBound(grammar);
  cursor.expect('AND');
  return { unit, start, end: parseBound(grammar), line, column };
}

function parseBound(grammar: Grammar): FrameBound {
  const { cursor } = grammar;
  if (cursor.accept('UNBOUNDED', 'PRECEDING')) return { kind: 'unbounded-preceding' };
  if (cursor.accept('UNBOUNDED', 'FOLLOWING')) return { kind: 'unbounded-following' };
  if (cursor.accept('CURRENT', 'ROW')) return { kind: 'current-row' };
  const offset = grammar.expression();
  if (cursor.accept('PRECEDING')) return { kind: 'preceding', offset };
  cursor.expect('FOLLOWING');
  return { kind: 'following', offset };
}
