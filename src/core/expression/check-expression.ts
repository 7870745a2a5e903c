import { SluiceError } from '../errors.ts';
import type { Field } from '../schema/field.ts';
import { checkCall } from './check-call.ts';
import { resolveField, resolveMember } from './check-field.ts';
import { convert, expectType, toCommonType } from './convert-type.ts';
import { castFunction } from './evaluate/value-cast.ts';
import { invalidAt } from './expression-error.ts';
import {
  asDecimal,
  BOOLEAN,
  commonType,
  decimalResult,
  describeType,
  type ExpressionType,
  isComparable,
  isNumeric,
  LONG,
  STRING,
} from './expression-type.ts';
import { checkExtension } from './extension/check-extension.ts';
import { EXTENSION_PREFIX, type FunctionTable, NO_FUNCTIONS } from './extension/function-table.ts';
import { compilePattern } from './regex/linear-pattern.ts';
import { PatternError } from './regex/pattern-error.ts';
import { parseExpression } from './syntax/parse-expression.ts';
import type { SyntaxNode } from './syntax/syntax-tree.ts';
import type { TypedNode } from './typed-tree.ts';

export type ExpressionCheck =
  | { readonly ok: true; readonly type: ExpressionType }
  | {
      readonly ok: false;
      /** What is wrong and what was expected, with a suggestion; without the column. */
      readonly message: string;
      /** 1-based column in the text. */
      readonly column: number;
    };

export interface CheckOptions {
  /** `boolean` for rules. @default any type */
  readonly expect?: 'boolean';
  /** What `fn:name(…)` may call. @default nothing */
  readonly functions?: FunctionTable | undefined;
}

/** Parses and types an expression over the fields. Never throws for a wrong expression. */
export function checkExpression(
  text: string,
  fields: readonly Field[],
  options: CheckOptions = {},
): ExpressionCheck {
  try {
    return { ok: true, type: typeExpression(text, fields, options).type };
  } catch (error) {
    if (!(error instanceof SluiceError) || error.code !== 'EXPRESSION_INVALID') throw error;
    return { ok: false, message: error.message, column: Number(error.context['column'] ?? 1) };
  }
}

/** The typed tree, for back ends. Throws EXPRESSION_INVALID; `context.column` is the place. */
export function typeExpression(
  text: string,
  fields: readonly Field[],
  options: CheckOptions = {},
): TypedNode {
  const scope = { fields, functions: options.functions ?? NO_FUNCTIONS };
  const node = check(parseExpression(text), scope);
  if (options.expect === 'boolean') {
    return expectType(node, BOOLEAN, 'a condition that is true or false');
  }
  return node;
}

/** What names in an expression may mean. */
interface ExpressionScope {
  readonly fields: readonly Field[];
  readonly functions: FunctionTable;
}

function check(node: SyntaxNode, scope: ExpressionScope): TypedNode {
  const checkPart = (part: SyntaxNode) => check(part, scope);
  const { column } = node;
  switch (node.kind) {
    case 'literal':
      return node;
    case 'field':
      return resolveField(node.name, scope.fields, column);
    case 'member':
      return resolveMember(checkPart(node.operand), node.name, column);
    case 'isNull':
      return { kind: 'isNull', operand: checkPart(node.operand), type: BOOLEAN, column };
    case 'not': {
      const operand = expectType(checkPart(node.operand), BOOLEAN, 'a condition after "not"');
      return { kind: 'not', operand, type: BOOLEAN, column };
    }
    case 'and':
    case 'or': {
      const side = `a condition on both sides of "${node.kind}"`;
      const operands = node.operands.map((part) => expectType(checkPart(part), BOOLEAN, side));
      return { kind: node.kind, operands, type: BOOLEAN, column };
    }
    case 'negate':
      return checkNegate(checkPart(node.operand), column);
    case 'arithmetic':
      return checkArithmetic(node, checkPart(node.left), checkPart(node.right));
    case 'comparison':
      return checkComparison(node, checkPart(node.left), checkPart(node.right));
    case 'between':
      return checkBetween(column, [node.value, node.low, node.high].map(checkPart));
    case 'in':
      return checkIn(column, [node.value, ...node.list].map(checkPart));
    case 'matches':
      return checkMatches(checkPart(node.value), node.pattern, column);
    case 'case':
      return checkCase(node, checkPart);
    case 'cast':
      return checkCast(checkPart(node.operand), node.target, column);
    case 'call':
      if (node.name.startsWith(EXTENSION_PREFIX)) {
        const place = { functions: scope.functions, column };
        return checkExtension(node.name, node.args.map(checkPart), place);
      }
      if (node.name !== 'matches') return checkCall(node.name, node.args.map(checkPart), column);
      return checkMatchesCall(node.args, checkPart, column);
  }
}

function checkNegate(operand: TypedNode, column: number): TypedNode {
  if (operand.type.kind === 'null') return operand;
  if (!isNumeric(operand.type)) {
    throw invalidAt(column, `"-" before ${describeType(operand.type)}, expected a number`);
  }
  const type = operand.type.kind === 'int' ? LONG : operand.type;
  return { kind: 'negate', operand: convert(operand, type), type, column };
}

