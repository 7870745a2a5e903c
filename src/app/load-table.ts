import { SluiceError } from '#core/errors.ts';
import { decodeTableMetadata, type TableMetadata } from '#core/iceberg/spec/table-metadata.ts';
import type { ObjectStore } from '#ports/object-store.ts';
import type { TableCatalog, TableIdent, TablePointer } from '#ports/table-catalog.ts';

export interface LoadedTable {
  readonly pointer: TablePointer;
  readonly metadata: TableMetadata;
}

/** The current state of a table. Throws TABLE_NOT_FOUND, TABLE_INVALID, FORMAT_CORRUPT, FEATURE_UNSUPPORTED; they name the metadata file. */
export async function loadTable(
  deps: { readonly store: ObjectStore; readonly catalog: TableCatalog },
  ident: TableIdent,
): Promise<LoadedTable> {
  const pointer = await deps.catalog.load(ident);
  const metadata =
    pointer.metadata ??
    decodeFile(pointer.metadataLocation, await deps.store.get(pointer.metadataLocation));
  return { pointer, metadata };
}

/** Errors name the file and what to do about it. */
function decodeFile(location: string, bytes: Uint8Array): TableMetadata {
  try {
    return decodeTableMetadata(bytes);
  } catch (cause) {
    if (!(cause instanceof SluiceError)) throw cause;
    const hint =
      cause.code === 'FEATURE_UNSUPPORTED'
        ? ''
        : '; restore the file, or let the catalog point to an earlier one of the table';
    throw new SluiceError(cause.code, `${location}: ${cause.message}${hint}`, {
      context: { ...cause.context, path: location },
      cause,
    });
  }
}
