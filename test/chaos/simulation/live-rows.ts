import { parquetReadObjects } from 'hyparquet';
import { planScan, type ScanFile } from '#core/iceberg/scan/plan-scan.ts';
import type { TableMetadata } from '#core/iceberg/spec/table-metadata.ts';
import { compressors } from '#test/zstd-compressors.ts';

export type TableRow = Readonly<Record<string, unknown>>;

interface Objects {
  get(uri: string): Promise<Uint8Array>;
}

/** Every live row of a table, as an independent Parquet reader sees it, and how many its files have besides. */
export async function liveRows(
  store: Objects,
  metadata: TableMetadata,
): Promise<{ readonly rows: readonly TableRow[]; readonly deletedRows: number }> {
  const { files } = await planScan({ read: (uri) => store.get(uri) }, metadata, {});
  const rows: TableRow[] = [];
  let deletedRows = 0;
  for (const file of files) {
    const gone = await rowsTakenOut(store, file);
    deletedRows += gone.size;
    const found = await readObjects(store, file.filePath);
    rows.push(...(gone.size === 0 ? found : found.filter((_, row) => !gone.has(row))));
  }
  return { rows, deletedRows };
}

async function rowsTakenOut(store: Objects, file: ScanFile): Promise<ReadonlySet<number>> {
  const gone = new Set<number>();
  for (const { filePath } of file.deletes) {
    for (const { file_path: path, pos } of await readObjects(store, filePath)) {
      if (path === file.filePath) gone.add(Number(pos));
    }
  }
  return gone;
}

async function readObjects(store: Objects, uri: string): Promise<readonly TableRow[]> {
  const { buffer, byteOffset, byteLength } = await store.get(uri);
  const file = buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer;
  return await parquetReadObjects({ file, compressors, utf8: true });
}
