import type {
  IcebergType,
  NestedField,
  PrimitiveType,
  Schema,
  StructType,
} from '../spec/schema.ts';
import { columnsById, decimalParameters, isPrimitive } from '../spec/schema-fields.ts';
import { currentSchema, defaultPartitionSpec, type TableMetadata } from '../spec/table-metadata.ts';
import { freshFieldIds, withFreshIds } from './fresh-field-ids.ts';
import { findPartitionNameConflict } from './partition-names.ts';
import { asStruct, incompatible, indexOfField, mapTypeAt, replaceField } from './schema-tree.ts';

/**
 * One step of schema evolution. `path` names a column from the root; inside lists it continues with
 * `element`, inside maps with `value`. Source: Iceberg v2 §Schema Evolution.
 */
export type SchemaChange =
  /** The new column is optional. Ids inside `type` are placeholders: fresh ones are given. */
  | {
      readonly kind: 'add-column';
      readonly path: readonly string[];
      readonly type: IcebergType;
      readonly doc?: string;
    }
  | {
      readonly kind: 'widen-column';
      readonly path: readonly string[];
      readonly type: PrimitiveType;
    }
  | { readonly kind: 'rename-column'; readonly path: readonly string[]; readonly newName: string }
  | { readonly kind: 'make-optional'; readonly path: readonly string[] }
  | { readonly kind: 'drop-column'; readonly path: readonly string[] }
  /** Puts a column behind another one of its struct; `after: null` makes it the first. */
  | {
      readonly kind: 'move-column';
      readonly path: readonly string[];
      readonly after: string | null;
    }
  /** An empty text takes the comment away. */
  | { readonly kind: 'set-doc'; readonly path: readonly string[]; readonly doc: string };

/**
 * Applies changes in order and makes the result the current schema. A schema the table already has is
 * made current again instead of being repeated; without an effective change the same object comes back.
 * Throws SCHEMA_INCOMPATIBLE with the rule that forbids a change.
 */
export function evolveSchema(
  metadata: TableMetadata,
  changes: readonly SchemaChange[],
): TableMetadata {
  const base = currentSchema(metadata);
  const ids = freshFieldIds(metadata['last-column-id']);
  let struct: StructType = { type: 'struct', fields: base.fields };
  for (const change of changes)
    struct = applyChange(struct, change, { metadata, nextId: ids.next });
  if (JSON.stringify(struct.fields) === JSON.stringify(base.fields)) return metadata;
  const conflict = findPartitionNameConflict(metadata['partition-specs'], struct);
  if (conflict !== null) throw incompatible([], conflict);
  return withCurrentSchema(metadata, { ...base, fields: struct.fields }, ids.last());
}

/**
 * Says which columns tell rows apart; no path, no such columns. They have to be required, primitive, no float or
 * double, and outside lists, maps and optional structs. Throws SCHEMA_INCOMPATIBLE. Source: Iceberg v2 §Identifier Field IDs.
 */
export function setIdentifierColumns(
  metadata: TableMetadata,
  paths: readonly (readonly string[])[],
): TableMetadata {
  const base = currentSchema(metadata);
  const columns = [...columnsById(base).values()];
  const ids = paths.map((path) => {
    const chain = path.map((_name, depth) =>
      columns.find((column) => column.path.join('\0') === path.slice(0, depth + 1).join('\0')),
    );
    const column = chain.at(-1);
    if (column === undefined) throw incompatible(path, 'there is no such column');
    const isFloating = column.type === 'float' || column.type === 'double';
    const isRequired = chain.every((step) => step?.required === true);
    if (!isRequired || column.repeated || isFloating || !isPrimitive(column.type)) {
      throw incompatible(
        path,
        'an identifier has to be required, primitive, no float or double, and outside lists and maps',
      );
    }
    return column.id;
  });
  const { 'identifier-field-ids': before = [], ...schema } = base;
  if (JSON.stringify(before) === JSON.stringify(ids)) return metadata;
  const evolved = ids.length === 0 ? schema : { ...schema, 'identifier-field-ids': ids };
  return withCurrentSchema(metadata, evolved, metadata['last-column-id']);
}

interface ChangeContext {
  readonly metadata: TableMetadata;
  readonly nextId: () => number;
}

function applyChange(root: StructType, change: SchemaChange, context: ChangeContext): StructType {
  const parentPath = change.path.slice(0, -1);
  const name = change.path.at(-1);
  if (name === undefined || name === '') throw incompatible(change.path, 'a column needs a name');
  const editStruct = (edit: (struct: StructType) => StructType): StructType =>
    asStruct(
      mapTypeAt(root, parentPath, (type) => edit(asStruct(type, parentPath))),
      parentPath,
    );
  switch (change.kind) {
    case 'add-column':
      return editStruct((struct) => addColumn(struct, change, context.nextId));
    case 'widen-column':
      return asStruct(
        mapTypeAt(root, change.path, (type) => widenedType(type, change)),
        [],
      );
    case 'rename-column':
      return editStruct((struct) => renameColumn(struct, change));
    case 'make-optional':
      return editStruct((struct) =>
        replaceField(struct, change.path, (field) => ({ ...field, required: false })),
      );
    case 'drop-column':
      return editStruct((struct) => dropColumn(struct, change.path, context.metadata));
    case 'move-column':
      return editStruct((struct) => moveColumn(struct, change.path, change.after));
    case 'set-doc':
      return editStruct((struct) =>
        replaceField(struct, change.path, ({ doc: _, ...field }) =>
          change.doc === '' ? field : { ...field, doc: change.doc },
        ),
      );
  }
}

