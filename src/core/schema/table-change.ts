import type { IcebergType, NestedField, PrimitiveType, Schema } from '#core/iceberg/spec/schema.ts';
import { highestFieldId } from '#core/iceberg/spec/schema-fields.ts';
import { SluiceError } from '../errors.ts';
import { assignFieldIds, type ColumnType, fieldIdsAfter } from './column-type.ts';

/**
 * One step of a table's evolution. Names are dotted paths: `address.zip`, and `items.element.price`
 * or `attributes.value` for parts of lists and maps. Source: Iceberg v2 §Schema Evolution.
 */
export type TableChange =
  /** The new column may be null: rows written before do not have it. */
  | {
      readonly kind: 'add-column';
      readonly name: string;
      readonly type: ColumnType;
      readonly doc?: string;
    }
  | { readonly kind: 'widen'; readonly name: string; readonly type: PrimitiveType }
  /** `to` is the last part of the name alone. */
  | { readonly kind: 'rename'; readonly name: string; readonly to: string }
  | { readonly kind: 'make-optional'; readonly name: string };

export interface TableMigration {
  /** Versions of the stream that need the changes. */
  readonly schemaVersion: number;
  readonly mappingVersion: number;
  readonly changes: readonly TableChange[];
}

export interface TableState {
  readonly schema: Schema;
  /** Ids of removed columns are never used again. */
  readonly lastColumnId: number;
}

/** State of a table right after its creation. */
export function initialTableState(schema: Schema): TableState {
  return { schema, lastColumnId: highestFieldId(schema) };
}

/**
 * The state after migrations; each gives the schema the next id. Field ids depend on the order of the
 * changes alone, so a replay on another table gives the same ones.
 * Throws SCHEMA_INCOMPATIBLE when a change names a column that is missing or taken.
 */
export function applyMigrations(
  state: TableState,
  migrations: readonly TableMigration[],
): TableState {
  return migrations.reduce((before, migration) => {
    const after = migration.changes.reduce(applyTableChange, before);
    const schema = { ...after.schema, 'schema-id': before.schema['schema-id'] + 1 };
    return { ...after, schema };
  }, state);
}

/** The state after one change; the schema id stays. Throws SCHEMA_INCOMPATIBLE as applyMigrations. */
export function applyTableChange(state: TableState, change: TableChange): TableState {
  const path = change.name.split('.');
  if (change.kind !== 'add-column') {
    const fields = editField(state.schema.fields, path, {
      change,
      edit: (field, siblings) => [editedField(field, siblings, change)],
    });
    return { ...state, schema: { ...state.schema, fields } };
  }
  const nextId = fieldIdsAfter(state.lastColumnId);
  const added: NestedField = {
    id: nextId(),
    name: path.at(-1) ?? '',
    required: false,
    type: assignFieldIds(change.type, nextId),
    ...(change.doc === undefined ? {} : { doc: change.doc }),
  };
  const fields = addField(state.schema.fields, path, { change, added });
  return { schema: { ...state.schema, fields }, lastColumnId: nextId() - 1 };
}

type ColumnEdit = Exclude<TableChange, { kind: 'add-column' }>;

function editedField(
  field: NestedField,
  siblings: readonly NestedField[],
  change: ColumnEdit,
): NestedField {
  switch (change.kind) {
    case 'widen':
      return { ...field, type: change.type };
    case 'make-optional':
      return { ...field, required: false };
    case 'rename':
      if (siblings.some((sibling) => sibling.name === change.to)) {
        throw badChange(change, `the name "${change.to}" is taken`);
      }
      return { ...field, name: change.to };
  }
}

interface FieldEdit {
  readonly change: TableChange;
  readonly edit: (field: NestedField, siblings: readonly NestedField[]) => readonly NestedField[];
}

/** Replaces the field at a path; the steps between may be structs, lists and maps. */
function editField(
  fields: readonly NestedField[],
  path: readonly string[],
  options: FieldEdit,
): readonly NestedField[] {
  const [name, ...rest] = path;
  if (!fields.some((field) => field.name === name)) {
    throw badChange(options.change, `there is no column "${name}"`);
  }
  return fields.flatMap((field) => {
    if (field.name !== name) return [field];
    if (rest.length === 0) return options.edit(field, fields);
    return [{ ...field, type: editInside(field.type, rest, options) }];
  });
}

function editInside(type: IcebergType, path: readonly string[], options: FieldEdit): IcebergType {
  if (typeof type === 'string') {
    throw badChange(options.change, `"${path.join('.')}" is inside a primitive column`);
  }
  if (type.type === 'struct') return { ...type, fields: editField(type.fields, path, options) };
  const part = type.type === 'list' ? 'element' : 'value';
  const holder: NestedField = {
    id: 0,
    name: part,
    required: true,
    type: type.type === 'list' ? type.element : type.value,
  };
  const [edited = holder] = editField([holder], path, options);
  return type.type === 'list' ? { ...type, element: edited.type } : { ...type, value: edited.type };
}

function addField(
  fields: readonly NestedField[],
  path: readonly string[],
  options: { readonly change: TableChange; readonly added: NestedField },
): readonly NestedField[] {
  const { change, added } = options;
  if (path.length === 1) return appendField(fields, added, change);
  return editField(fields, path.slice(0, -1), {
    change,
    edit: (parent) => {
      if (typeof parent.type === 'string' || parent.type.type !== 'struct') {
        throw badChange(change, `"${parent.name}" is not a struct`);
      }
      const type = { ...parent.type, fields: appendField(parent.type.fields, added, change) };
      return [{ ...parent, type }];
    },
  });
}

function appendField(
  fields: readonly NestedField[],
  added: NestedField,
  change: TableChange,
): readonly NestedField[] {
  if (fields.some((field) => field.name === added.name)) {
    throw badChange(change, `the name "${added.name}" is taken`);
  }
  return [...fields, added];
}

function badChange(change: TableChange, problem: string): SluiceError {
  return new SluiceError(
    'SCHEMA_INCOMPATIBLE',
    `table change ${change.kind} of "${change.name}": ${problem}; restore the files in schemas/tables`,
  );
}
