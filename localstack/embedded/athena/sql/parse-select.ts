import type {
  Expression,
  GroupBy,
  GroupingElement,
  Identifier,
  Position,
  QueryBody,
  Relation,
  SelectItem,
  TimeTravel,
} from './ast.ts';
import type { Grammar } from './grammar.ts';
import { parseWindow } from './parse-call.ts';
import {
  opensQuery,
  parseList,
  parseParenthesized,
  parseQualifiedName,
  startsClause,
} from './token-cursor.ts';

/** Source: Trino grammar, rule querySpecification. */
export function parseSelect(grammar: Grammar): QueryBody {
  const { cursor } = grammar;
  const position = place(cursor.peek());
  cursor.expect('SELECT');
  const distinct = cursor.accept('DISTINCT');
  if (!distinct) cursor.accept('ALL');
  const items = parseList(cursor, () => parseSelectItem(grammar));
  const from = cursor.accept('FROM') ? parseFrom(grammar) : null;
  const where = cursor.accept('WHERE') ? grammar.expression() : null;
  const groupBy = cursor.accept('GROUP', 'BY') ? parseGroupBy(grammar) : null;
  const having = cursor.accept('HAVING') ? grammar.expression() : null;
  const windows = cursor.accept('WINDOW') ? parseList(cursor, () => parseNamedWindow(grammar)) : [];
  return { kind: 'select', distinct, items, from, where, groupBy, having, windows, ...position };
}

function parseNamedWindow(grammar: Grammar): {
  readonly name: Identifier;
  readonly window: ReturnType<typeof parseWindow>;
} {
  const { cursor } = grammar;
  const name = cursor.identifier();
  cursor.expect('AS');
  cursor.expectSymbol('(');
  const window = parseWindow(grammar);
  cursor.expectSymbol(')');
  return { name, window };
}

function parseSelectItem(grammar: Grammar): SelectItem {
  const { cursor } = grammar;
  const position = place(cursor.peek());
  if (cursor.acceptSymbol('*')) return { kind: 'all-columns', qualifier: [], ...position };
  const qualifier = parseStarQualifier(grammar);
  if (qualifier !== null) return { kind: 'all-columns', qualifier, ...position };
  const expression = grammar.expression();
  const explicit = cursor.accept('AS');
  const isAliased = explicit || (cursor.atIdentifier() && !startsClause(cursor));
  const alias = isAliased ? cursor.identifier() : null;
  return { kind: 'expression', expression, alias, ...position };
}

/** `t.*` or `db.t.*` ahead; null when something else comes. */
function parseStarQualifier(grammar: Grammar): readonly Identifier[] | null {
  const { cursor } = grammar;
  let ahead = 0;
  while (
    ['word', 'quoted'].includes(cursor.peek(ahead).kind) &&
    cursor.peek(ahead + 1).text === '.' &&
    cursor.peek(ahead + 1).kind === 'symbol'
  ) {
    ahead += 2;
  }
  if (ahead === 0 || cursor.peek(ahead).text !== '*' || cursor.peek(ahead).kind !== 'symbol') {
    return null;
  }
  const qualifier: Identifier[] = [];
  while (!cursor.acceptSymbol('*')) {
    qualifier.push(cursor.identifier());
    cursor.expectSymbol('.');
  }
  return qualifier;
}

function parseGroupBy(grammar: Grammar): GroupBy {
  const { cursor } = grammar;
  if (!cursor.accept('DISTINCT')) cursor.accept('ALL');
  return { elements: parseList(cursor, () => parseGroupingElement(grammar)) };
}

function parseGroupingElement(grammar: Grammar): GroupingElement {
  const { cursor } = grammar;
  const position = place(cursor.peek());
  const parseSet = (): readonly Expression[] => parseGroupingSet(grammar);
  if (cursor.accept('ROLLUP')) {
    return { kind: 'rollup', sets: parseParenthesized(cursor, parseSet), ...position };
  }
  if (cursor.accept('CUBE')) {
    return { kind: 'cube', sets: parseParenthesized(cursor, parseSet), ...position };
  }
  if (cursor.accept('GROUPING', 'SETS')) {
    return { kind: 'grouping-sets', sets: parseParenthesized(cursor, parseSet), ...position };
  }
  return { kind: 'simple', expressions: parseSet(), ...position };
}

/** `a`, `(a, b)` or `()`. */
function parseGroupingSet(grammar: Grammar): readonly Expression[] {
  const { cursor } = grammar;
  if (cursor.atSymbol('(') && cursor.peek(1).text === ')' && cursor.peek(1).kind === 'symbol') {
    cursor.next();
    cursor.next();
    return [];
  }
  const expression = grammar.expression();
  return expression.kind === 'row' ? expression.items : [expression];
}

