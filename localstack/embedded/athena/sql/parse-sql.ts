import { SqlFailure } from '../sql-failure.ts';
import type { Expression, Query } from './ast.ts';
import type { Grammar } from './grammar.ts';
import { type ExplainOptions, parseExplain } from './parse-explain.ts';
import { parseExpression } from './parse-expression.ts';
import { parseQuery } from './parse-query.ts';
import { createTokenCursor } from './token-cursor.ts';

export interface ParsedQuery {
  /** Null: the query is to be run. */
  readonly explain: ExplainOptions | null;
  readonly query: Query;
  readonly parameterCount: number;
}

/**
 * Parses one query in Athena's dialect, alone or after EXPLAIN, with an optional semicolon at the end.
 * Throws SYNTAX_ERROR with the place; anything outside Trino's query grammar is refused, never skipped.
 */
export function parseSql(sql: string): ParsedQuery {
  const grammar = createGrammar(sql);
  const explain = grammar.cursor.accept('EXPLAIN') ? parseExplain(grammar) : null;
  const query = grammar.query();
  grammar.cursor.acceptSymbol(';');
  expectEnd(grammar);
  return { explain, query, parameterCount: grammar.nextParameter() };
}

/** First word of what an EXPLAIN explains when that is no query, null otherwise. */
export function explainedStatement(sql: string): string | null {
  const grammar = createGrammar(sql);
  grammar.cursor.expect('EXPLAIN');
  parseExplain(grammar);
  const { kind, upper } = grammar.cursor.peek();
  const isQuery = kind !== 'word' || ['SELECT', 'WITH', 'VALUES', 'TABLE'].includes(upper);
  return isQuery ? null : upper;
}

/**
 * An execution parameter: an expression, or the text itself where it is none or names a column.
 * Source: measured on Athena engine version 3 (`abc def`, `it's` and `abc` are texts, `1 + 1` is 2).
 */
export function parseParameter(text: string): Expression {
  const literal: Expression = { kind: 'string', value: text, line: 1, column: 1 };
  const expression = parseWhole(text);
  return expression === null || namesColumn(expression) ? literal : expression;
}

function parseWhole(text: string): Expression | null {
  try {
    const grammar = createGrammar(text);
    const expression = grammar.expression();
    expectEnd(grammar);
    return expression;
  } catch (error) {
    if (error instanceof SqlFailure && error.code === 'SYNTAX_ERROR') return null;
    throw error;
  }
}

function namesColumn(node: unknown): boolean {
  if (Array.isArray(node)) return node.some(namesColumn);
  if (node === null || typeof node !== 'object') return false;
  const { kind } = node as { readonly kind?: unknown };
  return kind === 'column' || kind === 'field' || Object.values(node).some(namesColumn);
}

function createGrammar(sql: string): Grammar {
  let parameters = 0;
  const grammar: Grammar = {
    cursor: createTokenCursor(sql),
    expression: () => parseExpression(grammar),
    query: () => parseQuery(grammar),
    nextParameter: () => parameters++,
  };
  return grammar;
}

function expectEnd(grammar: Grammar): void {
  if (grammar.cursor.peek().kind !== 'end') throw grammar.cursor.mismatch('<EOF>');
}
