import type { PositionDeleteFile } from '#core/iceberg/scan/delete-index.ts';
import type { NestedField } from '#core/iceberg/spec/schema.ts';
import type { ColumnReader } from '#ports/column-reader.ts';

/** Columns of a position delete file. Source: Iceberg v2 §Position Delete Files, §Reserved Field IDs. */
const DELETE_FIELDS: readonly NestedField[] = [
  { id: 2147483546, name: 'file_path', required: true, type: 'string' },
  { id: 2147483545, name: 'pos', required: true, type: 'long' },
];

/** Numbers of deleted rows by data file. */
export type DeletedRows = ReadonlyMap<string, ReadonlySet<number>>;

/** What the delete files that reach some data files say of them; each delete file is read once. */
export async function readDeletedRows(
  reader: ColumnReader,
  files: readonly {
    readonly filePath: string;
    readonly deletes: readonly PositionDeleteFile[];
  }[],
): Promise<DeletedRows> {
  const rows = new Map<string, Set<number>>(
    files.filter(({ deletes }) => deletes.length > 0).map(({ filePath }) => [filePath, new Set()]),
  );
  const deleteFiles = new Map(
    files.flatMap(({ deletes }) => deletes).map((file) => [file.filePath, file]),
  );
  for (const { filePath, fileSizeBytes } of deleteFiles.values()) {
    const file = { uri: filePath, sizeBytes: Number(fileSizeBytes) };
    for await (const { rowCount, columns } of reader.readBlocks(file, DELETE_FIELDS)) {
      const [paths = [], positions = []] = columns;
      for (let row = 0; row < rowCount; row++) {
        rows.get(String(paths[row]))?.add(Number(positions[row]));
      }
    }
  }
  return rows;
}
