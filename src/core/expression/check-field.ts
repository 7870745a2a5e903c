import type { Field } from '../schema/field.ts';
import { storedName } from '../schema/field.ts';
import { suggest } from './closest-name.ts';
import { invalidAt } from './expression-error.ts';
import { describeType, expressionTypeOf, LONG } from './expression-type.ts';
import type { TypedNode } from './typed-tree.ts';

/** Finds a field of the row by name, money also by its stored name. Throws EXPRESSION_INVALID with a suggestion. */
export function resolveField(name: string, fields: readonly Field[], column: number): TypedNode {
  return find(name, fields, { path: [], column });
}

/** Finds a field of a record value. Throws EXPRESSION_INVALID with a suggestion. */
export function resolveMember(operand: TypedNode, name: string, column: number): TypedNode {
  if (operand.type.kind !== 'record' || operand.kind !== 'field') {
    throw invalidAt(
      column,
      `".${name}" after ${describeType(operand.type)}, expected a field of type record before "."`,
    );
  }
  return find(name, operand.type.fields, { path: operand.path, column });
}

function find(
  name: string,
  fields: readonly Field[],
  place: { readonly path: readonly string[]; readonly column: number },
): TypedNode {
  const { path, column } = place;
  const field = fields.find((candidate) => candidate.name === name);
  if (field !== undefined) {
    const type = expressionTypeOf(field.type);
    return { kind: 'field', path: [...path, storedName(field)], type, column };
  }
  const stored = fields.find((candidate) => storedName(candidate) === name);
  if (stored !== undefined) return { kind: 'field', path: [...path, name], type: LONG, column };
  const names = fields.map((candidate) => candidate.name);
  const known = names.length === 0 ? '' : `; known are ${names.slice(0, 20).join(', ')}`;
  throw invalidAt(column, `unknown field "${name}"${suggest(name, names) || known}`);
}
