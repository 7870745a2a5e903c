import type { LiveDataFile } from '#core/iceberg/maintenance/live-inventory.ts';
import type { CompactionGroup } from '#core/iceberg/maintenance/plan-compaction.ts';
import { type SortKey, sortRows } from '#core/iceberg/maintenance/sort-rows.ts';
import type { DataFile } from '#core/iceberg/spec/data-file.ts';
import type { Schema } from '#core/iceberg/spec/schema.ts';
import { partitionSpecById, type TableMetadata } from '#core/iceberg/spec/table-metadata.ts';
import { partitionPath } from '#core/iceberg/transform/partition-path.ts';
import { writeParquet } from '#core/parquet/write-parquet.ts';
import type { Value } from '#core/schema/field.ts';
import type { Random } from '#ports/clock.ts';
import type { ColumnReader } from '#ports/column-reader.ts';
import type { ObjectStore } from '#ports/object-store.ts';
import { formatUuid } from '../commit-locations.ts';
import { putImmutable } from '../put-immutable.ts';
import { type DeletedRows, readDeletedRows } from './deleted-rows.ts';

export interface RewriteDeps {
  readonly store: ObjectStore;
  readonly columns: ColumnReader;
  readonly random: Random;
}

export interface RewriteOptions {
  /** Of the table that the files are written for. */
  readonly schema: Schema;
  /** Rows that fit into memory: a file never has more. */
  readonly maxFileRows: number;
  readonly targetFileBytes: number;
  /** Null keeps the rows in the order they come. */
  readonly sort: readonly SortKey[] | null;
}

export interface RewrittenFiles {
  readonly files: readonly DataFile[];
  readonly rows: number;
  readonly deletedRows: number;
}

/** Rows of a row group: what a later rewrite of the file has to hold at a time. */
const ROW_GROUP_ROWS = 131_072;

/**
 * Writes the rows of a group of files anew, without those that position deletes took out: the same rows, in fewer files. One file of
 * output and one row group of input are in memory at a time, so inputs may be of any size. Files get new names, so nothing
 * that was ever written is touched.
 */
export async function rewriteFiles(
  deps: RewriteDeps,
  metadata: TableMetadata,
  work: { readonly group: CompactionGroup; readonly options: RewriteOptions },
): Promise<RewrittenFiles> {
  const { group, options } = work;
  const deleted = await readDeletedRows(deps.columns, group.files);
  const rowsPerFile = evenRows(group, options);
  const folder = folderOf(metadata, options.schema, group);
  const files: DataFile[] = [];
  let buffer = newBuffer(options.schema);
  let rows = 0;
  let deletedRows = 0;
  const flush = async () => {
    if (buffer.rowCount === 0) return;
    files.push(await writeFile(deps, buffer, { folder, options, group }));
    rows += buffer.rowCount;
    buffer = newBuffer(options.schema);
  };
  for (const file of group.files) {
    for await (const block of readLiveRows(deps.columns, file, { deleted, ...options })) {
      deletedRows += block.deletedRows;
      for (let from = 0; from < block.rowCount; ) {
        const count = Math.min(block.rowCount - from, rowsPerFile - buffer.rowCount);
        append(buffer, block.columns, { from, count });
        from += count;
        if (buffer.rowCount === rowsPerFile) await flush();
      }
    }
  }
  await flush();
  return { files, rows, deletedRows };
}

/** Rows per file, so that files of a group are alike and neither too large nor more than memory holds. */
function evenRows(group: CompactionGroup, options: RewriteOptions): number {
  const bytesPerRow = group.sizeBytes / Math.max(1, group.rowCount);
  const byBytes = Math.ceil(options.targetFileBytes / Math.max(1, bytesPerRow));
  const most = Math.max(1, Math.min(options.maxFileRows, byBytes));
  const files = Math.max(1, Math.ceil(group.rowCount / most));
  return Math.max(1, Math.ceil(group.rowCount / files));
}

function folderOf(metadata: TableMetadata, schema: Schema, group: CompactionGroup): string {
  const tuple = group.files[0]?.partition ?? [];
  const path = partitionPath(partitionSpecById(metadata, group.specId), schema, tuple);
  return [metadata.location, 'data', ...(path === '' ? [] : [path])].join('/');
}

interface RowBuffer {
  readonly columns: Value[][];
  rowCount: number;
}

function newBuffer({ fields }: Schema): RowBuffer {
  return { columns: fields.map(() => []), rowCount: 0 };
}

function append(
  buffer: RowBuffer,
  columns: readonly (readonly Value[])[],
  { from, count }: { readonly from: number; readonly count: number },
): void {
  buffer.columns.forEach((target, index) => {
    const source = columns[index] ?? [];
    for (let row = from; row < from + count; row++) target.push(source[row] ?? null);
  });
  buffer.rowCount += count;
}

async function* readLiveRows(
  reader: ColumnReader,
  file: LiveDataFile,
  options: { readonly deleted: DeletedRows; readonly schema: Schema },
): AsyncGenerator<{
  readonly rowCount: number;
  readonly deletedRows: number;
  readonly columns: readonly (readonly Value[])[];
}> {
  const gone = options.deleted.get(file.filePath);
  const source = { uri: file.filePath, sizeBytes: file.sizeBytes };
  for await (const block of reader.readBlocks(source, options.schema.fields)) {
    const { firstRow, rowCount, columns } = block;
    if (gone === undefined || gone.size === 0) {
      yield { rowCount, deletedRows: 0, columns };
      continue;
    }
    const isLive = (_value: Value, row: number) => !gone.has(firstRow + row);
    const live = columns.map((column) => column.filter(isLive));
    const liveCount = live[0]?.length ?? 0;
    yield { rowCount: liveCount, deletedRows: rowCount - liveCount, columns: live };
  }
}

async function writeFile(
  deps: RewriteDeps,
  buffer: RowBuffer,
  work: {
    readonly folder: string;
    readonly group: CompactionGroup;
    readonly options: RewriteOptions;
  },
): Promise<DataFile> {
  const { schema, sort } = work.options;
  const order = sort === null ? null : sortRows(buffer.columns, buffer.rowCount, sort);
  const { bytes, metrics } = writeParquet(
    schema.fields.map((field, index) => {
      const values = buffer.columns[index] ?? [];
      return { field, values: order === null ? values : reordered(values, order) };
    }),
    { icebergSchemaJson: JSON.stringify(schema), rowGroupRows: ROW_GROUP_ROWS },
  );
  const filePath = `${work.folder}/compacted-${formatUuid(deps.random.bytes(16))}.parquet`;
  await putImmutable(deps.store, filePath, bytes);
  return { filePath, partition: work.group.files[0]?.partition ?? [], ...metrics };
}

function reordered(values: readonly Value[], order: Int32Array): readonly Value[] {
  return Array.from(order, (row) => values[row] ?? null);
}
