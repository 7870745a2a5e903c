import {
  EntityNotFoundException,
  GetTableCommand,
  type GlueClient,
  GlueServiceException,
  paginateGetTables,
  type Table,
  type TableInput,
  UpdateTableCommand,
} from '@aws-sdk/client-glue';
import { SluiceError } from '#core/errors.ts';
import { glueColumns } from '#core/glue/table-columns.ts';
import { currentSchema, type TableMetadata } from '#core/iceberg/spec/table-metadata.ts';
import type { TableCatalog, TableIdent, TablePointer } from '#ports/table-catalog.ts';

/**
 * TableCatalog on the Glue Data Catalog: the swap is UpdateTable with the VersionId that was read, so of
 * two writers one loses. SkipArchive keeps the table below Glue's quota of archived versions.
 * `client` must make one attempt per call (`maxAttempts: 1`; anything else throws USAGE): a repeated
 * UpdateTable whose first answer was lost would look like a conflict.
 *
 * Glue counts versions of an entry from 0 again after the table was dropped and created anew, so the metadata location
 * is compared too, right before the update; only a table that is replaced in between, at the same version, would be
 * taken for the old one. Source: Apache Iceberg, Glue catalog; AWS Glue API, UpdateTable.
 */
export function createGlueTableCatalog(client: GlueClient): TableCatalog {
  return {
    load: async (ident) => pointerOf(ident, await getTable(client, ident)),
    swap: (ident, base, next) => swapPointer(client, ident, { base, next }),
    list: (database) => listTables(client, database),
  };
}

async function getTable(client: GlueClient, ident: TableIdent): Promise<Table> {
  try {
    const { Table: table } = await client.send(
      new GetTableCommand({ DatabaseName: ident.database, Name: ident.table }),
    );
    if (table !== undefined) return table;
  } catch (error) {
    if (!(error instanceof EntityNotFoundException)) throw asUnavailable(ident, error);
  }
  throw notFound(ident);
}

function notFound(ident: TableIdent): SluiceError {
  return new SluiceError(
    'TABLE_NOT_FOUND',
    `${ident.database}.${ident.table} is not in the Glue catalogue; deploy its stack first`,
  );
}

function pointerOf(ident: TableIdent, table: Table): TablePointer {
  const metadataLocation = table.Parameters?.['metadata_location'];
  if (metadataLocation === undefined || table.VersionId === undefined) {
    throw new SluiceError(
      'TABLE_INVALID',
      `${ident.database}.${ident.table}: expected an Iceberg table with a metadata_location, got a table without; was it created by something else?`,
    );
  }
  return { metadataLocation, token: table.VersionId };
}

interface Swap {
  readonly base: TablePointer;
  readonly next: { readonly metadataLocation: string; readonly metadata: TableMetadata };
}

async function swapPointer(client: GlueClient, ident: TableIdent, swap: Swap): Promise<void> {
  const attempts = await client.config.maxAttempts();
  if (attempts !== 1) {
    throw new SluiceError(
      'USAGE',
      `the Glue client makes ${attempts} attempts per call, expected 1: a commit must not be repeated blindly`,
    );
  }
  // The table's other properties (description, owner, foreign parameters) are kept as they are now.
  const table = await getTable(client, ident);
  const current = pointerOf(ident, table);
  if (
    current.token !== swap.base.token ||
    current.metadataLocation !== swap.base.metadataLocation
  ) {
    throw conflict(ident, null);
  }
  try {
    await client.send(
      new UpdateTableCommand({
        DatabaseName: ident.database,
        VersionId: swap.base.token,
        SkipArchive: true,
        TableInput: nextTableInput(table, swap),
      }),
    );
  } catch (error) {
    throw swapFailure(ident, error);
  }
}

/** Everything a TableInput can hold of the entry, as it is now; UpdateTable replaces the whole of it. */
function nextTableInput(table: Table, { base, next }: Swap): TableInput {
  return {
    Name: table.Name,
    Description: table.Description,
    Owner: table.Owner,
    LastAccessTime: table.LastAccessTime,
    LastAnalyzedTime: table.LastAnalyzedTime,
    Retention: table.Retention,
    TableType: table.TableType ?? 'EXTERNAL_TABLE',
    PartitionKeys: table.PartitionKeys,
    ViewOriginalText: table.ViewOriginalText,
    ViewExpandedText: table.ViewExpandedText,
    Parameters: {
      ...table.Parameters,
      table_type: 'ICEBERG',
      metadata_location: next.metadataLocation,
      previous_metadata_location: base.metadataLocation,
    },
    StorageDescriptor: {
      ...table.StorageDescriptor,
      Location: next.metadata.location,
      Columns: [...glueColumns(currentSchema(next.metadata))],
    },
  };
}

/** Errors after which the table certainly is what it was, and the same call may be taken later. */
const REFUSALS: ReadonlySet<string> = new Set([
  'AccessDeniedException',
  'ExpiredTokenException',
  'ResourceNumberLimitExceededException',
  'ThrottlingException',
]);
/** Errors that the same call meets every time. */
const INVALID: ReadonlySet<string> = new Set(['InvalidInputException', 'ValidationException']);

function swapFailure(ident: TableIdent, error: unknown): SluiceError {
  if (!(error instanceof GlueServiceException)) return stateUnknown(ident, error);
  if (error.name === 'ConcurrentModificationException') return conflict(ident, error);
  if (error instanceof EntityNotFoundException) return notFound(ident);
  if (INVALID.has(error.name)) return invalidEntry(ident, error);
  return REFUSALS.has(error.name) ? asUnavailable(ident, error) : stateUnknown(ident, error);
}

function invalidEntry(ident: TableIdent, cause: GlueServiceException): SluiceError {
  return new SluiceError(
    'TABLE_INVALID',
    `${ident.database}.${ident.table}: Glue does not take the entry (${cause.name}: ${cause.message}); nothing was changed`,
    { cause },
  );
}

function conflict(ident: TableIdent, cause: unknown): SluiceError {
  return new SluiceError(
    'COMMIT_CONFLICT',
    `${ident.database}.${ident.table}: another writer committed first; load the table and commit again`,
    { cause },
  );
}

function stateUnknown(ident: TableIdent, cause: unknown): SluiceError {
  const reason = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
  return new SluiceError(
    'COMMIT_STATE_UNKNOWN',
    `${ident.database}.${ident.table}: the commit may or may not have happened (${reason}); load the table and look`,
    { cause },
  );
}

function asUnavailable(ident: TableIdent, cause: unknown): SluiceError {
  const reason = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
  return new SluiceError(
    'SOURCE_UNAVAILABLE',
    `Glue refused ${ident.database}.${ident.table}: ${reason}`,
    { cause },
  );
}

async function listTables(client: GlueClient, database: string): Promise<readonly TableIdent[]> {
  const tables: TableIdent[] = [];
  try {
    for await (const page of paginateGetTables({ client }, { DatabaseName: database })) {
      for (const table of page.TableList ?? []) {
        if (isIceberg(table)) tables.push({ database, table: table.Name ?? '' });
      }
    }
  } catch (error) {
    if (error instanceof EntityNotFoundException) return [];
    throw asUnavailable({ database, table: '*' }, error);
  }
  return tables;
}

/** A database may hold views and tables of other formats besides. */
function isIceberg(table: Table): boolean {
  return table.Parameters?.['table_type']?.toLowerCase() === 'iceberg';
}
