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
 * UpdateTable whose first answer was lost would look like a conflict. Source: Apache Iceberg, Glue catalog; AWS Glue API, UpdateTable.
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

function nextTableInput(table: Table, { base, next }: Swap): TableInput {
  return {
    Name: table.Name,
    Description: table.Description,
    Owner: table.Owner,
    Retention: table.Retention,
    TableType: table.TableType ?? 'EXTERNAL_TABLE',
    PartitionKeys: table.PartitionKeys,
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

/** Errors after which the table certainly is what it was. */
const REFUSALS: ReadonlySet<string> = new Set([
  'AccessDeniedException',
  'InvalidInputException',
  'ResourceNumberLimitExceededException',
  'ThrottlingException',
  'ValidationException',
]);

function swapFailure(ident: TableIdent, error: unknown): SluiceError {
  const name = error instanceof Error ? error.name : '';
  if (name === 'ConcurrentModificationException') return conflict(ident, error);
  if (error instanceof EntityNotFoundException) return notFound(ident);
  const refused = error instanceof GlueServiceException && REFUSALS.has(name);
  return refused ? asUnavailable(ident, error) : stateUnknown(ident, error);
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
      for (const table of page.TableList ?? []) tables.push({ database, table: table.Name ?? '' });
    }
  } catch (error) {
    throw asUnavailable({ database, table: '*' }, error);
  }
  return tables;
}
