import { hasCode, SluiceError } from '#core/errors.ts';
import type { TableMetadata } from '#core/iceberg/spec/table-metadata.ts';
import type { ObjectStore } from '#ports/object-store.ts';
import type { TableCatalog, TableIdent } from '#ports/table-catalog.ts';
import { loadTable } from '../load-table.ts';

/** Prefix of everything that a table alone may own: its location with a slash. */
export function tablePrefix(metadata: Pick<TableMetadata, 'location'>): string {
  return `${metadata.location.replace(/\/+$/, '')}/`;
}

/**
 * Refuses a location in which something may be deleted by mistake. Throws TABLE_INVALID when it is a whole bucket, or when another
 * table lies in it or around it.
 *
 * @param neighbours the tables to compare with; left out: all of the database
 */
export async function requireOwnPlace(
  deps: { readonly store: ObjectStore; readonly catalog: TableCatalog },
  ident: TableIdent,
  metadata: TableMetadata,
  neighbours?: readonly TableIdent[],
): Promise<void> {
  const prefix = tablePrefix(metadata);
  if (!/^[a-z0-9]+:\/\/[^/]*\/[^/]+\//.test(prefix)) {
    throw refused(ident, `expected a location below a bucket, got ${prefix}`);
  }
  for (const other of neighbours ?? (await deps.catalog.list(ident.database))) {
    if (other.table === ident.table && other.database === ident.database) continue;
    const theirs = await loadTable(deps, other).catch((error: unknown) => {
      if (hasCode(error, 'TABLE_NOT_FOUND')) return null;
      throw error;
    });
    // Where no table is, nothing lies that it could own.
    if (theirs === null) continue;
    const otherPrefix = tablePrefix(theirs.metadata);
    if (otherPrefix.startsWith(prefix) || prefix.startsWith(otherPrefix)) {
      throw refused(
        ident,
        `its location ${prefix} and that of ${other.table}, ${otherPrefix}, lie in each other`,
      );
    }
  }
}

function refused({ database, table }: TableIdent, problem: string): SluiceError {
  return new SluiceError(
    'TABLE_INVALID',
    `${database}.${table}: ${problem}; no file is deleted, move the table first`,
  );
}
