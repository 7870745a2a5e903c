import { SluiceError } from '../errors.ts';
import type { Field, Row, Value } from '../schema/field.ts';
import { castFunction } from './evaluate/value-cast.ts';
import {
  commonType,
  describeType,
  type ExpressionType,
  expressionTypeOf,
  isInteger,
  isSameType,
  LONG,
} from './expression-type.ts';
import { trimSpace } from './values/code-points.ts';
import { fitsPrecision, parseDecimal, powerOfTen, rescale } from './values/decimal-arithmetic.ts';

/** Value of one field for an input row. Throws EXPRESSION_FAILED when there is none that fits. */
export type FieldAssigner = (input: Row) => Value;

export interface AssignedExpression {
  readonly type: ExpressionType;
  readonly evaluate: (input: Row) => Value;
  /** The expression gives the cents of a money field, not its units. */
  readonly inCents: boolean;
}

/** Extra decimals that are looked at to see whether a decimal fits without rounding. */
const GUARD_DIGITS = 20;

/**
 * Stores the result of an expression in a field: text is read as the field's type, numbers widen, integers and
 * decimals narrow when nothing is lost. Throws EXPRESSION_INVALID when the types do not allow it at all.
 */
export function createFieldAssigner(field: Field, expression: AssignedExpression): FieldAssigner {
  const target = targetType(field, expression);
  const convert = conversion(expression.type, target);
  if (convert === null) {
    throw new SluiceError(
      'EXPRESSION_INVALID',
      `field ${field.name} is ${describeType(target)}, but the expression gives ${describeType(expression.type)}; use cast(… as ${describeType(target)})`,
      { context: { column: 1 } },
    );
  }
  const check = valueCheck(field);
  return (input) => {
    const value = expression.evaluate(input);
    if (value === null) {
      if (field.optional) return null;
      throw unfit(field, `no value, expected ${describeType(target)}`);
    }
    const converted = convert(value);
    if (converted === null) {
      const from =
        expression.type.kind === 'string' ? 'the text' : `the ${describeType(expression.type)}`;
      throw unfit(field, `${from} is no ${describeType(target)}, or loses digits as one`);
    }
    const problem = check(converted);
    if (problem !== null) throw unfit(field, problem);
    return converted;
  };
}

function targetType({ type }: Field, { inCents }: AssignedExpression): ExpressionType {
  return type.kind === 'money' && inCents ? LONG : expressionTypeOf(type);
}

/**
 * What is wrong with storing results of a type in a column without a cast, or null: they must have the column's type
 * or widen to it. For mappings of a domain file, where texts are not read as numbers silently.
 */
export function assignmentProblem(
  from: ExpressionType,
  column: Pick<Field, 'name' | 'type'>,
): string | null {
  const target = expressionTypeOf(column.type);
  const common = commonType(from, target);
  if (common !== null && isSameType(common, target)) return null;
  const wanted = describeType(target);
  return `gives ${describeType(from)}, but column ${column.name} is ${wanted}; use cast(… as ${wanted})`;
}

/** Null when values of the type cannot be assigned without an explicit cast. */
function conversion(from: ExpressionType, to: ExpressionType): ((value: Value) => Value) | null {
  if (from.kind === 'null' || isSameType(from, to)) return (value) => value;
  if (to.kind === 'decimal') return exactDecimal(from, to);
  const widens = commonType(from, to);
  const allowed =
    from.kind === 'string' ||
    (isInteger(from) && isInteger(to)) ||
    (from.kind === 'double' && to.kind === 'float') ||
    (widens !== null && isSameType(widens, to));
  return allowed ? castFunction(from, to) : null;
}

/** Money and decimals are never rounded on the way in: 12.345 is no amount of cents. */
function exactDecimal(
  from: ExpressionType,
  to: { readonly precision: number; readonly scale: number },
): ((value: Value) => Value) | null {
  const wideScale = to.scale + GUARD_DIGITS;
  const guard = powerOfTen(GUARD_DIGITS);
  const narrow = (wide: bigint | null): Value => {
    if (wide === null || wide % guard !== 0n) return null;
    return fitsPrecision(wide / guard, to.precision) ? wide / guard : null;
  };
  switch (from.kind) {
    case 'string':
      return (value) => narrow(parseDecimal(trimSpace(value as string), wideScale));
    case 'decimal':
      return (value) => narrow(rescale(value as bigint, from.scale, wideScale));
    case 'int':
    case 'long':
      return (value) => narrow(BigInt(value as number | bigint) * powerOfTen(wideScale));
    default:
      return null;
  }
}

/** What the field demands beyond its type; null when the value is fine. */
function valueCheck(field: Field): (value: Value) => string | null {
  const { type, allowNan } = field;
  switch (type.kind) {
    case 'enum': {
      const symbols = new Set<Value>(type.symbols);
      return (value) => (symbols.has(value) ? null : `expected one of ${type.symbols.join(', ')}`);
    }
    case 'float':
    case 'double':
      if (allowNan) return () => null;
      return (value) => (Number.isFinite(value) ? null : 'expected a finite number');
    case 'timestamp_millis':
      return (value) => {
        const whole = (value as bigint) % 1_000n === 0n;
        return whole ? null : 'has microseconds, expected whole milliseconds';
      };
    case 'money':
      // decimal(19, 2) has room for a little more than 64 bits.
      return (value) =>
        BigInt.asIntN(64, value as bigint) === value ? null : 'does not fit 64 bits of cents';
    default:
      return () => null;
  }
}

function unfit(field: Field, problem: string): SluiceError {
  return new SluiceError('EXPRESSION_FAILED', `field ${field.name}: ${problem}`, {
    context: { field: field.name },
  });
}
