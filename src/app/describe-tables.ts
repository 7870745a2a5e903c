import { currentSnapshot, decodeTableMetadata } from '#core/iceberg/spec/table-metadata.ts';
import type { ObjectStore } from '#ports/object-store.ts';
import type { TableCatalog } from '#ports/table-catalog.ts';

export interface TableDescription {
  readonly database: string;
  readonly table: string;
  readonly rows: number;
  readonly snapshots: number;
  readonly files: number;
  readonly bytes: number;
  /** Time of the current snapshot, epoch milliseconds; null for a table without one. */
  readonly lastCommitMs: number | null;
}

/** Size of every table of the databases, from the totals in the current snapshot's summary (Iceberg v2 §Snapshots). */
export async function describeTables(
  deps: { readonly store: ObjectStore; readonly catalog: TableCatalog },
  databases: readonly string[],
): Promise<readonly TableDescription[]> {
  const described: TableDescription[] = [];
  for (const database of databases) {
    for (const ident of await deps.catalog.list(database)) {
      const pointer = await deps.catalog.load(ident);
      const metadata = decodeTableMetadata(await deps.store.get(pointer.metadataLocation));
      const snapshot = currentSnapshot(metadata);
      const summary = snapshot?.summary ?? {};
      described.push({
        ...ident,
        rows: Number(summary['total-records'] ?? 0),
        snapshots: metadata.snapshots.length,
        files: Number(summary['total-data-files'] ?? 0),
        bytes: Number(summary['total-files-size'] ?? 0),
        lastCommitMs: snapshot?.['timestamp-ms'] ?? null,
      });
    }
  }
  return described;
}
