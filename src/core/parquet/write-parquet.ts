import { buildVector } from '#core/columns/build-vectors.ts';
import type { Vector } from '#core/columns/vector.ts';
import { SluiceError } from '#core/errors.ts';
import type { FileMetrics } from '#core/iceberg/spec/data-file.ts';
import type { NestedField } from '#core/iceberg/spec/schema.ts';
import type { Value } from '#core/schema/field.ts';
import { checkVector } from './check-vectors.ts';
import { type ChunkOptions, type ColumnChunk, writeColumnChunk } from './column-chunk.ts';
import type { EncodingSet } from './encode-values.ts';
import { collectFileMetrics } from './file-metrics.ts';
import { missingValue } from './find-unwritable-rows.ts';
import { encodeFooter, PARQUET_MAGIC, type StoredRowGroup } from './footer.ts';
import { type ReportMissing, shredColumn } from './levels.ts';
import { concatBytes } from './page.ts';
import { rowsPerGroup } from './row-groups.ts';
import { buildSchemaNodes, type LeafNode, leavesOf, type SchemaNode } from './schema-node.ts';
import { createScratch, type Scratch } from './scratch.ts';
import { rejectValue } from './value-error.ts';
import { selectRows, type VectorColumn } from './vector-column.ts';

/** A column of row values. */
export interface ParquetColumn {
  /** Id, name, required and Iceberg type. */
  readonly field: NestedField;
  /** One value per row in the representation of src/core/schema/field.ts; null is missing. All columns have one length. */
  readonly values: ArrayLike<Value>;
}

export interface ParquetOptions {
  /** The table schema as JSON, stored under the key `iceberg.schema`. */
  readonly icebergSchemaJson: string;
  /** Row numbers to write, in this order. @default all rows */
  readonly rows?: Int32Array;
  /** @default 1,000,000 */
  readonly rowGroupRows?: number;
  /** About how many bytes a row group takes as PLAIN, estimated from a sample of rows. @default 128 MiB, as Iceberg's write.parquet.row-group-size-bytes */
  readonly rowGroupBytes?: number;
  /** Decoded size at which a page ends. @default 1 MiB */
  readonly pageBytes?: number;
  /**
   * `plain-and-dictionary` for readers that know no delta encodings, such as the vectorized Spark reader of
   * Iceberg before 1.11. @default all
   */
  readonly encodings?: EncodingSet;
  /** `<application> version <version>`. @default DEFAULT_CREATED_BY */
  readonly createdBy?: string;
}

export interface ParquetFile {
  readonly bytes: Uint8Array;
  readonly metrics: FileMetrics;
}

/** Writes files one after another in the same working memory. Not re-entrant; a call leaves nothing open. */
export interface ParquetWriter {
  /** See writeParquet. */
  readonly write: (
    columns: readonly (VectorColumn | ParquetColumn)[],
    options: ParquetOptions,
  ) => ParquetFile;
}

export const DEFAULT_ROW_GROUP_ROWS = 1_000_000;
export const DEFAULT_ROW_GROUP_BYTES = 128 * 1024 * 1024;
export const DEFAULT_PAGE_BYTES = 1024 * 1024;
/** Readers parse `<application> version <version>` to work around bugs of known writers. */
export const DEFAULT_CREATED_BY = 'sluice version 0.1.0';

/** A writer with working memory of its own, which grows to the largest row group it has written. */
export function createParquetWriter(): ParquetWriter {
  const scratch = createScratch();
  return { write: (columns, options) => writeFile(columns, { ...options, scratch }) };
}

/**
 * Writes one Parquet file: data page v1, zstd, field ids, statistics. The same content gives the same bytes,
 * whether strings come as bytes or as a dictionary, in whatever order its entries are. The result shares no
 * memory with the input.
 *
 * Throws SCHEMA_INCOMPATIBLE (column, row and expectation in the message; rows are counted in the input, not
 * in the selection) when a value does not fit its column, FEATURE_UNSUPPORTED for a type that Parquet or this
 * writer lacks, CONFIG_INVALID for wrong options, no columns, columns of different length, and a field id or
 * name used twice, FORMAT_CORRUPT for a vector that contradicts itself.
 * Source: parquet-format; Iceberg v2 §Appendix A: Parquet, §Appendix D.
 */
