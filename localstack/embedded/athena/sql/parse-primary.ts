import type { Expression, Identifier, Position, TypeName } from './ast.ts';
import type { Grammar } from './grammar.ts';
import { parseCall, plainCall } from './parse-call.ts';
import { parseTypeName } from './parse-type-name.ts';
import { opensQuery, parseList } from './token-cursor.ts';

/** Functions that are written without parentheses, or with a precision. */
const NILADIC: ReadonlySet<string> = new Set(
  'CURRENT_DATE CURRENT_TIME CURRENT_TIMESTAMP LOCALTIME LOCALTIMESTAMP CURRENT_USER CURRENT_CATALOG CURRENT_SCHEMA'.split(
    ' ',
  ),
);

/** Reserved words that are function names all the same. */
const CALLABLE_KEYWORDS: ReadonlySet<string> = new Set(['GROUPING', 'LISTAGG', 'NORMALIZE']);

/** A value with its `[…]` and `.name` suffixes. Source: Trino grammar, rule primaryExpression. */
export function parsePrimary(grammar: Grammar): Expression {
  const { cursor } = grammar;
  let base = parseOperand(grammar);
  for (;;) {
    const position = place(base);
    if (cursor.acceptSymbol('[')) {
      const index = grammar.expression();
      cursor.expectSymbol(']');
      base = { kind: 'subscript', base, index, ...position };
    } else if (cursor.acceptSymbol('.')) {
      base = { kind: 'field', base, field: cursor.identifier(), ...position };
    } else {
      return base;
    }
  }
}

function parseOperand(grammar: Grammar): Expression {
  const { cursor } = grammar;
  const token = cursor.peek();
  const position = place(token);
  switch (token.kind) {
    case 'number':
      return { kind: 'number', text: cursor.next().text, ...position };
    case 'string':
      return { kind: 'string', value: cursor.next().text, ...position };
    case 'binary':
      return { kind: 'binary', hex: cursor.next().text, ...position };
    case 'symbol':
      return parseSymbol(grammar, position);
    case 'word':
      return parseKeyword(grammar, token.upper, position) ?? parseNamed(grammar, position);
    default:
      return parseNamed(grammar, position);
  }
}

function parseSymbol(grammar: Grammar, position: Position): Expression {
  const { cursor } = grammar;
  if (cursor.acceptSymbol('?')) {
    return { kind: 'parameter', index: grammar.nextParameter(), ...position };
  }
  if (!cursor.atSymbol('(')) throw cursor.mismatch('<expression>');
  const parameters = lambdaParameters(grammar);
  if (parameters !== null) return parseLambda(grammar, parameters, position);
  const holdsQuery = opensQuery(cursor);
  cursor.next();
  if (holdsQuery) {
    const query = grammar.query();
    cursor.expectSymbol(')');
    return { kind: 'subquery', query, ...position };
  }
  const items = parseList(cursor, () => grammar.expression());
  cursor.expectSymbol(')');
  const [only] = items;
  return items.length === 1 && only !== undefined ? only : { kind: 'row', items, ...position };
}

/** `(x, y) ->` ahead: its parameters, still unread up to the arrow; otherwise null and nothing is read. */
function lambdaParameters(grammar: Grammar): readonly Identifier[] | null {
  const { cursor } = grammar;
  let ahead = 1;
  while (cursor.peek(ahead).kind === 'word' || cursor.peek(ahead).kind === 'quoted') {
    const after = cursor.peek(ahead + 1).text;
    if (after === ')') {
      if (cursor.peek(ahead + 2).text !== '->') return null;
      cursor.next();
      const parameters = parseList(cursor, () => cursor.identifier());
      cursor.expectSymbol(')');
      return parameters;
    }
    if (after !== ',') return null;
    ahead += 2;
  }
  return null;
}

function parseLambda(
  grammar: Grammar,
  parameters: readonly Identifier[],
  position: Position,
): Expression {
  grammar.cursor.expectSymbol('->');
  return { kind: 'lambda', parameters, body: grammar.expression(), ...position };
}

