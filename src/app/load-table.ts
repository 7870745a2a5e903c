import { decodeTableMetadata, type TableMetadata } from '#core/iceberg/spec/table-metadata.ts';
import type { ObjectStore } from '#ports/object-store.ts';
import type { TableCatalog, TableIdent, TablePointer } from '#ports/table-catalog.ts';

export interface LoadedTable {
  readonly pointer: TablePointer;
  readonly metadata: TableMetadata;
}

/** The current state of a table. Throws TABLE_NOT_FOUND, TABLE_INVALID, FEATURE_UNSUPPORTED. */
export async function loadTable(
  deps: { readonly store: ObjectStore; readonly catalog: TableCatalog },
  ident: TableIdent,
): Promise<LoadedTable> {
  const pointer = await deps.catalog.load(ident);
  return { pointer, metadata: decodeTableMetadata(await deps.store.get(pointer.metadataLocation)) };
}
