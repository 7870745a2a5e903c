import type { ScanFile } from '#core/iceberg/scan/plan-scan.ts';
import type { Row } from '#core/schema/field.ts';
import type { TableReader } from '#ports/table-reader.ts';

/** Columns of a position delete file. Source: Iceberg v2 §Position Delete Files. */
const DELETE_COLUMNS = ['file_path', 'pos'] as const;

/**
 * The rows of planned data files that no position delete file takes out, file by file in the order of the plan.
 * A delete file is read once however many data files it reaches. Throws as TableReader.readRows.
 */
export async function* readLiveRows(
  reader: TableReader,
  files: readonly ScanFile[],
  columns: readonly string[],
): AsyncGenerator<readonly Row[]> {
  const deleted = await readDeleted(reader, files);
  for (const { filePath } of files) {
    const rows = await reader.readRows(filePath, columns);
    const gone = deleted.get(filePath);
    yield gone === undefined ? rows : rows.filter((_row, position) => !gone.has(position));
  }
}

/** Positions by data file, of the files that some delete file reaches. */
async function readDeleted(
  reader: TableReader,
  files: readonly ScanFile[],
): Promise<ReadonlyMap<string, ReadonlySet<number>>> {
  const reached = new Map<string, Set<number>>();
  const reachedBy = new Map<string, Set<string>>();
  for (const { filePath, deletes } of files) {
    for (const file of deletes) {
      reached.set(filePath, new Set());
      reachedBy.set(file.filePath, (reachedBy.get(file.filePath) ?? new Set()).add(filePath));
    }
  }
  for (const [deleteFile, dataFiles] of reachedBy) {
    for (const row of await reader.readRows(deleteFile, DELETE_COLUMNS)) {
      const path = String(row['file_path']);
      // It may name files that it does not reach: younger ones, or of another partition.
      if (dataFiles.has(path)) reached.get(path)?.add(Number(row['pos']));
    }
  }
  return reached;
}
