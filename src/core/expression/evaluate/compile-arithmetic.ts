import type { Value } from '../../schema/field.ts';
import type { ArithmeticOperator, DecimalType } from '../expression-type.ts';
import type { TypedNode } from '../typed-tree.ts';
import { divideHalfUp, fitsPrecision, powerOfTen, rescale } from '../values/decimal-arithmetic.ts';
import type { CompileContext, Evaluate } from './compile-context.ts';

type ArithmeticNode = Extract<TypedNode, { kind: 'arithmetic' }>;

/** Null when the result does not exist: overflow. Division by zero is caught before. */
type Operation<Operand extends number | bigint> = (left: Operand, right: Operand) => Operand | null;

/** Arithmetic with nulls: null with anything is null. */
export function compileArithmetic(node: ArithmeticNode, context: CompileContext): Evaluate {
  const { type, operator } = node;
  switch (type.kind) {
    case 'long':
      return compileOperation(node, context, LONG_OPERATIONS[operator]);
    case 'double':
      return compileOperation(node, context, DOUBLE_OPERATIONS[operator]);
    case 'float': {
      const operation = DOUBLE_OPERATIONS[operator];
      return compileOperation<number>(node, context, (left, right) =>
        Math.fround(operation(left, right)),
      );
    }
    case 'decimal':
      return compileOperation(node, context, decimalOperation(node, type));
    default:
      throw context.fail(node, `no arithmetic on ${type.kind}`);
  }
}

/** The sign changes; only the smallest long has no opposite. */
export function compileNegate(
  node: Extract<TypedNode, { kind: 'negate' | 'not' | 'isNull' | 'cast' }>,
  context: CompileContext,
): Evaluate {
  const evaluate = context.compile(node.operand);
  const isLong = node.type.kind === 'long';
  return (row) => {
    const value = evaluate(row) as number | bigint | null;
    if (value === null) return null;
    const negated = -value;
    if (isLong && checkLong(negated as bigint) === null) throw overflow(node, context);
    return negated;
  };
}

function compileOperation<Operand extends number | bigint>(
  node: ArithmeticNode,
  context: CompileContext,
  operation: Operation<Operand>,
): Evaluate {
  const evaluateLeft = context.compile(node.left);
  const evaluateRight = context.compile(node.right);
  const divides = node.operator === '/' || node.operator === '%';
  return (row): Value => {
    const left = evaluateLeft(row) as Operand | null;
    if (left === null) return null;
    const right = evaluateRight(row) as Operand | null;
    if (right === null) return null;
    // Doubles too, unlike in Trino: an infinite price is not a price, so the row is rejected.
    if (divides && isZero(right)) throw context.fail(node, 'division by zero');
    const result = operation(left, right);
    if (result === null) throw overflow(node, context);
    return result;
  };
}

function isZero(value: number | bigint): boolean {
  return value === 0 || value === 0n;
}

function overflow(node: TypedNode, context: CompileContext): Error {
  const range = node.type.kind === 'decimal' ? 'a decimal of 38 digits' : '64 bits';
  return context.fail(node, `result does not fit ${range}`);
}

function checkLong(value: bigint): bigint | null {
  return BigInt.asIntN(64, value) === value ? value : null;
}

/** Division truncates towards zero and the remainder has the sign of the dividend, as in Trino. */
const LONG_OPERATIONS: Readonly<Record<ArithmeticOperator, Operation<bigint>>> = {
  '+': (left, right) => checkLong(left + right),
  '-': (left, right) => checkLong(left - right),
  '*': (left, right) => checkLong(left * right),
  '/': (left, right) => checkLong(left / right),
  '%': (left, right) => left % right,
};

const DOUBLE_OPERATIONS: Readonly<
  Record<ArithmeticOperator, (left: number, right: number) => number>
> = {
  '+': (left, right) => left + right,
  '-': (left, right) => left - right,
  '*': (left, right) => left * right,
  '/': (left, right) => left / right,
  '%': (left, right) => left % right,
};

function decimalOperation(node: ArithmeticNode, type: DecimalType): Operation<bigint> {
  const leftScale = scaleOf(node.left);
  const rightScale = scaleOf(node.right);
  const { precision, scale } = type;
  const compute = (left: bigint, right: bigint): bigint => {
    switch (node.operator) {
      case '+':
        return rescale(left, leftScale, scale) + rescale(right, rightScale, scale);
      case '-':
        return rescale(left, leftScale, scale) - rescale(right, rightScale, scale);
      case '*':
        return left * right;
      case '/':
        // left / 10^a over right / 10^b at scale s is left × 10^(s + b - a) / right, and s >= a.
        return divideHalfUp(left * powerOfTen(scale + rightScale - leftScale), right);
      case '%':
        return rescale(left, leftScale, scale) % rescale(right, rightScale, scale);
    }
  };
  return (left, right) => {
    const result = compute(left, right);
    return fitsPrecision(result, precision) ? result : null;
  };
}

function scaleOf(node: TypedNode): number {
  return node.type.kind === 'decimal' ? node.type.scale : 0;
}