function addColumn(
  struct: StructType,
  change: SchemaChange & { readonly kind: 'add-column' },
  nextId: () => number,
): StructType {
  const name = change.path.at(-1) ?? '';
  requireFreeName(struct, change.path, name);
  const id = nextId();
  const field: NestedField = {
    id,
    name,
    required: false,
    type: withFreshIds(change.type, nextId),
    ...(change.doc === undefined ? {} : { doc: change.doc }),
  };
  return { ...struct, fields: [...struct.fields, field] };
}

function renameColumn(
  struct: StructType,
  change: SchemaChange & { readonly kind: 'rename-column' },
): StructType {
  const { path, newName } = change;
  if (newName === '') throw incompatible(path, 'a column needs a name');
  const others = { ...struct, fields: struct.fields.filter((field) => field.name !== path.at(-1)) };
  requireFreeName(others, path, newName);
  return replaceField(struct, path, (field) => ({ ...field, name: newName }));
}

function dropColumn(
  struct: StructType,
  path: readonly string[],
  metadata: TableMetadata,
): StructType {
  const dropped = struct.fields[indexOfField(struct, path)];
  if (dropped === undefined) return struct;
  if (struct.fields.length === 1) throw incompatible(path, 'the last column of a struct must stay');
  const ids = columnsById({ fields: [dropped] });
  const partition = defaultPartitionSpec(metadata).fields.find((field) =>
    ids.has(field['source-id']),
  );
  if (partition !== undefined && partition.transform !== 'void') {
    throw incompatible(path, `partition field ${partition.name} is made from the column`);
  }
  const order = metadata['sort-orders'].find(
    (candidate) => candidate['order-id'] === metadata['default-sort-order-id'],
  );
  if (order?.fields.some((field) => ids.has(field['source-id']))) {
    throw incompatible(path, 'the table is sorted by the column');
  }
  if (currentSchema(metadata)['identifier-field-ids']?.some((id) => ids.has(id))) {
    throw incompatible(path, 'the column is an identifier field');
  }
  return { ...struct, fields: struct.fields.filter((field) => field !== dropped) };
}

function moveColumn(struct: StructType, path: readonly string[], after: string | null): StructType {
  const moved = struct.fields[indexOfField(struct, path)];
  if (moved === undefined || after === moved.name) return struct;
  const others = struct.fields.filter((field) => field !== moved);
  const rest = { ...struct, fields: others };
  const place = after === null ? 0 : indexOfField(rest, [...path.slice(0, -1), after]) + 1;
  return { ...struct, fields: [...others.slice(0, place), moved, ...others.slice(place)] };
}

/** Source: Iceberg v2 §Schema Evolution, valid primitive type promotions. */
function widenedType(
  type: IcebergType,
  change: SchemaChange & { readonly kind: 'widen-column' },
): PrimitiveType {
  if (!isPrimitive(type)) throw incompatible(change.path, 'only a primitive column can be widened');
  if (type === change.type) return type;
  if (type === 'int' && change.type === 'long') return 'long';
  if (type === 'float' && change.type === 'double') return 'double';
  const before = decimalParameters(type);
  const after = decimalParameters(change.type);
  const widerDecimal =
    before !== null &&
    after !== null &&
    after.scale === before.scale &&
    after.precision > before.precision &&
    after.precision <= 38;
  if (widerDecimal) return change.type;
  throw incompatible(
    change.path,
    `${type} does not widen to ${change.type}: only int to long, float to double, and a decimal to a higher precision up to 38 at the same scale`,
  );
}

function requireFreeName(struct: StructType, path: readonly string[], name: string): void {
  const taken = struct.fields.find((field) => field.name.toLowerCase() === name.toLowerCase());
  if (taken !== undefined) {
    throw incompatible(path, `the name ${taken.name} is taken (letter case does not count)`);
  }
}

function withCurrentSchema(
  metadata: TableMetadata,
  evolved: Schema,
  lastColumnId: number,
): TableMetadata {
  const known = metadata.schemas.find((schema) => contentOf(schema) === contentOf(evolved));
  const nextId = Math.max(...metadata.schemas.map((schema) => schema['schema-id'])) + 1;
  const schema = known ?? { ...evolved, 'schema-id': nextId };
  return {
    ...metadata,
    'last-column-id': lastColumnId,
    schemas: known === undefined ? [...metadata.schemas, schema] : metadata.schemas,
    'current-schema-id': schema['schema-id'],
  };
}

/** What makes two schemas the same schema, whatever their ids. */
function contentOf(schema: Schema): string {
  return JSON.stringify([schema.fields, schema['identifier-field-ids'] ?? []]);
}
