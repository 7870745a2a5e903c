import type { LiveFile } from '#core/iceberg/scan/live-files.ts';
import { decodeBound } from '#core/iceberg/scan/value-range.ts';
import { columnsById, isPrimitive, type SchemaColumn } from '#core/iceberg/spec/schema-fields.ts';
import { currentSchema, type TableMetadata } from '#core/iceberg/spec/table-metadata.ts';
import type { VirtualTable, VirtualValue } from '../catalog/virtual-table.ts';
import { arrayOf, BIGINT, INTEGER, mapOf, VARBINARY, VARCHAR } from '../trino-types/trino-type.ts';
import { columnText } from './human-text.ts';

const CONTENTS = { data: 0, 'position-deletes': 1, 'equality-deletes': 2 } as const;

/**
 * `"t$files"`: the data files of the current snapshot, statistics by column id, bounds as text.
 * Source: Trino documentation, Iceberg connector; Amazon Athena user guide, Iceberg table metadata.
 */
export function filesTable(metadata: TableMetadata, files: readonly LiveFile[]): VirtualTable {
  const columns = columnsById(currentSchema(metadata));
  const counts = mapOf(INTEGER, BIGINT);
  const bounds = mapOf(INTEGER, VARCHAR);
  return {
    columns: [
      { name: 'content', type: INTEGER },
      { name: 'file_path', type: VARCHAR },
      { name: 'file_format', type: VARCHAR },
      { name: 'record_count', type: BIGINT },
      { name: 'file_size_in_bytes', type: BIGINT },
      { name: 'column_sizes', type: counts },
      { name: 'value_counts', type: counts },
      { name: 'null_value_counts', type: counts },
      { name: 'nan_value_counts', type: counts },
      { name: 'lower_bounds', type: bounds },
      { name: 'upper_bounds', type: bounds },
      { name: 'key_metadata', type: VARBINARY },
      { name: 'split_offsets', type: arrayOf(BIGINT) },
      { name: 'equality_ids', type: arrayOf(INTEGER) },
    ],
    rows: files.map(({ entry }) => {
      const { file } = entry;
      return [
        CONTENTS[entry.content],
        file.filePath,
        entry.fileFormat.toUpperCase(),
        file.recordCount,
        file.fileSizeBytes,
        presentMap(file.columnSizes),
        presentMap(file.valueCounts),
        presentMap(file.nullValueCounts),
        presentMap(file.nanValueCounts),
        boundTexts(file.lowerBounds, columns),
        boundTexts(file.upperBounds, columns),
        entry.keyMetadata,
        file.splitOffsets.length === 0 ? null : file.splitOffsets,
        entry.equalityIds,
      ];
    }),
  };
}

/** Writers leave out a map that has nothing to say; null is what a reader sees then. */
function presentMap(map: ReadonlyMap<number, VirtualValue>): VirtualValue {
  return map.size === 0 ? null : map;
}

/** Bounds of the columns the table still has. */
function boundTexts(
  bounds: ReadonlyMap<number, Uint8Array>,
  columns: ReadonlyMap<number, SchemaColumn>,
): VirtualValue {
  if (bounds.size === 0) return null;
  const texts = new Map<number, VirtualValue>();
  for (const [id, bytes] of bounds) {
    const type = columns.get(id)?.type;
    if (type === undefined || !isPrimitive(type)) continue;
    const value = decodeBound(type, bytes);
    texts.set(id, value === null ? null : columnText(type, value));
  }
  return texts;
}
