import type { Field, Row } from '../schema/field.ts';
import { typeExpression } from './check-expression.ts';
import { compileArithmetic, compileNegate } from './evaluate/compile-arithmetic.ts';
import { compileCall } from './evaluate/compile-call.ts';
import { compileComparison, compileIn } from './evaluate/compile-comparison.ts';
import type { CompileContext, Evaluate } from './evaluate/compile-context.ts';
import { compileExtension } from './evaluate/compile-extension.ts';
import { castFunction } from './evaluate/value-cast.ts';
import { failedAt, invalidAt } from './expression-error.ts';
import { describeType } from './expression-type.ts';
import type { FunctionTable } from './extension/function-table.ts';
import type { TypedNode } from './typed-tree.ts';

/** Texts longer than this are not searched: a pattern costs up to 2,000 steps per character. */
const MAX_MATCHED_LENGTH = 65_536;

/**
 * Compiles an expression over rows of these fields, keyed by stored name; a missing key is null. The function is
 * pure and throws EXPRESSION_FAILED when the row has no result: overflow, division by zero, a cast that fails.
 * This function throws EXPRESSION_INVALID.
 */
export function compileExpression(
  text: string,
  fields: readonly Field[],
  options: {
    /** What `fn:name(…)` may call. @default nothing */
    readonly functions?: FunctionTable | undefined;
  } = {},
): Evaluate {
  return compileTyped(typeExpression(text, fields, options), text);
}

/** Compiles a typed tree; `text` is the expression, for messages. */
export function compileTyped(root: TypedNode, text: string): Evaluate {
  const context: CompileContext = {
    compile: (node) => compileNode(node, context),
    fail: (node, problem) => failedAt(text, node.column, problem),
  };
  return context.compile(root);
}

function compileNode(node: TypedNode, context: CompileContext): Evaluate {
  const { compile } = context;
  switch (node.kind) {
    case 'literal': {
      const { value } = node;
      return () => value;
    }
    case 'field':
      return compileField(node.path);
    case 'cast':
      return compileCast(node, node.operand, context);
    case 'negate':
      return compileNegate(node, context);
    case 'arithmetic':
      return compileArithmetic(node, context);
    case 'comparison':
      return compileComparison(node, context);
    case 'in':
      return compileIn(node, context);
    case 'not': {
      const operand = compile(node.operand);
      return (row) => {
        const value = operand(row);
        return value === null ? null : !value;
      };
    }
    case 'isNull': {
      const operand = compile(node.operand);
      return (row) => operand(row) === null;
    }
    case 'and':
      return compileJunction(node.operands.map(compile), false);
    case 'or':
      return compileJunction(node.operands.map(compile), true);
    case 'case':
      return compileCase(node, context);
    case 'coalesce':
      return compileCoalesce(node.operands.map(compile));
    case 'matches':
      return compileMatches(node, context);
    case 'call':
      return compileCall(node, context);
    case 'extension':
      return compileExtension(node, context);
  }
}

function compileField(path: readonly string[]): Evaluate {
  const [first = '', ...rest] = path;
  if (rest.length === 0) return (row) => row[first] ?? null;
  return (row) => {
    let value = row[first] ?? null;
    for (const name of rest) {
      if (value === null) return null;
      value = (value as Row)[name] ?? null;
    }
    return value;
  };
}

function compileCast(node: TypedNode, operand: TypedNode, context: CompileContext): Evaluate {
  const cast = castFunction(operand.type, node.type);
  const evaluate = context.compile(operand);
  if (cast === null) {
    // The checker makes such a cast for an operand that is always null only.
    if (operand.type.kind === 'null') return evaluate;
    throw invalidAt(
      node.column,
      `${describeType(operand.type)} cannot be stored as ${describeType(node.type)}`,
    );
  }
  const problem = `a ${describeType(operand.type)} cannot be read as ${describeType(node.type)}`;
  return (row) => {
    const value = evaluate(row);
    if (value === null) return null;
    const converted = cast(value);
    if (converted === null) throw context.fail(node, problem);
    return converted;
  };
}

/**
 * Three-valued "and" (decided by false) and "or" (decided by true), from left to right: what follows the deciding
 * operand is not evaluated, so a guard on the left keeps an error on the right away.
 */
function compileJunction(operands: readonly Evaluate[], decisive: boolean): Evaluate {
  return (row) => {
    let unknown = false;
    for (const operand of operands) {
      const value = operand(row);
      if (value === decisive) return decisive;
      if (value === null) unknown = true;
    }
    return unknown ? null : !decisive;
  };
}

function compileCase(
  node: Extract<TypedNode, { kind: 'case' }>,
  { compile }: CompileContext,
): Evaluate {
  const branches = node.branches.map(({ when, result }) => ({
    when: compile(when),
    result: compile(result),
  }));
  const otherwise = compile(node.otherwise);
  return (row) => {
    for (const { when, result } of branches) if (when(row) === true) return result(row);
    return otherwise(row);
  };
}

function compileCoalesce(operands: readonly Evaluate[]): Evaluate {
  return (row) => {
    for (const operand of operands) {
      const value = operand(row);
      if (value !== null) return value;
    }
    return null;
  };
}

function compileMatches(
  node: Extract<TypedNode, { kind: 'matches' }>,
  context: CompileContext,
): Evaluate {
  const evaluate = context.compile(node.value);
  const { pattern } = node;
  return (row) => {
    const text = evaluate(row) as string | null;
    if (text === null) return null;
    if (text.length > MAX_MATCHED_LENGTH) {
      throw context.fail(
        node,
        `text of ${text.length} characters, expected at most ${MAX_MATCHED_LENGTH} for "matches"`,
      );
    }
    return pattern.test(text);
  };
}
