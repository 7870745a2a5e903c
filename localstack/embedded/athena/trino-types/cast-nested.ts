import type { Compiled } from './compiled.ts';
import { quoteIdentifier, type TrinoType } from './trino-type.ts';

/**
 * Cast between arrays and between rows, element by element; null when the types are not both of one
 * of these kinds or the rows differ in length.
 */
export function castNested(
  value: Compiled,
  target: TrinoType,
  castElement: (element: Compiled, to: TrinoType) => Compiled,
): Compiled | null {
  const { sql, type } = value;
  if (type.kind === 'array' && target.kind === 'array') {
    const element = castElement({ sql: 'cast_item', type: type.element }, target.element);
    return { sql: `list_transform(${sql}, lambda cast_item: ${element.sql})`, type: target };
  }
  if (type.kind !== 'row' || target.kind !== 'row') return null;
  if (type.fields.length !== target.fields.length) return null;
  const fields = target.fields.map((field, index) => {
    const source = type.fields[index];
    const from = {
      sql: `(${sql}).${quoteIdentifier(source?.physicalName ?? '')}`,
      type: source?.type ?? field.type,
    };
    return `${field.physicalName} := ${castElement(from, field.type).sql}`;
  });
  return {
    sql: `CASE WHEN ${sql} IS NOT NULL THEN struct_pack(${fields.join(', ')}) END`,
    type: target,
  };
}
