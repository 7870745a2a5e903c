import type { Value } from '../../schema/field.ts';
import { describeType, type ExpressionType } from '../expression-type.ts';
import { MAX_STRING_LENGTH } from '../values/code-points.ts';
import { fitsPrecision } from '../values/decimal-arithmetic.ts';

/** A result that fits its type, or what is wrong with it; never the value itself. */
export type CheckedResult = { readonly value: Value } | { readonly problem: string };

/** Checks what a function of a user gave against the type it declares; null is a value of every type. */
export function checkResult(result: unknown, type: ExpressionType): CheckedResult {
  if (result === null) return { value: null };
  switch (type.kind) {
    case 'string':
      return typeof result === 'string' ? checkText(result) : wrongType(result, type);
    case 'boolean':
      return typeof result === 'boolean' ? { value: result } : wrongType(result, type);
    case 'int':
    case 'date':
      return typeof result === 'number' ? checkWhole(result, type) : wrongType(result, type);
    case 'float':
    case 'double':
      return typeof result === 'number' ? checkFinite(result, type) : wrongType(result, type);
    case 'long':
    case 'timestamp_micros':
    case 'decimal':
      return typeof result === 'bigint' ? checkBigint(result, type) : wrongType(result, type);
    default:
      return wrongType(result, type);
  }
}

function checkText(text: string): CheckedResult {
  if (text.length > MAX_STRING_LENGTH) {
    return { problem: `gave more than ${MAX_STRING_LENGTH} characters` };
  }
  return text.isWellFormed()
    ? { value: text }
    : { problem: 'gave text with half a surrogate pair, which UTF-8 cannot hold' };
}

function checkWhole(number: number, type: ExpressionType): CheckedResult {
  // The same as a 32-bit number, or a fraction, out of range, NaN; minus zero is stored as zero.
  return (number | 0) === number
    ? { value: number | 0 }
    : { problem: `gave a number that is no ${describeType(type)} (whole, 32 bits)` };
}

function checkFinite(number: number, type: ExpressionType): CheckedResult {
  const stored = type.kind === 'float' ? Math.fround(number) : number;
  return Number.isFinite(stored)
    ? { value: stored }
    : { problem: `gave a number that is not finite, expected ${describeType(type)}` };
}

function checkBigint(number: bigint, type: ExpressionType): CheckedResult {
  const fits =
    type.kind === 'decimal'
      ? fitsPrecision(number, type.precision)
      : BigInt.asIntN(64, number) === number;
  return fits
    ? { value: number }
    : { problem: `gave a number that does not fit ${describeType(type)}` };
}

function wrongType(result: unknown, type: ExpressionType): CheckedResult {
  const hint =
    typeof result === 'number' && ['long', 'timestamp_micros', 'decimal'].includes(type.kind)
      ? ' (a bigint such as 12n)'
      : '';
  return { problem: `gave ${kindOf(result)}, expected ${describeType(type)}${hint}` };
}

function kindOf(result: unknown): string {
  if (isThenable(result)) return 'a promise (functions cannot be async)';
  if (result === undefined) return 'nothing';
  return typeof result === 'object' ? 'an object' : `a ${typeof result}`;
}

export function isThenable(result: unknown): result is PromiseLike<unknown> {
  return (
    typeof result === 'object' &&
    result !== null &&
    'then' in result &&
    typeof result.then === 'function'
  );
}
