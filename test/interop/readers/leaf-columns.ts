import type { IcebergType, PrimitiveType, Schema } from '#core/iceberg/spec/schema.ts';
import { isPrimitive } from '#core/iceberg/spec/schema-fields.ts';

/** One primitive of a schema, and the SQL that gives all its values: one per row, or one per list or map entry. */
export interface LeafColumn {
  /** `place.owner.name`, `legs.element.code`, `tags.value.weight`: as PyIceberg names columns. */
  readonly path: string;
  readonly type: PrimitiveType;
  readonly expression: string;
  /** `CROSS JOIN UNNEST(…)` clauses behind the table's name; empty for one value per row. */
  readonly joins: string;
}

interface Place {
  readonly path: string;
  readonly expression: string;
  readonly joins: string;
}

/** Every primitive of a schema, in the order of its columns. */
export function leafColumns(schema: Pick<Schema, 'fields'>): readonly LeafColumn[] {
  let aliases = 0;
  const nextAlias = (): string => {
    aliases += 1;
    return `u${aliases}`;
  };
  return schema.fields.flatMap(({ name, type }) =>
    leavesOf(type, { path: name, expression: quoted(name), joins: '' }, nextAlias),
  );
}

function leavesOf(type: IcebergType, place: Place, nextAlias: () => string): readonly LeafColumn[] {
  const { path, expression, joins } = place;
  if (isPrimitive(type)) return [{ ...place, type }];
  if (type.type === 'struct') {
    return type.fields.flatMap((field) =>
      leavesOf(
        field.type,
        {
          path: `${path}.${field.name}`,
          expression: `${expression}.${quoted(field.name)}`,
          joins,
        },
        nextAlias,
      ),
    );
  }
  const alias = nextAlias();
  const unnest = (columns: readonly string[]): string =>
    `${joins} CROSS JOIN UNNEST(${expression}) AS ${alias} (${columns.map(quoted).join(', ')})`;
  if (type.type === 'map') {
    const inside = { joins: unnest(['k', 'v']) };
    return [
      ...leavesOf(
        type.key,
        { path: `${path}.key`, expression: `${alias}."k"`, ...inside },
        nextAlias,
      ),
      ...leavesOf(
        type.value,
        { path: `${path}.value`, expression: `${alias}."v"`, ...inside },
        nextAlias,
      ),
    ];
  }
  const { element } = type;
  if (isPrimitive(element) || element.type !== 'struct') {
    const inside = { path: `${path}.element`, expression: `${alias}."e"`, joins: unnest(['e']) };
    return leavesOf(element, inside, nextAlias);
  }
  // An array of rows is unnested into the columns of the row. Source: Trino documentation, UNNEST.
  const inside = unnest(element.fields.map(({ name }) => name));
  return element.fields.flatMap((field) =>
    leavesOf(
      field.type,
      {
        path: `${path}.element.${field.name}`,
        expression: `${alias}.${quoted(field.name)}`,
        joins: inside,
      },
      nextAlias,
    ),
  );
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