function parseFrom(grammar: Grammar): Relation {
  const { cursor } = grammar;
  let left = parseRelation(grammar);
  while (cursor.acceptSymbol(',')) {
    const right = parseRelation(grammar);
    left = { kind: 'join', type: 'cross', left, right, on: null, using: [], ...place(left) };
  }
  return left;
}

/** Joins group to the left. Source: Trino grammar, rule relation. */
function parseRelation(grammar: Grammar): Relation {
  let left = parseAliased(grammar);
  for (;;) {
    const type = parseJoinType(grammar);
    if (type === null) return left;
    const right = type === 'cross' ? parseAliased(grammar) : parseJoinOperand(grammar);
    const criteria = type === 'cross' ? { on: null, using: [] } : parseJoinCriteria(grammar);
    left = { kind: 'join', type, left, right, ...criteria, ...place(left) };
  }
}

/** `a JOIN b JOIN c ON … ON …` nests to the right; Trino's grammar allows it. */
function parseJoinOperand(grammar: Grammar): Relation {
  return grammar.cursor.nested(() => parseAliased(grammar));
}

function parseJoinType(grammar: Grammar): 'cross' | 'inner' | 'left' | 'right' | 'full' | null {
  const { cursor } = grammar;
  if (cursor.accept('CROSS', 'JOIN')) return 'cross';
  if (cursor.accept('JOIN') || cursor.accept('INNER', 'JOIN')) return 'inner';
  for (const side of ['left', 'right', 'full'] as const) {
    const word = side.toUpperCase();
    if (cursor.accept(word, 'JOIN') || cursor.accept(word, 'OUTER', 'JOIN')) return side;
  }
  return null;
}

function parseJoinCriteria(grammar: Grammar): {
  readonly on: Expression | null;
  readonly using: readonly Identifier[];
} {
  const { cursor } = grammar;
  if (cursor.accept('USING')) {
    return { on: null, using: parseParenthesized(cursor, () => cursor.identifier()) };
  }
  if (!cursor.accept('ON')) throw cursor.mismatch("'ON', 'USING'");
  return { on: grammar.expression(), using: [] };
}

function parseAliased(grammar: Grammar): Relation {
  const { cursor } = grammar;
  const relation = parseRelationPrimary(grammar);
  const explicit = cursor.accept('AS');
  if (!explicit && (!cursor.atIdentifier() || startsClause(cursor))) return relation;
  const alias = cursor.identifier();
  const columnNames = cursor.atSymbol('(')
    ? parseParenthesized(cursor, () => cursor.identifier())
    : [];
  return { kind: 'aliased', relation, alias, columnNames, ...place(relation) };
}

function parseRelationPrimary(grammar: Grammar): Relation {
  const { cursor } = grammar;
  const position = place(cursor.peek());
  if (cursor.accept('UNNEST')) {
    const items = parseParenthesized(cursor, () => grammar.expression());
    const withOrdinality = cursor.accept('WITH', 'ORDINALITY');
    return { kind: 'unnest', items, withOrdinality, ...position };
  }
  if (cursor.atKeywords('LATERAL') && cursor.peek(1).text === '(') {
    cursor.next();
    return parseDerived(grammar, true, position);
  }
  if (!cursor.atSymbol('(')) {
    const name = parseQualifiedName(cursor);
    return { kind: 'table', name, timeTravel: parseTimeTravel(grammar), ...position };
  }
  if (opensQuery(cursor)) return parseDerived(grammar, false, position);
  cursor.next();
  const relation = cursor.nested(() => parseRelation(grammar));
  cursor.expectSymbol(')');
  return relation;
}

function parseDerived(grammar: Grammar, lateral: boolean, position: Position): Relation {
  const { cursor } = grammar;
  cursor.expectSymbol('(');
  const query = grammar.query();
  cursor.expectSymbol(')');
  return { kind: 'subquery', query, lateral, ...position };
}

/** `FOR TIMESTAMP AS OF …`, `FOR VERSION AS OF …`. Source: Amazon Athena user guide, Iceberg time travel. */
function parseTimeTravel(grammar: Grammar): TimeTravel | null {
  const { cursor } = grammar;
  const position = place(cursor.peek());
  if (!cursor.accept('FOR')) return null;
  const kind = cursor.accept('VERSION') ? 'version' : 'timestamp';
  if (kind === 'timestamp' && !cursor.accept('TIMESTAMP')) {
    throw cursor.mismatch("'TIMESTAMP', 'VERSION'");
  }
  cursor.expect('AS', 'OF');
  return { kind, value: grammar.expression(), ...position };
}

function place(at: Position): Position {
  return { line: at.line, column: at.column };
}
