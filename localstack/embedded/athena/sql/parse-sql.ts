import type { Expression, Query } from './ast.ts';
import type { Grammar } from './grammar.ts';
import { parseExpression } from './parse-expression.ts';
import { parseQuery } from './parse-query.ts';
import { createTokenCursor } from './token-cursor.ts';

/**
 * Parses one query in Athena's dialect, with an optional semicolon at the end. Throws SYNTAX_ERROR
 * with the place; anything outside Trino's query grammar is refused, never skipped.
 */
export function parseSql(sql: string): { readonly query: Query; readonly parameterCount: number } {
  const grammar = createGrammar(sql);
  const query = grammar.query();
  grammar.cursor.acceptSymbol(';');
  expectEnd(grammar);
  return { query, parameterCount: grammar.nextParameter() };
}

/** Parses one value, for execution parameters. */
export function parseValue(text: string): Expression {
  const grammar = createGrammar(text);
  const expression = grammar.expression();
  expectEnd(grammar);
  return expression;
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
