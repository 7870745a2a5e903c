import type { IcebergType, NestedField, Schema } from '../spec/schema.ts';
import { columnsById, decimalParameters, isPrimitive } from '../spec/schema-fields.ts';
import type { TableMetadata } from '../spec/table-metadata.ts';
import type { ProblemReport } from './problem.ts';
import { requireUnique } from './require-unique.ts';

/** Ids above are reserved for metadata columns. Source: Iceberg v2 §Reserved Field IDs. */
const MAX_FIELD_ID = 2147483447;

/** Ids, names and identifiers of every schema, and the steps between them. Source: Iceberg v2 §Schemas, §Schema Evolution. */
export function checkSchemas(metadata: TableMetadata, report: ProblemReport): void {
  const { schemas } = metadata;
  requireUnique(
    schemas.map((schema) => schema['schema-id']),
    'schemas',
    report,
  );
  for (const schema of schemas) checkSchema(schema, metadata['last-column-id'], report);
  const earlier = new Map<number, Place[]>();
  for (const schema of schemas.toSorted((a, b) => a['schema-id'] - b['schema-id'])) {
    if (earlier.size > 0) checkEvolution(schema, earlier, report);
    for (const place of placesOf(schema)) {
      earlier.set(place.id, [...(earlier.get(place.id) ?? []), place]);
    }
  }
}

function checkSchema(schema: Schema, lastColumnId: number, report: ProblemReport): void {
  const where = `schemas[${schema['schema-id']}]`;
  const places = placesOf(schema);
  requireUnique(
    places.map(({ id }) => id),
    where,
    report,
  );
  for (const { id } of places) {
    report.require(
      id > 0 && id <= Math.min(lastColumnId, MAX_FIELD_ID),
      where,
      `expected field ids from 1 up to last-column-id ${lastColumnId}, got ${id}`,
    );
  }
  checkNames(schema.fields, where, report);
  checkIdentifiers(schema, where, report);
}

/** Names are unique among siblings; letter case does not count in Athena and Glue. */
function checkNames(fields: readonly NestedField[], where: string, report: ProblemReport): void {
  requireUnique(
    fields.map((field) => field.name.toLowerCase()),
    where,
    report,
  );
  for (const field of fields) {
    report.require(field.name !== '', where, `expected a name for field ${field.id}`);
    for (const struct of structsIn(field.type)) checkNames(struct.fields, where, report);
  }
}

function structsIn(type: IcebergType): readonly { readonly fields: readonly NestedField[] }[] {
  if (isPrimitive(type)) return [];
  if (type.type === 'struct') return [type];
  if (type.type === 'list') return structsIn(type.element);
  return [...structsIn(type.key), ...structsIn(type.value)];
}

/** Source: Iceberg v2 §Identifier Field IDs. */
function checkIdentifiers(schema: Schema, where: string, report: ProblemReport): void {
  const columns = columnsById(schema);
  const places = new Map(placesOf(schema).map((place) => [place.id, place]));
  for (const id of schema['identifier-field-ids'] ?? []) {
    const column = columns.get(id);
    const isFit =
      column !== undefined &&
      isPrimitive(column.type) &&
      column.type !== 'float' &&
      column.type !== 'double' &&
      !column.repeated;
    report.require(
      isFit && isAlwaysThere(id, places),
      where,
      `expected identifier field ${id} to be a required primitive outside lists, maps and optional structs, and no float`,
    );
  }
}

function isAlwaysThere(id: number, places: ReadonlyMap<number, Place>): boolean {
  const place = places.get(id);
  if (place === undefined || !place.required) return false;
  return place.parentId === null || isAlwaysThere(place.parentId, places);
}

/** A column of a schema and where it hangs. */
interface Place {
  readonly id: number;
  readonly parentId: number | null;
  readonly required: boolean;
  readonly type: IcebergType;
}

function placesOf(schema: Pick<Schema, 'fields'>): readonly Place[] {
  return schema.fields.flatMap((field) => placesUnder(field, null));
}

function placesUnder(field: NestedField, parentId: number | null): readonly Place[] {
  const { id, required, type } = field;
  return [
    { id, parentId, required, type },
    ...childrenOf(type).flatMap((child) => placesUnder(child, id)),
  ];
}

function childrenOf(type: IcebergType): readonly NestedField[] {
  if (isPrimitive(type)) return [];
  if (type.type === 'struct') return type.fields;
  if (type.type === 'list') {
    const { 'element-id': id, element, 'element-required': required } = type;
    return [{ id, name: 'element', required, type: element }];
  }
  return [
    { id: type['key-id'], name: 'key', required: true, type: type.key },
    { id: type['value-id'], name: 'value', required: type['value-required'], type: type.value },
  ];
}

/**
 * A schema against those before it. It may build on any of them, since an old one can be made current again.
 * Source: Iceberg v2 §Schema Evolution.
 */
function checkEvolution(
  schema: Schema,
  earlier: ReadonlyMap<number, readonly Place[]>,
  report: ProblemReport,
): void {
  const where = `schemas[${schema['schema-id']}]`;
  for (const place of placesOf(schema)) {
    const [was, ...more] = earlier.get(place.id) ?? [];
    if (was === undefined) {
      const isNewBranch = place.parentId !== null && !earlier.has(place.parentId);
      report.require(
        isNewBranch || !place.required,
        where,
        `expected the added column ${place.id} to be optional: rows without it exist`,
      );
      continue;
    }
    report.require(
      was.parentId === place.parentId,
      where,
      `expected column ${place.id} to stay in ${was.parentId ?? 'the table'}, got ${place.parentId ?? 'the table'}`,
    );
    report.require(
      !place.required || [was, ...more].some(({ required }) => required),
      where,
      `expected the optional column ${place.id} to stay optional`,
    );
    for (const { type } of [was, ...more]) {
      report.require(
        isPromotion(type, place.type) || isPromotion(place.type, type),
        where,
        `expected column ${place.id} to keep its type ${nameOf(type)} or widen it, got ${nameOf(place.type)}`,
      );
    }
  }
}

/** Source: Iceberg v2 §Schema Evolution, type promotion. Members of nested types are columns of their own. */
function isPromotion(from: IcebergType, to: IcebergType): boolean {
  if (!isPrimitive(from) || !isPrimitive(to)) return nameOf(from) === nameOf(to);
  if (from === to) return true;
  if (from === 'int') return to === 'long';
  if (from === 'float') return to === 'double';
  const [narrow, wide] = [decimalParameters(from), decimalParameters(to)];
  return (
    narrow !== null &&
    wide !== null &&
    narrow.scale === wide.scale &&
    narrow.precision < wide.precision
  );
}

function nameOf(type: IcebergType): string {
  return isPrimitive(type) ? type : type.type;
}
