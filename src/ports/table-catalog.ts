import type { TableMetadata } from '#core/iceberg/spec/table-metadata.ts';

export interface TableIdent {
  readonly database: string;
  readonly table: string;
}

/** Where a table's current metadata is, and the token that a swap has to present. */
export interface TablePointer {
  readonly metadataLocation: string;
  /** Opaque (Glue VersionId, location given by a REST server, state of the file catalog); a table never has the same one twice, so an old one can never win again. */
  readonly token: string;
  /** What the metadata file holds, from a catalog that says so (REST): nobody has to read the file. */
  readonly metadata?: TableMetadata;
}

/** The catalog: maps a table to its current metadata file, by compare-and-swap. */
export interface TableCatalog {
  /**
   * True for a catalog that takes the metadata and writes the file itself, where it likes (REST): nothing has to be at
   * `next.metadataLocation`, and a commit is found again by its snapshot id, not by that name. @default false
   */
  readonly writesMetadata?: boolean;
  /** Throws TABLE_NOT_FOUND. */
  load(ident: TableIdent): Promise<TablePointer>;
  /**
   * Makes `next` current if the table is still at `base`. A catalog that writes the metadata itself compares what its
   * API can: every branch and tag, current schema, spec and sort order, and the ids given out. Of two swaps that change
   * nothing of these but properties alone, at the same moment, both may be carried out there, one after the other.
   * Throws COMMIT_CONFLICT when it certainly is not (nothing changed), COMMIT_STATE_UNKNOWN when the
   * outcome cannot be told (time-out, 5xx): the caller reloads and looks for its own snapshot.
   */
  swap(
    ident: TableIdent,
    base: TablePointer,
    next: { readonly metadataLocation: string; readonly metadata: TableMetadata },
  ): Promise<void>;
  /** Iceberg tables only; none where the catalog has no such database. */
  list(database: string): Promise<readonly TableIdent[]>;
}
