import { invalidAt } from '../expression-error.ts';
import type { ArithmeticOperator } from '../expression-type.ts';
import { BOOLEAN, NULL, STRING } from '../expression-type.ts';
import { type Token, tokenize } from './lexer.ts';
import { parseNumber, parseTemporal } from './parse-literal.ts';
import { parseTypeName } from './parse-type-name.ts';
import type { ComparisonOperator, SyntaxNode } from './syntax-tree.ts';
import { createTokenReader, describeToken, type TokenReader } from './token-reader.ts';

/*
 * expression     => and { "or" and }
 * and            => not { "and" not }
 * not            => "not" not | predicate
 * predicate      => sum [ comparison sum | ["not"] ( "in" "(" list ")" | "between" sum "and" sum | "matches" sum )
 *                       | "is" ["not"] "null" ]
 * sum            => product { ("+" | "-") product }
 * product        => unary { ("*" | "/" | "%") unary }
 * unary          => ("+" | "-") unary | member
 * member         => primary { "." name }
 * primary        => literal | "(" expression ")" | case | cast | ["fn:"] name "(" [ list ] ")" | name | quoted name
 * case           => "case" [ expression ] { "when" expression "then" expression } [ "else" expression ] "end"
 * cast           => "cast" "(" expression "as" type ")"
 * literal        => "null" | "true" | "false" | number | string | ("date" | "timestamp") string
 */

const COMPARISONS: ReadonlyMap<string, ComparisonOperator> = new Map([
  ['=', '='],
  ['==', '='],
  ['<>', '<>'],
  ['!=', '<>'],
  ['<', '<'],
  ['<=', '<='],
  ['>', '>'],
  ['>=', '>='],
]);
/** Words that are no field names; a field of such a name is written in double quotes. */
const RESERVED = new Set(
  'and or not in between is null true false case when then else end as'.split(' '),
);

/** Parses an expression. Throws EXPRESSION_INVALID with the column. */
export function parseExpression(text: string): SyntaxNode {
  const reader = createTokenReader(tokenize(text));
  const node = parseOr(reader);
  const rest = reader.peek();
  if (rest.kind !== 'end') {
    const chained = COMPARISONS.has(rest.text)
      ? '; comparisons cannot be chained, join them with "and"'
      : '';
    throw invalidAt(
      rest.column,
      `unexpected ${describeToken(rest)} after the expression${chained}`,
    );
  }
  return node;
}

function parseOr(reader: TokenReader): SyntaxNode {
  return reader.deeper(() => parseJunction(reader, 'or', parseAnd));
}

function parseAnd(reader: TokenReader): SyntaxNode {
  return parseJunction(reader, 'and', parseNot);
}

/** One flat node for a whole chain: long lists of alternatives stay shallow. */
function parseJunction(
  reader: TokenReader,
  kind: 'and' | 'or',
  parseOperand: (reader: TokenReader) => SyntaxNode,
): SyntaxNode {
  const { column } = reader.peek();
  const first = parseOperand(reader);
  const operands = [first];
  while (reader.skipWord(kind)) operands.push(parseOperand(reader));
  return operands.length === 1 ? first : reader.node({ kind, operands, column });
}

function parseNot(reader: TokenReader): SyntaxNode {
  const { column } = reader.peek();
  if (!reader.skipWord('not')) return parsePredicate(reader);
  return reader.deeper(() => reader.node({ kind: 'not', operand: parseNot(reader), column }));
}

function parsePredicate(reader: TokenReader): SyntaxNode {
  const left = parseSum(reader);
  const { column, text, kind } = reader.peek();
  const operator = kind === 'symbol' ? COMPARISONS.get(text) : undefined;
  if (operator !== undefined) {
    reader.next();
    return reader.node({ kind: 'comparison', operator, left, right: parseSum(reader), column });
  }
  if (reader.skipWord('is')) {
    const negated = reader.skipWord('not');
    reader.expectWord('null');
    return negate(reader, reader.node({ kind: 'isNull', operand: left, column }), negated);
  }
  const negated = reader.skipWord('not');
  const predicate = parseRangePredicate(reader, left);
  if (predicate !== null) return negate(reader, predicate, negated);
  if (negated) throw reader.unexpected('"in", "between" or "matches" after "not"');
  return left;
}

function parseRangePredicate(reader: TokenReader, value: SyntaxNode): SyntaxNode | null {
  const { column } = reader.peek();
  if (reader.skipWord('in')) {
    reader.expectSymbol('(');
    const list = parseList(reader);
    return reader.node({ kind: 'in', value, list, column });
  }
  if (reader.skipWord('between')) {
    const low = parseSum(reader);
    reader.expectWord('and');
    return reader.node({ kind: 'between', value, low, high: parseSum(reader), column });
  }
  if (reader.skipWord('matches')) {
    return reader.node({ kind: 'matches', value, pattern: parseSum(reader), column });
  }
  return null;
}

function negate(reader: TokenReader, operand: SyntaxNode, negated: boolean): SyntaxNode {
  return negated ? reader.node({ kind: 'not', operand, column: operand.column }) : operand;
}

