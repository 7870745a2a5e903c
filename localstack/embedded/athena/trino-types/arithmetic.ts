import type { BinaryOperator, Position } from '../sql/ast.ts';
import { failAt } from '../sql-failure.ts';
import { asDecimalType, commonSuperType } from './coercion.ts';
import { type Compiled, coerce, failureSql } from './compiled.ts';
import {
  decimalType,
  duckType,
  isInteger,
  isNumeric,
  MAX_DECIMAL_PRECISION,
  type TrinoType,
  typeName,
} from './trino-type.ts';

type DecimalType = TrinoType & { readonly kind: 'decimal' };

interface Operands {
  readonly left: Compiled;
  readonly right: Compiled;
  readonly position: Position;
}

/** `+ - * / %` of numbers. Throws TYPE_MISMATCH for anything else. */
export function numericOperation(operator: BinaryOperator, operands: Operands): Compiled {
  const { left, right, position } = operands;
  const common = commonSuperType(left.type, right.type);
  if (common === null || !isNumeric(common)) {
    throw failAt(
      'TYPE_MISMATCH',
      position,
      `Cannot apply operator: ${typeName(left.type)} ${operator} ${typeName(right.type)}`,
    );
  }
  if (common.kind === 'decimal') return decimalArithmetic(operator, operands);
  const a = coerce(left, common).sql;
  const b = coerce(right, common).sql;
  if (isInteger(common)) {
    return { sql: integerArithmetic(operator, { a, b, type: common }), type: common };
  }
  // Floating numbers follow IEEE 754 in both engines: division by zero gives infinity or NaN.
  return { sql: `CAST((${a} ${operator} ${b}) AS ${duckType(common)})`, type: common };
}

/** Integers overflow with an error in both engines; division truncates towards zero. */
function integerArithmetic(
  operator: BinaryOperator,
  operands: { readonly a: string; readonly b: string; readonly type: TrinoType },
): string {
  const { a, b, type } = operands;
  if (operator !== '/' && operator !== '%') return `(${a} ${operator} ${b})`;
  const operation = `(${a} ${operator === '/' ? '//' : '%'} ${b})`;
  if (isNonZeroLiteral(b)) return operation;
  return `CASE WHEN ${b} = 0 AND ${a} IS NOT NULL THEN ${failureSql('DIVISION_BY_ZERO', "'Division by zero'", type)} ELSE ${operation} END`;
}

/** A literal as compileNumber writes it. */
function isNonZeroLiteral(sql: string): boolean {
  return /^(CAST\()+-?[0-9]*[1-9][0-9]*( AS [A-Z]+\))+$/.test(sql);
}

function decimalArithmetic(operator: BinaryOperator, operands: Operands): Compiled {
  const { left, right, position } = operands;
  const a = asDecimalType(left.type);
  const b = asDecimalType(right.type);
  const result = decimalResultType(operator, a, b);
  if (result.scale > MAX_DECIMAL_PRECISION) {
    throw failAt(
      'TYPE_MISMATCH',
      position,
      `DECIMAL scale must be in range [0, precision (38)]: ${result.scale}`,
    );
  }
  const typed = (sql: string): Compiled => ({
    sql: `CAST(${sql} AS ${duckType(result)})`,
    type: result,
  });
  const leftSql = coerce(left, a).sql;
  const rightSql = coerce(right, b).sql;
  switch (operator) {
    case '*':
      return typed(`(${leftSql} * ${rightSql})`);
    case '/':
      return typed(
        `athena_decimal_divide(CAST(${leftSql} AS VARCHAR), CAST(${rightSql} AS VARCHAR), ${result.scale})`,
      );
    case '%': {
      const wide = commonSuperType(a, b) ?? result;
      const operation = `(${coerce({ sql: leftSql, type: a }, wide).sql} % ${coerce({ sql: rightSql, type: b }, wide).sql})`;
      const failure = failureSql('DIVISION_BY_ZERO', "'Division by zero'", wide);
      return typed(
        `CASE WHEN ${rightSql} = 0 AND ${leftSql} IS NOT NULL THEN ${failure} ELSE ${operation} END`,
      );
    }
    default:
      return typed(`(${typed(leftSql).sql} ${operator} ${typed(rightSql).sql})`);
  }
}

/** Source: Trino documentation, Decimal functions and operators, result types. */
function decimalResultType(operator: BinaryOperator, a: DecimalType, b: DecimalType): DecimalType {
  const scale = Math.max(a.scale, b.scale);
  const wholeA = a.precision - a.scale;
  const wholeB = b.precision - b.scale;
  const of = (precision: number, resultScale: number): DecimalType =>
    decimalType(precision, resultScale) as DecimalType;
  switch (operator) {
    case '*':
      return of(a.precision + b.precision, a.scale + b.scale);
    case '/':
      return of(a.precision + b.scale + Math.max(b.scale - a.scale, 0), scale);
    case '%':
      return of(Math.min(wholeA, wholeB) + scale, scale);
    default:
      return of(Math.max(wholeA, wholeB) + scale + 1, scale);
  }
}
