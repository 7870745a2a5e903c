import type { BinaryOperator, ComparisonOperator, Expression, Position } from './ast.ts';
import type { Grammar } from './grammar.ts';
import { parsePrimary } from './parse-primary.ts';
import { opensQuery, parseList } from './token-cursor.ts';

const COMPARISONS: Readonly<Record<string, ComparisonOperator>> = {
  '=': '=',
  '<>': '<>',
  '!=': '<>',
  '<': '<',
  '<=': '<=',
  '>': '>',
  '>=': '>=',
};

/**
 * Precedence from loose to tight: OR, AND, NOT, one predicate, `||`, `+ -`, `* / %`, sign,
 * AT TIME ZONE. A value takes at most one predicate, so `a = b = c` is an error as in Trino.
 * Source: Trino grammar, rules booleanExpression, predicate, valueExpression.
 */
export function parseExpression(grammar: Grammar): Expression {
  return grammar.cursor.nested(() => parseLogical(grammar, 'or'));
}

function parseLogical(grammar: Grammar, operator: 'and' | 'or'): Expression {
  const { cursor } = grammar;
  const parseTerm = (): Expression =>
    operator === 'or' ? parseLogical(grammar, 'and') : parseNot(grammar);
  const first = parseTerm();
  const terms = [first];
  while (cursor.accept(operator.toUpperCase())) terms.push(parseTerm());
  return terms.length === 1 ? first : { kind: 'logical', operator, terms, ...place(first) };
}

function parseNot(grammar: Grammar): Expression {
  const { cursor } = grammar;
  const position = place(cursor.peek());
  if (!cursor.accept('NOT')) return parsePredicate(grammar);
  return { kind: 'not', operand: cursor.nested(() => parseNot(grammar)), ...position };
}

function parsePredicate(grammar: Grammar): Expression {
  const { cursor } = grammar;
  const operand = parseConcatenation(grammar);
  const operator = cursor.peek().kind === 'symbol' ? COMPARISONS[cursor.peek().text] : undefined;
  if (operator !== undefined) return parseComparison(grammar, operator, operand);
  if (cursor.accept('IS')) return parseIs(grammar, operand);
  const negated = cursor.accept('NOT');
  if (cursor.accept('BETWEEN')) {
    const low = parseConcatenation(grammar);
    cursor.expect('AND');
    const high = parseConcatenation(grammar);
    return { kind: 'between', operand, low, high, negated, ...place(operand) };
  }
  if (cursor.accept('IN')) return parseIn(grammar, operand, negated);
  if (cursor.accept('LIKE')) {
    const pattern = parseConcatenation(grammar);
    const escapeCharacter = cursor.accept('ESCAPE') ? parseConcatenation(grammar) : null;
    return { kind: 'like', operand, pattern, escapeCharacter, negated, ...place(operand) };
  }
  if (negated) throw cursor.mismatch("'BETWEEN', 'IN', 'LIKE'");
  return operand;
}

function parseComparison(
  grammar: Grammar,
  operator: ComparisonOperator,
  left: Expression,
): Expression {
  const { cursor } = grammar;
  // Trino reports a comparison at its operator.
  const position = place(cursor.next());
  const all = cursor.accept('ALL');
  if (all || cursor.accept('ANY') || cursor.accept('SOME')) {
    cursor.expectSymbol('(');
    const query = grammar.query();
    cursor.expectSymbol(')');
    const quantifier = all ? 'all' : 'any';
    return { kind: 'quantified', operator, quantifier, operand: left, query, ...position };
  }
  const right = parseConcatenation(grammar);
  return { kind: 'comparison', operator, left, right, ...position };
}

function parseIs(grammar: Grammar, operand: Expression): Expression {
  const { cursor } = grammar;
  const negated = cursor.accept('NOT');
  if (cursor.accept('NULL')) return { kind: 'is-null', operand, negated, ...place(operand) };
  cursor.expect('DISTINCT', 'FROM');
  const right = parseConcatenation(grammar);
  return { kind: 'is-distinct', left: operand, right, negated, ...place(operand) };
}

function parseIn(grammar: Grammar, operand: Expression, negated: boolean): Expression {
  const { cursor } = grammar;
  const holdsQuery = opensQuery(cursor);
  cursor.expectSymbol('(');
  if (holdsQuery) {
    const query = grammar.query();
    cursor.expectSymbol(')');
    return { kind: 'in-query', operand, query, negated, ...place(operand) };
  }
  const items = parseList(cursor, () => grammar.expression());
  cursor.expectSymbol(')');
  return { kind: 'in-list', operand, items, negated, ...place(operand) };
}

function parseConcatenation(grammar: Grammar): Expression {
  return parseLeftAssociative(grammar, ['||'], () =>
    parseLeftAssociative(grammar, ['+', '-'], () =>
      parseLeftAssociative(grammar, ['*', '/', '%'], () => parseSign(grammar)),
    ),
  );
}

function parseLeftAssociative(
  grammar: Grammar,
  operators: readonly BinaryOperator[],
  parseOperand: () => Expression,
): Expression {
  let left = parseOperand();
  for (;;) {
    const operator = operators.find((symbol) => grammar.cursor.atSymbol(symbol));
    if (operator === undefined) return left;
    const position = place(grammar.cursor.next());
    left = { kind: 'binary-operation', operator, left, right: parseOperand(), ...position };
  }
}

function parseSign(grammar: Grammar): Expression {
  const { cursor } = grammar;
  const position = place(cursor.peek());
  if (cursor.acceptSymbol('-')) {
    return { kind: 'negate', operand: cursor.nested(() => parseSign(grammar)), ...position };
  }
  if (cursor.acceptSymbol('+')) return cursor.nested(() => parseSign(grammar));
  return parseAtTimeZone(grammar);
}

function parseAtTimeZone(grammar: Grammar): Expression {
  let operand = parsePrimary(grammar);
  while (grammar.cursor.accept('AT', 'TIME', 'ZONE')) {
    const zone = parsePrimary(grammar);
    operand = { kind: 'at-time-zone', operand, zone, ...place(operand) };
  }
  return operand;
}

function place(at: Position): Position {
  return { line: at.line, column: at.column };
}
