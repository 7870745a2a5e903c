import type { Stream } from '#core/config/project.ts';
import type { PartitionSpec } from '#core/iceberg/spec/partition.ts';
import type { NestedField, Schema } from '#core/iceberg/spec/schema.ts';
import { type SortOrder, UNSORTED } from '#core/iceberg/spec/sort-order.ts';
import type { SchemaChange } from '#core/iceberg/transaction/evolve-schema.ts';
import { type BronzeColumn, bronzeColumns } from './bronze-table.ts';
import { countingIds, toIcebergType } from './iceberg-type.ts';
import { toPartitionSpec } from './partition-spec.ts';
import { icebergScalar, isScalar } from './type-mapping.ts';

/**
 * How an Iceberg table is created, frozen for ever: CloudFormation replaces (and so empties) a table
 * whose creation parameters change. Everything after the creation is a migration.
 */
export interface TableShape {
  /** Schema and mapping versions of the stream at the creation. */
  readonly schemaVersion: number;
  readonly mappingVersion: number;
  /** Primitive columns only: that is what the Glue resource takes at a creation. */
  readonly schema: Schema;
  readonly partitionSpec: PartitionSpec;
  readonly sortOrder: SortOrder;
  readonly properties: Readonly<Record<string, string>>;
}

/** Table property with the number of migrations a table has had. */
export const MIGRATIONS_APPLIED_PROPERTY = 'sluice.migrations-applied';

/** Source: Apache Iceberg documentation, "Table properties". */
const TABLE_PROPERTIES: Readonly<Record<string, string>> = {
  'write.format.default': 'parquet',
  'write.parquet.compression-codec': 'zstd',
  'write.metadata.previous-versions-max': '100',
  [MIGRATIONS_APPLIED_PROPERTY]: '0',
};

export interface TableCreation {
  readonly shape: TableShape;
  /** Columns that cannot be part of the creation: the first migration adds them. */
  readonly changes: readonly SchemaChange[];
}

/** The bronze table of a new stream. */
export function createTableShape(
  stream: Stream,
  versions: { readonly schemaVersion: number; readonly mappingVersion: number },
): TableCreation {
  const columns = bronzeColumns(stream);
  const nextId = countingIds();
  const schema: Schema = {
    type: 'struct',
    'schema-id': 0,
    fields: columns.flatMap((column) => toCreationField(column, nextId) ?? []),
  };
  const shape: TableShape = {
    ...versions,
    schema,
    partitionSpec: toPartitionSpec(stream.partition.bronze, schema),
    sortOrder: UNSORTED,
    properties: TABLE_PROPERTIES,
  };
  const nested = columns.filter((column) => !isScalar(column.type));
  return { shape, changes: nested.map((column) => addColumnChange(column, [])) };
}

function toCreationField(column: BronzeColumn, nextId: () => number): NestedField | null {
  if (!isScalar(column.type)) return null;
  return {
    id: nextId(),
    name: column.name,
    required: column.required,
    type: icebergScalar(column.type),
    ...(column.doc === undefined ? {} : { doc: column.doc }),
  };
}

/** The change that adds a column; it may be null, since rows written before do not have it. */
export function addColumnChange(
  column: Pick<BronzeColumn, 'name' | 'type' | 'doc'>,
  parent: readonly string[],
): SchemaChange {
  return {
    kind: 'add-column',
    path: [...parent, column.name],
    type: toIcebergType(column.type, countingIds()),
    ...(column.doc === undefined ? {} : { doc: column.doc }),
  };
}
