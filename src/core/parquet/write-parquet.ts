import { SluiceError } from '#core/errors.ts';
import type { FileMetrics } from '#core/iceberg/spec/data-file.ts';
import type { NestedField } from '#core/iceberg/spec/schema.ts';
import type { Value } from '#core/schema/field.ts';
import { writeColumnChunk } from './column-chunk.ts';
import { collectFileMetrics } from './file-metrics.ts';
import { encodeFooter, PARQUET_MAGIC, type StoredRowGroup } from './footer.ts';
import { shredColumn } from './levels.ts';
import { concatBytes } from './page.ts';
import type { ValueRange } from './physical-values.ts';
import { buildSchemaNodes, leavesOf, type SchemaNode } from './schema-node.ts';

export interface ParquetColumn {
  /** Id, name, required and Iceberg type. */
  readonly field: NestedField;
  /** One value per row in the representation of src/core/schema/field.ts; null is missing. All columns have one length. */
  readonly values: ArrayLike<Value>;
}

export interface ParquetOptions {
  /** The table schema as JSON, stored under the key `iceberg.schema`. */
  readonly icebergSchemaJson: string;
  /** @default 1,000,000 */
  readonly rowGroupRows?: number;
  /** Decoded size at which a page ends. @default 1 MiB */
  readonly pageBytes?: number;
  /** `<application> version <version>`. @default DEFAULT_CREATED_BY */
  readonly createdBy?: string;
}

export const DEFAULT_ROW_GROUP_ROWS = 1_000_000;
export const DEFAULT_PAGE_BYTES = 1024 * 1024;
/** Readers parse `<application> version <version>` to work around bugs of known writers. */
export const DEFAULT_CREATED_BY = 'sluice version 0.1.0';

/**
 * Writes one Parquet file: data page v1, zstd, field ids, statistics. The same input gives the same bytes.
 *
 * Throws SCHEMA_INCOMPATIBLE (column, row and expectation in the message) when a value does not fit its
 * column, FEATURE_UNSUPPORTED for a type that Parquet or this writer lacks, CONFIG_INVALID for wrong
 * options, no columns, columns of different length, and a field id or name used twice.
 * Source: parquet-format; Iceberg v2 §Appendix A: Parquet, §Appendix D.
 */
export function writeParquet(
  columns: readonly ParquetColumn[],
  options: ParquetOptions,
): { readonly bytes: Uint8Array; readonly metrics: FileMetrics } {
  const rowGroupRows = options.rowGroupRows ?? DEFAULT_ROW_GROUP_ROWS;
  const pageBytes = options.pageBytes ?? DEFAULT_PAGE_BYTES;
  checkPositive('rowGroupRows', rowGroupRows);
  checkPositive('pageBytes', pageBytes);
  const rowCount = checkRowCount(columns);
  const nodes = buildSchemaNodes(columns.map((column) => column.field));

  const parts: Uint8Array[] = [PARQUET_MAGIC];
  const rowGroups: StoredRowGroup[] = [];
  let fileOffset = PARQUET_MAGIC.length;
  for (let from = 0; from < rowCount; from += rowGroupRows) {
    const rows = { from, to: Math.min(from + rowGroupRows, rowCount) };
    const chunks = columns.flatMap((column, index) =>
      writeColumn(column, nodes[index], { rows, pageBytes }),
    );
    rowGroups.push({ rowCount: rows.to - rows.from, fileOffset, chunks });
    for (const chunk of chunks) {
      for (const part of chunk.parts) parts.push(part);
      fileOffset += chunk.storedBytes;
    }
  }
  const footer = encodeFooter(nodes, {
    rowCount,
    rowGroups,
    keyValues: { 'iceberg.schema': options.icebergSchemaJson },
    createdBy: options.createdBy ?? DEFAULT_CREATED_BY,
  });
  const bytes = concatBytes([...parts, footer]);
  const file = { rowCount, rowGroups, fileSizeBytes: bytes.length };
  return { bytes, metrics: collectFileMetrics(leavesOf(nodes), file) };
}

/** Chunks of all leaves of a column for one row group. */
function writeColumn(
  column: ParquetColumn,
  node: SchemaNode | undefined,
  { rows, pageBytes }: { rows: ValueRange; pageBytes: number },
) {
  if (node === undefined) return [];
  const leaves = leavesOf([node]);
  return shredColumn(node, column.values, rows).flatMap((entries, index) => {
    const leaf = leaves[index];
    return leaf === undefined ? [] : [writeColumnChunk(leaf, entries, { pageBytes })];
  });
}

function checkPositive(option: string, value: number): void {
  if (!Number.isSafeInteger(value) || value < 1) {
    throw new SluiceError(
      'CONFIG_INVALID',
      `parquet option ${option}: got ${value}, expected a positive integer`,
    );
  }
}

function checkRowCount(columns: readonly ParquetColumn[]): number {
  const [first] = columns;
  if (first === undefined) {
    throw new SluiceError('CONFIG_INVALID', 'parquet file: got no columns, expected at least one');
  }
  const rowCount = first.values.length;
  for (const { field, values } of columns) {
    if (values.length !== rowCount) {
      throw new SluiceError(
        'CONFIG_INVALID',
        `parquet column "${field.name}": got ${values.length} values, expected ${rowCount} like column "${first.field.name}"`,
        { context: { column: field.name } },
      );
    }
  }
  return rowCount;
}
