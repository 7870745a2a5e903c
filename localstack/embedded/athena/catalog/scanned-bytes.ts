import type { ScanPlan } from '#core/iceberg/scan/plan-scan.ts';
import type { NestedField } from '#core/iceberg/spec/schema.ts';
import { quoteText } from '../trino-types/trino-type.ts';
import { DELETE_FILE_PATH_ID, DELETE_POSITION_ID, type LocateFile } from './table-relation.ts';

/**
 * SQL for the bytes a scan reads: compressed column chunks of the columns in use, dictionary pages
 * included, in the files that pruning left, and the columns of their delete files. Footers, page
 * indexes and table metadata do not count, so `count(*)` reads nothing. Null when nothing is read.
 */
export function scannedBytesSql(
  plan: ScanPlan,
  columns: readonly NestedField[],
  locate: LocateFile,
): string | null {
  const deletes = new Set(
    plan.files.flatMap((file) => file.deletes.map(({ filePath }) => filePath)),
  );
  const data = plan.files.map((file) => locate(file.filePath));
  const sums = [
    chunkBytesSql(
      data,
      columns.map((column) => column.id),
    ),
    chunkBytesSql([...deletes].map(locate), [DELETE_FILE_PATH_ID, DELETE_POSITION_ID]),
  ].filter((sum) => sum !== null);
  return sums.length === 0 ? null : `SELECT CAST(${sums.join(' + ')} AS BIGINT)`;
}

function chunkBytesSql(files: readonly string[], fieldIds: readonly number[]): string | null {
  if (files.length === 0 || fieldIds.length === 0) return null;
  const list = files.map(quoteText).join(', ');
  return (
    `(SELECT coalesce(sum(m.total_compressed_size), 0) FROM parquet_metadata([${list}]) m ` +
    `JOIN parquet_schema([${list}]) s ON s.file_name = m.file_name AND s.name = split_part(m.path_in_schema, ', ', 1) ` +
    `WHERE s.field_id IN (${fieldIds.join(', ')}))`
  );
}
