import type { CommonTable, Expression, Position, Query, QueryBody } from './ast.ts';
import type { Grammar } from './grammar.ts';
import { parseOrderBy } from './parse-call.ts';
import { parseSelect } from './parse-select.ts';
import { opensQuery, parseList, parseParenthesized, parseQualifiedName } from './token-cursor.ts';

/**
 * `[WITH …] body [ORDER BY …] [OFFSET n] [LIMIT n | FETCH FIRST n ROWS ONLY]`.
 * INTERSECT binds tighter than UNION and EXCEPT; all three group to the left.
 * Source: Trino grammar, rules query, queryNoWith, queryTerm, queryPrimary.
 */
export function parseQuery(grammar: Grammar): Query {
  return grammar.cursor.nested(() => {
    const position = place(grammar.cursor.peek());
    const commonTables = parseWith(grammar);
    const body = parseSetOperations(grammar);
    const orderBy = parseOrderBy(grammar);
    return { with: commonTables, body, orderBy, ...parseLimits(grammar), ...position };
  });
}

function parseWith(grammar: Grammar): readonly CommonTable[] {
  const { cursor } = grammar;
  if (!cursor.accept('WITH')) return [];
  if (cursor.atKeywords('RECURSIVE')) throw cursor.mismatch('<identifier>');
  return parseList(cursor, () => {
    const name = cursor.identifier();
    const columnNames = cursor.atSymbol('(')
      ? parseParenthesized(cursor, () => cursor.identifier())
      : [];
    cursor.expect('AS');
    cursor.expectSymbol('(');
    const query = grammar.query();
    cursor.expectSymbol(')');
    return { name, columnNames, query };
  });
}

function parseLimits(grammar: Grammar): {
  readonly offset: Expression | null;
  readonly limit: Expression | null;
} {
  const { cursor } = grammar;
  let offset: Expression | null = null;
  if (cursor.accept('OFFSET')) {
    offset = parseRowCount(grammar);
    if (!cursor.accept('ROW')) cursor.accept('ROWS');
  }
  if (cursor.accept('LIMIT')) {
    return { offset, limit: cursor.accept('ALL') ? null : parseRowCount(grammar) };
  }
  if (!cursor.accept('FETCH')) return { offset, limit: null };
  if (!cursor.accept('FIRST')) cursor.expect('NEXT');
  const position = place(cursor.peek());
  const one: Expression = { kind: 'number', text: '1', ...position };
  const limit =
    cursor.atKeywords('ROW') || cursor.atKeywords('ROWS') ? one : parseRowCount(grammar);
  if (!cursor.accept('ROW')) cursor.expect('ROWS');
  cursor.expect('ONLY');
  return { offset, limit };
}

function parseRowCount(grammar: Grammar): Expression {
  const { cursor } = grammar;
  const position = place(cursor.peek());
  if (cursor.acceptSymbol('?')) {
    return { kind: 'parameter', index: grammar.nextParameter(), ...position };
  }
  if (!/^\d+$/.test(cursor.peek().text) || cursor.peek().kind !== 'number') {
    throw cursor.mismatch('<integer>');
  }
  return { kind: 'number', text: cursor.next().text, ...position };
}

function parseSetOperations(grammar: Grammar): QueryBody {
  let left = parseIntersections(grammar);
  for (;;) {
    const union = grammar.cursor.accept('UNION');
    if (!union && !grammar.cursor.accept('EXCEPT')) return left;
    const all = parseQuantifier(grammar);
    const right = parseIntersections(grammar);
    const operator = union ? 'union' : 'except';
    left = { kind: 'set-operation', operator, all, left, right, ...place(left) };
  }
}

function parseIntersections(grammar: Grammar): QueryBody {
  let left = parseQueryPrimary(grammar);
  while (grammar.cursor.accept('INTERSECT')) {
    const all = parseQuantifier(grammar);
    const right = parseQueryPrimary(grammar);
    left = { kind: 'set-operation', operator: 'intersect', all, left, right, ...place(left) };
  }
  return left;
}

function parseQuantifier(grammar: Grammar): boolean {
  if (grammar.cursor.accept('ALL')) return true;
  grammar.cursor.accept('DISTINCT');
  return false;
}

function parseQueryPrimary(grammar: Grammar): QueryBody {
  const { cursor } = grammar;
  const position = place(cursor.peek());
  if (cursor.atKeywords('SELECT')) return parseSelect(grammar);
  if (cursor.accept('VALUES')) {
    const rows = parseList(cursor, () => grammar.expression());
    return { kind: 'values', rows, ...position };
  }
  if (cursor.accept('TABLE')) {
    return { kind: 'table', name: parseQualifiedName(cursor), ...position };
  }
  if (!opensQuery(cursor)) throw cursor.mismatch("'(', 'SELECT', 'TABLE', 'VALUES', 'WITH'");
  cursor.next();
  const query = grammar.query();
  cursor.expectSymbol(')');
  return { kind: 'nested', query, ...position };
}

function place(at: Position): Position {
  return { line: at.line, column: at.column };
}
