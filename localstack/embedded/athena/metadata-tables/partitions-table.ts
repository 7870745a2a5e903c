import type { LiveFile } from '#core/iceberg/scan/live-files.ts';
import { isPrimitive } from '#core/iceberg/spec/schema-fields.ts';
import {
  currentSchema,
  defaultPartitionSpec,
  partitionSpecById,
  type TableMetadata,
} from '#core/iceberg/spec/table-metadata.ts';
import { partitionKey } from '#core/iceberg/transform/partition-tuple.ts';
import { trinoTypeOf } from '../catalog/iceberg-types.ts';
import type { VirtualTable, VirtualValue } from '../catalog/virtual-table.ts';
import { BIGINT, rowOf, type TrinoType } from '../trino-types/trino-type.ts';
import { type ColumnRange, type RangedColumn, widenRange } from './column-ranges.ts';
import {
  type PartitionFieldType,
  partitionFieldTypes,
  partitionRow,
  partitionRowType,
} from './partition-column.ts';

type DataColumn = Pick<RangedColumn, 'id' | 'type'> & { readonly name: string };

/**
 * `"t$partitions"`: rows, files and bytes of every partition of the current snapshot, and the range
 * of every column that does not partition the table itself. `data` is null when no file says anything
 * of one of the columns. Source: Trino documentation, Iceberg connector.
 */
export function partitionsTable(metadata: TableMetadata, files: readonly LiveFile[]): VirtualTable {
  const fields = partitionFieldTypes(metadata);
  const columns = dataColumns(metadata);
  const groups = Map.groupBy(
    files,
    ({ entry, specId }) => `${specId} ${partitionKey(entry.file.partition)}`,
  );
  return {
    columns: [
      ...(fields.length === 0 ? [] : [{ name: 'partition', type: partitionRowType(fields) }]),
      { name: 'record_count', type: BIGINT },
      { name: 'file_count', type: BIGINT },
      { name: 'total_size', type: BIGINT },
      ...(columns.length === 0 ? [] : [{ name: 'data', type: rangesType(columns) }]),
    ],
    rows: [...groups.values()].map((group) => groupRow(group, { metadata, fields, columns })),
  };
}

function groupRow(
  group: readonly LiveFile[],
  table: {
    readonly metadata: TableMetadata;
    readonly fields: readonly PartitionFieldType[];
    readonly columns: readonly DataColumn[];
  },
): readonly VirtualValue[] {
  const { metadata, fields, columns } = table;
  const [first] = group;
  const files = group.map(({ entry }) => entry.file);
  return [
    ...(fields.length === 0 || first === undefined ? [] : [partitionRow(first, metadata, fields)]),
    files.reduce((rows, file) => rows + file.recordCount, 0n),
    BigInt(files.length),
    files.reduce((bytes, file) => bytes + file.fileSizeBytes, 0n),
    ...(columns.length === 0 ? [] : [rangesRow(group, metadata, columns)]),
  ];
}

/** Primitive columns of the top level, without those the table is partitioned by as they are. */
function dataColumns(metadata: TableMetadata): readonly DataColumn[] {
  const partitioning = defaultPartitionSpec(metadata)
    .fields.filter((field) => field.transform === 'identity')
    .map((field) => field['source-id']);
  return currentSchema(metadata).fields.flatMap(({ id, name, type }) =>
    isPrimitive(type) && !partitioning.includes(id) ? [{ id, name, type }] : [],
  );
}

function rangesType(columns: readonly DataColumn[]): TrinoType {
  return rowOf(
    columns.map(({ name, type }) => [
      name,
      rowOf([
        ['min', trinoTypeOf(type)],
        ['max', trinoTypeOf(type)],
        ['null_count', BIGINT],
        ['nan_count', BIGINT],
      ]),
    ]),
  );
}

function rangesRow(
  group: readonly LiveFile[],
  metadata: TableMetadata,
  columns: readonly DataColumn[],
): VirtualValue {
  const ranges = columns.map((column) => columnRange(group, metadata, column));
  const silent = ranges.some(
    ({ bounds, nullCount }) =>
      (bounds?.min ?? null) === null && (bounds?.max ?? null) === null && nullCount === null,
  );
  if (silent) return null;
  return ranges.map(({ bounds, nullCount, nanCount }) => [
    bounds?.min ?? null,
    bounds?.max ?? null,
    nullCount,
    nanCount,
  ]);
}

function columnRange(
  group: readonly LiveFile[],
  metadata: TableMetadata,
  column: DataColumn,
): ColumnRange {
  let range: ColumnRange | undefined;
  for (const { entry, specId } of group) {
    const index = partitionSpecById(metadata, specId).fields.findIndex(
      (field) => field['source-id'] === column.id && field.transform === 'identity',
    );
    range = widenRange(range, entry.file, { ...column, identityIndex: index < 0 ? null : index });
  }
  return range ?? { bounds: null, nullCount: null, nanCount: null };
}
