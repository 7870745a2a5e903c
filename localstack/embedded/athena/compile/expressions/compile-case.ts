import type { Expression } from '../../sql/ast.ts';
import { failAt, notSupported } from '../../sql-failure.ts';
import { commonTypeOf, zonesDiffer } from '../../trino-types/coercion.ts';
import { type Compiled, coerce } from '../../trino-types/compiled.ts';
import { BOOLEAN, type TrinoType, typeName } from '../../trino-types/trino-type.ts';
import type { ExpressionContext } from '../context.ts';
import { compileComparison } from './compile-comparison.ts';

/** Both forms of CASE. A missing ELSE gives null. */
export function compileCase(
  node: Expression & { readonly kind: 'case' },
  context: ExpressionContext,
): Compiled {
  const compile = (part: Expression): Compiled => context.compiler.expression(part, context);
  const operand = node.operand === null ? null : compile(node.operand);
  const conditions = node.branches.map(({ when }) => {
    const compiled = compile(when);
    if (operand !== null) {
      return compileComparison('=', { left: operand, right: compiled, position: when }).sql;
    }
    return conditionSql(compiled, when);
  });
  const results = node.branches.map(({ result }) => compile(result));
  const otherwise = node.otherwise === null ? null : compile(node.otherwise);
  const all = otherwise === null ? results : [...results, otherwise];
  const { type, values } = unify(all, node);
  const branches = conditions.map((condition, index) => `WHEN ${condition} THEN ${values[index]}`);
  const last = otherwise === null ? '' : ` ELSE ${values.at(-1)}`;
  return { sql: `CASE ${branches.join(' ')}${last} END`, type };
}

/** Values converted to their common type. Throws TYPE_MISMATCH when there is none. */
export function unify(
  values: readonly Compiled[],
  node: Expression,
): { readonly type: TrinoType; readonly values: readonly string[] } {
  const type = commonTypeOf(values.map((value) => value.type));
  if (type === null) {
    const names = [...new Set(values.map((value) => typeName(value.type)))];
    throw failAt('TYPE_MISMATCH', node, `All result types must be the same: ${names.join(', ')}`);
  }
  if (values.some((value) => zonesDiffer(value.type, type))) {
    throw notSupported(node, 'values of different time zones in one expression');
  }
  return { type, values: values.map((value) => coerce(value, type).sql) };
}

function conditionSql(condition: Compiled, node: Expression): string {
  if (condition.type.kind !== 'boolean' && condition.type.kind !== 'unknown') {
    throw failAt(
      'TYPE_MISMATCH',
      node,
      `CASE WHEN clause must evaluate to a boolean (actual: ${typeName(condition.type)})`,
    );
  }
  return coerce(condition, BOOLEAN).sql;
}