function checkArithmetic(
  node: Extract<SyntaxNode, { kind: 'arithmetic' }>,
  left: TypedNode,
  right: TypedNode,
): TypedNode {
  const { operator, column } = node;
  const common = commonType(left.type, right.type);
  if (common?.kind === 'null') return { kind: 'literal', value: null, type: common, column };
  if (common === null || !isNumeric(common)) {
    const hint =
      common?.kind === 'string' && operator === '+' ? '; join strings with concat(a, b)' : '';
    throw invalidAt(
      column,
      `${describeType(left.type)} ${operator} ${describeType(right.type)}, expected numbers${hint}`,
    );
  }
  if (common.kind === 'decimal') return checkDecimalArithmetic(node, left, right);
  // Integers are 64-bit whatever their fields are: an int never overflows on the way.
  const type = common.kind === 'int' ? LONG : common;
  return {
    kind: 'arithmetic',
    operator,
    left: convert(left, type),
    right: convert(right, type),
    type,
    column,
  };
}

function checkDecimalArithmetic(
  node: Extract<SyntaxNode, { kind: 'arithmetic' }>,
  left: TypedNode,
  right: TypedNode,
): TypedNode {
  const { operator, column } = node;
  const leftType = left.type.kind === 'null' ? asDecimal(right.type) : asDecimal(left.type);
  const rightType = right.type.kind === 'null' ? leftType : asDecimal(right.type);
  const type = decimalResult(operator, leftType, rightType);
  if (type === null) {
    const scales = `${leftType.scale} + ${rightType.scale}`;
    throw invalidAt(column, `product with ${scales} decimals, expected at most 38; cast a side`);
  }
  const sides = { left: convert(left, leftType), right: convert(right, rightType) };
  return { kind: 'arithmetic', operator, ...sides, type, column };
}

function checkComparison(
  node: Pick<Extract<SyntaxNode, { kind: 'comparison' }>, 'operator' | 'column'>,
  left: TypedNode,
  right: TypedNode,
): TypedNode {
  const { operator, column } = node;
  const [a, b] = toCommonType([left, right], `on both sides of "${operator}"`, column);
  if (a === undefined || b === undefined || !isComparable(a.type)) {
    throw invalidAt(column, `${describeType(left.type)} values cannot be compared; use "is null"`);
  }
  return { kind: 'comparison', operator, left: a, right: b, type: BOOLEAN, column };
}

function checkBetween(column: number, parts: readonly TypedNode[]): TypedNode {
  const [value, low, high] = parts as [TypedNode, TypedNode, TypedNode];
  const operands = [
    checkComparison({ operator: '>=', column }, value, low),
    checkComparison({ operator: '<=', column }, value, high),
  ];
  return { kind: 'and', operands, type: BOOLEAN, column };
}

function checkIn(column: number, parts: readonly TypedNode[]): TypedNode {
  const [value, ...list] = toCommonType(parts, 'in the value and the list of "in"', column);
  if (value === undefined || !isComparable(value.type)) {
    throw invalidAt(column, 'these values cannot be compared; use "is null"');
  }
  return { kind: 'in', value, list, type: BOOLEAN, column };
}

function checkMatchesCall(
  args: readonly SyntaxNode[],
  checkPart: (part: SyntaxNode) => TypedNode,
  column: number,
): TypedNode {
  const [value, pattern] = args;
  if (value === undefined || pattern === undefined || args.length > 2) {
    throw invalidAt(
      column,
      `matches with ${args.length} arguments, expected matches(text, 'pattern')`,
    );
  }
  return checkMatches(checkPart(value), pattern, column);
}

function checkMatches(value: TypedNode, pattern: SyntaxNode, column: number): TypedNode {
  if (pattern.kind !== 'literal' || typeof pattern.value !== 'string') {
    throw invalidAt(pattern.column, 'the pattern of "matches" must be a string like \'^[A-Z]+$\'');
  }
  const text = expectType(value, STRING, 'a string before "matches"');
  try {
    return {
      kind: 'matches',
      value: text,
      pattern: compilePattern(pattern.value),
      type: BOOLEAN,
      column,
    };
  } catch (error) {
    if (!(error instanceof PatternError)) throw error;
    throw invalidAt(pattern.column, `pattern: ${error.message}`);
  }
}

function checkCase(
  node: Extract<SyntaxNode, { kind: 'case' }>,
  checkPart: (part: SyntaxNode) => TypedNode,
): TypedNode {
  const { column, subject, otherwise } = node;
  const conditions = node.branches.map(({ when }) => {
    if (subject === null) return expectType(checkPart(when), BOOLEAN, 'a condition after "when"');
    const equality = { operator: '=', column: when.column } as const;
    return checkComparison(equality, checkPart(subject), checkPart(when));
  });
  const missing: TypedNode = { kind: 'literal', value: null, type: { kind: 'null' }, column };
  const results = toCommonType(
    [
      ...node.branches.map(({ result }) => checkPart(result)),
      otherwise === null ? missing : checkPart(otherwise),
    ],
    'in all results of "case"',
    column,
  );
  const branches = conditions.map((when, index) => ({ when, result: results[index] ?? missing }));
  const last = results.at(-1) ?? missing;
  return { kind: 'case', branches, otherwise: last, type: last.type, column };
}

function checkCast(operand: TypedNode, target: ExpressionType, column: number): TypedNode {
  if (operand.type.kind !== 'null' && castFunction(operand.type, target) === null) {
    throw invalidAt(
      column,
      `${describeType(operand.type)} cannot be cast to ${describeType(target)}`,
    );
  }
  const node = convert(operand, target, column);
  if (node.kind === 'cast' && operand.kind === 'literal') {
    throw invalidAt(column, `this ${describeType(operand.type)} is no ${describeType(target)}`);
  }
  return node;
}
