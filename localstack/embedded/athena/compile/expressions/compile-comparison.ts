import type { ComparisonOperator, Position } from '../../sql/ast.ts';
import { failAt, notSupported } from '../../sql-failure.ts';
import { commonSuperType } from '../../trino-types/coercion.ts';
import { type Compiled, coerce } from '../../trino-types/compiled.ts';
import { BOOLEAN, isFloating, typeName } from '../../trino-types/trino-type.ts';

const NOT_COMPARED: readonly string[] = ['array', 'map', 'row', 'json'];

/** `= <> < <= > >=`. Throws TYPE_MISMATCH when the types do not go together. */
export function compileComparison(
  operator: ComparisonOperator,
  operands: { readonly left: Compiled; readonly right: Compiled; readonly position: Position },
): Compiled {
  const { position } = operands;
  const [left, right] = toCommonType(operator, operands);
  if (isFloating(left.type)) {
    return { sql: compareFloating(operator, left.sql, right.sql), type: BOOLEAN };
  }
  if (NOT_COMPARED.includes(left.type.kind)) {
    throw notSupported(position, `comparison of ${typeName(left.type)} values`);
  }
  return { sql: `(${left.sql} ${operator} ${right.sql})`, type: BOOLEAN };
}

/** Both sides converted to the type they are compared in; zoned timestamps compare as instants. */
export function toCommonType(
  operator: string,
  operands: { readonly left: Compiled; readonly right: Compiled; readonly position: Position },
): readonly [Compiled, Compiled] {
  const { left, right, position } = operands;
  const common = commonSuperType(left.type, right.type);
  if (common === null) {
    throw failAt(
      'TYPE_MISMATCH',
      position,
      `Cannot apply operator: ${typeName(left.type)} ${operator} ${typeName(right.type)}`,
    );
  }
  return [coerce(left, common), coerce(right, common)];
}

/**
 * NaN equals nothing and is in no order, not even to itself; DuckDB takes it for the largest number
 * and equal to itself. The guards are exact for null too: a comparison with null stays null.
 */
function compareFloating(operator: ComparisonOperator, a: string, b: string): string {
  const plain = `${a} ${operator} ${b}`;
  const guard = (operand: string, other: string): string =>
    isNumber(operand) ? '' : ` AND (NOT isnan(${operand}) OR ${other} IS NULL)`;
  switch (operator) {
    case '>':
    case '>=':
      return `(${plain}${guard(a, b)})`;
    case '<':
    case '<=':
      return `(${plain}${guard(b, a)})`;
    case '=':
      return isNumber(b) ? `(${plain})` : `(${plain}${guard(a, b)})`;
    case '<>':
      return isNumber(a) || isNumber(b)
        ? `(${plain})`
        : `(${plain} OR (isnan(${a}) AND ${b} IS NOT NULL))`;
  }
}

/** A literal as compileNumber writes it, coerced or not. */
function isNumber(sql: string): boolean {
  return /^(CAST\()+'?-?[0-9.]+([eE][+-]?[0-9]+)?'?( AS [A-Z]+(\([0-9, ]+\))?\))+$/.test(sql);
}
