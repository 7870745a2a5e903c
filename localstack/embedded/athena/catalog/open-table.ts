import type { NestedField } from '#core/iceberg/spec/schema.ts';
import { isPrimitive } from '#core/iceberg/spec/schema-fields.ts';
import type { Snapshot } from '#core/iceberg/spec/snapshot.ts';
import {
  currentSchema,
  schemaById,
  type TableMetadata,
} from '#core/iceberg/spec/table-metadata.ts';
import type { OpenedTable, ScanCondition } from '../compile/context.ts';
import type { Position } from '../sql/ast.ts';
import { notSupported } from '../sql-failure.ts';
import { HIDDEN_COLUMNS, type HiddenColumn, PATH_COLUMN } from './hidden-columns.ts';
import { trinoTypeOf } from './iceberg-types.ts';
import { CATALOG_NAME, type TableName } from './lake-catalog.ts';
import { physicalName } from './table-relation.ts';
import { type VirtualTable, virtualColumn } from './virtual-table.ts';

/** One reference of a statement, filled in while the statement is compiled. */
export type StatementTable = IcebergReference | VirtualReference;

export interface Reference {
  /** Name of the relation that holds the rows in the engine. */
  readonly viewName: string;
  readonly ident: TableName;
  /** Where the statement names it. */
  readonly position: Position;
}

export interface IcebergReference extends Reference {
  readonly kind: 'iceberg';
  readonly metadata: TableMetadata;
  /** The snapshot a FOR … AS OF clause asks for; null for the current one. */
  readonly pinned: Snapshot | null;
  readonly usedFieldIds: ReadonlySet<number>;
  readonly usedHidden: ReadonlySet<HiddenColumn>;
  readonly conditions: readonly FieldCondition[];
  /** Objects that a condition on `"$path"` leaves; null for all. */
  readonly paths: () => ReadonlySet<string> | null;
}

export interface FieldCondition {
  readonly field: NestedField;
  readonly condition: ScanCondition;
}

export interface VirtualReference extends Reference {
  readonly kind: 'virtual';
  readonly table: VirtualTable;
  readonly usedColumns: ReadonlySet<number>;
}

function qualifierOf(ident: TableName): readonly string[] {
  return [CATALOG_NAME, ident.database, ident.table];
}

export function openVirtual(
  reference: Reference,
  table: VirtualTable,
  opened: StatementTable[],
): OpenedTable {
  const usedColumns = new Set<number>();
  opened.push({ kind: 'virtual', ...reference, table, usedColumns });
  return {
    viewName: reference.viewName,
    qualifier: qualifierOf(reference.ident),
    columns: table.columns.map(({ name, type }, index) => ({
      name,
      type,
      physicalName: virtualColumn(index),
      onUse: () => void usedColumns.add(index),
    })),
  };
}

export function openIceberg(
  reference: Reference & Pick<IcebergReference, 'metadata' | 'pinned'>,
  opened: StatementTable[],
): OpenedTable {
  const { metadata, pinned, position } = reference;
  const schema =
    pinned === null
      ? currentSchema(metadata)
      : schemaById(metadata, pinned['schema-id'] ?? metadata['current-schema-id']);
  const usedFieldIds = new Set<number>();
  const usedHidden = new Set<HiddenColumn>();
  const conditions: FieldCondition[] = [];
  let paths: ReadonlySet<string> | null = null;
  opened.push({
    kind: 'iceberg',
    ...reference,
    usedFieldIds,
    usedHidden,
    conditions,
    paths: () => paths,
  });
  const columns = schema.fields.map((field) => ({
    name: field.name.toLowerCase(),
    physicalName: physicalName(field.id),
    type: trinoTypeOf(field.type),
    onUse() {
      refuseEvolvedNested(field, metadata, position);
      usedFieldIds.add(field.id);
    },
  }));
  const hidden = HIDDEN_COLUMNS.map((column) => ({
    ...column,
    hidden: true,
    onUse: () => void usedHidden.add(column),
  }));
  return {
    viewName: reference.viewName,
    qualifier: qualifierOf(reference.ident),
    columns: [...columns, ...hidden],
    onFilter(condition) {
      const field = schema.fields.find(({ id }) => physicalName(id) === condition.physicalName);
      if (field !== undefined) conditions.push({ field, condition });
      else paths = restrictPaths(paths, condition);
    },
  };
}

/** Only an equality with a text rules objects out. */
function restrictPaths(
  paths: ReadonlySet<string> | null,
  { physicalName: name, operator, constant }: ScanCondition,
): ReadonlySet<string> | null {
  const isPath = PATH_COLUMN.physicalName === name;
  if (!isPath || operator !== '=' || constant.kind !== 'string') return paths;
  const { value } = constant;
  return new Set(paths === null || paths.has(value) ? [value] : []);
}

/** Inside nested columns the engine goes by names, so one whose inner fields changed would be read wrong. */
function refuseEvolvedNested(
  field: NestedField,
  metadata: TableMetadata,
  position: Position,
): void {
  if (isPrimitive(field.type)) return;
  const shape = JSON.stringify(field.type);
  const changed = metadata.schemas
    .flatMap((schema) => schema.fields)
    .some((other) => other.id === field.id && JSON.stringify(other.type) !== shape);
  if (changed)
    throw notSupported(position, `column ${field.name}, whose nested fields have changed`);
}
