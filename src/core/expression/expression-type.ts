import type { FieldType } from '../schema/field.ts';

/**
 * Type of an expression. Enums are strings, both timestamps are microseconds, money is decimal(19, 2) under the
 * field's name and long (cents) under its stored name. `null` is the type of the bare literal.
 */
export type ExpressionType = FieldType | { readonly kind: 'null' };

export const NULL: ExpressionType = { kind: 'null' };
export const STRING: ExpressionType = { kind: 'string' };
export const BOOLEAN: ExpressionType = { kind: 'boolean' };
export const INT: ExpressionType = { kind: 'int' };
export const LONG: ExpressionType = { kind: 'long' };
export const FLOAT: ExpressionType = { kind: 'float' };
export const DOUBLE: ExpressionType = { kind: 'double' };
export const DATE: ExpressionType = { kind: 'date' };
export const TIMESTAMP: ExpressionType = { kind: 'timestamp_micros' };

/** Largest precision of a decimal. Source: Trino, Decimals.MAX_PRECISION. */
export const MAX_PRECISION = 38;

export interface DecimalType {
  readonly kind: 'decimal';
  readonly precision: number;
  readonly scale: number;
}

export function decimal(precision: number, scale: number): DecimalType {
  return { kind: 'decimal', precision: Math.min(MAX_PRECISION, precision), scale };
}

/** Money in an expression: 19 digits hold every 64-bit number of cents. */
export const MONEY_AS_DECIMAL = decimal(19, 2);

/** The type a stored field has in an expression. */
export function expressionTypeOf(type: FieldType): ExpressionType {
  switch (type.kind) {
    case 'enum':
      return STRING;
    case 'money':
      return MONEY_AS_DECIMAL;
    case 'timestamp_millis':
      return TIMESTAMP;
    default:
      return type;
  }
}

/** How messages and documentation spell a type. */
export function describeType(type: ExpressionType): string {
  switch (type.kind) {
    case 'decimal':
      return `decimal(${type.precision}, ${type.scale})`;
    case 'timestamp_micros':
      return 'timestamp';
    case 'list':
      return `list of ${describeType(type.element)}`;
    case 'map':
      return `map of ${describeType(type.value)}`;
    default:
      return type.kind;
  }
}

export function isNumeric(type: ExpressionType): boolean {
  return isInteger(type) || isFloating(type) || type.kind === 'decimal';
}

export function isInteger(type: ExpressionType): boolean {
  return type.kind === 'int' || type.kind === 'long';
}

export function isFloating(type: ExpressionType): boolean {
  return type.kind === 'float' || type.kind === 'double';
}

/** Types that have an order and can be compared. */
export function isComparable(type: ExpressionType): boolean {
  return (
    isNumeric(type) || ['string', 'boolean', 'date', 'timestamp_micros', 'null'].includes(type.kind)
  );
}

export function isSameType(left: ExpressionType, right: ExpressionType): boolean {
  // Field types hold plain data only, and their keys come in one order.
  return left.kind === right.kind && JSON.stringify(left) === JSON.stringify(right);
}

/** The decimal an integer widens to. Source: Trino, TypeCoercion. */
export function asDecimal(type: ExpressionType): DecimalType {
  if (type.kind === 'decimal') return type;
  return type.kind === 'int' ? decimal(10, 0) : decimal(19, 0);
}

/**
 * The type both sides widen to, or null when there is none: int < long < decimal < float < double, date <
 * timestamp, null < everything. Source: Trino, TypeCoercion.getCommonSuperType.
 */
export function commonType(left: ExpressionType, right: ExpressionType): ExpressionType | null {
  if (left.kind === 'null' || isSameType(left, right)) return right;
  if (right.kind === 'null') return left;
  if (isNumeric(left) && isNumeric(right)) return commonNumericType(left, right);
  const kinds = [left.kind, right.kind];
  if (kinds.includes('date') && kinds.includes('timestamp_micros')) return TIMESTAMP;
  return null;
}

function commonNumericType(left: ExpressionType, right: ExpressionType): ExpressionType {
  const kinds = [left.kind, right.kind];
  if (kinds.includes('double')) return DOUBLE;
  if (kinds.includes('float')) return FLOAT;
  if (!kinds.includes('decimal')) return LONG;
  const [a, b] = [asDecimal(left), asDecimal(right)];
  const scale = Math.max(a.scale, b.scale);
  return decimal(Math.max(a.precision - a.scale, b.precision - b.scale) + scale, scale);
}

export type ArithmeticOperator = '+' | '-' | '*' | '/' | '%';

/**
 * Result type of arithmetic on two decimals, or null when its scale exceeds 38.
 * Source: Trino, DecimalOperators.
 */
export function decimalResult(
  operator: ArithmeticOperator,
  left: DecimalType,
  right: DecimalType,
): DecimalType | null {
  const scale = Math.max(left.scale, right.scale);
  const leftDigits = left.precision - left.scale;
  const rightDigits = right.precision - right.scale;
  switch (operator) {
    case '+':
    case '-':
      return decimal(Math.max(leftDigits, rightDigits) + scale + 1, scale);
    case '*': {
      const product = left.scale + right.scale;
      return product > MAX_PRECISION ? null : decimal(left.precision + right.precision, product);
    }
    case '/':
      return decimal(left.precision + right.scale + Math.max(0, right.scale - left.scale), scale);
    case '%':
      return decimal(Math.max(1, Math.min(leftDigits, rightDigits) + scale), scale);
  }
}
