import type { IcebergType, NestedField, Schema } from '#core/iceberg/spec/schema.ts';
import { isPrimitive } from '#core/iceberg/spec/schema-fields.ts';
import type { TableFacts } from './read-with-athena.ts';

/** Columns of which two readers say different things, as sentences. */
export function compareFacts(
  ours: TableFacts,
  theirs: TableFacts,
  /** Columns that the other reader cannot judge, with all that is inside them. */
  options: { readonly except: readonly string[] },
): readonly string[] {
  const paths = new Set([...Object.keys(ours), ...Object.keys(theirs)]);
  return [...paths].flatMap((path) => {
    const isExcepted = options.except.some((each) => `${path}.`.startsWith(`${each}.`));
    if (isExcepted) return [];
    const [our, their] = [JSON.stringify(ours[path]), JSON.stringify(theirs[path])];
    return our === their ? [] : [`${path}: Athena ${our}, the other reader ${their}`];
  });
}

/**
 * Columns that ClickHouse cannot read as they are: it has no null struct, so a required field of a missing one
 * reads as the type's default.
 */
export function alteredByClickHouse(schema: Schema): readonly string[] {
  return schema.fields.flatMap((field) => pathsInMissingStructs(field, field.name, false));
}

/** Least and greatest date or time of a column, as Athena prints them. */
export type TimeRange = readonly [string | null, string | null];

/** Columns with dates and times outside of ClickHouse's, which end at 1900 and 2299: it refuses to read them. */
export function refusedByClickHouse(
  ranges: Readonly<Record<string, TimeRange>>,
): readonly string[] {
  return Object.entries(ranges)
    .filter(([, [min, max]]) => (min ?? '1970') < '1900' || (max ?? '1970') >= '2299')
    .map(([path]) => path);
}

function pathsInMissingStructs(
  field: NestedField,
  path: string,
  canMiss: boolean,
): readonly string[] {
  return pathsOf(field.type, path, { canMiss, required: field.required });
}

function pathsOf(
  type: IcebergType,
  path: string,
  field: { readonly canMiss: boolean; readonly required: boolean },
): readonly string[] {
  if (isPrimitive(type)) return field.canMiss && field.required ? [path] : [];
  const canMiss = field.canMiss || !field.required;
  if (type.type === 'struct') {
    return type.fields.flatMap((child) =>
      pathsInMissingStructs(child, `${path}.${child.name}`, canMiss),
    );
  }
  // A missing list has no elements, as an empty one: nothing is lost below it.
  if (type.type === 'list') {
    const inside = { canMiss: false, required: type['element-required'] };
    return pathsOf(type.element, `${path}.element`, inside);
  }
  return pathsOf(type.value, `${path}.value`, { canMiss: false, required: type['value-required'] });
}