export function writeParquet(
  columns: readonly (VectorColumn | ParquetColumn)[],
  options: ParquetOptions,
): ParquetFile {
  return createParquetWriter().write(columns, options);
}

function writeFile(
  input: readonly (VectorColumn | ParquetColumn)[],
  options: ParquetOptions & { readonly scratch: Scratch },
): ParquetFile {
  const { scratch, encodings = 'all', pageBytes = DEFAULT_PAGE_BYTES } = options;
  const limits = {
    rowGroupRows: options.rowGroupRows ?? DEFAULT_ROW_GROUP_ROWS,
    rowGroupBytes: options.rowGroupBytes ?? DEFAULT_ROW_GROUP_BYTES,
  };
  checkPositive('rowGroupRows', limits.rowGroupRows);
  checkPositive('rowGroupBytes', limits.rowGroupBytes);
  checkPositive('pageBytes', pageBytes);
  const nodes = buildSchemaNodes(input.map((column) => column.field));
  const columns = input.map(toVectorColumn);
  const selection = selectRows(columns, options.rows);
  const vectors = columns.map(({ vector }) => vector);
  nodes.forEach((node, index) => {
    const vector = vectors[index];
    if (vector !== undefined) checkVector(node, vector);
  });
  const rowCount = selection.to;
  const step = rowsPerGroup(vectors, selection, limits);
  const parts: Uint8Array[] = [PARQUET_MAGIC];
  const rowGroups: StoredRowGroup[] = [];
  let fileOffset = PARQUET_MAGIC.length;
  for (let from = 0; from < rowCount; from += step) {
    const rows = { ...selection, from, to: Math.min(from + step, rowCount) };
    const chunkOptions = { selection: rows, pageBytes, encodings, scratch };
    const chunks = writeChunks(nodes, vectors, chunkOptions);
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

function toVectorColumn(column: VectorColumn | ParquetColumn): VectorColumn {
  if ('vector' in column) return column;
  return { field: column.field, vector: buildVector(column.field, column.values) };
}

/** Chunks of all leaves of one row group. */
function writeChunks(
  nodes: readonly SchemaNode[],
  vectors: readonly Vector[],
  options: ChunkOptions,
): ColumnChunk[] {
  const written = new Map<Vector, ColumnChunk>();
  return nodes.flatMap((node, index): ColumnChunk[] => {
    const vector = vectors[index];
    if (vector === undefined) return [];
    // A bronze table repeats columns of the source in its envelope: the same vector is the same chunk.
    const twin = written.get(vector);
    if (twin !== undefined && isSameStorage(node, twin.leaf)) return [{ ...twin, leaf: node }];
    const chunks = writeColumn(node, vector, options);
    const [chunk] = chunks;
    if (node.kind === 'leaf' && chunk !== undefined) written.set(vector, chunk);
    return chunks;
  });
}

function isSameStorage(node: SchemaNode, other: LeafNode): node is LeafNode {
  return node.kind === 'leaf' && node.type === other.type && node.required === other.required;
}

function writeColumn(node: SchemaNode, vector: Vector, options: ChunkOptions): ColumnChunk[] {
  const leaves = leavesOf([node]);
  const { selection, scratch } = options;
  const shredded = shredColumn(node, vector, selection, { scratch, reportMissing: rejectMissing });
  return shredded.flatMap((entries, index) => {
    const leaf = leaves[index];
    return leaf === undefined ? [] : [writeColumnChunk(leaf, entries, options)];
  });
}

const rejectMissing: ReportMissing = (node, row) =>
  rejectValue(node.column, row, missingValue(node));

function checkPositive(option: string, value: number): void {
  if (!Number.isSafeInteger(value) || value < 1) {
    throw new SluiceError(
      'CONFIG_INVALID',
      `parquet option ${option}: got ${value}, expected a positive integer`,
    );
  }
}