/** Forms that start with a keyword; null when the word is a name. */
function parseKeyword(grammar: Grammar, word: string, position: Position): Expression | null {
  const { cursor } = grammar;
  switch (word) {
    case 'NULL':
      cursor.next();
      return { kind: 'null', ...position };
    case 'TRUE':
    case 'FALSE':
      cursor.next();
      return { kind: 'boolean', value: word === 'TRUE', ...position };
    case 'CASE':
      return parseCase(grammar, position);
    case 'CAST':
      return parseCast(grammar, false, position);
    case 'EXISTS':
      return parseExists(grammar, position);
    case 'EXTRACT':
    case 'TRIM':
      return parseSpecialCall(grammar, word, position);
    default:
      return NILADIC.has(word)
        ? parseNiladic(grammar, position)
        : parseSoftKeyword(grammar, word, position);
  }
}

/** Words that are keywords only before a certain token, and names elsewhere. */
function parseSoftKeyword(grammar: Grammar, word: string, position: Position): Expression | null {
  const { cursor } = grammar;
  const following = cursor.peek(1).text;
  const called = cursor.peek(1).kind === 'symbol' && following === '(';
  if (word === 'TRY_CAST' && called) return parseCast(grammar, true, position);
  if ((word === 'POSITION' || word === 'SUBSTRING') && called) {
    return parseSpecialCall(grammar, word, position);
  }
  if (word === 'ROW' && called) {
    cursor.next();
    cursor.next();
    const items = parseList(cursor, () => grammar.expression());
    cursor.expectSymbol(')');
    return { kind: 'row', items, ...position };
  }
  if (word === 'ARRAY' && cursor.peek(1).kind === 'symbol' && following === '[') {
    return parseArray(grammar, position);
  }
  if (word === 'INTERVAL') return parseInterval(grammar, position);
  return null;
}

function parseArray(grammar: Grammar, position: Position): Expression {
  const { cursor } = grammar;
  cursor.next();
  cursor.next();
  if (cursor.acceptSymbol(']')) return { kind: 'array', items: [], ...position };
  const items = parseList(cursor, () => grammar.expression());
  cursor.expectSymbol(']');
  return { kind: 'array', items, ...position };
}

function parseInterval(grammar: Grammar, position: Position): Expression | null {
  const { cursor } = grammar;
  const signed = ['+', '-'].includes(cursor.peek(1).text) && cursor.peek(1).kind === 'symbol';
  if (cursor.peek(signed ? 2 : 1).kind !== 'string') return null;
  cursor.next();
  const negative = cursor.acceptSymbol('-');
  if (!negative) cursor.acceptSymbol('+');
  const value = cursor.next().text;
  const unit = cursor.identifier().name.toLowerCase();
  const toUnit = cursor.accept('TO') ? cursor.identifier().name.toLowerCase() : null;
  return { kind: 'interval', value, negative, unit, toUnit, ...position };
}

function parseNiladic(grammar: Grammar, position: Position): Expression {
  const { cursor } = grammar;
  const name = cursor.next().text;
  if (!cursor.acceptSymbol('(')) return { ...plainCall(name, []), ...position };
  const precision = grammar.expression();
  cursor.expectSymbol(')');
  return { ...plainCall(name, [precision]), ...position };
}

/** Column, function call, typed literal or one-parameter lambda. */
function parseNamed(grammar: Grammar, position: Position): Expression {
  const { cursor } = grammar;
  const following = cursor.peek(1);
  if (following.kind === 'string' && cursor.peek().kind === 'word') {
    const type = cursor.identifier().name.toLowerCase();
    return { kind: 'typed-literal', type, value: cursor.next().text, ...position };
  }
  const isCall = following.kind === 'symbol' && following.text === '(';
  if (isCall && CALLABLE_KEYWORDS.has(cursor.peek().upper)) return parseCall(grammar, position);
  if (!cursor.atIdentifier()) throw cursor.mismatch('<expression>');
  if (isCall) return parseCall(grammar, position);
  const identifier = cursor.identifier();
  if (cursor.atSymbol('->')) return parseLambda(grammar, [identifier], position);
  return { kind: 'column', identifier, ...position };
}

