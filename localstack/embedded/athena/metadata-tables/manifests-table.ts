import { decodeBound } from '#core/iceberg/scan/value-range.ts';
import type { FieldSummary, ManifestFile } from '#core/iceberg/spec/manifest-list.ts';
import type { PartitionField } from '#core/iceberg/spec/partition.ts';
import type { Schema } from '#core/iceberg/spec/schema.ts';
import { columnsById, isPrimitive } from '#core/iceberg/spec/schema-fields.ts';
import {
  currentSchema,
  partitionSpecById,
  type TableMetadata,
} from '#core/iceberg/spec/table-metadata.ts';
import { parseTransform, transformResultType } from '#core/iceberg/transform/transform.ts';
import type { VirtualTable, VirtualValue } from '../catalog/virtual-table.ts';
import { arrayOf, BIGINT, BOOLEAN, INTEGER, rowOf, VARCHAR } from '../trino-types/trino-type.ts';
import { transformedText } from './human-text.ts';

const SUMMARIES = arrayOf(
  rowOf([
    ['contains_null', BOOLEAN],
    ['contains_nan', BOOLEAN],
    ['lower_bound', VARCHAR],
    ['upper_bound', VARCHAR],
  ]),
);

/**
 * `"t$manifests"`: the manifests of the current snapshot, those of delete files included, with the
 * range of every partition field as text. Source: Trino documentation, Iceberg connector.
 */
export function manifestsTable(
  metadata: TableMetadata,
  manifests: readonly ManifestFile[],
): VirtualTable {
  const schema = currentSchema(metadata);
  return {
    columns: [
      { name: 'path', type: VARCHAR },
      { name: 'length', type: BIGINT },
      { name: 'partition_spec_id', type: INTEGER },
      { name: 'added_snapshot_id', type: BIGINT },
      { name: 'added_data_files_count', type: INTEGER },
      { name: 'added_rows_count', type: BIGINT },
      { name: 'existing_data_files_count', type: INTEGER },
      { name: 'existing_rows_count', type: BIGINT },
      { name: 'deleted_data_files_count', type: INTEGER },
      { name: 'deleted_rows_count', type: BIGINT },
      { name: 'partitions', type: SUMMARIES },
    ],
    rows: manifests.map((manifest) => {
      const { fields } = partitionSpecById(metadata, manifest.partitionSpecId);
      return [
        manifest.manifestPath,
        manifest.manifestLength,
        manifest.partitionSpecId,
        manifest.addedSnapshotId,
        manifest.addedFilesCount,
        manifest.addedRowsCount,
        manifest.existingFilesCount,
        manifest.existingRowsCount,
        manifest.deletedFilesCount,
        manifest.deletedRowsCount,
        (manifest.partitions ?? []).map((summary, index) =>
          summaryRow(summary, fields[index], schema),
        ),
      ];
    }),
  };
}

function summaryRow(
  summary: FieldSummary,
  field: PartitionField | undefined,
  schema: Schema,
): VirtualValue {
  const { containsNull, containsNan, lowerBound, upperBound } = summary;
  const text = (bytes: Uint8Array | null): string => boundText(bytes, field, schema);
  return [containsNull, containsNan, text(lowerBound), text(upperBound)];
}

/** The word `null` for a bound that is not there, as the library prints it. */
function boundText(
  bytes: Uint8Array | null,
  field: PartitionField | undefined,
  schema: Schema,
): string {
  const type = field === undefined ? undefined : columnsById(schema).get(field['source-id'])?.type;
  if (field === undefined || type === undefined || !isPrimitive(type)) return 'null';
  const transform = parseTransform(field.transform);
  const resultType = transformResultType(transform, type);
  const value = resultType === null ? null : decodeBound(resultType, bytes);
  return transformedText(transform, type, value);
}
