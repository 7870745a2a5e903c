import type { TableMetadata } from '#core/iceberg/spec/table-metadata.ts';

export interface TableIdent {
  readonly database: string;
  readonly table: string;
}

/** Where a table's current metadata is, and the token that a swap has to present. */
export interface TablePointer {
  readonly metadataLocation: string;
  /** Opaque (Glue VersionId, REST etag, file version); a table never has the same one twice, so an old one can never win again. */
  readonly token: string;
}

/** The catalog: maps a table to its current metadata file, by compare-and-swap. */
export interface TableCatalog {
  /** Throws TABLE_NOT_FOUND. */
  load(ident: TableIdent): Promise<TablePointer>;
  /**
   * Makes `next.metadataLocation` current if the table is still at `base`.
   * Throws COMMIT_CONFLICT when it certainly is not (nothing changed), COMMIT_STATE_UNKNOWN when the
   * outcome cannot be told (time-out, 5xx): the caller reloads and looks for its own snapshot.
   */
  swap(
    ident: TableIdent,
    base: TablePointer,
    next: { readonly metadataLocation: string; readonly metadata: TableMetadata },
  ): Promise<void>;
  list(database: string): Promise<readonly TableIdent[]>;
}