function parseCase(grammar: Grammar, position: Position): Expression {
  const { cursor } = grammar;
  cursor.next();
  const operand = cursor.atKeywords('WHEN') ? null : grammar.expression();
  const branches: { when: Expression; result: Expression }[] = [];
  while (cursor.accept('WHEN')) {
    const when = grammar.expression();
    cursor.expect('THEN');
    branches.push({ when, result: grammar.expression() });
  }
  if (branches.length === 0) throw cursor.mismatch("'WHEN'");
  const otherwise = cursor.accept('ELSE') ? grammar.expression() : null;
  cursor.expect('END');
  return { kind: 'case', operand, branches, otherwise, ...position };
}

function parseCast(grammar: Grammar, safe: boolean, position: Position): Expression {
  const { cursor } = grammar;
  cursor.next();
  cursor.expectSymbol('(');
  const operand = grammar.expression();
  cursor.expect('AS');
  const type: TypeName = parseTypeName(cursor);
  cursor.expectSymbol(')');
  return { kind: 'cast', operand, type, safe, ...position };
}

function parseExists(grammar: Grammar, position: Position): Expression {
  const { cursor } = grammar;
  cursor.next();
  cursor.expectSymbol('(');
  const query = grammar.query();
  cursor.expectSymbol(')');
  return { kind: 'exists', query, ...position };
}

/** EXTRACT, TRIM, POSITION and SUBSTRING have words between their arguments. */
function parseSpecialCall(grammar: Grammar, word: string, position: Position): Expression {
  const { cursor } = grammar;
  cursor.next();
  cursor.expectSymbol('(');
  const call = parseSpecialArguments(grammar, word);
  cursor.expectSymbol(')');
  return { ...call, ...position };
}

function parseSpecialArguments(grammar: Grammar, word: string): Expression {
  const { cursor } = grammar;
  const position = place(cursor.peek());
  switch (word) {
    case 'EXTRACT': {
      const field = cursor.identifier();
      cursor.expect('FROM');
      return { kind: 'extract', field, operand: grammar.expression(), ...position };
    }
    case 'TRIM':
      return { ...parseTrim(grammar), ...position };
    case 'POSITION': {
      // The argument is a value, so that IN is not taken for a predicate.
      const needle = parsePrimary(grammar);
      cursor.expect('IN');
      return { ...plainCall('strpos', [grammar.expression(), needle]), ...position };
    }
    default: {
      const args = [grammar.expression()];
      const worded = cursor.accept('FROM');
      if (worded) args.push(grammar.expression());
      if (worded && cursor.accept('FOR')) args.push(grammar.expression());
      while (!worded && cursor.acceptSymbol(',')) args.push(grammar.expression());
      return { ...plainCall('substring', args), ...position };
    }
  }
}

/** `TRIM(x)`, `TRIM(x, y)`, `TRIM(LEADING FROM x)`, `TRIM(BOTH 'y' FROM x)`. */
function parseTrim(grammar: Grammar): ReturnType<typeof plainCall> {
  const { cursor } = grammar;
  const names: Readonly<Record<string, string>> = {
    LEADING: 'ltrim',
    TRAILING: 'rtrim',
    BOTH: 'trim',
  };
  const side = cursor.peek().kind === 'word' ? names[cursor.peek().upper] : undefined;
  if (side !== undefined) cursor.next();
  if (side !== undefined && cursor.accept('FROM')) return plainCall(side, [grammar.expression()]);
  const first = grammar.expression();
  if (cursor.accept('FROM')) return plainCall(side ?? 'trim', [grammar.expression(), first]);
  if (side === undefined && cursor.acceptSymbol(',')) {
    return plainCall('trim', [first, grammar.expression()]);
  }
  if (side !== undefined) throw cursor.mismatch("'FROM'");
  return plainCall('trim', [first]);
}

function place(at: Position): Position {
  return { line: at.line, column: at.column };
}