function parseSum(reader: TokenReader): SyntaxNode {
  return parseChain(reader, ['+', '-'], parseProduct);
}

function parseProduct(reader: TokenReader): SyntaxNode {
  return parseChain(reader, ['*', '/', '%'], parseUnary);
}

function parseChain(
  reader: TokenReader,
  operators: readonly ArithmeticOperator[],
  parseOperand: (reader: TokenReader) => SyntaxNode,
): SyntaxNode {
  let left = parseOperand(reader);
  for (;;) {
    const { text, kind, column } = reader.peek();
    const operator = operators.find((candidate) => kind === 'symbol' && candidate === text);
    if (operator === undefined) return left;
    reader.next();
    left = reader.node({ kind: 'arithmetic', operator, left, right: parseOperand(reader), column });
  }
}

function parseUnary(reader: TokenReader): SyntaxNode {
  const { column } = reader.peek();
  if (reader.skipSymbol('+')) return reader.deeper(() => parseUnary(reader));
  if (!reader.skipSymbol('-')) return parseMember(reader);
  // Together with its sign, so that -9223372036854775808 is a literal although its digits alone are too large.
  if (reader.peek().kind === 'number') return parseNumber(reader, { negative: true });
  return reader.deeper(() => reader.node({ kind: 'negate', operand: parseUnary(reader), column }));
}

function parseMember(reader: TokenReader): SyntaxNode {
  let operand = parsePrimary(reader);
  for (let dot = reader.peek(); reader.skipSymbol('.'); dot = reader.peek()) {
    const name = reader.next();
    if (name.kind !== 'name' && name.kind !== 'quoted') {
      throw invalidAt(
        name.column,
        `unexpected ${describeToken(name)}, expected a field name after "."`,
      );
    }
    operand = reader.node({ kind: 'member', operand, name: name.text, column: dot.column });
  }
  return operand;
}

function parsePrimary(reader: TokenReader): SyntaxNode {
  const token = reader.peek();
  switch (token.kind) {
    case 'number':
      return parseNumber(reader, { negative: false });
    case 'string':
      reader.next();
      return reader.node({
        kind: 'literal',
        value: token.text,
        type: STRING,
        column: token.column,
      });
    case 'quoted':
      reader.next();
      return reader.node({ kind: 'field', name: token.text, column: token.column });
    case 'name':
      return parseNamed(reader, token);
    default:
      if (!reader.skipSymbol('(')) throw reader.unexpected('a value');
      return parseParenthesis(reader);
  }
}

function parseParenthesis(reader: TokenReader): SyntaxNode {
  const inner = parseOr(reader);
  reader.expectSymbol(')');
  return inner;
}

function parseNamed(reader: TokenReader, token: Token): SyntaxNode {
  const word = token.text.toLowerCase();
  const { column } = token;
  reader.next();
  switch (word) {
    case 'null':
      return reader.node({ kind: 'literal', value: null, type: NULL, column });
    case 'true':
    case 'false':
      return reader.node({ kind: 'literal', value: word === 'true', type: BOOLEAN, column });
    case 'case':
      return parseCase(reader, column);
  }
  if (RESERVED.has(word)) {
    throw invalidAt(
      column,
      `unexpected "${token.text}", expected a value; write a field of that name in double quotes`,
    );
  }
  if (reader.peek().kind === 'string' && (word === 'date' || word === 'timestamp')) {
    return parseTemporal(reader, word, column);
  }
  if (!reader.skipSymbol('(')) {
    if (token.text.includes(':')) throw reader.unexpected(`"(" after ${token.text}`);
    return reader.node({ kind: 'field', name: token.text, column });
  }
  if (word === 'cast') return parseCast(reader, column);
  const args = reader.skipSymbol(')') ? [] : parseList(reader);
  return reader.node({ kind: 'call', name: word, args, column });
}

/** The rest of a list whose opening parenthesis has been read. */
function parseList(reader: TokenReader): readonly SyntaxNode[] {
  const items = [parseOr(reader)];
  while (reader.skipSymbol(',')) items.push(parseOr(reader));
  reader.expectSymbol(')');
  return items;
}

function parseCase(reader: TokenReader, column: number): SyntaxNode {
  const subject = reader.isWord('when') ? null : parseOr(reader);
  const branches: { when: SyntaxNode; result: SyntaxNode }[] = [];
  while (reader.skipWord('when')) {
    const when = parseOr(reader);
    reader.expectWord('then');
    branches.push({ when, result: parseOr(reader) });
  }
  if (branches.length === 0) throw reader.unexpected('"when"');
  const otherwise = reader.skipWord('else') ? parseOr(reader) : null;
  reader.expectWord('end');
  return reader.node({ kind: 'case', subject, branches, otherwise, column });
}

function parseCast(reader: TokenReader, column: number): SyntaxNode {
  const operand = parseOr(reader);
  reader.expectWord('as');
  const target = parseTypeName(reader);
  reader.expectSymbol(')');
  return reader.node({ kind: 'cast', operand, target, column });
}
